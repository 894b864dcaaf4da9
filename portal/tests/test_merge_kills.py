"""Merging two incidents while processes are killed with -9, and while somebody else merges one of them: it is merged
whole or not at all, and whoever followed it is told on, each thing once."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from django.core import serializers
from django.test import Client

from customers.tests import factories as customers
from incidents.actions import approvals
from incidents.actions.base import Refused
from incidents.actions.links import make_link
from incidents.actions.merging import merge
from incidents.actions.targets import add_target
from incidents.actions.updates import Given
from incidents.choices import PromiseState, Reading, State, TargetKind, What
from incidents.models import (
    Approval,
    Incident,
    IncidentCustomer,
    IncidentEvent,
    IncidentWatcher,
    Promise,
    StatusLink,
    Subscriber,
    Target,
)
from incidents.queries.channel import wanted_channel
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from integrations.outbox.choices import State as Way
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.common.models import Timer
from portal.flows.incidents.publishing import publish
from portal.tests.killing import killed_before, killed_committed, killed_writing
from portal.tests.test_declare_kills import LATER, MOST, chat, ended, looked, made, site
from portal.tests.together import done_together

__all__ = ["chat", "site"]
pytestmark = pytest.mark.django_db(transaction=True)
FOLLOWS, LISTED = "ana@northwind.example", "it@northwind.example"


def two(by: Person) -> tuple[Incident, Incident, str]:
    """Two that are one outage, of two customers, with channels of their own. Of the first somebody follows the page and
    somebody is told by mail, and an update waits for a second person. The address of its page comes with them."""
    theirs, at = customers.customer("Northwind"), clock.now() - timedelta(minutes=2)
    row = factories.incident("Posts fail", customer=theirs, commander=by, at=at)
    other = factories.incident("Database is down", customer=customers.customer("Initech"),
                               commander=people.person(PersonRole.ENGINEER), at=at)
    link, token = make_link(incident=row, customer=theirs, ends_at=at + timedelta(days=7), by=by, at=at)
    Subscriber.objects.create(link=link, email=FOLLOWS, confirm_hash=uuid.uuid4().hex, at=at, confirmed_at=at,
                              leave_token=uuid.uuid4().hex)
    add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address=LISTED, customer=theirs, by=by,
               at=at)
    told(row, by, "It is being looked into.")
    ended(clock.now())
    return Incident.objects.get(pk=row.pk), Incident.objects.get(pk=other.pk), f"/s/{token}/"


def told(row: Incident, by: Person, words: str) -> None:
    now = Incident.objects.get(pk=row.pk)
    given = Given(Entry(summary=words, impact="Posts fail."), status="investigating", key=uuid.uuid4().hex,
                  seen=now.updates)
    publish(incident=now, given=given, by=by, at=clock.now())


def merging(row: Incident, other: Incident, by: Person) -> Callable[[], Incident]:
    return lambda: merge(incident=row, into=other, reason="One database", by=by, at=clock.now())


def everything() -> str:
    """All that is written down of incidents, and what is to be done and sent."""
    kinds = (Incident, IncidentCustomer, IncidentEvent, IncidentWatcher, Promise, Target, Approval, Timer, Delivery)
    return "".join(serializers.serialize("json", kind.objects.order_by("pk")) for kind in kinds)


def is_merged(chat: Sandbox, row: Incident, other: Incident, page: str, at: datetime) -> None:
    """It goes on in the other one: once, whole, and its customers are told from there, each once."""
    row, other = (Incident.objects.select_related("status", "declared_by").get(pk=one.pk) for one in (row, other))
    assert (row.state, row.merged_into_id, other.state) == (State.MERGED, other.pk, State.OPEN)
    lines = list(IncidentEvent.objects.filter(what=What.MERGED).values_list("incident", "to_value"))
    assert sorted(lines) == sorted([(row.pk, f"Merged into {other}: Database is down"),
                                    (other.pk, f"{row} was merged into this: Posts fail")])
    assert other.customers.count() == 2 and not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists()
    assert IncidentWatcher.objects.filter(incident=other, person=row.declared_by).count() == 1
    assert Target.objects.filter(incident=other, address=LISTED, removed_at__isnull=True).count() == 1
    for one in (row, other):
        found = chat.mattermost("GET", f"channels/{one.channel_id}").json()
        assert found["header"] == wanted_channel(one).header
    assert made(chat, "/channels") == 2 and not Delivery.objects.filter(payload__to=LISTED).exists()
    told(other, people.person(PersonRole.ENGINEER), "It is the database.")
    approvals.approve(approval=Approval.objects.latest("pk"), by=people.person(PersonRole.LEAD), at=clock.now())
    ended(at)
    for address in (FOLLOWS, LISTED):
        assert Delivery.objects.get(payload__to=address, topic="mail.send").state == Way.SENT
    letters = Delivery.objects.filter(topic__in=("mattermost.post", "mattermost.direct"), state=Way.SENT)
    assert made(chat, "/posts") == letters.count() == letters.values("remote_id").distinct().count()
    text = Client().get(page).content.decode()
    assert "It is the database." in text and "It is being looked into." not in text


def dies_merging(row: Incident, other: Incident, by: Person, steps: Iterator[int]) -> None:
    before = everything()
    for step in steps:
        died = killed_before(step, merging(row, other, by))
        if Incident.objects.get(pk=row.pk).state == State.MERGED:
            assert step > 20, "it was merged in hardly any statement"
            return
        assert died and everything() == before, f"killed before statement {step}"


def test_what_is_killed_while_it_merges_leaves_nothing_and_after_its_commit_everything(chat: Sandbox) -> None:
    by = people.person(PersonRole.ENGINEER)
    row, other, page = two(by)
    dies_merging(row, other, by, iter((3, 12, 25)))
    killed_committed(merging(row, other, by))
    with pytest.raises(Refused, match="merged already"):  # pressed again: the first answer never came
        merging(row, other, by)()
    at = clock.now()
    for number in range(MOST):  # a worker that dies after each thing it writes
        if not killed_writing(number, partial(looked, at)):
            break
        at += LATER
    is_merged(chat, row, other, page, ended(at))


@pytest.mark.long
def test_whichever_statement_of_a_merge_it_is_killed_at_nothing_is_half(chat: Sandbox) -> None:
    by = people.person(PersonRole.ENGINEER)
    row, other, page = two(by)
    dies_merging(row, other, by, count(0))
    is_merged(chat, row, other, page, ended(clock.now()))


@pytest.mark.long
@pytest.mark.parametrize("step", [0, 9, 21, 33, 45, 57, 69, 81, 93, 105])
def test_whichever_step_a_worker_dies_at_after_a_merge_the_next_one_brings_it_to_its_end(
    chat: Sandbox, step: int
) -> None:
    by = people.person(PersonRole.ENGINEER)
    row, other, page = two(by)
    merging(row, other, by)()
    killed_before(step, lambda: looked(clock.now()))
    is_merged(chat, row, other, page, ended(clock.now()))


# ---- Two at once


def merged_at_once(*pairs: tuple[Incident, Incident], by: Person) -> tuple[int, list[str]]:
    """How many were merged, and what the others were told."""
    done, faults = done_together(*(merging(row, into, by) for row, into in pairs))
    assert all(isinstance(one, Refused) for one in faults), faults
    return len(done), [str(one) for one in faults]


def test_of_two_merges_of_one_at_once_into_two_others_one_holds() -> None:
    by = people.person(PersonRole.ENGINEER)
    row, first, second = (factories.incident(commander=by) for _ in range(3))
    assert merged_at_once((row, first), (row, second), by=by) == (1, ["It was merged already."])
    row.refresh_from_db()
    left = second if row.merged_into_id == first.pk else first
    assert left.customers.count() == 1 and IncidentEvent.objects.filter(what=What.MERGED).count() == 2


def test_the_same_merge_sent_three_times_at_once_is_one() -> None:
    by = people.person(PersonRole.ENGINEER)
    row, other = factories.incident(commander=by), factories.incident()
    assert merged_at_once(*[(row, other)] * 3, by=by) == (1, ["It was merged already."] * 2)
    assert IncidentEvent.objects.filter(what=What.MERGED).count() == 2
    assert IncidentWatcher.objects.filter(incident=other).count() == 1


def test_of_three_merged_in_a_ring_at_once_one_goes_on_and_leads_from_the_others() -> None:
    by = people.person(PersonRole.ENGINEER)
    rows = [factories.incident(commander=by) for _ in range(3)]
    done, faults = merged_at_once(*zip(rows, [*rows[1:], rows[0]], strict=True), by=by)
    assert (done, len(faults)) in ((1, 2), (2, 1))
    assert all("is over" in one for one in faults)
    open_ones = Incident.objects.filter(state=State.OPEN)
    assert open_ones.count() == 3 - done
    for one in Incident.objects.filter(state=State.MERGED):  # never round in a ring
        assert one.merged_into is not None and one.merged_into.pk != one.pk
    assert Promise.objects.filter(state=PromiseState.OPEN).count() == 3 - done
    assert StatusLink.objects.count() == 0

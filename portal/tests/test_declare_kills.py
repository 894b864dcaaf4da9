"""Declaring an incident while processes are killed with -9: the one that declares at each of its statements and right
after its commit, a worker at whatever it does for the channel and the first update; the broker loses all that is
queued. In the end there is one incident with one channel, and each message was written once."""

import dataclasses
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.apps import apps
from django.conf import settings as now_settings
from django.db import transaction
from django.db.models import Max

from customers.tests import factories as customers
from incidents.actions.base import held
from incidents.actions.declaring import Declared, declare
from incidents.actions.handbook import load_incidents
from incidents.actions.promises import settle_promise
from incidents.actions.updates import Given
from incidents.choices import PromiseState, Role, Severity, StepState, What
from incidents.models import Incident, IncidentEvent, IncidentStep, Promise, Update, UpdateDelivery
from incidents.queries.channel import wanted_channel
from incidents.rules.updates.form import Entry
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal import flows
from portal.common import clock, jobs
from portal.common.models import Timer
from portal.env import Mattermost
from portal.flows.incidents.publishing import publish
from portal.tests.killing import killed_before, killed_committed, killed_writing
from set_rotation.models import Page

pytestmark = pytest.mark.django_db(transaction=True)
ROOMS = ("customers", "incidents", "outbox", "set_rotation", "common")
NAMES = {"ines.okafor": "Ines Okafor", "priya.v": "Priya V", "hana.lindqvist": "Hana Lindqvist"}
LATER = timedelta(minutes=2)  # after this a claim of a worker that is gone is over in any case
MOST = 40  # looks of the worker: far more than it ever needs


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A Mattermost; and a broker that loses everything: whatever comes, comes by looking at the database."""
    monkeypatch.setattr(jobs, "queue", lambda *_, **__: True)
    before = now_settings.ENV
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team)
    now_settings.ENV = dataclasses.replace(before, mattermost=config, outbox_settle=0.0)
    site.reset_log(chat=True)
    load_incidents(at=clock.now())
    yield site
    now_settings.ENV = before


def crew() -> list[Person]:
    return [people.person(PersonRole.ENGINEER, name=name, mattermost_name=username, email=f"{username}@example.test")
            for username, name in NAMES.items()]


def form(who: list[Person]) -> Declared:
    """What the declaring form says: led by the first, who declares it."""
    roles = dict(zip((Role.COMMANDER, Role.DEPUTY, Role.SCRIBE), who, strict=True))
    return Declared(severity=Severity.SEV1, title="Messages fail to post", submission=uuid.uuid4(), roles=roles,
                    customers=(customers.customer(),), known="One in five.", zone="America/New_York")


def first_update(row: Incident, by: Person) -> Update:
    given = Given(Entry(summary="We look into it.", impact="Messages fail."), status="investigating", key="first",
                  seen=0, override="Nobody else is awake")
    return publish(incident=row, given=given, by=by, at=clock.now())


def looked(at: datetime) -> None:
    """What a worker does: it looks at what is due, and sends it."""
    flows.tick(at=at)
    for one in Delivery.objects.due(at).order_by("pk"):
        flows.deliver(delivery_id=one.pk, at=at)


def ended(at: datetime) -> datetime:
    """Look on until nothing is on its way any more, and everybody was told of what has left; returns when that was."""
    for _ in range(MOST):
        looked(at)
        untold = Delivery.objects.filter(tell_at__isnull=False)
        if not (Delivery.objects.open() | untold).exists() and not Timer.objects.filter(due_at__lte=at).exists():
            return at
        at += LATER
    raise AssertionError([(one.title, one.state, one.fault) for one in Delivery.objects.open()])


def rows() -> dict[str, int]:
    """How much is written down in the rooms that a declaring reaches."""
    return {model.__name__: model._default_manager.count() for name in ROOMS
            for model in apps.get_app_config(name).get_models()}


def made(chat: Sandbox, path: str) -> int:
    """How often something was made over there."""
    return sum(one["method"] == "POST" and one["status"] == 201 and one["path"].endswith(path)
               for one in chat.requests(chat=True))


def is_whole(chat: Sandbox, row: Incident, *, since: int = 0) -> None:
    """It has one channel, as it should be; each message once, each line once, nothing half. `since`: the number of the
    last delivery before it."""
    row = Incident.objects.select_related("status", "declared_by").get(pk=row.pk)
    wanted = wanted_channel(row)
    found = chat.mattermost("GET", f"channels/{row.channel_id}").json()
    assert (found["name"], found["header"]) == (wanted.name, wanted.header)
    members = chat.mattermost("GET", f"channels/{row.channel_id}/members?per_page=200").json()
    names = {chat.mattermost("GET", f"users/{one['user_id']}").json()["username"] for one in members}
    assert names == {*NAMES, "set-portal"}
    left = Delivery.objects.filter(pk__gt=since)
    letters = left.filter(topic__in=("mattermost.post", "mattermost.direct"))
    assert set(left.values_list("state", flat=True)) == {State.SENT}
    assert made(chat, "/posts") == letters.count() == letters.values("remote_id").distinct().count()
    assert made(chat, "/channels") == 1
    lines = Counter(IncidentEvent.objects.filter(incident=row).values_list("what", "to_value"))
    assert set(lines.values()) == {1}, lines
    assert lines[(What.CHANNEL.value, f"The channel ~{row.channel} is there")] == 1
    assert IncidentStep.objects.get(incident=row, key="channel").state == StepState.DONE
    posted = UpdateDelivery.objects.filter(target__incident=row, target__address=row.channel)
    assert [one.done_at is not None for one in posted] == [True] * row.updates
    assert Page.objects.filter(incidents=row).count() == 1
    assert Promise.objects.filter(incident=row, state=PromiseState.OPEN).count() == 1


# ---- The process that declares


def dies_declaring(steps: Callable[[], Iterator[int]]) -> tuple[Declared, Person]:
    """Killed before each of these statements, until one comes after the commit: nothing is there, or all of it."""
    who = crew()
    told, by, before = form(who), who[0], rows()
    at = clock.now()
    for step in steps():
        died = killed_before(step, lambda: declare(told=told, by=by, at=at))
        if Incident.objects.exists():
            assert step > 60, "it was declared in hardly any statement"
            break
        assert died and rows() == before, f"killed before statement {step}"
    return told, by


def test_what_is_killed_while_it_declares_leaves_nothing_and_after_its_commit_everything(chat: Sandbox) -> None:
    told, by = dies_declaring(lambda: iter((2, 20, 45, 70, 95)))
    killed_committed(lambda: declare(told=told, by=by, at=clock.now()))
    before = rows()
    row, new = declare(told=told, by=by, at=clock.now())  # the form is sent again: its first answer never came
    assert not new and rows() == before
    ended(clock.now())
    is_whole(chat, row)


@pytest.mark.long
def test_whichever_statement_of_a_declaring_it_is_killed_at_nothing_is_half(chat: Sandbox) -> None:
    told, by = dies_declaring(lambda: count(0))
    row, new = declare(told=told, by=by, at=clock.now())
    assert not new and Incident.objects.count() == 1
    ended(clock.now())
    is_whole(chat, row)


# ---- The worker


def declared() -> Incident:
    """Told before its channel is there."""
    who = crew()
    row, _ = declare(told=form(who), by=who[0], at=clock.now())
    first_update(row, who[0])
    return row


def test_a_worker_that_dies_after_each_thing_it_writes_makes_one_channel_and_each_message_once(chat: Sandbox) -> None:
    row, at = declared(), clock.now()
    for number in range(MOST):  # each comes one thing further than the one before
        if not killed_writing(number, lambda at=at: looked(at)):  # type: ignore[misc]
            break
        at += LATER
    assert number >= 4, "hardly any worker died"
    ended(at)
    is_whole(chat, row)


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 8, 16])
def test_whichever_step_a_worker_dies_at_the_next_one_brings_it_to_its_end(chat: Sandbox, first: int) -> None:
    """Statements and requests, each 24th of them; an incident of its own for each."""
    who = crew()
    for step in count(first, 24):
        since = Delivery.objects.aggregate(last=Max("pk"))["last"] or 0
        chat.reset_log(chat=True)
        row, _ = declare(told=form(who), by=who[0], at=clock.now())
        first_update(row, who[0])
        died = killed_before(step, lambda: looked(clock.now()))
        ended(clock.now())
        is_whole(chat, row, since=since)
        with transaction.atomic():  # nobody is reminded of it while the next one is looked at
            settle_promise(incident=held(row), update=None, at=clock.now())
        if not died:
            break
    assert step > 100, "hardly any worker died"

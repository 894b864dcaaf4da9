"""Before an incident becomes private, the portal says what of it has left, and where that is."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions.links import make_link, revoke_link
from incidents.actions.merging import merge
from incidents.actions.roles import let_in
from incidents.actions.targets import add_target
from incidents.choices import Reading, TargetKind
from incidents.models import Incident
from incidents.queries.left import left_of
from incidents.tests import factories
from incidents.tests.test_public import approved, follower, told
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.incidents.thread import thread_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau")


@pytest.fixture
def row(by: Person) -> Incident:
    """It was told in a channel, by mail, on its page, in the thread of its escalation, and to its people."""
    at, asked = clock.now() - timedelta(hours=1), escalations.escalation(customer=customers.customer("Northwind"))
    made = factories.incident(customer=asked.customer, escalation=asked, commander=by, at=at)
    add_target(incident=made, kind=TargetKind.CHANNEL, reading=Reading.INTERNAL, address="~war-room", by=by, at=at)
    add_target(incident=made, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address="board@ours.example", by=by,
               at=at)
    link, _ = make_link(incident=made, customer=asked.customer, ends_at=at + timedelta(days=7), by=by, at=at)
    follower(link)
    update = approved(told(made, by))
    thread_due(str(update.deliveries.get(target__kind=TargetKind.ESCALATION).pk), clock.now())
    let_in(incident=made, person=people.person(Role.ENGINEER), by=by, at=at)
    return Incident.objects.get(pk=made.pk)


def sent() -> None:
    Delivery.objects.update(state=State.SENT, sent_at=clock.now())


def where(row: Incident) -> dict[str, str]:
    return {one.where: one.what for one in left_of(row, clock.now())}


def test_all_that_has_left_is_named_by_where_it_is(row: Incident) -> None:
    sent()
    link = row.links.get()
    found = where(row)
    page = found.pop(f"Private page of Northwind ({link.hint}…)")
    assert page == "opened 0 times, 1 reader by mail: it stays open until it is revoked"
    assert found.pop("~war-room") == "1 post with updates" and found.pop("board@ours.example") == "1 mail with updates"
    assert found.pop(f"Thread of E-{row.escalation_id}") == "1 message with updates"
    assert found.pop("Mails to readers of customers' pages") == "1"
    assert int(found.pop("Mails to people")) >= 1
    assert all(name.startswith("Messages of page") for name in found)


def test_what_is_still_on_its_way_is_said_and_what_was_revoked_or_dropped_is_not(row: Incident, by: Person) -> None:
    assert "will still leave" in where(row)["On its way"] and "~war-room" not in where(row)
    sent()
    revoke_link(link=row.links.get(), by=by, at=clock.now())
    Delivery.objects.filter(payload__channel="war-room").update(state=State.DROPPED)
    found = where(row)
    assert not [name for name in found if "Private page" in name or name in ("~war-room", "On its way")]


def test_what_is_stuck_or_waits_for_a_second_person_is_not_said_to_leave_by_itself(row: Incident, by: Person) -> None:
    sent()
    stuck = Delivery.objects.filter(topic="mail.send").order_by("pk")[:1]
    Delivery.objects.filter(pk__in=stuck).update(state=State.FAILED, sent_at=None, fault="refused", detail="no box")
    told(row, by, at=clock.now() + timedelta(minutes=1))
    found = where(row)
    assert found["In the outbox"] == "1 message: will leave once tried again there"
    assert found["For a second person"].endswith("will leave once approved")


def test_what_was_merged_into_it_goes_with_it(row: Incident, by: Person) -> None:
    sent()
    into = factories.incident(commander=by, at=row.at)
    merge(incident=row, into=into, reason="the same outage", by=by, at=clock.now())
    found = where(into)
    assert f"{row}: ~war-room" in found and f"{row}: board@ours.example" in found
    Incident.objects.filter(pk=row.pk).update(private=True)  # it is already
    assert not [name for name in where(into) if name.startswith(str(row))]


def test_another_incidents_messages_are_not_counted(row: Incident, by: Person) -> None:
    sent()
    before = where(row)
    other = factories.incident(commander=by, at=row.at)
    Delivery.objects.create(key="x", topic="mail.send", scope="x", title="x", payload={}, created_at=row.at,
                            noted_at=row.at, due_at=row.at, state=State.SENT, sent_at=row.at,
                            path=f"/incidents/I-{row.pk}0/")
    assert where(row) == before and where(other) == {}


def test_it_is_shown_before_it_is_confirmed_and_not_before_somebody_asks(
    client: Client, row: Incident, by: Person
) -> None:
    sent()
    client.force_login(by)
    people_page = f"/incidents/I-{row.pk}/people/"
    plain = client.get(people_page).content.decode()
    assert "Make it private…" in plain and "has left" not in plain and 'value="private"' not in plain
    asked = client.get(f"{people_page}?private=1").content.decode()
    assert "What has left stays where it is" in asked and "~war-room" in asked and "board@ours.example" in asked
    assert not Incident.objects.get(pk=row.pk).private
    client.post(people_page, {"do": "private", "private": "1"})
    assert Incident.objects.get(pk=row.pk).private
    after = client.get(f"{people_page}?private=1").content.decode()
    assert "Not private any more" in after and "has left" not in after


def test_where_nothing_has_left_that_is_said(client: Client, by: Person) -> None:
    row = factories.incident(commander=by, drill=True)
    client.force_login(by)
    page = client.get(f"/incidents/I-{row.pk}/people/?private=1").content.decode()
    assert "Nothing of it has left the portal yet" in page


def test_who_may_not_work_on_it_or_does_not_see_it_is_not_told_what_has_left(client: Client, row: Incident) -> None:
    client.force_login(people.person(Role.VIEWER))
    assert client.get(f"/incidents/I-{row.pk}/people/?private=1").status_code == 403
    Incident.objects.filter(pk=row.pk).update(private=True)
    client.force_login(people.person(Role.ENGINEER))
    assert client.get(f"/incidents/I-{row.pk}/people/?private=1").status_code == 404

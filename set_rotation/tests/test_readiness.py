"""Who of a rotation is ready: what is read, the page, test pages and reminders by the lead, and the word three days
before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from set_rotation.actions import Refused, make_override, paging
from set_rotation.actions.contacts import plain_method
from set_rotation.actions.readiness import page_untested, remind, send_test_page, tell_unready
from set_rotation.choices import ContactKind, CyclePhase, PageSource, PageState, Seat, Urgency, What
from set_rotation.models import (
    ChecklistItem,
    ChecklistMark,
    ContactMethod,
    ContactRule,
    Page,
    PageAttempt,
    Rotation,
    RotationEvent,
)
from set_rotation.queries.readiness import first_day, readiness_of
from set_rotation.tests.factories import crew, engineer, rotation

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # six days before
DAY = timedelta(days=1)


@pytest.fixture
def people() -> list[Person]:
    return crew()


@pytest.fixture
def coming(people: list[Person]) -> Rotation:
    ChecklistItem.objects.all().delete()
    return rotation(people, first_on=MONDAY, at=NOW - 20 * DAY)


def was_tested(person: Person, at: datetime = NOW - DAY, *, by: Person | None = None) -> None:
    who = by or person
    Page.objects.create(key=f"t-{person.pk}-{at}", urgency=Urgency.URGENT, reason="Test page", source=PageSource.TEST,
                        policy={}, token="t", only_to=person, at=at, test=True, state=PageState.RESOLVED,
                        acknowledged_by=who, acknowledged_at=at, resolved_by=who, resolved_at=at)


def make_ready(person: Person) -> None:
    was_tested(person)
    method = plain_method(person=person, kind=ContactKind.MAIL, at=NOW)
    ContactMethod.objects.filter(pk=method.pk).update(verified_at=NOW)
    Person.objects.filter(pk=person.pk).update(mattermost_name=f"p{person.pk}")


def missing(rotation: Rotation, person: Person) -> set[str]:
    [row] = [row for row in readiness_of(rotation, NOW).rows if row.person.id == person.pk]
    return {check.key for check in row.missing}


def test_people_are_ready_one_by_one(coming: Rotation, people: list[Person]) -> None:
    assert readiness_of(coming, NOW).words == "0 of 5 ready"
    for person in people[:2]:
        make_ready(person)
    found = readiness_of(coming, NOW)
    assert (found.words, found.tone, found.lead, found.whole) == ("2 of 5 ready", "amber", people[0], False)
    assert [row.serves for row in found.rows] == ["Lead", "Engineer 1", "Engineer 2", "Engineer 3", "Engineer 4"]
    for person in people[2:]:
        make_ready(person)
    assert (readiness_of(coming, NOW).words, readiness_of(coming, NOW).tone) == ("5 of 5 ready", "green")


def test_only_their_own_acknowledgement_of_their_own_test_page_counts(coming: Rotation, people: list[Person]) -> None:
    one = people[1]
    make_ready(one)
    Page.objects.all().delete()
    was_tested(one, by=people[0])
    was_tested(people[2])
    assert missing(coming, one) == {"test"}
    was_tested(one, NOW - 91 * DAY)
    assert missing(coming, one) == {"test"}
    was_tested(one, NOW - 89 * DAY)
    assert missing(coming, one) == set()


def test_an_unproven_address_in_the_urgent_steps_counts_and_one_outside_them_does_not(
    coming: Rotation, people: list[Person]
) -> None:
    one = people[1]
    make_ready(one)
    phone = ContactMethod.objects.create(person=one, kind=ContactKind.APPRISE, label="Phone", address="json://x/1",
                                         added_at=NOW)
    rule = ContactRule.objects.create(person=one, urgency=Urgency.NORMAL, method=phone, minutes=0)
    assert missing(coming, one) == set()
    ContactRule.objects.filter(pk=rule.pk).update(urgency=Urgency.URGENT)
    assert missing(coming, one) == {"contacts"}
    ContactMethod.objects.filter(pk=phone.pk).update(verified_at=NOW)
    assert missing(coming, one) == set()


def test_the_checklist_counts_where_there_is_one(coming: Rotation, people: list[Person]) -> None:
    one = people[1]
    make_ready(one)
    item = ChecklistItem.objects.create(key="read", phase=CyclePhase.BEFORE, words="The process is read", each=True)
    ChecklistItem.objects.create(key="once", phase=CyclePhase.BEFORE, words="Once for all", each=False)
    ChecklistItem.objects.create(key="old", phase=CyclePhase.BEFORE, words="Old", each=True, retired=True)
    ChecklistItem.objects.create(key="start", phase=CyclePhase.START, words="At the start", each=True)
    assert missing(coming, one) == {"checklist"}
    ChecklistMark.objects.create(item=item, rotation=coming, person=people[2], at=NOW)
    assert missing(coming, one) == {"checklist"}
    ChecklistMark.objects.create(item=item, rotation=coming, person=one, by=one, at=NOW)
    assert missing(coming, one) == set()


def test_who_replaces_somebody_has_to_be_ready_too_and_a_gap_never_is(people: list[Person]) -> None:
    gap = rotation(dict(enumerate(people[:4])), first_on=MONDAY, at=NOW - 20 * DAY)
    stand_in = engineer("Stan In")
    make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=gap.starts_at, ends_at=gap.starts_at + DAY, by=None,
                  at=NOW)
    found = readiness_of(gap, NOW)
    assert (found.gaps, found.total, found.rows[-1].serves) == (1, 6, "Replaces the primary")
    for person in (*people, stand_in):
        make_ready(person)
    ChecklistItem.objects.all().delete()
    assert readiness_of(gap, NOW).words == "5 of 6 ready"


def test_readiness_asks_the_same_for_everybody(coming: Rotation, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(7):
        readiness_of(coming, NOW)


def test_what_is_left_before_the_first_day(coming: Rotation, people: list[Person]) -> None:
    ChecklistItem.objects.create(key="read", phase=CyclePhase.BEFORE, words="The process is read", each=True)
    found = first_day(people[1], NOW)
    assert found is not None and not found.ready
    assert found.rotation == coming and [item.label for item in found.items] == ["The process is read"]
    assert {errand.label for errand in found.errands} >= {"Contacts", "Test page"}
    assert first_day(engineer(), NOW) is None
    assert first_day(people[1], coming.starts_at) is None


# ---- What the lead does ----


def test_a_test_page_goes_to_those_who_lack_one(coming: Rotation, people: list[Person]) -> None:
    make_ready(people[1])
    send_test_page(person=people[2], by=people[2], at=NOW)
    assert page_untested(readiness=readiness_of(coming, NOW), by=people[0], at=NOW) == 3
    waiting = Page.objects.filter(state=PageState.OPEN)
    assert set(waiting.values_list("only_to", flat=True)) == {people[place].pk for place in (0, 2, 3, 4)}
    with pytest.raises(Refused, match="waits to be acknowledged"):
        send_test_page(person=people[2], by=people[0], at=NOW + timedelta(minutes=9))
    send_test_page(person=people[2], by=people[0], at=NOW + timedelta(minutes=11))


def test_those_who_are_not_ready_are_reminded_once_a_day(coming: Rotation, people: list[Person]) -> None:
    for person in people[:4]:
        make_ready(person)
    found = readiness_of(coming, NOW)
    for hours, count in ((0, 1), (2, 1), (24, 2)):
        assert remind(readiness=found, rows=found.rows, by=people[0], at=NOW + timedelta(hours=hours)) == 1
        assert Delivery.objects.filter(topic="mail.send").count() == count
    told = Delivery.objects.filter(topic="mail.send").order_by("pk").first()
    assert told is not None and told.payload["to"] == people[4].email
    assert "What is left" in told.payload["text"] and "/me/reach/" in told.payload["text"]


def test_the_lead_is_told_three_days_before_and_once(coming: Rotation, people: list[Person]) -> None:
    make_ready(people[1])
    assert tell_unready(at=coming.starts_at - timedelta(days=3, seconds=1)) == 0
    moments = (timedelta(days=3), timedelta(days=2), timedelta(hours=1))
    assert [tell_unready(at=coming.starts_at - before) for before in moments] == [1, 0, 0]
    [told] = Delivery.objects.filter(topic="mail.send")
    assert told.payload["to"] == people[0].email and "1 of 5 ready" in told.payload["subject"]
    assert people[2].name in told.payload["text"] and people[1].name not in told.payload["text"]
    assert RotationEvent.objects.filter(rotation=coming, what=What.READINESS_TOLD).count() == 1
    assert tell_unready(at=coming.starts_at) == 0


def test_nobody_is_told_when_everybody_is_ready(coming: Rotation, people: list[Person]) -> None:
    for person in people:
        make_ready(person)
    assert tell_unready(at=coming.starts_at - DAY) == 0
    assert not Delivery.objects.exists()


def test_without_a_lead_the_planners_are_told(people: list[Person]) -> None:
    coordinator = engineer("Cora", Role.COORDINATOR)
    made = rotation({1: people[1]}, first_on=MONDAY, at=NOW - 20 * DAY)
    assert tell_unready(at=made.starts_at - DAY) == 1
    [told] = Delivery.objects.filter(topic="mail.send")
    assert told.payload["to"] == coordinator.email and "places have nobody yet" in told.payload["text"]


# ---- The page ----


@pytest.fixture
def ahead(people: list[Person]) -> Rotation:
    """A rotation that lies ahead whenever this test runs."""
    today = datetime.now(tz=UTC).date()
    return rotation(people, first_on=today + timedelta(days=14 - today.weekday()))


def test_the_page_shows_the_next_rotation_and_any_other(client: Client, ahead: Rotation, people: list[Person]) -> None:
    client.force_login(people[2])
    page = client.get("/rotations/readiness/").content.decode()
    assert "0 of 5 ready" in page and people[4].name in page
    assert "Remind" not in page and "/rotations/readiness/test/" not in page
    assert f"/people/{people[4].pk}/reach/" not in page
    assert client.get(f"/rotations/readiness/?rotation={ahead.number}").status_code == 200
    for odd in ("999", "x", "-1", "9" * 30, "²"):
        assert client.get(f"/rotations/readiness/?rotation={odd}").status_code == 404


def test_without_a_rotation_the_page_says_so(client: Client) -> None:
    client.force_login(engineer())
    assert "No rotation is planned" in client.get("/rotations/readiness/").content.decode()


def test_the_coming_lead_tests_and_reminds_and_an_engineer_may_not(
    client: Client, ahead: Rotation, people: list[Person]
) -> None:
    one = {"rotation": str(ahead.number), "person": str(people[3].pk)}
    client.force_login(people[2])
    assert client.post("/rotations/readiness/test/", one).status_code == 403
    assert client.post("/rotations/readiness/remind/", one).status_code == 403
    assert not Page.objects.exists() and not Delivery.objects.exists()
    client.force_login(people[0])
    assert "Remind" in client.get("/rotations/readiness/").content.decode()
    answer = client.post("/rotations/readiness/test/", one, follow=True).content.decode()
    assert f"A test page is on its way to {people[3].name}" in answer
    assert "waits to be acknowledged" in client.post("/rotations/readiness/test/", one, follow=True).content.decode()
    everybody = {"rotation": str(ahead.number)}
    told = client.post("/rotations/readiness/test/", everybody, follow=True).content.decode()
    assert "Test pages are on their way to 4 people." in told
    reminded = client.post("/rotations/readiness/remind/", everybody, headers={"HX-Request": "true"})
    assert "5 people told what is left" in reminded["HX-Trigger"] and reminded["HX-Retarget"] == "#readiness"


def test_a_coordinator_does_it_for_any_rotation_and_nobody_for_strangers(
    client: Client, ahead: Rotation, people: list[Person]
) -> None:
    client.force_login(engineer("Cora", Role.COORDINATOR))
    number = str(ahead.number)
    assert client.post("/rotations/readiness/remind/", {"rotation": number}).status_code == 302
    for odd in ({"rotation": "999"}, {}, {"rotation": number, "person": str(engineer().pk)},
                {"rotation": number, "person": "x"}):
        assert client.post("/rotations/readiness/test/", odd).status_code == 404


def test_a_viewer_does_not_see_who_is_ready(client: Client) -> None:
    client.force_login(engineer("Vi", Role.VIEWER))
    assert client.get("/rotations/readiness/").status_code == 403


# ---- A test page and what it proves ----


def test_a_test_page_comes_by_every_way_and_its_acknowledgement_proves_them(people: list[Person]) -> None:
    one = people[0]
    phone = ContactMethod.objects.create(person=one, kind=ContactKind.APPRISE, label="Phone", address="json://x/1",
                                         added_at=NOW)
    ContactRule.objects.create(person=one, urgency=Urgency.URGENT, method=phone, minutes=10)
    page = send_test_page(person=one, by=one, at=NOW)
    paging.take_steps(page_id=page.pk, at=NOW)
    page.refresh_from_db()
    deliveries = Delivery.objects.filter(pk__in=PageAttempt.objects.filter(page=page).values("delivery"))
    assert {delivery.topic for delivery in deliveries} == {"notify.send", "mail.send"}
    deliveries.filter(topic="notify.send").update(state=State.SENT, sent_at=NOW)
    paging.acknowledge(page=page, by=one, at=NOW + timedelta(minutes=1))
    phone.refresh_from_db()
    assert phone.verified_at == NOW + timedelta(minutes=1)
    assert not ContactMethod.objects.filter(kind=ContactKind.MAIL, verified_at__isnull=False).exists()


def test_somebody_elses_acknowledgement_proves_nothing(people: list[Person]) -> None:
    page = send_test_page(person=people[0], by=people[1], at=NOW)
    paging.take_steps(page_id=page.pk, at=NOW)
    Delivery.objects.update(state=State.SENT, sent_at=NOW)
    page.refresh_from_db()
    paging.acknowledge(page=page, by=people[1], at=NOW)
    assert not ContactMethod.objects.filter(verified_at__isnull=False).exists()


def test_other_pages_load_the_badge_alone(client: Client, ahead: Rotation, people: list[Person]) -> None:
    client.force_login(people[0])
    answer = client.get(f"/rotations/readiness/?rotation={ahead.number}", headers={"HX-Target": "readiness-badge"})
    text = answer.content.decode()
    assert text.strip().startswith("<a") and "0 of 5 ready" in text and "<table" not in text
    assert "readiness-badge" in client.get("/on-call/").content.decode()
    client.force_login(engineer("Vi", Role.VIEWER))
    assert "eadiness" not in client.get("/on-call/").content.decode()

"""Promises ring: to whom, once each, through clocks that jump and updates that come; and what is written down."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from incidents.actions import ringing
from incidents.actions.base import held
from incidents.actions.promises import settle_promise
from incidents.actions.ringing import ring_batch
from incidents.actions.snoozing import snooze
from incidents.choices import Ring, Role, What
from incidents.models import Incident, IncidentEvent, Promise
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.promises import ring_promises
from portal.tests.together import done_together
from set_rotation.choices import Seat
from set_rotation.models import Duty

pytestmark = pytest.mark.django_db

NIGHT, MINUTE, SECOND = factories.NIGHT, timedelta(minutes=1), timedelta(seconds=1)


def on_duty(seat: Seat) -> Person:
    person = people.person(PersonRole.ENGINEER)
    day = timedelta(days=1)
    Duty.objects.create(seat=seat, person=person, starts_at=NIGHT - 30 * day, ends_at=NIGHT + 30 * day,
                        changed_at=NIGHT - 30 * day)
    return person


def letters() -> list[tuple[str, str]]:
    """To whom, and about what."""
    rows = Delivery.objects.filter(key__startswith="ring-").order_by("pk")
    return [(row.payload["to"], row.payload["subject"].partition(": ")[2]) for row in rows]


def rung(row: Incident) -> list[str]:
    events = IncidentEvent.objects.filter(incident=row, what=What.REMINDED).order_by("pk")
    return [event.to_value.partition(". Told: ")[0] for event in events]


def run(*minutes: float) -> list[int]:
    return [ring_promises(NIGHT + minute * MINUTE) for minute in minutes]


def with_everybody() -> tuple[Incident, dict[str, Person]]:
    """A Sev1 promised for 15 minutes from now, with all who are told of it."""
    found = {name: people.person(PersonRole.ENGINEER) for name in ("commander", "deputy", "executive")}
    found |= {"lead": on_duty(Seat.LEAD), "primary": on_duty(Seat.PRIMARY)}
    roles = {Role.COMMANDER: found["commander"], Role.DEPUTY: found["deputy"], Role.EXECUTIVE: found["executive"]}
    return factories.incident(roles=roles, commander=found["commander"]), found


def test_each_reminder_rings_once_at_its_minute_and_for_whom_it_is() -> None:
    row, who = with_everybody()
    looks = [4.9, 5, 5.1, 10, 11, 15, 16, 24, 25, 26, 74, 75, 76, 500]
    assert run(*looks) == [0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0]
    assert letters() == [
        (who["commander"].email, "update due in 10 min"), (who["commander"].email, "update due in 5 min"),
        (who["commander"].email, "update due now"), (who["deputy"].email, "update due now"),
        (who["lead"].email, "update overdue by 10 min"), (who["executive"].email, "update overdue by 1 h"),
    ]
    event = IncidentEvent.objects.filter(incident=row, what=What.REMINDED).latest("pk")
    assert event.to_value == f"Update overdue by 1 h. Told: {who['executive'].name}"
    assert (event.topic, event.tone, event.source) == ("promises", "red", f"ring:{Promise.objects.get().pk}:hour_after")


def test_an_update_in_time_is_reminded_of_no_more() -> None:
    row, _ = with_everybody()
    run(5)
    settle_promise(incident=row, update=None, at=NIGHT + 6 * MINUTE)
    assert run(10, 15, 25, 75) == [0, 0, 0, 0]


def test_where_a_part_is_empty_the_next_who_is_there_is_told() -> None:
    primary, backup = on_duty(Seat.PRIMARY), on_duty(Seat.BACKUP)
    executive = people.person(PersonRole.EXECUTIVE)
    factories.incident(roles={Role.DEPUTY: (deputy := people.person(PersonRole.ENGINEER))})
    run(5, 15, 25, 75)
    assert [to for to, _ in letters()] == [
        deputy.email, deputy.email, primary.email, primary.email, executive.email]
    assert backup.email not in [to for to, _ in letters()]


def test_with_nobody_at_all_those_who_plan_are_told() -> None:
    coordinator = people.person(PersonRole.COORDINATOR)
    factories.incident(roles={})
    run(15)
    assert [to for to, _ in letters()] == [coordinator.email]


def test_somebody_who_left_is_told_nothing() -> None:
    row, who = with_everybody()
    Person.objects.filter(pk=who["commander"].pk).update(is_active=False)
    run(5)
    assert [to for to, _ in letters()] == [who["deputy"].email]
    assert rung(row) == ["Update due in 10 min"]


def test_of_a_private_incident_only_its_people_hear() -> None:
    on_duty(Seat.LEAD)
    people.person(PersonRole.EXECUTIVE)
    row = factories.incident(private=True)
    commander = row.roles.get().person
    run(5, 15, 25, 75)
    assert {to for to, _ in letters()} == {commander.email}
    assert len(rung(row)) == 4


@pytest.mark.parametrize(("drill", "later"), [
    (True, ["deputy", "deputy"]), (False, ["lead", "executive"]),
], ids=["a drill", "an outage"])
def test_who_is_no_part_of_a_drill_is_not_rung(drill: bool, later: list[str]) -> None:
    found = {name: people.person(PersonRole.ENGINEER) for name in ("commander", "deputy")}
    found |= {"lead": on_duty(Seat.LEAD), "primary": on_duty(Seat.PRIMARY)}
    found["executive"] = people.person(PersonRole.EXECUTIVE)
    factories.incident(roles={Role.COMMANDER: found["commander"], Role.DEPUTY: found["deputy"]}, drill=drill,
                       commander=found["commander"])
    run(5, 10, 15, 25, 75)
    names = {person.email: name for name, person in found.items()}
    assert [names[to] for to, _ in letters()] == ["commander", "commander", "commander", "deputy", *later]


def test_whoever_has_a_part_in_a_drill_is_rung_as_in_an_outage() -> None:
    found = {name: people.person(PersonRole.ENGINEER) for name in ("commander", "executive")}
    lead, boss = on_duty(Seat.LEAD), people.person(PersonRole.EXECUTIVE)
    factories.incident(drill=True, commander=found["commander"], roles={
        Role.COMMANDER: found["commander"], Role.SCRIBE: lead, Role.EXECUTIVE: found["executive"]})
    run(5, 15, 25, 75)
    assert [to for to, _ in letters()] == [
        found["commander"].email, found["commander"].email, lead.email, lead.email, found["executive"].email]
    assert boss.email not in [to for to, _ in letters()]


def test_a_drill_that_nobody_leads_reaches_whoever_declared_it_and_nobody_on_duty() -> None:
    for seat, role in ((Seat.PRIMARY, PersonRole.EXECUTIVE), (Seat.LEAD, PersonRole.COORDINATOR)):
        on_duty(seat)
        people.person(role)
    row = factories.incident(drill=True, roles={})
    assert row.declared_by is not None
    run(5, 15, 25, 75, 80)
    assert {to for to, _ in letters()} == {row.declared_by.email}


def test_a_drill_says_so() -> None:
    factories.incident(drill=True)
    run(5)
    assert Delivery.objects.get(key__startswith="ring-").payload["subject"].startswith("Drill: I-")


def test_the_deputy_reads_why_the_commander_snoozed() -> None:
    row, who = with_everybody()
    run(5)
    snooze(incident=row, minutes=10, reason="on the bridge with their DBA", by=who["commander"], at=NIGHT + 6 * MINUTE)
    assert run(10, 14, 15) == [0, 0, 1]
    found = Delivery.objects.filter(key__startswith="ring-").latest("pk")
    assert found.payload["to"] == who["deputy"].email
    assert "snoozed: “on the bridge with their DBA”" in found.payload["text"]
    assert IncidentEvent.objects.filter(what=What.REMINDED).latest("pk").text


def test_a_snooze_that_ends_in_the_last_minute_rings_once_when_it_is_due() -> None:
    row, who = with_everybody()
    snooze(incident=row, minutes=10, reason="on the bridge", by=who["commander"], at=NIGHT + 5 * MINUTE - 22 * SECOND)
    assert run(5, 10, 14.7, 14.9, 15, 15.1) == [0, 0, 0, 0, 1, 0]
    assert rung(row) == ["Update due now"]


def test_one_that_a_worker_rings_late_says_how_long_is_left() -> None:
    row, _ = with_everybody()
    assert run(14.7, 15) == [1, 1]
    assert rung(row) == ["Update due in 1 min", "Update due now"]


def test_after_a_silence_the_last_reminder_rings_for_all_who_would_have_heard() -> None:
    row, who = with_everybody()
    assert run(80, 81) == [1, 0]
    assert [to for to, _ in letters()] == [who[one].email for one in ("commander", "deputy", "lead", "executive")]
    assert rung(row) == ["Update overdue by 1 h 5 min"]


def test_a_clock_that_jumps_ahead_and_back_rings_each_at_its_minute_and_none_twice() -> None:
    row, _ = with_everybody()
    assert run(17) == [1]  # somebody set the clock ahead …
    assert run(0, 1, 5, 6, 10, 15, 17, 25, 75, 76) == [0, 0, 1, 0, 1, 0, 0, 1, 1, 0]
    assert rung(row) == ["Update overdue by 2 min", "Update due in 10 min", "Update due in 5 min",
                         "Update overdue by 10 min", "Update overdue by 1 h"]
    rings = IncidentEvent.objects.filter(what=What.REMINDED).values_list("from_value", flat=True)
    assert sorted(rings) == sorted(Ring.values)


def test_one_that_is_broken_keeps_no_other_waiting() -> None:
    broken, fine = factories.incident(), factories.incident()
    Promise.objects.filter(incident=broken).update(rings={Ring.DUE: "some time"})
    assert run(5) == [2]
    assert (rung(broken), rung(fine)) == ([], ["Update due in 10 min"])
    assert Promise.objects.get(incident=broken).ring_at == NIGHT + 6 * MINUTE


def test_nothing_due_is_two_looks(django_assert_num_queries: Any) -> None:
    factories.incident()
    with django_assert_num_queries(2):
        assert ring_promises(NIGHT) == 0


def test_as_many_queries_for_many_as_for_one(django_assert_max_num_queries: Any) -> None:
    for _ in range(30):
        factories.incident()
    with django_assert_max_num_queries(22):
        assert ring_promises(NIGHT + 5 * MINUTE) == 30
    assert len(letters()) == 30


def test_a_worker_that_dies_half_way_leaves_all_of_it_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    row = factories.incident()
    with monkeypatch.context() as dying:
        dying.setattr(ringing, "tell_many", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            ring_batch(at=NIGHT + 5 * MINUTE)
    assert (rung(row), letters()) == ([], [])
    run(5.1)
    assert (rung(row), len(letters())) == (["Update due in 10 min"], 1)


@pytest.mark.django_db(transaction=True)
def test_several_at_once_ring_each_promise_once() -> None:
    for _ in range(20):
        factories.incident()
    at = NIGHT + 5 * MINUTE
    done, failed = done_together(*[lambda: sum(ring_batch(at=at, limit=4) for _ in range(6))] * 3)
    assert not failed
    assert sum(int(str(each)) for each in done) == 20
    assert IncidentEvent.objects.filter(what=What.REMINDED).count() == len(letters()) == 20


@pytest.mark.django_db(transaction=True)
def test_one_that_is_being_changed_is_left_for_the_next_look() -> None:
    row, other = factories.incident(), factories.incident()
    at = NIGHT + 5 * MINUTE
    with transaction.atomic():
        held(row)
        done, failed = done_together(lambda: ring_batch(at=at))
        settle_promise(incident=row, update=None, at=at)
    assert (done, failed) == ([1], [])
    assert ring_batch(at=at) == 0
    assert (rung(row), rung(other)) == ([], ["Update due in 10 min"])

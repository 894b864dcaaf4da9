"""Clocks ring: near, missed, then the lead; each stage once, whoever dies or comes twice, and quickly when all do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from customers.choices import Plan
from customers.tests import factories as customers
from escalations.actions import ringing
from escalations.actions.ringing import follow_plan, ring_batch
from escalations.choices import ClockKind, ClockStage, Level, Status, What
from escalations.models import Clock, Escalation, EscalationEvent
from escalations.queries.thread import words_of
from escalations.tests import factories as make
from escalations.tests.test_actions_clocks import replied
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.flows.escalations.clocks import ring_clocks
from portal.tests.together import done_together
from set_rotation.choices import Seat
from set_rotation.models import Duty

pytestmark = pytest.mark.django_db

HOUR, MINUTE, NOON = timedelta(hours=1), timedelta(minutes=1), make.NOON


def on_duty(seat: Seat, *, of: datetime = NOON) -> Person:
    person = people.person(Role.ENGINEER)
    day = timedelta(days=1)
    Duty.objects.create(
        seat=seat, person=person, starts_at=of - 30 * day, ends_at=of + 30 * day, changed_at=of - 30 * day
    )
    return person


def letters() -> list[tuple[str, str]]:
    """To whom, and about what."""
    rows = Delivery.objects.filter(purpose="clock").order_by("pk")
    return [(row.payload["to"], row.payload["subject"]) for row in rows]


def stage(row: Escalation, kind: ClockKind = ClockKind.FIRST_REPLY) -> int:
    return int(row.clocks.filter(kind=kind).latest("pk").stage)


def test_each_stage_is_entered_once_and_told_to_who_can_still_help() -> None:
    primary, lead = on_duty(Seat.PRIMARY), on_duty(Seat.LEAD)
    owner = people.person(Role.ENGINEER)
    row = make.escalation(level=Level.L2, owner=owner)  # two hours
    rung = {minutes: ring_clocks(NOON + minutes * MINUTE) for minutes in (59, 60, 61, 90, 91, 120, 121, 149, 150, 151)}
    assert rung == {59: 0, 60: 1, 61: 0, 90: 1, 91: 0, 120: 1, 121: 0, 149: 0, 150: 1, 151: 0}
    name = f"E-{row.pk}: First reply"
    assert letters() == [
        (owner.email, f"{name}: 30 min left"), (primary.email, f"{name} was missed: overdue by 1 min"),
        (owner.email, f"{name} was missed: overdue by 1 min"), (lead.email, f"{name} was missed: overdue by 30 min"),
    ]
    assert Clock.objects.get(kind=ClockKind.FIRST_REPLY).missed_at == NOON + 2 * HOUR
    told = EscalationEvent.objects.filter(what=What.CLOCK)
    assert [event.internal for event in told] == [True] * 3
    assert told[0].to_value == words_of(told[0]) == f"First reply: 30 min left. Told: {owner.name}"


def test_without_an_owner_the_primary_is_warned() -> None:
    primary = on_duty(Seat.PRIMARY)
    make.escalation()
    ring_clocks(NOON + 95 * MINUTE)
    assert [to for to, _ in letters()] == [primary.email]


def test_an_empty_seat_falls_to_the_next_and_with_nobody_on_duty_to_who_plans_rotations() -> None:
    backup, coordinator = on_duty(Seat.BACKUP), people.person(Role.COORDINATOR)
    make.escalation()
    ring_clocks(NOON + 121 * MINUTE)
    ring_clocks(NOON + 151 * MINUTE)
    assert [to for to, _ in letters()] == [backup.email, coordinator.email]


def test_with_nobody_at_all_it_is_written_down() -> None:
    make.escalation()
    ring_clocks(NOON + 121 * MINUTE)
    event = EscalationEvent.objects.get(what=What.CLOCK)
    assert event.to_value == "First reply was missed: overdue by 1 min. Told: nobody, for nobody is on duty"


def test_half_is_told_to_nobody() -> None:
    on_duty(Seat.PRIMARY)
    row = make.escalation()
    ring_clocks(NOON + 61 * MINUTE)
    assert (stage(row), letters()) == (ClockStage.HALF, [])


def test_what_leapt_over_stages_is_told_once_to_who_answers_and_to_the_lead() -> None:
    primary, lead = on_duty(Seat.PRIMARY), on_duty(Seat.LEAD)
    row = make.escalation()
    assert ring_clocks(NOON + 12 * HOUR) == 2  # the update is at its half
    assert (stage(row), [to for to, _ in letters()]) == (ClockStage.LEAD, [primary.email, lead.email])
    texts = [str(delivery.payload) for delivery in Delivery.objects.filter(purpose="clock").order_by("pk")]
    assert ["You lead" in text for text in texts] == [False, True]


def test_a_clock_set_back_enters_no_stage_again() -> None:
    on_duty(Seat.PRIMARY)
    make.escalation()
    ring_clocks(NOON + 95 * MINUTE)
    assert ring_clocks(NOON + 30 * MINUTE) + ring_clocks(NOON + 95 * MINUTE) == 0
    assert len(letters()) == 1


def test_what_is_answered_paused_or_solved_rings_no_more() -> None:
    on_duty(Seat.PRIMARY)
    replied(make.escalation(level=Level.L3), NOON + MINUTE)
    replied(make.escalation(level=Level.L1), NOON + MINUTE, Status.REPORTER)
    assert ring_clocks(NOON + 30 * 24 * HOUR) == 0


def test_many_at_once_are_one_message_to_somebody() -> None:
    primary = on_duty(Seat.PRIMARY)
    rows = [make.escalation(f"Problem {number}") for number in range(12)]
    assert ring_clocks(NOON + 121 * MINUTE) == 12
    (to, subject), = letters()
    assert (to, subject) == (primary.email, "12 clocks of escalations: 12 missed")
    text = Delivery.objects.get(purpose="clock").payload["text"]
    assert f"E-{rows[0].pk}" in text
    assert "and 2 more" in text
    assert EscalationEvent.objects.filter(what=What.CLOCK).count() == 12


def test_a_worker_that_dies_half_way_leaves_all_of_it_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    on_duty(Seat.PRIMARY)
    row = make.escalation()
    with monkeypatch.context() as dying:
        dying.setattr(ringing, "_tell", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            ring_batch(at=NOON + 121 * MINUTE)
    assert (stage(row), letters(), EscalationEvent.objects.filter(what=What.CLOCK).count()) == (0, [], 0)
    ring_clocks(NOON + 122 * MINUTE)
    assert (stage(row), len(letters())) == (ClockStage.MISSED, 1)


def test_a_clock_that_cannot_be_reckoned_keeps_no_other_waiting() -> None:
    on_duty(Seat.PRIMARY)
    broken, whole = make.escalation(), make.escalation()
    broken.clocks.update(hours={"zone": "Nowhere/Land"})
    assert ring_clocks(NOON + 121 * MINUTE) == 2
    assert (stage(broken), stage(whole)) == (0, ClockStage.MISSED)
    assert ring_clocks(NOON + 122 * MINUTE) == 0  # tried again later


def test_nothing_due_is_one_look(django_assert_num_queries: Any) -> None:
    make.escalation()
    cache.set("clocks:plans", 1, 60)
    with django_assert_num_queries(1):
        assert ring_clocks(NOON) == 0


def test_as_many_queries_for_many_as_for_one(django_assert_max_num_queries: Any) -> None:
    on_duty(Seat.PRIMARY)
    for number in range(30):
        make.escalation(f"Problem {number}")
    cache.set("clocks:plans", 1, 60)
    with django_assert_max_num_queries(20):
        assert ring_clocks(NOON + 121 * MINUTE) == 30


def test_a_customer_that_gets_another_plan_is_promised_by_it_within_a_minute() -> None:
    customer = customers.customer(plan=Plan.ENTERPRISE)
    row = make.escalation(customer=customer)  # 4 h
    customer.plan = Plan.PREMIER
    customer.save()
    cache.delete("clocks:plans")
    ring_clocks(NOON + HOUR)
    open_ones = row.clocks.filter(state="running")
    assert {(each.kind, each.plan, each.due_at) for each in open_ones} == {
        ("first_reply", "premier", NOON + 3 * HOUR), ("update", "premier", NOON + 24 * HOUR),
    }
    assert "those of Premier" in EscalationEvent.objects.get(what=What.CLOCK).to_value
    assert not follow_plan(escalation=row.pk, at=NOON + 2 * HOUR)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_ring_each_clock_once() -> None:
    on_duty(Seat.PRIMARY)
    for number in range(40):
        make.escalation(f"Problem {number}")
    at = NOON + 121 * MINUTE
    done, failed = done_together(*[lambda: sum(len(ring_batch(at=at, limit=7)) for _ in range(6))] * 3)
    assert not failed
    assert sum(int(str(each)) for each in done) == 40
    assert EscalationEvent.objects.filter(what=What.CLOCK).count() == 40


@pytest.mark.django_db(transaction=True)
def test_one_that_is_being_changed_is_left_for_the_next_look() -> None:
    on_duty(Seat.PRIMARY)
    row, other = make.escalation(), make.escalation()
    at = datetime.now(UTC) + timedelta(days=900)
    with transaction.atomic():
        Escalation.objects.select_for_update().get(pk=row.pk)
        done, failed = done_together(lambda: ring_batch(at=at))
    assert not failed
    assert done == [[other.pk, other.pk]]
    assert connection.in_atomic_block is False

"""Pages: answered by one, and what then follows."""

from datetime import timedelta

import pytest

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from portal.common.models import Timer
from portal.flows.ticking import TIMERS
from set_rotation.actions import Refused, paging
from set_rotation.choices import PageSource, PageState, PageWhat
from set_rotation.models import PageAttempt
from set_rotation.tests import factories as make
from set_rotation.tests.paging import AT, MINUTE, called, fresh, paged, ring, rules, whats

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew() -> list[Person]:
    """The lead, the primary, the backup, and two who are on duty in the second week."""
    people = make.crew()
    make.rotation(people)
    return people


# ---- Answers ---------------------------------------------------------------------------


def test_acknowledged_means_nobody_else_is_called_and_what_has_not_left_is_taken_back(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + 2 * MINUTE)
    ring(AT + 20 * MINUTE)
    stored = fresh(page)
    assert (stored.state, stored.acknowledged_by, stored.acknowledged_at) == (
        PageState.ACKNOWLEDGED, crew[1], AT + 2 * MINUTE,
    )  # fmt: skip
    assert called(page) == [(1, crew[1].name, 0)]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DROPPED}
    assert whats(page) == [PageWhat.RAISED, PageWhat.ACKNOWLEDGED]


def test_what_was_claimed_for_sending_before_the_answer_is_left_to_its_sender(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    held = Delivery.objects.order_by("pk")[0]
    assert outbox.claim(delivery_id=held.pk, at=AT) is not None
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + MINUTE)
    held.refresh_from_db()
    assert held.state == State.SENDING


def test_a_step_whose_timer_was_claimed_before_the_answer_calls_nobody(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    key = Timer.objects.get(kind="page.step").key
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + 5 * MINUTE)
    TIMERS["page.step"](key, AT + 5 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0)]


def test_of_two_answers_one_wins_and_the_other_learns_who(crew: list[Person]) -> None:
    page = paged()
    mine, theirs = fresh(page), fresh(page)
    paging.acknowledge(page=mine, by=crew[1], at=AT)
    with pytest.raises(paging.Answered, match=f"{crew[1].name} was faster: .* acknowledged it"):
        paging.acknowledge(page=theirs, by=crew[2], at=AT)
    with pytest.raises(paging.Answered, match=f"{crew[1].name} has acknowledged"):
        paging.acknowledge(page=fresh(page), by=crew[2], at=AT)
    paging.resolve(page=fresh(page), by=crew[2], at=AT)
    for verb in (paging.acknowledge, paging.resolve, paging.escalate_now):
        with pytest.raises(paging.Answered, match=f"{crew[2].name} has resolved"):
            verb(page=fresh(page), by=crew[1], at=AT)


def test_an_acknowledged_page_goes_stale_and_pages_again_from_the_top(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + MINUTE)
    ring(AT + 31 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert called(page) == [(1, crew[1].name, 0), (1, crew[1].name, 31)]
    assert whats(page)[-1] == PageWhat.STALE


def test_still_on_it_keeps_a_page_from_going_stale(crew: list[Person]) -> None:
    page = paged()
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + 20 * MINUTE)
    ring(AT + 45 * MINUTE)
    assert fresh(page).state == PageState.ACKNOWLEDGED
    ring(AT + 50 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert whats(page) == [PageWhat.RAISED, PageWhat.ACKNOWLEDGED, PageWhat.STILL_ON_IT, PageWhat.STALE]


def test_a_snoozed_page_is_silent_and_then_pages_again(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.snooze(page=fresh(page), until=AT + 15 * MINUTE, by=crew[1], at=AT)
    ring(AT + 14 * MINUTE)
    assert (fresh(page).state, len(called(page))) == (PageState.SNOOZED, 1)
    ring(AT + 15 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert called(page)[-1] == (1, crew[1].name, 15)


@pytest.mark.parametrize("until", [timedelta(), -MINUTE, timedelta(hours=24, seconds=1)])
def test_a_page_is_snoozed_for_a_day_at_most_and_never_into_the_past(crew: list[Person], until: timedelta) -> None:
    with pytest.raises(Refused):
        paging.snooze(page=fresh(paged()), until=AT + until, by=crew[1], at=AT)


def test_escalate_now_calls_the_next_seat_without_waiting_and_the_first_ones_rules_go_on(crew: list[Person]) -> None:
    rules(crew[1], 0, 5)
    page = paged()
    ring(AT)
    paging.escalate_now(page=fresh(page), by=crew[1], at=AT + MINUTE)
    ring(AT + 6 * MINUTE)
    assert called(page) == [
        (1, crew[1].name, 0), (1, crew[2].name, 1), (1, crew[1].name, 5), (1, crew[0].name, 6),
    ]  # fmt: skip


def test_two_who_escalate_at_once_call_one_more_person_not_two(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    mine, theirs = fresh(page), fresh(page)
    paging.escalate_now(page=mine, by=crew[1], at=AT + MINUTE)
    with pytest.raises(paging.Answered, match="faster"):
        paging.escalate_now(page=theirs, by=crew[2], at=AT + MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, crew[2].name, 1)]


def test_who_has_acknowledged_may_still_call_for_help(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT)
    paging.escalate_now(page=fresh(page), by=crew[1], at=AT + 3 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert called(page) == [(1, crew[1].name, 0), (1, crew[2].name, 3)]


def test_a_page_that_nobody_answered_can_be_escalated_again_from_the_top(crew: list[Person]) -> None:
    page = paged()
    ring(AT + 60 * MINUTE)
    paging.escalate_now(page=fresh(page), by=crew[3], at=AT + 90 * MINUTE)
    assert called(page)[-1] == (1, crew[1].name, 90)
    assert fresh(page).state == PageState.OPEN


def test_a_reassigned_page_goes_to_that_person_alone_and_back_to_the_seats_when_escalated(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.reassign(page=fresh(page), to=crew[3], by=crew[1], at=AT + MINUTE)
    ring(AT + 12 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, crew[3].name, 1), (2, crew[3].name, 11)]
    paging.escalate_now(page=fresh(page), by=crew[1], at=AT + 13 * MINUTE)
    assert called(page)[-1] == (1, crew[1].name, 13)


def test_taking_a_page_over_calls_nobody_and_somebody_who_has_left_is_given_nothing(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT)
    paging.reassign(page=fresh(page), to=crew[2], by=crew[2], at=AT + MINUTE)
    stored = fresh(page)
    assert (stored.state, stored.acknowledged_by, stored.acknowledged_at) == (PageState.ACKNOWLEDGED, crew[2], AT)
    crew[3].is_active = False
    with pytest.raises(Refused, match="has left"):
        paging.reassign(page=fresh(page), to=crew[3], by=crew[1], at=AT)
    with pytest.raises(Refused, match="has left"):
        paged("gone", only_to=crew[3])


# ---- Tests of somebody's set-up --------------------------------------------------------


def test_a_test_page_goes_to_one_person_and_is_over_once_acknowledged(crew: list[Person]) -> None:
    page = paged(only_to=crew[3], test=True, source=PageSource.TEST)
    ring(AT)
    assert called(page) == [(1, crew[3].name, 0)]
    paging.acknowledge(page=fresh(page), by=crew[3], at=AT + MINUTE)
    stored = fresh(page)
    assert (stored.state, stored.acknowledged_by, stored.acknowledged_at) == (
        PageState.RESOLVED, crew[3], AT + MINUTE,
    )  # fmt: skip


def test_a_test_page_that_nobody_answers_alarms_nobody(crew: list[Person]) -> None:
    make.engineer("Cora", Role.COORDINATOR)
    page = paged(only_to=crew[3], test=True, source=PageSource.TEST)
    ring(AT + 60 * MINUTE)
    assert called(page) == [(1, crew[3].name, 0)]
    assert fresh(page).state == PageState.UNANSWERED
    assert not PageAttempt.objects.filter(key__contains=":told-").exists()

"""Clocks as the verbs move them: begun, paused, met, ended; the same again changes nothing."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test.utils import CaptureQueriesContext

from customers.choices import Plan
from customers.tests import factories as customers
from escalations.actions.clocks import settle_clocks
from escalations.actions.states import move
from escalations.actions.thread import write
from escalations.choices import Author, ClockKind, ClockStage, ClockState, Level, Status
from escalations.models import Clock, Escalation
from escalations.tests import factories as make
from people.choices import Role
from people.tests.factories import person

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = make.NOON


def said(row: Escalation, at: datetime, **changes: Any) -> Escalation:
    """What a verb of the thread writes, and settling after it."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    settle_clocks(escalation=row, at=at)
    return row


def replied(row: Escalation, at: datetime, status: Status = Status.OURS) -> Escalation:
    return said(row, at, first_reply_at=row.first_reply_at or at, last_reply_at=at, status=status, status_since=at)


def asked(row: Escalation, at: datetime) -> Escalation:
    return said(row, at, last_asked_at=at, status=Status.OURS, status_since=at)


def clock(row: Escalation, kind: ClockKind) -> Clock:
    """The last of this kind."""
    return Clock.objects.filter(escalation=row, kind=kind).latest("pk")


def test_what_is_raised_has_the_clocks_of_its_level_and_plan() -> None:
    row = make.escalation(level=Level.L2, customer=customers.customer(plan=Plan.PREMIER))
    assert {(each.kind, each.due_at) for each in row.clocks.all()} == {
        (ClockKind.FIRST_REPLY, NOON + 2 * HOUR), (ClockKind.UPDATE, NOON + 24 * HOUR),
    }
    row.refresh_from_db()
    assert (row.next_due_at, row.paused) == (NOON + 2 * HOUR, False)


def test_a_question_of_level_three_owes_no_daily_update() -> None:
    row = make.escalation(level=Level.L3)
    assert [each.kind for each in row.clocks.all()] == [ClockKind.FIRST_REPLY]


def test_a_first_reply_in_time_is_met_and_a_late_one_is_met_late() -> None:
    early = replied(make.escalation(), NOON + HOUR)
    assert (clock(early, ClockKind.FIRST_REPLY).state, clock(early, ClockKind.FIRST_REPLY).missed_at) == ("met", None)
    late = replied(make.escalation(), NOON + 3 * HOUR)
    found = clock(late, ClockKind.FIRST_REPLY)
    assert (found.state, found.met_at, found.missed_at) == ("met", NOON + 3 * HOUR, NOON + 2 * HOUR)


def test_their_next_message_begins_the_next_reply_and_ours_meets_it() -> None:
    row = replied(make.escalation(), NOON + HOUR)
    assert not row.clocks.filter(kind=ClockKind.NEXT_REPLY).exists()
    asked(row, NOON + 2 * HOUR)
    asked(row, NOON + 3 * HOUR)  # another message is no other clock
    assert clock(row, ClockKind.NEXT_REPLY).due_at == NOON + 6 * HOUR
    replied(row, NOON + 4 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.MET
    assert not row.clocks.filter(kind=ClockKind.NEXT_REPLY, state__in=["running", "paused"]).exists()


def test_a_reply_that_asks_pauses_with_what_is_left_and_their_answer_lets_it_run_on() -> None:
    row = asked(replied(make.escalation(), NOON + HOUR), NOON + 2 * HOUR)
    replied(row, NOON + 5 * HOUR + 40 * MINUTE, Status.REPORTER)
    found = clock(row, ClockKind.NEXT_REPLY)
    assert (found.state, found.left, found.due_at, found.next_at) == (ClockState.PAUSED, 20 * 60, None, None)
    row.refresh_from_db()
    assert (row.next_due_at, row.paused) == (None, True)
    replied(row, NOON + 6 * HOUR, Status.REPORTER)  # asked again: it stands as it stood
    asked(row, NOON + 6 * HOUR + 50 * MINUTE)
    found = clock(row, ClockKind.NEXT_REPLY)
    assert (found.state, found.due_at) == ("running", NOON + 7 * HOUR + 10 * MINUTE)
    assert [[datetime.fromisoformat(moment) for moment in pause] for pause in found.pauses] == [
        [NOON + 5 * HOUR + 40 * MINUTE, NOON + 6 * HOUR + 50 * MINUTE]]
    replied(row, NOON + 7 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.MET
    assert clock(row, ClockKind.NEXT_REPLY).missed_at is None


@pytest.mark.parametrize(("asks", "state"), [(False, ClockState.MET), (True, ClockState.PAUSED)])
def test_what_we_say_while_it_waits_meets_the_next_reply_unless_it_asks_again(
    state: ClockState, *, asks: bool
) -> None:
    row, engineer = make.escalation(), person(Role.ENGINEER)

    def reply(hours: int, *, asks: bool) -> None:
        write(escalation=row, author=Author.US, by=engineer, by_name=engineer.name, text="Hello", public=True,
              key=f"k{hours}", at=NOON + hours * HOUR, asks=asks)

    reply(1, asks=False)
    write(escalation=row, author=Author.REPORTER, by=None, by_name="Mia", text="And?", public=True, key="r",
          at=NOON + 2 * HOUR)
    reply(3, asks=True)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.PAUSED
    reply(4, asks=asks)
    assert clock(row, ClockKind.NEXT_REPLY).state == state
    move(escalation=row, to=Status.OURS, by=engineer, at=NOON + 9 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).state == (ClockState.RUNNING if asks else ClockState.MET)


def test_another_level_after_a_pause_gives_no_more_time_than_was_left() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    row = make.escalation(level=Level.L4, customer=customers.customer(plan=Plan.PREMIER, zone="Asia/Tokyo"),
                          at=datetime(2026, 6, 26, 1, tzinfo=tokyo))
    row = move(escalation=row, to=Status.REPORTER, by=None, at=datetime(2026, 6, 26, 16, tzinfo=tokyo))
    row = move(escalation=row, to=Status.OURS, by=None, at=datetime(2026, 6, 29, 9, 30, tzinfo=tokyo))
    said(row, datetime(2026, 6, 29, 9, 45, tzinfo=tokyo), level=Level.L3)
    assert clock(row, ClockKind.FIRST_REPLY).due_at == datetime(2026, 6, 29, 10, 30, tzinfo=tokyo)


def test_a_question_as_the_first_reply_meets_it_and_their_answer_begins_another_clock() -> None:
    row = replied(make.escalation(), NOON + HOUR, Status.REPORTER)
    assert clock(row, ClockKind.FIRST_REPLY).state == ClockState.MET
    asked(row, NOON + 9 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).due_at == NOON + 13 * HOUR


def test_each_public_reply_renews_the_daily_update() -> None:
    row = replied(make.escalation(), NOON + HOUR)
    first, second = row.clocks.filter(kind=ClockKind.UPDATE).order_by("pk")
    assert (first.state, first.met_at) == (ClockState.MET, NOON + HOUR)
    assert (second.state, second.due_at) == (ClockState.RUNNING, NOON + 25 * HOUR)


def test_the_daily_update_stands_still_while_we_wait_for_them() -> None:
    row = replied(make.escalation(), NOON + HOUR, Status.REPORTER)
    assert (clock(row, ClockKind.UPDATE).state, clock(row, ClockKind.UPDATE).left) == ("paused", 24 * 3600)
    asked(row, NOON + 40 * HOUR)
    assert clock(row, ClockKind.UPDATE).due_at == NOON + 64 * HOUR


def test_a_note_stops_nothing() -> None:
    row = make.escalation()
    before = list(row.clocks.values())
    said(row, NOON + HOUR, updated_at=NOON + HOUR)
    assert list(row.clocks.values()) == before


def test_settling_again_at_any_time_changes_nothing_and_asks_once(django_assert_num_queries: Any) -> None:
    row = replied(asked(replied(make.escalation(), NOON + HOUR), NOON + 2 * HOUR), NOON + 3 * HOUR, Status.REPORTER)
    row = Escalation.objects.select_related("customer").get(pk=row.pk)
    before = list(row.clocks.values())
    with django_assert_num_queries(1):
        settle_clocks(escalation=row, at=NOON + 30 * HOUR)
    assert list(row.clocks.values()) == before


def test_another_team_has_it_and_the_clocks_run_on() -> None:
    row = move(escalation=make.escalation(), to=Status.HANDED_OVER, by=None, at=NOON + HOUR)
    assert {each.state for each in row.clocks.all()} == {ClockState.RUNNING}


def test_all_end_when_it_is_solved_and_what_was_missed_stays_missed() -> None:
    row = move(escalation=make.escalation(), to=Status.SOLVED, by=None, at=NOON + 3 * HOUR)
    assert {each.state for each in row.clocks.all()} == {ClockState.ENDED}
    assert clock(row, ClockKind.FIRST_REPLY).missed_at == NOON + 2 * HOUR
    row.refresh_from_db()
    assert (row.next_due_at, row.paused) == (None, False)


def test_what_is_opened_again_owes_from_then_on() -> None:
    row = move(escalation=make.escalation(), to=Status.SOLVED, by=None, at=NOON + HOUR)
    row = move(escalation=row, to=Status.OURS, by=None, at=NOON + 30 * HOUR)
    assert clock(row, ClockKind.FIRST_REPLY).due_at == NOON + 32 * HOUR


def test_a_fix_that_is_out_is_a_reply_that_we_owe() -> None:
    row = replied(make.escalation(level=Level.L3), NOON + HOUR)
    row = move(escalation=row, to=Status.REPLY_OWED, by=None, at=NOON + 50 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).due_at == NOON + 74 * HOUR
    row = replied(row, NOON + 51 * HOUR, Status.REPLY_OWED)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.MET
    assert not row.clocks.filter(state__in=["running", "paused"]).exists()


def test_a_fix_that_comes_while_we_wait_for_them_gives_us_the_whole_time() -> None:
    row = asked(replied(make.escalation(level=Level.L3), NOON + HOUR), NOON + 2 * HOUR)
    replied(row, NOON + 25 * HOUR, Status.REPORTER)
    row = move(escalation=row, to=Status.REPLY_OWED, by=None, at=NOON + 30 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).due_at == NOON + 54 * HOUR


def test_a_fix_that_is_taken_back_leaves_no_reply_owed_and_what_was_asked_stays_promised() -> None:
    row = replied(make.escalation(level=Level.L3), NOON + HOUR)
    said(row, NOON + 30 * HOUR, status=Status.REPLY_OWED, status_since=NOON + 30 * HOUR, released_at=NOON + 30 * HOUR)
    said(row, NOON + 31 * HOUR, status=Status.OURS, status_since=NOON + 31 * HOUR)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.RUNNING  # moved by hand: it is owed all the same
    said(row, NOON + 32 * HOUR, released_at=None)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.ENDED
    asked(row, NOON + 33 * HOUR)
    said(row, NOON + 34 * HOUR, status=Status.REPLY_OWED, status_since=NOON + 34 * HOUR, released_at=NOON + 34 * HOUR)
    said(row, NOON + 35 * HOUR, status=Status.OURS, status_since=NOON + 35 * HOUR, released_at=None)
    assert clock(row, ClockKind.NEXT_REPLY).state == ClockState.RUNNING


def test_a_higher_level_counts_from_the_change_and_never_later_than_before() -> None:
    row = make.escalation(level=Level.L3, customer=customers.customer(plan=Plan.ENTERPRISE))  # 8 bh: Wednesday noon
    said(row, NOON + HOUR, level=Level.L1)
    assert clock(row, ClockKind.FIRST_REPLY).due_at == NOON + 3 * HOUR
    assert row.clocks.filter(kind=ClockKind.FIRST_REPLY, state=ClockState.ENDED).count() == 1
    assert clock(row, ClockKind.UPDATE).due_at == NOON + 25 * HOUR


def test_a_lower_level_counts_from_the_beginning_and_ends_the_daily_update() -> None:
    row = said(make.escalation(level=Level.L1), NOON + HOUR / 2, level=Level.L3)  # 4 bh, from Tuesday noon in New York
    assert clock(row, ClockKind.FIRST_REPLY).due_at == NOON + 4 * HOUR
    assert clock(row, ClockKind.UPDATE).state == ClockState.ENDED


def test_what_was_missed_at_the_old_level_stays_missed_at_a_higher_one_and_is_not_told_again() -> None:
    row = make.escalation(level=Level.L2)
    Clock.objects.filter(kind=ClockKind.FIRST_REPLY).update(stage=ClockStage.LEAD, missed_at=NOON + 2 * HOUR)
    said(row, NOON + 5 * HOUR, level=Level.L1)
    found = clock(row, ClockKind.FIRST_REPLY)
    assert (found.due_at, found.stage, found.next_at) == (NOON + 2 * HOUR, ClockStage.LEAD, None)


def test_a_paused_clock_takes_another_level_standing_still() -> None:
    row = asked(replied(make.escalation(level=Level.L3), NOON + HOUR), NOON + 2 * HOUR)  # 24 h
    replied(row, NOON + 3 * HOUR, Status.REPORTER)
    said(row, NOON + 10 * HOUR, level=Level.L1)
    found = clock(row, ClockKind.NEXT_REPLY)
    assert (found.state, found.left, found.paused_at) == ("paused", 2 * 3600, NOON + 3 * HOUR)


def test_another_customer_has_other_promises() -> None:
    row = make.escalation(customer=customers.customer(plan=Plan.PREMIER))
    said(row, NOON + HOUR, customer=customers.customer(plan=Plan.E20))
    assert clock(row, ClockKind.FIRST_REPLY).due_at == NOON + 8 * HOUR


def test_raising_one_costs_few_queries_for_its_clocks(django_assert_max_num_queries: Any) -> None:
    row = make.escalation()
    Clock.objects.all().delete()
    row = Escalation.objects.select_related("customer").get(pk=row.pk)
    with django_assert_max_num_queries(5) as counted:
        settle_clocks(escalation=row, at=NOON)
    assert isinstance(counted, CaptureQueriesContext)
    assert row.clocks.count() == 2

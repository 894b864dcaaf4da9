from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import (
    Meeting,
    Plan,
    next_set_meeting,
    next_triage_meeting,
    next_weekly_meeting,
    weekly_meeting,
)
from cadence.tests.days import SHIPPED

D = date.fromisoformat
ZONE = "America/New_York"
TRIAGE = Meeting(frozenset({1, 3}), time(13), ZONE)
SET = Meeting(frozenset({1, 3}), time(14), ZONE)
WEEKLY = Meeting(frozenset({1}), time(14), ZONE)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "held"),
    [
        ("2026-11-16", "2026-11-17"), ("2026-11-17", "2026-11-17"), ("2026-11-22", "2026-11-17"),
        ("2025-11-10", "2025-11-12"),  # Veterans Day is that Tuesday
        ("2028-07-06", "2028-07-05"),  # Independence Day
    ],
)
def test_the_weekly_meeting_is_on_tuesday_or_else_on_the_next_business_day(day: str, held: str) -> None:
    assert weekly_meeting(D(day), WEEKLY, SHIPPED) == D(held)


def test_it_moves_into_the_next_week_if_all_the_rest_of_its_own_is_free() -> None:
    free = frozenset(D(f"2026-11-{day}") for day in (24, 25, 26, 27))
    assert weekly_meeting(D("2026-11-25"), WEEKLY, free) == D("2026-11-30")
    assert next_weekly_meeting(utc("2026-11-29T12:00"), WEEKLY, free) == utc("2026-11-30T19:00")
    assert next_set_meeting(utc("2026-11-29T12:00"), SET, WEEKLY, free) == utc("2026-11-30T19:00")
    assert next_weekly_meeting(utc("2026-11-30T20:00"), WEEKLY, free) == utc("2026-12-01T19:00")


def test_a_meeting_keeps_its_local_time_through_the_change_of_the_clocks() -> None:
    assert next_set_meeting(utc("2026-10-28T00:00"), SET, WEEKLY, SHIPPED) == utc("2026-10-29T18:00")
    assert next_set_meeting(utc("2026-11-02T00:00"), SET, WEEKLY, SHIPPED) == utc("2026-11-03T19:00")


def test_a_meeting_that_begins_now_is_the_next_one_and_a_moment_later_it_is_not() -> None:
    begins = utc("2026-11-17T19:00")
    assert next_set_meeting(begins, SET, WEEKLY, SHIPPED) == begins
    assert next_set_meeting(begins + timedelta(seconds=1), SET, WEEKLY, SHIPPED) == utc("2026-11-19T19:00")


def test_on_a_holiday_set_does_not_meet_but_meets_where_the_weekly_meeting_moves() -> None:
    # Veterans Day 2025 is a Tuesday, Thanksgiving 2026 a Thursday.
    assert next_set_meeting(utc("2025-11-10T12:00"), SET, WEEKLY, SHIPPED) == utc("2025-11-12T19:00")
    assert next_set_meeting(utc("2026-11-25T12:00"), SET, WEEKLY, SHIPPED) == utc("2026-12-01T19:00")


def test_the_next_triage_meeting_follows_the_triage_days() -> None:
    late = Plan(daily_from=5)
    assert next_triage_meeting(utc("2026-11-18T12:00"), TRIAGE, SHIPPED) == utc("2026-11-18T18:00")
    assert next_triage_meeting(utc("2026-11-18T12:00"), TRIAGE, SHIPPED, late) == utc("2026-11-19T18:00")
    assert next_triage_meeting(utc("2026-11-24T18:01"), TRIAGE, SHIPPED, late) == utc("2026-12-01T18:00")


@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 11, 1), timezones=st.just(UTC)))
def test_the_next_meeting_is_never_past_and_the_weekly_one_is_one_of_them(at: datetime) -> None:
    weekly = next_weekly_meeting(at, WEEKLY, SHIPPED)
    assert at <= weekly < at + timedelta(days=9)
    assert at <= next_set_meeting(at, SET, WEEKLY, SHIPPED) <= weekly
    assert next_set_meeting(weekly, SET, WEEKLY, SHIPPED) == weekly

"""When the things of a cycle are due: by tables over changes of the clocks, and by properties."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import instant
from set_rotation.choices import CyclePhase
from set_rotation.rules.cycle import CycleFacts, Step, item_due, next_step, step_at, steps_due

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns",
         "Pacific/Apia", "Asia/Kathmandu"]


def facts(first: date, zone: str = "America/New_York", *, team: str = "America/New_York", at: time = time(17),
          weekday: int = 4) -> CycleFacts:
    """A fortnight from a Monday at 9:00 in the team's zone on."""
    start, end = (instant(day, time(9), team) for day in (first, first + timedelta(days=14)))
    return CycleFacts(start, end, zone, weekday, at)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("first", "zone", "due"), [
    (date(2026, 11, 16), "America/New_York", "2026-11-27 22:00"),
    (date(2026, 11, 16), "Europe/Berlin", "2026-11-27 16:00"),
    (date(2026, 11, 16), "Asia/Kolkata", "2026-11-27 11:30"),
    # The rotation ends on Monday in New York, which is Tuesday in Apia: still the Friday before.
    (date(2026, 11, 16), "Pacific/Apia", "2026-11-27 04:00"),
    # The clocks go forward on 8 March, back on 1 November 2026.
    (date(2026, 2, 23), "America/New_York", "2026-03-06 22:00"),
    (date(2026, 3, 2), "America/New_York", "2026-03-13 21:00"),
    (date(2026, 10, 19), "America/New_York", "2026-10-30 21:00"),
    (date(2026, 10, 26), "America/New_York", "2026-11-06 22:00"),
    # In Berlin they changed a week earlier: 17:00 there is another moment of New York.
    (date(2026, 10, 12), "Europe/Berlin", "2026-10-23 15:00"),
    (date(2026, 10, 19), "Europe/Berlin", "2026-10-30 16:00"),
    # Half an hour on Lord Howe, on 5 April 2026.
    (date(2026, 3, 23), "Australia/Lord_Howe", "2026-04-03 06:00"),
    (date(2026, 3, 30), "Australia/Lord_Howe", "2026-04-10 06:30"),
])
def test_a_hand_over_is_due_on_friday_at_the_end_of_the_day_of_the_lead(first: date, zone: str, due: str) -> None:
    assert facts(first, zone).handed_over_at == utc(due)


@pytest.mark.parametrize(("phase", "days", "due"), [
    (CyclePhase.BEFORE, -3, "2026-10-23 21:00"),  # Friday before; the clocks go back on 1 November
    (CyclePhase.BEFORE, None, "2026-10-26 13:00"),  # the start itself
    (CyclePhase.START, 0, "2026-10-26 21:00"),
    (CyclePhase.START, None, "2026-10-26 13:00"),
    (CyclePhase.MONITOR, 0, "2026-10-26 21:00"),
    (CyclePhase.MONITOR, 6, "2026-11-01 22:00"),  # the very day
    (CyclePhase.MONITOR, 8, "2026-11-03 22:00"),
    (CyclePhase.MONITOR, None, "2026-11-06 22:00"),
    (CyclePhase.HAND_OVER, None, "2026-11-06 22:00"),
    (CyclePhase.HAND_OVER, -1, "2026-11-05 22:00"),
])
def test_an_item_is_due_by_days_of_the_leads_calendar(phase: CyclePhase, days: int | None, due: str) -> None:
    assert item_due(phase, days, facts(date(2026, 10, 26))) == utc(due)


def test_a_time_that_the_clocks_leap_over_is_the_moment_of_the_leap() -> None:
    # Lead in Cairo, where midnight of Friday 24 April 2026 does not exist: the day begins at 1:00.
    found = facts(date(2026, 4, 13), "Africa/Cairo", at=time(0, 30))
    assert found.handed_over_at == utc("2026-04-23 22:00")


@pytest.mark.parametrize(("at", "steps", "following"), [
    ("2026-11-01 00:00", (), "2026-11-04 22:00"),
    ("2026-11-04 21:59", (), "2026-11-04 22:00"),
    ("2026-11-04 22:00", (Step.DRAFT,), "2026-11-05 22:00"),
    ("2026-11-05 22:00", (Step.DRAFT, Step.SOON), "2026-11-06 22:00"),
    ("2026-11-06 21:59", (Step.DRAFT, Step.SOON), "2026-11-06 22:00"),
    # Whoever comes so late is not told that it will be due soon.
    ("2026-11-06 22:00", (Step.DRAFT, Step.LATE), None),
    ("2026-12-06 22:00", (Step.DRAFT, Step.LATE), None),
])
def test_it_is_drafted_two_days_before_and_called_to_mind_a_day_before_and_when_late(
    at: str, steps: tuple[Step, ...], following: str | None
) -> None:
    found = facts(date(2026, 10, 26))
    assert steps_due(found, utc(at)) == steps
    assert next_step(found, utc(at)) == (utc(following) if following else None)


def test_two_days_before_is_a_day_of_the_calendar_through_a_change_of_the_clocks() -> None:
    # Due Monday 2 November 2026 at 17:00; the clocks go back in the night to Sunday.
    found = facts(date(2026, 10, 20), weekday=0)
    assert found.handed_over_at == utc("2026-11-02 22:00")
    assert step_at(Step.DRAFT, found) == utc("2026-10-31 21:00")
    assert step_at(Step.SOON, found) == utc("2026-11-01 22:00")


MONDAYS = st.integers(0, 1500).map(lambda weeks: date(2020, 1, 6) + timedelta(weeks=weeks))


@given(MONDAYS, st.sampled_from(ZONES), st.times().map(lambda at: at.replace(microsecond=0)), st.integers(0, 6))
def test_a_hand_over_is_due_in_the_last_week_before_the_end_and_the_steps_come_in_their_order(
    first: date, zone: str, at: time, weekday: int
) -> None:
    found = facts(first, zone, at=at, weekday=weekday)
    due = found.handed_over_at
    assert found.ends_at - timedelta(days=7, hours=2) < due <= found.ends_at
    times = [step_at(step, found) for step in Step]
    assert times == sorted(times)
    assert times[-1] == due
    local = due.astimezone(ZoneInfo(zone))
    assert local.weekday() == weekday


@given(MONDAYS, st.sampled_from(ZONES), st.integers(-10, 13), st.integers(-10, 13))
def test_a_later_day_is_never_due_earlier(first: date, zone: str, one: int, other: int) -> None:
    found = facts(first, zone)
    low, high = sorted([one, other])
    assert item_due(CyclePhase.MONITOR, low, found) <= item_due(CyclePhase.MONITOR, high, found)


@given(MONDAYS, st.sampled_from(ZONES), st.integers(-400, 600))
def test_following_the_steps_does_each_once_and_ends(first: date, zone: str, hours: int) -> None:
    found = facts(first, zone)
    at: datetime | None = found.starts_at + timedelta(hours=hours)
    rung = []
    for _ in range(5):
        at = next_step(found, at) if at else None
        if at:
            rung.append(at)
    assert at is None
    assert rung == sorted(set(rung))

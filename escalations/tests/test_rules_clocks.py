"""Clocks by the table: zones, both changes of the clocks, half hours, holidays, weekends, pauses across all of them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import Hours
from escalations.choices import ClockKind, ClockStage, ClockState, Unit
from escalations.rules.clocks.clock import (
    Terms,
    begun,
    by_other_terms,
    ended,
    left_at,
    met,
    paused,
    resumed,
)
from escalations.rules.clocks.promises import (
    Office,
    Promise,
    moment_after,
    promise_of,
    total,
)
from escalations.rules.clocks.stages import begins_at, near_left, next_stage, stage_at

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


def office(zone: str = "America/New_York", *holidays: str, opens: int = 9, closes: int = 17, days: str = "01234"
           ) -> Office:
    hours = Hours(zone, time(opens), time(closes), frozenset(map(int, days)))
    return Office(hours, frozenset(map(date.fromisoformat, holidays)), 7)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def terms(text: str = "4 h", where: Office | None = None, *, level: int = 2, plan: str = "premier") -> Terms:
    promise = promise_of(text)
    assert promise is not None
    return Terms(promise, where or office(), level, plan, 1, 30)


# ---- When it is due: asked (local), the promise, due (local) --------------------------------------------------------

NY, BERLIN, KOLKATA, NEPAL, LORD_HOWE = (
    "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
)
DUE = [
    (NY, "2026-11-17T12:00", "2 h", "2026-11-17T14:00", ""),
    (NY, "2026-11-17T12:00", "4 bh", "2026-11-17T16:00", ""),
    (NY, "2026-11-17T15:00", "4 bh", "2026-11-18T11:00", ""),
    (NY, "2026-11-17T15:00", "1 bd", "2026-11-18T15:00", ""),
    (NY, "2026-11-17T15:00", "2 bd", "2026-11-19T15:00", ""),
    (NY, "2026-11-17T13:00", "4 bh", "2026-11-17T17:00", ""),  # the end of the day, not the next opening
    (NY, "2026-11-20T16:00", "4 bh", "2026-11-23T12:00", ""),  # over a weekend
    (NY, "2026-11-21T03:00", "1 bd", "2026-11-23T17:00", ""),  # on a Saturday night: the whole of Monday
    (NY, "2026-11-17T20:00", "4 bh", "2026-11-18T13:00", ""),  # outside hours counts from the opening
    (NY, "2026-11-17T07:00", "4 bh", "2026-11-17T13:00", ""),
    (NY, "2026-11-25T15:00", "4 bh", "2026-11-27T11:00", "2026-11-26"),  # Thanksgiving
    (NY, "2026-11-26T11:00", "1 bd", "2026-11-27T17:00", "2026-11-26"),  # asked on the holiday itself
    (NY, "2026-12-31T16:00", "2 bd", "2027-01-05T16:00", "2027-01-01"),  # a holiday, a weekend, a new year
    (NY, "2026-03-07T23:00", "24 h", "2026-03-09T00:00", ""),  # spring: the day has 23 hours
    (NY, "2026-10-31T23:00", "24 h", "2026-11-01T22:00", ""),  # autumn: the day has 25
    (NY, "2026-03-06T16:00", "4 bh", "2026-03-09T12:00", ""),  # the office does not notice either
    (NY, "2026-10-30T16:00", "4 bh", "2026-11-02T12:00", ""),
    (BERLIN, "2026-03-27T16:00", "1 bd", "2026-03-30T16:00", ""),
    (BERLIN, "2026-10-23T16:00", "1 bd", "2026-10-26T16:00", ""),
    (KOLKATA, "2026-11-17T16:30", "4 bh", "2026-11-18T12:30", ""),
    (NEPAL, "2026-11-17T16:45", "8 bh", "2026-11-18T16:45", ""),
    (LORD_HOWE, "2026-10-02T16:30", "4 bh", "2026-10-05T12:30", ""),  # its summer is half an hour
    (LORD_HOWE, "2026-10-03T23:00", "4 h", "2026-10-04T03:30", ""),
]


@pytest.mark.parametrize(("zone", "asked", "promise", "due", "holiday"), DUE)
def test_it_is_due(zone: str, asked: str, promise: str, due: str, holiday: str) -> None:
    where = office(zone, *filter(None, [holiday]))
    clock = begun(ClockKind.FIRST_REPLY, terms(promise, where), local(asked, zone))
    assert clock.due_at == local(due, zone)
    assert left_at(clock, local(asked, zone)) == clock.whole


def test_an_office_with_other_days_and_hours_counts_by_them() -> None:
    dubai = office("Asia/Dubai", days="60123", opens=8, closes=14)  # Sunday to Thursday, six hours
    clock = begun(ClockKind.FIRST_REPLY, terms("1 bd", dubai), local("2026-11-19T12:00", "Asia/Dubai"))
    assert clock.due_at == local("2026-11-22T12:00", "Asia/Dubai")  # Thursday noon, then Sunday
    assert clock.whole == 6 * 3600


def test_an_office_that_never_shuts_has_days_of_twenty_four_hours_through_both_changes() -> None:
    always = office(NY, opens=0, closes=0, days="0123456")
    assert total(Promise(1, Unit.BUSINESS_DAYS), always) == 24 * 3600
    for asked in ("2026-03-07T12:00", "2026-10-31T12:00"):
        start = local(asked, NY)
        assert moment_after(start, 24 * 3600, Unit.BUSINESS_DAYS, always) == start.astimezone(UTC) + DAY


# ---- Pauses -------------------------------------------------------------------------------------------------------

PAUSES = [
    # asked, promise, paused, runs again, due, with a holiday
    ("2026-11-17T10:00", "4 h", "2026-11-17T13:40", "2026-11-18T09:00", "2026-11-18T09:20", ""),
    ("2026-11-17T10:00", "4 bh", "2026-11-17T11:00", "2026-11-17T16:00", "2026-11-18T11:00", ""),
    ("2026-11-20T16:00", "4 bh", "2026-11-20T17:00", "2026-11-23T09:00", "2026-11-23T12:00", ""),  # nothing lost
    ("2026-11-20T16:00", "4 bh", "2026-11-21T12:00", "2026-11-22T12:00", "2026-11-23T12:00", ""),  # in the weekend
    ("2026-11-25T16:00", "1 bd", "2026-11-25T16:30", "2026-11-26T12:00", "2026-11-27T16:30", "2026-11-26"),
    ("2026-03-06T16:00", "4 bh", "2026-03-07T12:00", "2026-03-08T12:00", "2026-03-09T12:00", ""),  # over spring
    ("2026-10-30T16:00", "4 h", "2026-10-31T12:00", "2026-11-01T12:00", None, ""),  # paused when it was over
]


@pytest.mark.parametrize(("asked", "promise", "stops", "runs", "due", "holiday"), PAUSES)
def test_a_pause_keeps_what_is_left(
    asked: str, promise: str, stops: str, runs: str, due: str | None, holiday: str
) -> None:
    where = office(NY, *filter(None, [holiday]))
    clock = begun(ClockKind.NEXT_REPLY, terms(promise, where), local(asked, NY))
    stood = paused(clock, local(stops, NY))
    assert (stood.state, stood.due_at, stood.next_at) == (ClockState.PAUSED, None, None)
    again = resumed(stood, local(runs, NY))
    assert again.paused_for == (local(runs, NY).astimezone(UTC) - local(stops, NY).astimezone(UTC)).total_seconds()
    if due:
        assert again.due_at == local(due, NY)
    else:  # as overdue as it was, and its miss is kept
        assert left_at(again, local(runs, NY)) == left_at(clock, local(stops, NY)) < 0
        assert again.missed_at == clock.due_at


ZONES = st.sampled_from([NY, BERLIN, KOLKATA, NEPAL, LORD_HOWE, "UTC", "Pacific/Apia"])
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
PROMISES = st.sampled_from(["1 h", "4 h", "24 h", "4 bh", "8 bh", "1 bd", "2 bd"])


@given(ZONES, MOMENTS, PROMISES, st.lists(st.integers(1, 200_000), min_size=1, max_size=6))
def test_pauses_never_take_nor_give_time(zone: str, start: datetime, promise: str, gaps: list[int]) -> None:
    clock, now = begun(ClockKind.NEXT_REPLY, terms(promise, office(zone)), start), start
    for number, gap in enumerate(gaps):
        now += timedelta(seconds=gap)
        before = left_at(clock, now)
        clock = resumed(clock, now) if number % 2 else paused(clock, now)
        assert left_at(clock, now) == before
    assert clock.state == (ClockState.PAUSED if len(gaps) % 2 else ClockState.RUNNING)


@given(ZONES, MOMENTS, PROMISES)
def test_stages_come_in_order_and_none_before_it_began(zone: str, start: datetime, promise: str) -> None:
    found = terms(promise, office(zone))
    clock = begun(ClockKind.FIRST_REPLY, found, start)
    assert clock.due_at is not None
    def when(stage: ClockStage) -> datetime:
        return begins_at(stage, clock.due_at or start, whole=clock.whole, unit=found.promise.unit, office=found.office,
                         lead_after=30)

    moments = [when(stage) for stage in list(ClockStage)[1:]]
    assert moments == sorted(moments)
    assert start <= moments[0]
    assert moments[2] == clock.due_at
    assert clock.next_at == moments[0]


@given(ZONES, MOMENTS, PROMISES, st.integers(-10_000, 800_000))
def test_after_a_stage_the_next_one_is_still_to_come(zone: str, start: datetime, promise: str, later: int) -> None:
    found = terms(promise, office(zone))
    clock, now = begun(ClockKind.FIRST_REPLY, found, start), start + timedelta(seconds=later)
    assert clock.due_at is not None
    ways: dict[str, Any] = {"whole": clock.whole, "lead_after": 30}
    stage = stage_at(now, clock.due_at, unit=found.promise.unit, office=found.office, **ways)
    after = next_stage(stage, clock.due_at, unit=found.promise.unit, office=found.office, **ways)
    assert after is None or after > now
    assert (stage >= ClockStage.MISSED) == (clock.due_at <= now)


@given(ZONES, MOMENTS, PROMISES, PROMISES, st.integers(0, 400_000))
def test_other_terms_end_no_later_than_either_and_never_miss_what_was_in_time(
    zone: str, start: datetime, first: str, second: str, later: int
) -> None:
    old, now = begun(ClockKind.FIRST_REPLY, terms(first, office(zone)), start), start + timedelta(seconds=later)
    new = by_other_terms(old, terms(second, office(zone), level=1), now)
    assert old.due_at is not None
    assert new.due_at is not None
    straight = begun(ClockKind.FIRST_REPLY, new.terms, start).due_at
    assert straight is not None
    assert new.due_at <= max(old.due_at, straight)
    assert (new.due_at <= now) <= (old.due_at <= now)
    if straight >= old.due_at:
        assert new.due_at == straight


def test_a_paused_clock_takes_other_terms_without_running() -> None:
    start = local("2026-11-17T10:00", NY)
    stood = paused(begun(ClockKind.NEXT_REPLY, terms("24 h"), start), start + HOUR)
    new = by_other_terms(stood, terms("2 h", level=1), start + 9 * HOUR)
    assert (new.state, new.left, new.paused_at) == (ClockState.PAUSED, 2 * 3600, start + HOUR)


OTHER = [
    # zone, its days; asked, promise; stretches in which it stood still; the change, the other promise; due
    ("Asia/Tokyo", "01234", "2026-06-26T01:00", "8 bh", [("2026-06-26T16:00", "2026-06-29T09:30")],
     "2026-06-29T09:45", "4 bh", "2026-06-29T10:30"),  # shorter: an hour was left, and no more is given
    ("Asia/Tokyo", "01234", "2026-06-26T01:00", "8 bh", [("2026-06-26T16:00", "2026-06-29T09:30")],
     "2026-06-29T09:45", "2 bd", "2026-06-30T10:30"),  # longer: half an hour of open time lay in the pause
    (BERLIN, "60123", "2026-08-17T04:42:17", "8 bh", [("2026-08-17T10:04:41", "2026-08-17T10:41:19")],
     "2026-08-17T13:43:56", "2 bd", "2026-08-19T09:36:38"),  # a pause in office hours
    (NY, "01234", "2026-11-20T16:00", "4 bh", [("2026-11-20T18:00", "2026-11-23T08:00")],
     "2026-11-23T09:30", "8 bh", "2026-11-23T16:00"),  # a pause in closed time takes nothing of open time
    (NY, "01234", "2026-11-20T16:00", "4 bh", [("2026-11-20T18:00", "2026-11-23T08:00")],
     "2026-11-23T09:30", "72 h", "2026-11-26T06:00"),  # and all of it of hours around the clock
    (NY, "01234", "2026-11-17T08:00", "4 h", [("2026-11-17T10:00", "2026-11-17T11:00"),
                                              ("2026-11-17T12:00", "2026-11-17T12:30")],
     "2026-11-17T12:45", "8 bh", "2026-11-18T10:30"),  # two pauses: each leaves out what is open in it
    (NY, "01234", "2026-11-17T08:00", "2 bh", [("2026-11-17T16:00", "2026-11-18T12:00")],
     "2026-11-18T13:00", "4 bh", "2026-11-18T09:00"),  # overdue by both: by three hours before the pause, four now
]


@pytest.mark.parametrize(("zone", "days", "asked", "promise", "stood", "changed", "other", "due"), OTHER)
def test_another_promise_counts_the_open_time_in_which_it_ran(
    zone: str, days: str, asked: str, promise: str, stood: list[tuple[str, str]], changed: str, other: str, due: str
) -> None:
    where = office(zone, days=days)
    clock = begun(ClockKind.FIRST_REPLY, terms(promise, where), local(asked, zone))
    for stops, runs in stood:
        clock = resumed(paused(clock, local(stops, zone)), local(runs, zone))
    new = by_other_terms(clock, terms(other, where, level=1), local(changed, zone))
    assert new.due_at == local(due, zone)
    assert new.pauses == clock.pauses


@given(ZONES, MOMENTS, PROMISES, PROMISES, st.lists(st.integers(1, 200_000), min_size=2, max_size=7))
def test_another_promise_never_ends_later_than_the_old_one_or_than_its_own_time_while_it_ran(
    zone: str, start: datetime, first: str, second: str, gaps: list[int]
) -> None:
    clock, now = begun(ClockKind.NEXT_REPLY, terms(first, office(zone)), start), start
    straight = begun(ClockKind.NEXT_REPLY, terms(second, office(zone)), start)
    for number, gap in enumerate(gaps):
        now += timedelta(seconds=gap)
        clock, straight = ((resumed if number % 2 else paused)(one, now) for one in (clock, straight))
    new = by_other_terms(clock, straight.terms, now)
    assert left_at(new, now) <= max(left_at(straight, now), straight.whole if left_at(clock, now) > 0 else 0)
    assert (new.missed_at is not None) <= (clock.missed_at is not None or left_at(clock, now) <= 0)
    if new.due_at and clock.due_at and straight.due_at and clock.due_at > now:
        assert new.due_at <= max(clock.due_at, straight.due_at)


MISSED = [
    # asked, promise; paused; the change, the other promise; when that was missed
    ("2026-11-17T09:00", "1 bd", "2026-11-18T06:00", "2026-11-18T14:00", "1 h", "2026-11-17T17:00"),  # none was open
    ("2026-11-17T09:00", "1 bd", "2026-11-18T06:00", "2026-11-18T14:00", "4 bh", "2026-11-17T17:00"),
    ("2026-11-17T09:00", "1 bd", "2026-11-18T10:00", "2026-11-18T14:00", "4 bh", "2026-11-17T17:00"),
    ("2026-11-17T09:00", "4 bh", "2026-11-18T06:00", "2026-11-18T14:00", "8 bh", "2026-11-17T17:00"),  # by the other
    ("2026-11-17T09:00", "2 bh", "2026-11-17T16:00", "2026-11-18T14:00", "4 bh", "2026-11-17T13:00"),
    ("2026-11-17T09:00", "4 bh", "2026-11-18T06:00", "2026-11-18T14:00", "2 bd", None),  # not by the other
]


@pytest.mark.parametrize("runs", [True, False])
@pytest.mark.parametrize(("asked", "promise", "stops", "changed", "other", "missed"), MISSED)
def test_what_was_missed_before_a_pause_was_missed_when_it_was_due(
    asked: str, promise: str, stops: str, changed: str, other: str, missed: str | None, *, runs: bool
) -> None:
    clock = paused(begun(ClockKind.FIRST_REPLY, terms(promise), local(asked, NY)), local(stops, NY))
    if runs:  # it runs again before the change
        clock = resumed(clock, local(stops, NY) + HOUR)
    new = by_other_terms(clock, terms(other, level=1), local(changed, NY))
    assert new.missed_at == (local(missed, NY) if missed else None)


def test_met_and_ended_say_whether_it_was_missed() -> None:
    start = local("2026-11-17T10:00", NY)
    clock = begun(ClockKind.FIRST_REPLY, terms("2 h"), start)
    assert met(clock, start + 2 * HOUR).missed_at is None  # to the second is in time
    assert met(clock, start + 2 * HOUR + MINUTE).missed_at == clock.due_at
    assert ended(clock, start + 3 * HOUR).missed_at == clock.due_at
    assert ended(paused(clock, start + HOUR), start + 9 * HOUR).missed_at is None
    assert ended(paused(clock, start + HOUR), start + 9 * HOUR).paused_for == 8 * 3600


@pytest.mark.parametrize(("promise", "near"), [("1 h", 15), ("2 h", 30), ("4 h", 60), ("8 bh", 120), ("24 h", 120)])
def test_near_is_the_last_quarter_and_two_hours_at_most(promise: str, near: int) -> None:
    found = terms(promise)
    assert near_left(total(found.promise, found.office)) == near * 60


def test_a_warning_of_office_hours_comes_while_the_office_is_open() -> None:
    clock = begun(ClockKind.FIRST_REPLY, terms("8 bh"), local("2026-11-20T10:00", NY))  # due Monday 10:00
    near = begins_at(ClockStage.NEAR, clock.due_at or clock.started_at, whole=clock.whole, unit=Unit.BUSINESS_HOURS,
                     office=clock.terms.office, lead_after=30)
    assert near == local("2026-11-20T16:00", NY)

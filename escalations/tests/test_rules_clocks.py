"""Clocks by the table: zones, both changes of the clocks, half hours, holidays, weekends, pauses across all of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import Hours
from escalations.choices import ClockKind, ClockStage, ClockState, Status, Unit
from escalations.rules.clocks.clock import (
    ClockFact,
    Terms,
    begun,
    by_other_terms,
    ended,
    left_at,
    met,
    paused,
    resumed,
)
from escalations.rules.clocks.matrix import NO_PLAN, differences, promised, promises_from_json, promises_to_json
from escalations.rules.clocks.promises import (
    Office,
    Promise,
    moment_after,
    office_from_json,
    office_to_json,
    promise_of,
    time_between,
    total,
)
from escalations.rules.clocks.settling import Facts, settled
from escalations.rules.clocks.stages import begins_at, near_left, next_stage, stage_at
from escalations.rules.clocks.words import left_words, length_words, moment_words, office_left_words

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


# ---- Which clocks there are ---------------------------------------------------------------------------------------

NOON = local("2026-11-17T12:00", NY)


def facts(status: Status = Status.OURS, *, first: float | None = None, last: float | None = None, asked: float = 0,
          since: float = 0, level: int = 2, merged: bool = False, owing: bool = False) -> Facts:
    def moment(hours: float | None) -> datetime | None:
        return None if hours is None else NOON + hours * HOUR
    return Facts(status, NOON + since * HOUR, level, "premier", 7, moment(first), moment(last), moment(asked), merged,
                 owing=owing)


def of(kind: ClockKind) -> Terms:
    return terms({"first_reply": "2 h", "next_reply": "4 h", "update": "24 h"}[kind])


BOTH_RUN = {ClockKind.NEXT_REPLY: "running", ClockKind.UPDATE: "running"}
WHICH = [
    (facts(Status.NEW), {ClockKind.FIRST_REPLY: "running", ClockKind.UPDATE: "running"}),
    (facts(Status.REPORTER), {ClockKind.FIRST_REPLY: "paused", ClockKind.UPDATE: "paused"}),
    (facts(first=1, last=1), {ClockKind.UPDATE: "running"}),
    (facts(first=1, last=1, asked=2), BOTH_RUN),
    (facts(Status.HANDED_OVER, first=1, last=1, asked=2), BOTH_RUN),
    (facts(Status.REPORTER, first=1, last=1, asked=2), {ClockKind.UPDATE: "paused"}),
    (facts(Status.REPLY_OWED, first=1, last=1, since=5), BOTH_RUN),
    (facts(Status.REPLY_OWED, first=1, last=6, since=5), {ClockKind.UPDATE: "running"}),
    (facts(Status.REPLY_OWED, first=1, last=6, since=5, owing=True), BOTH_RUN),  # one of two was told
    (facts(Status.SOLVED, first=1, last=1, asked=2), {}),
    (facts(Status.CLOSED), {}),
    (facts(Status.NEW, merged=True), {}),
]


@pytest.mark.parametrize(("told", "clocks"), WHICH)
def test_which_clocks_begin(told: Facts, clocks: dict[ClockKind, str]) -> None:
    assert {one.kind: one.state for one in settled(told, [], of, NOON + 7 * HOUR)} == clocks


OWED = [
    # replies since the fix, whether another customer still waits, how the clock stands
    (None, True, ClockState.RUNNING),
    (6, True, ClockState.RUNNING),  # one of two was told
    (6, False, ClockState.MET),  # both were, the second by this reply
    (None, False, ClockState.RUNNING),  # the last one is being told
]


@pytest.mark.parametrize(("last", "owing", "state"), OWED)
def test_the_next_reply_runs_until_each_affected_customer_was_told(
    last: float | None, owing: bool, state: ClockState
) -> None:
    clock = begun(ClockKind.NEXT_REPLY, of(ClockKind.NEXT_REPLY), NOON + 5 * HOUR)
    told = facts(Status.REPLY_OWED, first=1, last=last or 1, since=5, owing=owing)
    changed = [one for one in settled(told, [clock], of, NOON + 7 * HOUR) if one.kind == ClockKind.NEXT_REPLY]
    assert [one.state for one in changed or [clock]] == [state]


def test_nothing_promised_is_no_clock() -> None:
    assert settled(facts(Status.NEW), [], lambda _: None, NOON) == []


STEPS = st.lists(st.sampled_from(["reply", "ask", "they", "hand", "owe", "solve", "open", "note", "up", "down"]),
                 max_size=14)


@given(STEPS, st.lists(st.integers(1, 50_000), min_size=14, max_size=14))
def test_whatever_happens_one_clock_of_a_kind_is_open_and_settling_again_changes_nothing(
    steps: list[str], gaps: list[int]
) -> None:
    told, now = facts(Status.NEW), NOON
    clocks, numbers = _kept([], settled(told, [], of_level(told), now), 0)
    for step, gap in zip(steps, gaps, strict=False):
        now += timedelta(seconds=gap)
        told = _after(told, step, now)
        clocks, numbers = _kept(clocks, settled(told, clocks, of_level(told), now), numbers)
        kinds = [one.kind for one in clocks]
        assert len(kinds) == len(set(kinds))
        assert not settled(told, clocks, of_level(told), now + HOUR)
        waits = told.status == Status.REPORTER
        assert all((one.state == ClockState.PAUSED) == waits for one in clocks)
        assert bool(clocks) <= (not told.over)
        assert (ClockKind.FIRST_REPLY in kinds) == (told.first_reply_at is None and not told.over)
        assert (ClockKind.UPDATE in kinds) == (told.level <= 2 and not told.over)


def of_level(told: Facts) -> Callable[[ClockKind], Terms | None]:
    def found(kind: ClockKind) -> Terms | None:
        if kind == ClockKind.UPDATE and told.level > 2:
            return None
        by = of(kind)
        return Terms(by.promise, by.office, told.level, told.plan, 1, 30)
    return found


def _kept(old: list[ClockFact], changed: list[ClockFact], number: int) -> tuple[list[ClockFact], int]:
    """The open ones as the database would hold them."""
    found = {one.pk: one for one in old}
    for one in changed:
        pk = one.pk if one.pk is not None else (number := number + 1)
        found[pk] = replace(one, pk=pk)
    return [one for one in found.values() if one.state in (ClockState.RUNNING, ClockState.PAUSED)], number


def _after(told: Facts, step: str, now: datetime) -> Facts:
    """What each verb leaves behind."""
    said: dict[str, Any] = {"first_reply_at": told.first_reply_at or now, "last_reply_at": now}
    match step:
        case "reply":
            return replace(told, **said)
        case "ask":
            return told if told.over else replace(told, status=Status.REPORTER, status_since=now, **said)
        case "they":
            waits = told.status == Status.REPORTER
            back: dict[str, Any] = {"status": Status.OURS, "status_since": now} if waits else {}
            return replace(told, last_asked_at=now, **back)
        case "hand" | "owe" | "solve":
            to = {"hand": Status.HANDED_OVER, "owe": Status.REPLY_OWED, "solve": Status.SOLVED}[step]
            return told if told.status == to else replace(told, status=to, status_since=now)
        case "open":
            return replace(told, status=Status.OURS, status_since=now) if told.over else told
        case "up":
            return replace(told, level=max(told.level - 1, 1))
        case "down":
            return replace(told, level=min(told.level + 1, 4))
    return told


# ---- Promises, the matrix, words ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["soon", "0 h", "721 h", "241 bh", "31 bd", "4", "h", "4 hours", "4.5 h", "-1 h"])
def test_what_is_no_promise_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write a number|Between 1 and"):
        promise_of(text)


@pytest.mark.parametrize("text", ["4 h", "8 bh", "1 bd", "720 h"])
def test_a_promise_is_read_as_it_is_written(text: str) -> None:
    assert str(promise_of(f" {text.upper()} ")) == text
    assert promise_of("  ") is None


def test_an_office_is_kept_as_it_was() -> None:
    where = office(KOLKATA, "2026-12-25", opens=8, closes=0, days="0156")
    assert office_from_json(office_to_json(where)) == where


def test_a_plan_that_nobody_knows_is_promised_what_is_without_one() -> None:
    told = {(ClockKind.FIRST_REPLY, NO_PLAN, 1): Promise(4, Unit.BUSINESS_HOURS)}
    assert promised(told, ClockKind.FIRST_REPLY, "gold", 1) == Promise(4, Unit.BUSINESS_HOURS)
    assert promised(told, ClockKind.FIRST_REPLY, "premier", 1) is None
    assert promises_from_json(promises_to_json(told)) == told
    assert [str(one) for one in differences(told, {})] == ["First reply, No plan, L1: 4 bh → none"]


@pytest.mark.parametrize(("seconds", "words"), [
    (18 * 60, "18 min left"), (17 * 60 + 1, "18 min left"), (1, "1 min left"), (4 * 3600 + 56 * 60, "4 h 56 left"),
    (3600, "1 h left"), (3599, "1 h left"), (27 * 3600, "1 d 3 h left"), (0, "overdue by 1 min"),
    (-4 * 60 - 59, "overdue by 4 min"), (-26 * 3600, "overdue by 1 d 2 h"), (48 * 3600, "2 d left"),
])
def test_a_clock_speaks(seconds: int, words: str) -> None:
    assert left_words(seconds) == words


def test_lengths_and_moments_in_words() -> None:
    assert length_words(70 * 60) == "1 h 10"
    assert office_left_words(90 * 60, Unit.BUSINESS_HOURS) == "1 h 30 of office hours"
    assert office_left_words(-60, Unit.HOURS) == "overdue by 1 min"
    assert moment_words(NOON, NOON, NY) == "12:00 pm EST"
    assert moment_words(NOON + DAY, NOON, NY) == "Wed 12:00 pm EST"
    assert moment_words(NOON + 10 * DAY, NOON, NY) == "Fri 27 Nov 12:00 pm EST"
    assert moment_words(NOON, NOON, "America/Sao_Paulo") == "2:00 pm Sao Paulo time"


@given(ZONES, MOMENTS, st.integers(-500_000, 500_000))
def test_office_time_goes_there_and_back(zone: str, start: datetime, seconds: int) -> None:
    where = office(zone)
    assert time_between(start, moment_after(start, seconds, Unit.BUSINESS_HOURS, where), Unit.BUSINESS_HOURS, where
                        ) == seconds

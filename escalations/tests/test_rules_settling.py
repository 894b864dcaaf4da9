"""Which clocks an escalation has, by what it is and what was said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalations.choices import ClockKind, ClockState, Status
from escalations.rules.clocks.clock import ClockFact, Terms, begun, paused
from escalations.rules.clocks.settling import Facts, settled
from escalations.tests.test_rules_clocks import HOUR, NY, local, terms

NOON = local("2026-11-17T12:00", NY)


def facts(status: Status = Status.OURS, *, first: float | None = None, last: float | None = None, asked: float = 0,
          since: float = 0, level: int = 2, merged: bool = False, owing: bool = False, told: bool = False) -> Facts:
    def moment(hours: float | None) -> datetime | None:
        return None if hours is None else NOON + hours * HOUR
    return Facts(status, NOON + since * HOUR, level, "premier", 7, moment(first), moment(last), moment(asked), merged,
                 owing=owing, told=told)


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


WAITING = [
    # it waits since, or no longer since; our last reply; whether that asked nothing; how the next reply stands
    (Status.REPORTER, 4, 4, False, ClockState.PAUSED),  # the reply that asks
    (Status.REPORTER, 4, 6, True, ClockState.MET),  # and then what was owed all the same
    (Status.REPORTER, 4, 6, False, ClockState.PAUSED),  # another question
    (Status.OURS, 7, 6, False, ClockState.RUNNING),  # taken back by hand after that
    (Status.OURS, 7, 7, False, ClockState.MET),
]


@pytest.mark.parametrize(("status", "since", "last", "told", "state"), WAITING)
def test_a_plain_reply_meets_the_next_reply_while_it_waits_and_one_that_asks_does_not(
    status: Status, since: float, last: float, *, told: bool, state: ClockState
) -> None:
    stood = paused(begun(ClockKind.NEXT_REPLY, of(ClockKind.NEXT_REPLY), NOON + 2 * HOUR), NOON + 4 * HOUR)
    said = facts(status, first=1, last=last, asked=2, since=since, told=told)
    changed = [one for one in settled(said, [stood], of, NOON + 7 * HOUR) if one.kind == ClockKind.NEXT_REPLY]
    assert [one.state for one in changed or [stood]] == [state]


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
            return replace(told, told=told.status == Status.REPORTER, **said)
        case "ask":
            since = told.status_since if told.waits else now
            return told if told.over else replace(told, status=Status.REPORTER, status_since=since, told=False, **said)
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

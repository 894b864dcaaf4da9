"""When promises ring, whatever the order of ticks, snoozes and clocks that jump; what may be promised."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.choices import Ring
from incidents.rules.promises import (
    OFFSETS,
    digits,
    length_words,
    moment_in,
    next_ring,
    promise_fault,
    ring_times,
    rings_due,
    snooze_fault,
    snoozed_to,
)

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Kept:
    """A promise as its row keeps it, rung as the job does."""

    due_at: datetime
    made_at: datetime = NOON
    snoozed_until: datetime | None = None
    rung: dict[str, str] = field(default_factory=dict)
    rang: list[tuple[Ring, datetime]] = field(default_factory=list)

    def tick(self, at: datetime) -> None:
        upcoming = next_ring(due_at=self.due_at, made_at=self.made_at, rung=self.rung,
                             snoozed_until=self.snoozed_until, at=at)
        if upcoming is None or upcoming > at:
            return
        due = rings_due(due_at=self.due_at, made_at=self.made_at, rung=self.rung, snoozed_until=self.snoozed_until,
                        at=at)
        self.rung[due[-1]] = at.isoformat()
        self.rang.append((due[-1], at))

    @property
    def times(self) -> dict[Ring, datetime]:
        return ring_times(due_at=self.due_at, made_at=self.made_at, snoozed_until=self.snoozed_until)


def test_a_promise_rings_before_at_and_after_its_time() -> None:
    promise = Kept(NOON + 30 * MINUTE)
    for second in range(0, 7200, 5):
        promise.tick(NOON + second * SECOND)
    assert [(ring, (at - NOON) / MINUTE) for ring, at in promise.rang] == [
        (Ring.TEN_BEFORE, 20), (Ring.FIVE_BEFORE, 25), (Ring.DUE, 30), (Ring.TEN_AFTER, 40), (Ring.HOUR_AFTER, 90),
    ]


def test_what_lay_before_the_promise_does_not_ring() -> None:
    promise = Kept(NOON + 10 * MINUTE)
    assert list(promise.times) == [Ring.FIVE_BEFORE, Ring.DUE, Ring.TEN_AFTER, Ring.HOUR_AFTER]


def test_a_snooze_holds_back_what_is_before_the_promise_and_nothing_after() -> None:
    promise = Kept(NOON + 30 * MINUTE, snoozed_until=NOON + 27 * MINUTE)
    for second in range(0, 7200, 5):
        promise.tick(NOON + second * SECOND)
    assert [(ring, (at - NOON) / MINUTE) for ring, at in promise.rang] == [
        (Ring.FIVE_BEFORE, 27), (Ring.DUE, 30), (Ring.TEN_AFTER, 40), (Ring.HOUR_AFTER, 90),
    ]


@pytest.mark.parametrize(("until", "rings"), [(27 * MINUTE + 59 * SECOND, [Ring.FIVE_BEFORE, Ring.DUE]),
                                              (28 * MINUTE, [Ring.DUE]), (29 * MINUTE + 38 * SECOND, [Ring.DUE]),
                                              (30 * MINUTE, [Ring.DUE])])
def test_a_snooze_that_ends_close_to_the_promise_leaves_the_reminder_at_its_time_alone(
    until: timedelta, rings: list[Ring]
) -> None:
    promise = Kept(NOON + 30 * MINUTE, snoozed_until=NOON + until)
    for second in range(0, 1801):
        promise.tick(NOON + second * SECOND)
    assert [ring for ring, _ in promise.rang] == rings
    assert promise.rang[-1] == (Ring.DUE, NOON + 30 * MINUTE)


def test_after_an_hour_in_which_nobody_looked_the_last_one_rings_alone() -> None:
    promise = Kept(NOON + 30 * MINUTE)
    promise.tick(NOON + 95 * MINUTE)
    promise.tick(NOON + 96 * MINUTE)
    assert [ring for ring, _ in promise.rang] == [Ring.HOUR_AFTER]


def test_a_clock_that_leapt_ahead_and_was_set_back_rings_each_at_its_minute_and_none_twice() -> None:
    promise = Kept(NOON + 30 * MINUTE)
    promise.tick(NOON + 32 * MINUTE)  # the clock is ahead
    for second in range(0, 7200, 5):
        promise.tick(NOON + second * SECOND)
    assert [(ring, (at - NOON) / MINUTE) for ring, at in promise.rang] == [
        (Ring.DUE, 32), (Ring.TEN_BEFORE, 20), (Ring.FIVE_BEFORE, 25), (Ring.TEN_AFTER, 40), (Ring.HOUR_AFTER, 90),
    ]


STEPS = st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=400)


@given(due=st.integers(min_value=1, max_value=120), steps=STEPS,
       snoozes=st.lists(st.tuples(st.integers(0, 100), st.integers(1, 30)), max_size=4))
def test_with_regular_looks_every_reminder_rings_at_its_minute_and_none_twice(
    due: int, steps: list[int], snoozes: list[tuple[int, int]]
) -> None:
    promise, at = Kept(NOON + due * MINUTE), NOON
    waiting = sorted(snoozes)
    seen: dict[Ring, datetime] = {}
    while at < promise.due_at + 62 * MINUTE:
        at += steps[len(seen) % len(steps)] * SECOND
        while waiting and at >= NOON + waiting[0][0] * MINUTE:
            _, minutes = waiting.pop(0)
            if at < promise.due_at:
                promise.snoozed_until = snoozed_to(due_at=promise.due_at, minutes=minutes, most=10, at=at)
        promise.tick(at)
        seen = dict(promise.rang)
    rang = [ring for ring, _ in promise.rang]
    assert len(rang) == len(set(rang))
    for ring, when in promise.rang:
        assert timedelta() <= when - promise.due_at - OFFSETS[ring] or ring in (Ring.TEN_BEFORE, Ring.FIVE_BEFORE)
    # From the promise on nothing holds a reminder back.
    for ring in (Ring.DUE, Ring.TEN_AFTER, Ring.HOUR_AFTER):
        assert timedelta() <= seen[ring] - (promise.due_at + OFFSETS[ring]) <= MINUTE
    # Without a snooze those before it ring in their minute, too.
    if not snoozes:
        for ring, when in promise.times.items():
            assert timedelta() <= seen[ring] - when <= MINUTE


@given(looks=st.lists(st.integers(min_value=-7200, max_value=14_400), max_size=60), due=st.integers(1, 120))
def test_whatever_the_clock_shows_no_reminder_rings_twice_and_those_after_a_look_ring_at_their_time(
    looks: list[int], due: int
) -> None:
    promise = Kept(NOON + due * MINUTE)
    for seconds in looks:
        promise.tick(NOON + seconds * SECOND)
    rang = [ring for ring, _ in promise.rang]
    assert len(rang) == len(set(rang))
    assert all(at >= promise.times[ring] for ring, at in promise.rang)


@given(jumps=st.lists(st.tuples(st.integers(0, 119), st.integers(5, 600)), max_size=6), due=st.integers(15, 60))
def test_clocks_that_leap_ahead_for_a_moment_cost_no_reminder(jumps: list[tuple[int, int]], due: int) -> None:
    """At these minutes somebody's clock is ahead by so many minutes for one look."""
    promise, ahead = Kept(NOON + due * MINUTE), dict(jumps)
    for minute in range(due + 62):
        promise.tick(NOON + minute * MINUTE)
        if minute in ahead:
            promise.tick(NOON + (minute + ahead[minute]) * MINUTE)
    rang = [ring for ring, _ in promise.rang]
    assert sorted(rang, key=list(Ring).index) == list(promise.times)
    late = [(ring, at) for ring, at in promise.rang if at > promise.times[ring] + MINUTE]
    assert all(any((at - promise.times[ring]) < (leap + 1) * MINUTE for leap in ahead.values()) for ring, at in late)


NIGHTS = [  # an hour that comes twice, one that is skipped, half an hour of each; by the clocks of this zone
    ("America/New_York", datetime(2026, 11, 1, 5, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 6, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 0, tzinfo=UTC)), ("Europe/Berlin", datetime(2026, 3, 29, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 14, tzinfo=UTC)),
]


@given(night=st.sampled_from(NIGHTS), due=st.integers(min_value=12, max_value=150),
       snooze=st.none() | st.integers(min_value=1, max_value=10))
def test_in_the_night_in_which_the_clocks_change_every_reminder_rings_at_its_minute(
    night: tuple[str, datetime], due: int, snooze: int | None
) -> None:
    """The promise is given by the clocks on the wall there, the ticks come in UTC."""
    zone, start = ZoneInfo(night[0]), night[1]
    promise = Kept((start + due * MINUTE).astimezone(zone), made_at=start.astimezone(zone))
    if snooze is not None:
        promise.snoozed_until = snoozed_to(due_at=promise.due_at, minutes=snooze, most=10,
                                           at=(start + (due - 11) * MINUTE).astimezone(zone))
    assert promise.snoozed_until is None or promise.snoozed_until.astimezone(UTC) <= start + due * MINUTE
    for minute in range(due + 62):
        promise.tick(start + minute * MINUTE)
    expected = {ring: due + int(offset / MINUTE) for ring, offset in OFFSETS.items()}
    if snooze is not None:
        expected[Ring.TEN_BEFORE] = max(expected[Ring.TEN_BEFORE], due - 11 + snooze)
        expected[Ring.FIVE_BEFORE] = max(expected[Ring.FIVE_BEFORE], due - 11 + snooze)
        if snooze >= 6:  # both were held back: the later one rings for both
            del expected[Ring.TEN_BEFORE]
        if snooze >= 9:
            del expected[Ring.FIVE_BEFORE]
    assert [(ring, (at - start) / MINUTE) for ring, at in promise.rang] == list(expected.items())


def test_a_time_that_has_passed_cannot_be_promised() -> None:
    assert "has passed" in promise_fault(due_at=NOON, at=NOON, longest=60, reason="because")
    assert promise_fault(due_at=NOON + MINUTE, at=NOON, longest=60, reason="") == ""


def test_a_later_promise_needs_a_reason_and_two_weeks_are_a_slip() -> None:
    assert "say why" in promise_fault(due_at=NOON + 9 * HOUR, at=NOON, longest=60, reason="")
    assert promise_fault(due_at=NOON + 9 * HOUR, at=NOON, longest=60, reason="bridge closed overnight") == ""
    assert "check the day" in promise_fault(due_at=NOON + 400 * HOUR, at=NOON, longest=60, reason="long")


def test_a_snooze_is_capped_and_never_passes_the_promise() -> None:
    due = NOON + 12 * MINUTE
    assert snoozed_to(due_at=due, minutes=45, most=10, at=NOON) == NOON + 10 * MINUTE
    assert snoozed_to(due_at=due, minutes=10, most=10, at=NOON + 9 * MINUTE) == due


@pytest.mark.parametrize(("minute", "until", "reason", "said"), [
    (21, 25, "on the bridge", ""), (21, 25, "", "Say why"), (30, 30, "late", "overdue"), (5, 15, "early", "first"),
])
def test_a_snooze_says_why_and_holds_something_back(minute: int, until: int, reason: str, said: str) -> None:
    fault = snooze_fault(due_at=NOON + 30 * MINUTE, made_at=NOON, until=NOON + until * MINUTE,
                         at=NOON + minute * MINUTE, reason=reason)
    assert (said in fault) if said else fault == ""


def test_lengths_are_said_in_digits_and_in_words() -> None:
    assert [digits(seconds) for seconds in (2472, 0.2, 3600, 0, -243, -3661)] == [
        "41:12", "0:01", "1:00:00", "0:00", "4:03", "1:01:01"]
    assert [length_words(seconds) for seconds in (1, 2400, 3600, 33_600, 183_600)] == [
        "1 min", "40 min", "1 h", "9 h 20 min", "2 d 3 h"]


def test_moments_are_said_by_the_clocks_of_the_incident() -> None:
    said = [moment_in(NOON + hours * HOUR, "America/New_York", NOON) for hours in (5, 20, 24 * 14)]
    assert said == ["12:00 pm ET", "Wed 3:00 am ET", "1 Dec 7:00 am ET"]
    assert moment_in(NOON, "Asia/Kathmandu", NOON) == "5:45 pm UTC+5:45"

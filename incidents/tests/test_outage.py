"""How long production was down, where it was well for a while in between."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidents.rules.outage import break_of, lasted, with_break

THREE = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTES = st.integers(0, 5_000)
BREAKS = st.lists(st.tuples(MINUTES, MINUTES), max_size=5)


def at(minutes: int) -> datetime:
    return THREE + timedelta(minutes=minutes)


def kept(pairs: list[tuple[int, int]]) -> list[list[str]]:
    breaks: list[list[str]] = []
    for start, end in pairs:
        breaks = with_break(breaks, at(start), at(end))
    return breaks


def test_the_hours_in_which_it_was_well_are_no_outage() -> None:
    breaks = with_break([], THREE + HOUR, THREE + 20 * HOUR)  # down from 3 to 4, and from 23 to 24
    assert lasted(breaks, THREE, THREE + 21 * HOUR) == 2 * HOUR
    assert break_of(breaks, THREE, THREE + 21 * HOUR) == 19 * HOUR
    assert lasted(breaks, THREE, THREE + HOUR / 2) == HOUR / 2, "a moment before it knows of no break"


def test_what_was_never_resolved_and_a_clock_that_was_set_back_make_no_break() -> None:
    assert with_break([], None, THREE) == with_break([], THREE, THREE - HOUR) == []
    assert lasted([], THREE, THREE + HOUR) == HOUR
    assert lasted([], THREE, THREE - HOUR) == timedelta()


@given(pairs=BREAKS, began=MINUTES, end=MINUTES)
def test_each_minute_of_an_outage_counts_once(pairs: list[tuple[int, int]], began: int, end: int) -> None:
    down = {*range(began, end)} - {minute for start, until in pairs for minute in range(start, until)}
    assert lasted(kept(pairs), at(began), at(end)) == timedelta(minutes=len(down))


@given(pairs=BREAKS, began=MINUTES, end=MINUTES, later=MINUTES)
def test_it_never_grows_shorter_and_is_the_same_in_any_order(
    pairs: list[tuple[int, int]], began: int, end: int, later: int
) -> None:
    breaks = kept(pairs)
    assert timedelta() <= lasted(breaks, at(began), at(end)) <= lasted(breaks, at(began), at(end + later))
    assert lasted(breaks[::-1], at(began), at(end)) == lasted(breaks, at(began), at(end))

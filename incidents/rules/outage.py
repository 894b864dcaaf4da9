"""How long production was down: from its beginning to its end, without the breaks in which it was well, each from a
resolution to the reopening after it. Pure.

`breaks`, as `Incident.breaks` keeps them: [from, until] of each, ISO, in the order in which they were written."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

Breaks = Sequence[Sequence[str]]


def with_break(breaks: Breaks, start: datetime | None, end: datetime) -> list[list[str]]:
    """The breaks with one more. One without a beginning, and one of no length (a clock was set back), is none."""
    more = [[start.isoformat(), end.isoformat()]] if start is not None and start < end else []
    return [*map(list, breaks), *more]


def breaks_before(breaks: Breaks, moment: datetime) -> list[list[str]]:
    """What of the breaks lies before a moment: from then on another outage of the same was known."""
    found = ((datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in breaks)
    return [[first.isoformat(), min(last, moment).isoformat()] for first, last in found if first < moment]


def break_of(breaks: Breaks, began_at: datetime, end: datetime) -> timedelta:
    """How much of the time from `began_at` to `end` was break; what two of them share counts once."""
    whole, seen = timedelta(), began_at
    for first, last in sorted((datetime.fromisoformat(one), datetime.fromisoformat(other)) for one, other in breaks):
        start, until = max(first, seen), min(last, end)
        if start < until:
            whole, seen = whole + (until - start), until
    return whole


def lasted(breaks: Breaks, began_at: datetime, end: datetime) -> timedelta:
    """How long it was down until `end`; nothing where that is before it began."""
    return max(end - began_at, timedelta()) - break_of(breaks, began_at, end)


def lasted_words(breaks: Breaks, began_at: datetime, end: datetime, said: Callable[[timedelta], str]) -> str:
    """How long it was down, a length in the words of `said`: "2 hours, with a break of 19 hours"."""
    rest = break_of(breaks, began_at, end)
    return said(lasted(breaks, began_at, end)) + (f", with a break of {said(rest)}" if rest else "")

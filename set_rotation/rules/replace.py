"""Who can stand in for a seat in a stretch, and in which order to ask. Pure: no database, no clock, moments in UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from set_rotation.choices import Seat
from set_rotation.rules.duty import Span

Stretch = tuple[datetime, datetime]
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Candidate:
    """What is known of somebody on the roster. `zone` is theirs; `serves` is the duty they have around the stretch;
    `rotations` are the words of the rotations near it in which they have a place; `member` the days `[joins, leaves)`
    of a membership without an end where `leaves` is None; `load` in weeks."""

    person: int
    name: str
    zone: str
    leads: bool
    engineers: bool
    member: tuple[date, date | None]
    away: tuple[Stretch, ...] = ()
    serves: tuple[Span, ...] = ()
    rotations: tuple[str, ...] = ()
    load: float = 0.0


@dataclass(frozen=True)
class Judged:
    """Whether somebody can stand in. `reason`: why they cannot, or why they are better not asked first; or "".
    `busy`: all that hinders them is the seat that they hold then, which two who swap give each other."""

    person: int
    can: bool
    reason: str
    load: float
    busy: bool = False


def judge(candidate: Candidate, seat: Seat, starts_at: datetime, ends_at: datetime, zone: str) -> Judged:
    """Whether one of the roster can hold a seat in `[starts_at, ends_at)`; `zone` is the team's, for days of
    membership."""
    refusal = _refusal(candidate, seat, starts_at, ends_at, zone)
    seats = [span.seat for span in candidate.serves if overlaps((span.starts_at, span.ends_at), (starts_at, ends_at))]
    busy = not refusal and bool(seats)
    refusal = f"{seats[0].label} at that time" if busy else refusal
    near = f"Serves in {' and '.join(candidate.rotations)} too" if candidate.rotations else ""
    return Judged(candidate.person, not refusal, refusal or near, candidate.load, busy)


def order(
    candidates: Iterable[Candidate], seat: Seat, starts_at: datetime, ends_at: datetime, zone: str
) -> tuple[Judged, ...]:
    """Everybody, in the order in which to ask: those who are free, least loaded first; then those who serve in a
    rotation next to it; then those who cannot."""
    found = [(judge(each, seat, starts_at, ends_at, zone), each) for each in candidates]
    found.sort(key=lambda pair: (not pair[0].can, bool(pair[0].reason), round(pair[0].load, 3), pair[1].name,
                                 pair[1].person))
    return tuple(judged for judged, _ in found)


def served(spans: Iterable[Stretch], start: datetime, end: datetime) -> float:
    """How many weeks of `[start, end)` these stretches fill."""
    inside = (min(ends, end) - max(starts, start) for starts, ends in spans)
    return sum((length for length in inside if length > timedelta(0)), timedelta(0)) / WEEK


def overlaps(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches share a moment; those that only touch do not."""
    return one[0] < other[1] and other[0] < one[1]


def _refusal(candidate: Candidate, seat: Seat, starts_at: datetime, ends_at: datetime, zone: str) -> str:
    stretch = (starts_at, ends_at)
    joins, leaves = candidate.member
    first, last = _day(starts_at, zone), _day(ends_at - timedelta(microseconds=1), zone)
    if first < joins:
        return f"On the roster from {_words(joins)} only"
    if leaves is not None and last >= leaves:
        return f"Leaves the roster on {_words(leaves)}"
    if seat == Seat.LEAD and not candidate.leads:
        return "Does not lead"
    if seat != Seat.LEAD and not candidate.engineers:
        return "Leads only"
    for away in candidate.away:
        if overlaps(away, stretch):
            until = away[1] - timedelta(microseconds=1)
            return _between("Away", _day(away[0], candidate.zone), _day(until, candidate.zone))
    return ""


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _between(word: str, first: date, last: date) -> str:
    return f"{word} on {_words(first)}" if first == last else f"{word} {_words(first)} to {_words(last)}"

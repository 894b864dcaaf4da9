"""The timeline: weeks as columns, stretches laid onto them, gaps, and what is wrong with who is planned. No database,
no clock."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from set_rotation.choices import PlaceRole, Seat
from set_rotation.rules.duty import OverrideFact, Piece
from set_rotation.rules.spans import Begins

T = TypeVar("T")
FEWEST, USUAL, MOST = 4, 26, 104  # weeks
FIRST, LAST = date(2000, 1, 3), date(2097, 12, 30)
STEP = 13  # weeks; a quarter earlier or later


@dataclass(frozen=True)
class Week:
    """A column: the local day on which it begins, and `[starts_at, ends_at)`."""

    day: date
    starts_at: datetime
    ends_at: datetime


def first_week(asked: str, today: date, begins: Begins, running: date | None) -> date:
    """The first column's day: the week of the day that was asked for; else that in which the running rotation began,
    else this week. What is no date, or none of this century, counts as not asked."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = running or today
    if not FIRST <= day <= LAST:
        day = running or today
    return begins.on_or_after(day - timedelta(days=6))


def week_count(asked: str) -> int:
    """How many columns: what was asked for, between a month and two years; 26 without."""
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else USUAL
    return min(max(number, FEWEST), MOST)


def weeks_from(first: date, count: int, begins: Begins) -> tuple[Week, ...]:
    """So many weeks of the local clocks, one after the other."""
    days = [first + timedelta(weeks=number) for number in range(count + 1)]
    edges = [begins.moment(day) for day in days]
    return tuple(Week(days[n], edges[n], edges[n + 1]) for n in range(count))


def months_of(weeks: Sequence[Week]) -> list[tuple[str, int]]:
    """The heads above the weeks: "Nov 2026" over so many; the year is said first, and when it changes."""
    found: list[tuple[str, int]] = []
    before: date | None = None
    for week in weeks:
        if before and (before.year, before.month) == (week.day.year, week.day.month):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            year = "" if before and before.year == week.day.year else f" {week.day.year}"
            found.append((f"{week.day:%b}{year}", 1))
        before = week.day
    return found


@dataclass(frozen=True)
class Laid(Generic[T]):
    """Some columns of a row: `items` stand there, or nothing does."""

    first: int
    span: int
    items: tuple[T, ...] = ()


def lay(things: Iterable[T], period: Callable[[T], tuple[datetime, datetime]], weeks: Sequence[Week]) -> list[Laid[T]]:
    """Lay stretches that do not overlap onto the columns, each over those it covers best, and fill what is between.

    A stretch that finds no column of its own, such as a half week between two others, joins the one before it.
    """
    edges = [weeks[0].starts_at, *(week.ends_at for week in weeks)]
    row: list[Laid[T]] = []
    at = 0
    for thing in sorted(things, key=period):
        starts_at, ends_at = period(thing)
        if ends_at <= edges[0] or starts_at >= edges[-1]:
            continue
        first, last = max(_nearest(edges, starts_at), at), _nearest(edges, ends_at)
        if at == len(weeks):
            row[-1] = Laid(row[-1].first, row[-1].span, (*row[-1].items, thing))
            continue
        first = min(first, len(weeks) - 1)
        last = max(last, first + 1)
        if first > at:
            row.append(Laid(at, first - at))
        row.append(Laid(first, last - first, (thing,)))
        at = last
    if at < len(weeks):
        row.append(Laid(at, len(weeks) - at))
    return row


def _nearest(edges: Sequence[datetime], at: datetime) -> int:
    place = bisect_left(edges, at)
    if place in (0, len(edges)):
        return min(place, len(edges) - 1)
    return place if edges[place] - at <= at - edges[place - 1] else place - 1


# ---- What is wrong ----------------------------------------------------------------------


class Wrong(StrEnum):
    """Why somebody who is planned should not be."""

    AWAY = "away"
    STRANGER = "stranger"  # no member then
    LEFT = "left"  # deactivated
    IN_A_ROW = "in a row"
    HIDDEN = "hidden"  # an override that a later one replaces


@dataclass(frozen=True)
class RotationFact:
    """A rotation, `[starts_at, ends_at)`."""

    id: int
    number: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class PlaceFact:
    """A place in a rotation, and who has it; `person` None is a gap."""

    id: int
    rotation: int
    role: PlaceRole
    number: int
    person: int | None


@dataclass(frozen=True)
class AwayFact:
    """Somebody cannot serve, `[starts_at, ends_at)`."""

    person: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class MemberFact:
    """Somebody is a member on the days `[joins_on, leaves_on)`, and serves as what."""

    person: int
    joins_on: date
    leaves_on: date | None
    engineers: bool = True
    leads: bool = True


@dataclass(frozen=True)
class Roster:
    """Who can serve when. Without any member nobody keeps a roster, and nobody is a stranger."""

    zone: str
    members: Mapping[int, Sequence[MemberFact]] = field(default_factory=dict)
    away: Mapping[int, Sequence[AwayFact]] = field(default_factory=dict)
    left: frozenset[int] = frozenset()

    @classmethod
    def of(cls, zone: str, members: Iterable[MemberFact], away: Iterable[AwayFact], left: Iterable[int]) -> "Roster":
        """A roster from rows, in any order."""
        by_person: dict[int, list[MemberFact]] = defaultdict(list)
        for one in members:
            by_person[one.person].append(one)
        gone: dict[int, list[AwayFact]] = defaultdict(list)
        for absence in sorted(away, key=lambda each: each.starts_at):
            gone[absence.person].append(absence)
        return cls(zone, dict(by_person), dict(gone), frozenset(left))

    def away_in(self, person: int, starts_at: datetime, ends_at: datetime) -> AwayFact | None:
        """The first absence that touches the stretch."""
        return next((one for one in self.away.get(person, ()) if one.starts_at < ends_at and starts_at < one.ends_at),
                    None)

    def belongs(self, person: int, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether somebody is a member on every local day of the stretch."""
        if not self.members:
            return True
        zone = ZoneInfo(self.zone)
        day, last = starts_at.astimezone(zone).date(), (ends_at - timedelta(microseconds=1)).astimezone(zone).date()
        for one in sorted(self.members.get(person, ()), key=lambda each: each.joins_on):
            if one.joins_on <= day and (one.leaves_on is None or one.leaves_on > day):
                if one.leaves_on is None or one.leaves_on > last:
                    return True
                day = one.leaves_on
        return False


@dataclass(frozen=True)
class Conflict:
    """Somebody is planned who should not be, in `[starts_at, ends_at)`. `since`, `until`: of the absence; `rotation`:
    the number of the one before; `by`: who hides them."""

    wrong: Wrong
    person: int
    starts_at: datetime
    ends_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    rotation: int = 0
    by: int = 0


def piece_conflicts(piece: Piece, roster: Roster, at: datetime) -> list[Conflict]:
    """What is wrong with somebody in a seat from `at` on. What is over is history: nothing is wrong with it."""
    if piece.person is None or piece.ends_at <= at:
        return []
    return stretch_conflicts(piece.person, max(piece.starts_at, at), piece.ends_at, roster)


def stretch_conflicts(person: int, starts_at: datetime, ends_at: datetime, roster: Roster) -> list[Conflict]:
    """What is wrong with somebody serving in a stretch: gone, no member, away."""
    if person in roster.left:
        return [Conflict(Wrong.LEFT, person, starts_at, ends_at)]
    found = []
    if not roster.belongs(person, starts_at, ends_at):
        found.append(Conflict(Wrong.STRANGER, person, starts_at, ends_at))
    absence = roster.away_in(person, starts_at, ends_at)
    if absence is not None:
        found.append(Conflict(Wrong.AWAY, person, max(starts_at, absence.starts_at), min(ends_at, absence.ends_at),
                              absence.starts_at, absence.ends_at))
    return found


def in_a_row(rotations: Iterable[RotationFact], places: Iterable[PlaceFact], at: datetime) -> dict[int, Conflict]:
    """Places (by id) whose person serves in the rotation right before too; rotations that have ended do not count."""
    serving: dict[int, dict[int, int]] = defaultdict(dict)
    for place in places:
        if place.person is not None:
            serving[place.rotation][place.person] = place.id
    found: dict[int, Conflict] = {}
    order = sorted(rotations, key=lambda one: one.starts_at)
    for before, after in pairwise(order):
        if after.ends_at <= at or not follows(before, after):
            continue
        for person in serving[before.id].keys() & serving[after.id].keys():
            found[serving[after.id][person]] = Conflict(Wrong.IN_A_ROW, person, after.starts_at, after.ends_at,
                                                        rotation=before.number)
    return found


def follows(before: RotationFact, after: RotationFact) -> bool:
    """Whether one rotation comes right after another: with less than a week between them."""
    return timedelta(0) <= after.starts_at - before.ends_at < timedelta(weeks=1)


def hidden(overrides: Iterable[OverrideFact], at: datetime) -> dict[int, Conflict]:
    """Overrides (by id) that a later made one of the same seat replaces, in part or wholly."""
    found: dict[int, Conflict] = {}
    by_seat: dict[Seat, list[OverrideFact]] = defaultdict(list)
    for one in overrides:
        if one.ends_at > at:
            by_seat[one.seat].append(one)
    for theirs in by_seat.values():
        for one in theirs:
            over = next((other for other in theirs if other.id > one.id and other.starts_at < one.ends_at
                         and one.starts_at < other.ends_at), None)
            if over is not None:
                found[one.id] = Conflict(Wrong.HIDDEN, one.person, max(one.starts_at, over.starts_at),
                                         min(one.ends_at, over.ends_at), by=over.person)
    return found


# ---- What is missing --------------------------------------------------------------------


@dataclass(frozen=True)
class Empty:
    """Time without any rotation, `[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime


def unplanned(
    rotations: Iterable[RotationFact], start: datetime, end: datetime, at: datetime, since: datetime | None
) -> list[Empty]:
    """Time of `[start, end)` from `at` on in which no rotation runs. Before the first one ever (`since`), nobody was
    needed; without any, nothing is missing yet."""
    if since is None:
        return []
    cursor, found = max(start, at, since), list[Empty]()
    for one in sorted(rotations, key=lambda each: each.starts_at):
        if one.ends_at <= cursor:
            continue
        if one.starts_at >= end:
            break
        if one.starts_at > cursor:
            found.append(Empty(cursor, one.starts_at))
        cursor = one.ends_at
    if cursor < end:
        found.append(Empty(cursor, end))
    return found


def week_at(weeks: Sequence[Week], at: datetime) -> int:
    """The column that holds a moment; -1 where none does."""
    place = bisect_right([week.starts_at for week in weeks], at) - 1
    return place if place >= 0 and at < weeks[-1].ends_at else -1

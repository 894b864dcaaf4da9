"""Leave: which of it clashes with duty, and whom an entry of a shared calendar means. Pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cadence.rules import instant
from set_rotation.choices import Seat

MIDNIGHT = time(0)
LONGEST = timedelta(days=366)
EARLIEST, LATEST = 1970, 2199  # years: calendars say "always" by the year 1 and the year 9999, which no clock has
SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class AwayFact:
    """Somebody cannot serve in `[starts_at, ends_at)`."""

    id: int
    person: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class DutyFact:
    """Somebody holds a seat in `[starts_at, ends_at)`."""

    id: int
    person: int
    seat: Seat
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Clash:
    """Somebody is away while they hold a seat: what of it lies ahead, `[starts_at, ends_at)`."""

    away: int
    duty: int
    person: int
    seat: Seat
    starts_at: datetime
    ends_at: datetime


def clashes(away: Iterable[AwayFact], duty: Iterable[DutyFact], at: datetime) -> tuple[Clash, ...]:
    """Where leave and duty of one person share a moment from `at` on, in the order of time."""
    held: dict[int, list[DutyFact]] = defaultdict(list)
    for row in duty:
        held[row.person].append(row)
    found = []
    for leave in away:
        for row in held[leave.person]:
            starts_at, ends_at = max(leave.starts_at, row.starts_at, at), min(leave.ends_at, row.ends_at)
            if starts_at < ends_at:
                found.append(Clash(leave.id, row.id, leave.person, row.seat, starts_at, ends_at))
    return tuple(sorted(found, key=lambda clash: (clash.starts_at, clash.person, clash.away)))


@dataclass(frozen=True)
class Entry:
    """An occurrence in a calendar. A `date` is a whole day, a datetime without a zone is a time of the person's own
    clocks; `[starts, ends)`. `guests` and `organizer` are addresses in lower case."""

    uid: str
    title: str
    starts: date | datetime
    ends: date | datetime
    guests: tuple[str, ...] = ()
    organizer: str = ""


def moment(value: date | datetime, zone: str) -> datetime:
    """When a day or a local time begins by the clocks of a zone; a moment is itself. Odd years count as the nearest."""
    year = min(max(value.year, EARLIEST), LATEST)
    if year != value.year:
        value = value.replace(year=year, month=1, day=1)
    if not isinstance(value, datetime):
        return instant(value, MIDNIGHT, zone)
    return value if value.tzinfo else instant(value.date(), value.time(), zone)


@dataclass(frozen=True)
class Known:
    """Somebody whom entries of a shared calendar may mean; the address in lower case."""

    person: int
    name: str
    email: str


def whom(entry: Entry, known: Collection[Known]) -> tuple[int, ...]:
    """Whom an entry of a shared calendar means: the one whose full name is in its title; else those invited to it; else
    whoever made it. Nobody where the title names two people, or a name that two people have."""
    named = named_in(entry.title, known)
    if named:
        return named if len(named) == 1 else ()
    by_email = {each.email: each.person for each in known}
    guests = tuple(dict.fromkeys(by_email[guest] for guest in entry.guests if guest in by_email))
    if guests:
        return guests
    return (by_email[entry.organizer],) if entry.organizer in by_email else ()


def named_in(title: str, known: Iterable[Known]) -> tuple[int, ...]:
    """Whose full names stand in a title; a name inside a longer one that stands there too does not count."""
    text = _plain(title)
    found: list[tuple[int, int, int]] = []
    for each in known:
        name = _plain(each.name)
        if " " not in name:
            continue  # one word is no full name: "Rose will be away" may be a Monday
        hits = re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        found += [(hit.start(), hit.end(), each.person) for hit in hits]
    kept = {person for start, end, person in found
            if not any(one <= start and end <= other and (one, other) != (start, end) for one, other, _ in found)}
    return tuple(sorted(kept))


def _plain(text: str) -> str:
    return SPACES.sub(" ", text).strip().casefold()


Key = tuple[str, datetime, int]


def wanted(entries: Iterable[Entry], people: Mapping[int, str], owner: int | None, known: Collection[Known]) -> tuple[
    dict[Key, tuple[datetime, bool]], dict[str, int]
]:
    """What a calendar says: (uid, start, person) → (end, whole days), and the titles that name nobody, counted.

    `people`: the zone of each who may be meant; `owner`: whose calendar it is, or None for a shared one.
    """
    found: dict[Key, tuple[datetime, bool]] = {}
    strangers: dict[str, int] = defaultdict(int)
    for entry in entries:
        meant = (owner,) if owner is not None else whom(entry, known)
        if not meant:
            strangers[entry.title.strip() or "(no title)"] += 1
        for person in meant:
            starts_at, ends_at = moment(entry.starts, people[person]), moment(entry.ends, people[person])
            if starts_at < ends_at:
                key = (entry.uid, starts_at, person)
                before = found.get(key, (ends_at, False))[0]
                found[key] = max(before, ends_at), not isinstance(entry.starts, datetime)
    return found, dict(strangers)

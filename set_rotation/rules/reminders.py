"""Which reminders of duty are due at a moment. Pure.

Nothing is planned ahead: at each look, what is due is worked out from duty as it is then, so one that was cancelled or
moved is never reminded of. A reminder stays due for a while after its moment, and its key makes it one: a look that
came late, twice, or after the clock jumped neither skips nor doubles one. Local times are right through every change
of the clocks: one that they leap over is the moment of the leap, one that they show twice is the first.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from cadence.rules import instant, is_business_day
from set_rotation.choices import Seat

DAY = timedelta(days=1)
LOOKS = (time(10), time(15))  # the Ask-R&D channel, in the primary's clocks; by the handbook once or twice a day


class Kind(Enum):
    """What is reminded of, and for how long after its moment that is still worth a message."""

    WEEK = "week", timedelta(hours=24)
    DAY = "day", timedelta(hours=20)
    START = "start", timedelta(hours=12)
    END = "end", timedelta(hours=12)
    LOOK = "look", timedelta(hours=2)

    def __init__(self, word: str, stays: timedelta) -> None:
        self.word, self.stays = word, stays


LONGEST = max(kind.stays for kind in Kind)


@dataclass(frozen=True)
class Held:
    """Somebody holds a seat, `[starts_at, ends_at)`. `known_at`: since when that is so; whoever was given duty after
    a reminder's moment was told of it then."""

    person: int
    seat: Seat
    starts_at: datetime
    ends_at: datetime
    known_at: datetime
    end_known_at: datetime | None = None  # of its end, where it is made of several

    @property
    def end_was_known(self) -> bool:
        """Whether its end was not moved into the past: of that its person was told at once."""
        return (self.end_known_at or self.known_at) <= self.ends_at


@dataclass(frozen=True)
class Stint:
    """Somebody's time in a rotation (its id) begins: with it for those who have a place, else with their first duty."""

    person: int
    rotation: int
    starts_at: datetime
    known_at: datetime | None = None


@dataclass(frozen=True)
class Wants:
    """Of what somebody wants to be reminded, and their IANA zone."""

    zone: str
    kinds: frozenset[Kind] = frozenset(Kind)


@dataclass(frozen=True)
class Reminder:
    """A reminder that is due: its moment, and the duty or the stint that it is about. `key` makes it one."""

    kind: Kind
    person: int
    moment: datetime
    key: str
    held: Held | None = None
    stint: Stint | None = None


def due(
    *, stints: Iterable[Stint], held: Iterable[Held], wants: Mapping[int, Wants], free: Set[date], at: datetime
) -> tuple[Reminder, ...]:
    """Every reminder whose moment has come and which is not stale yet, soonest first. `free`: the holidays.

    `held` is all duty that holds around `at`; people who are not among `wants` are reminded of nothing.
    """
    rows = merged(held)
    found = [
        *(one for stint in stints if stint.person in wants for one in _before(stint, wants[stint.person].zone)),
        *(one for row in rows for one in _edges(row, rows)),
        *(one for row in rows if row.seat == Seat.PRIMARY and row.person in wants
          for one in _looks(row, wants[row.person].zone, free, at)),
    ]
    mine = (one for one in found if one.person in wants and one.kind in wants[one.person].kinds)
    return tuple(sorted((one for one in mine if one.moment <= at < one.moment + one.kind.stays),
                        key=lambda one: (one.moment, one.key)))


def merged(held: Iterable[Held]) -> list[Held]:
    """Duty of one person in one seat that goes on without a break is one, whatever it is made of."""
    found: list[Held] = []
    for row in sorted(held, key=lambda one: (one.person, one.seat, one.starts_at)):
        last = found[-1] if found else None
        if last and (last.person, last.seat, last.ends_at) == (row.person, row.seat, row.starts_at):
            found[-1] = replace(last, ends_at=row.ends_at, end_known_at=row.known_at)
        else:
            found.append(row)
    return found


def earlier(at: datetime, days: int, zone: str) -> datetime:
    """The same time by the clocks of a zone, so many days before."""
    local = at.astimezone(ZoneInfo(zone))
    return instant(local.date() - timedelta(days=days), local.time().replace(fold=0), zone)


def _before(stint: Stint, zone: str) -> list[Reminder]:
    return [
        Reminder(kind, stint.person, moment, f"remind-r{stint.rotation}-p{stint.person}-{kind.word}", stint=stint)
        for kind, days in ((Kind.WEEK, 7), (Kind.DAY, 1))
        for moment in [earlier(stint.starts_at, days, zone)]
        if stint.known_at is None or stint.known_at <= moment
    ]


def _edges(row: Held, rows: Sequence[Held]) -> list[Reminder]:
    """At its start and at its end. Whoever changes seats hears of the new one alone."""
    key = f"remind-p{row.person}-{row.seat.value}"
    found = []
    if row.known_at <= row.starts_at:
        found.append(Reminder(Kind.START, row.person, row.starts_at, f"{key}-start-{row.starts_at:%y%m%d%H%M%S}",
                              held=row))
    goes_on = any(one.person == row.person and one.starts_at == row.ends_at for one in rows)
    if not goes_on and row.end_was_known:
        found.append(Reminder(Kind.END, row.person, row.ends_at, f"{key}-end-{row.ends_at:%y%m%d%H%M%S}", held=row))
    return found


def _looks(row: Held, zone: str, free: Set[date], at: datetime) -> list[Reminder]:
    today = at.astimezone(ZoneInfo(zone)).date()
    return [
        Reminder(Kind.LOOK, row.person, moment, f"remind-p{row.person}-look-{day:%y%m%d}-{look:%H}", held=row)
        for day in (today - DAY, today) if is_business_day(day, free)
        for look in LOOKS for moment in [instant(day, look, zone)]
        if row.starts_at <= moment < row.ends_at and at < row.ends_at
    ]

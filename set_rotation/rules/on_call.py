"""What the on-call page says of the time until the next shift: who takes over meanwhile, and where nobody is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from set_rotation.choices import Seat


@dataclass(frozen=True)
class Stretch:
    """Somebody in a seat, `[starts_at, ends_at)`; `person` None is a gap."""

    seat: Seat
    person: int | None
    starts_at: datetime
    ends_at: datetime


def coming(held: Iterable[Stretch], start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """What changes in `[start, end)` after its first moment: who takes over, and every gap, the present one included.

    `held`: stretches of duty that hold; those of one seat do not overlap.
    """
    rows, found = list(held), []
    for seat in Seat:
        at = start
        for one in sorted((row for row in rows if row.seat == seat), key=lambda row: row.starts_at):
            if one.starts_at >= end or one.ends_at <= at:
                continue
            if one.starts_at > at:
                found.append(Stretch(seat, None, at, one.starts_at))
            if one.starts_at > start:
                found.append(one)
            at = one.ends_at
        if at < end:
            found.append(Stretch(seat, None, at, end))
    return tuple(sorted(found, key=lambda one: (one.starts_at, list(Seat).index(one.seat))))


def day_of(starts_at: datetime, ends_at: datetime, at: datetime, zone: str) -> tuple[int, int]:
    """Which day of a rotation a moment is on, and of how many, by the calendar of a zone: (9, 14)."""
    first, here, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (starts_at, at, ends_at))
    days = max((last - first).days, 1)
    # It ends at the hour at which it began: its last hours are still on its last day.
    return min((here - first).days + 1, days), days


def city(zone: str) -> str:
    """How a zone is called in a sentence: `Sao Paulo`, `Lord Howe`, `UTC`."""
    return zone.rpartition("/")[2].replace("_", " ")


def missing(seats: Sequence[Seat]) -> str:
    """Seats in words: `lead`, `lead and backup`, `lead, primary and backup`."""
    names = [seat.label.lower() for seat in seats]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))

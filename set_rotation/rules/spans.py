"""When rotations and their shifts begin and end: weeks of the team's clocks, through every change of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cadence.rules import instant
from set_rotation.choices import Seat

DAYS = 7  # of a week


@dataclass(frozen=True)
class Begins:
    """The weekday (Monday is 0) and local time at which rotations begin, in an IANA zone."""

    weekday: int
    at: time
    zone: str

    def on_or_after(self, day: date) -> date:
        """The first day from this one on at which a rotation can begin."""
        return day + timedelta(days=(self.weekday - day.weekday()) % 7)

    def day_of(self, at: datetime) -> date:
        """The local day of a moment."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def named_by(self, starts_at: datetime) -> date:
        """The day by which a rotation is asked for that begins at this moment: it may be earlier, where it begins by an
        older schedule or where one ends (`first_moment`)."""
        return self.on_or_after(self.day_of(starts_at))

    def moment(self, day: date) -> datetime:
        """The moment in UTC at which a rotation that begins on this day does."""
        return instant(day, self.at, self.zone)


@dataclass(frozen=True)
class ShiftSpan:
    """A shift of a rotation to be made: `place` 0 is the lead."""

    place: int
    seat: Seat
    starts_at: datetime
    ends_at: datetime


def rotation_days(first: date, weeks: int, count: int) -> list[date]:
    """The local days on which `count` rotations begin, one after the other."""
    return [first + timedelta(weeks=weeks * number) for number in range(count)]


def first_moment(first: date, begins: Begins, after: datetime | None) -> datetime:
    """When a rotation that begins on this local day does: where the one before it ends (`after`), if that is near.

    It is exactly then as long as the schedule stays. Where its hour, weekday or zone was changed, no hour has two
    rotations and none has nobody: the first one by the new schedule is longer by up to six days, or shorter by some
    hours.
    """
    days = (first - begins.day_of(after)).days if after else None
    return after if after and days is not None and -1 <= days < DAYS else begins.moment(first)


def shift_spans(
    first: date, begins: Begins, weeks: int, shifts: Sequence[Mapping[str, Any]], after: datetime | None = None
) -> list[ShiftSpan]:
    """The shifts of a rotation that begins on this local day: the lead's of all weeks, and the pattern's. `after`: the
    end of the rotation before it.

    A week is seven days of the local clocks: 167 or 169 hours when these change. ValueError for a shift outside the
    weeks, or in a seat that the pattern cannot give.
    """
    edges = [begins.moment(first + timedelta(weeks=week)) for week in range(weeks + 1)]
    edges[0] = first_moment(first, begins, after)
    found = [ShiftSpan(0, Seat.LEAD, edges[0], edges[weeks])]
    for shift in shifts:
        week, seat = int(shift["week"]), Seat(shift["seat"])
        if not 1 <= week <= weeks or seat == Seat.LEAD:
            raise ValueError(f"A pattern of {weeks} weeks has no {seat} in week {week}.")
        found.append(ShiftSpan(int(shift["place"]), seat, edges[week - 1], edges[week]))
    return found


def hand_over_due(ends_at: datetime, weekday: int, at: time, zone: str) -> datetime:
    """When the hand-over of a rotation is due: the last such weekday and time, in the outgoing lead's zone, that is
    not after its end. By the handbook: Friday, at the end of the day."""
    last = ends_at.astimezone(ZoneInfo(zone)).date()
    day = last - timedelta(days=(last.weekday() - weekday) % 7)
    due = instant(day, at, zone)
    return due if due <= ends_at else instant(day - timedelta(days=7), at, zone)

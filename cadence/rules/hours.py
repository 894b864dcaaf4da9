"""Business time: what passes while somebody's office is open, in their zone, through every change of the clocks."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadence.rules.days import DAY, WORKING_WEEK, is_business_day

MIDNIGHT, NOTHING, SECOND = time(0), timedelta(0), timedelta(seconds=1)


@dataclass(frozen=True)
class Hours:
    """Opening hours in an IANA zone. Closing at 00:00 is the midnight that ends the day.

    ValueError (ZoneInfoNotFoundError is a KeyError) for hours that never open or a zone that does not exist.
    """

    zone: str
    opens: time = time(9)
    closes: time = time(17)
    weekdays: frozenset[int] = WORKING_WEEK

    def __post_init__(self) -> None:
        ZoneInfo(self.zone)
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError("Opening hours need at least one weekday, from 0 (Monday) to 6 (Sunday).")
        if self.closes != MIDNIGHT and self.closes <= self.opens:
            raise ValueError("Opening hours must close after they open, on the same day.")

    def window(self, day: date) -> tuple[datetime, datetime]:
        """The opening and the closing of this local day as instants in UTC, [start, end)."""
        ends = day + DAY if self.closes == MIDNIGHT else day
        return instant(day, self.opens, self.zone), instant(ends, self.closes, self.zone)


def instant(day: date, at: time, zone: str) -> datetime:
    """The moment, in UTC, at which the clocks of the zone show this.

    A time that the clocks show twice is the first one; one that they leap over is the moment of the leap. So a later
    local time is never an earlier moment.
    """
    local = datetime.combine(day, at.replace(fold=0), ZoneInfo(zone))
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _leap(local.replace(fold=1).astimezone(UTC).replace(microsecond=0), moment, ZoneInfo(zone))


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second in (before, after] at which the zone's offset changes."""
    old = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + timedelta(seconds=(after - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return (before + SECOND).replace(microsecond=0)


def business_time_between(start: datetime, end: datetime, hours: Hours, holidays: Set[date]) -> timedelta:
    """The open time in [start, end), real time that passes; negative if the end comes first.

    ValueError for a datetime without a zone. Takes time by the number of days between.
    """
    start, end = _aware(start), _aware(end)
    if end < start:
        return -business_time_between(end, start, hours, holidays)
    total = NOTHING
    for opens, closes in _windows(start, 1, hours, holidays):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), NOTHING)
    return total


def add_business_time(start: datetime, amount: timedelta, hours: Hours, holidays: Set[date]) -> datetime:
    """The moment, in UTC, by which this much open time has passed: the earliest one that `business_time_between` gives.

    An hour from Friday 16:00 is Friday 17:00, not Monday 9:00. A negative amount goes back, to the latest such
    moment; with zero it is `start` itself, open or not. ValueError for a datetime without a zone.
    """
    start = _aware(start)
    if amount == NOTHING:
        return start
    step, left = (1, amount) if amount > NOTHING else (-1, -amount)
    for opens, closes in _windows(start, step, hours, holidays):
        begins, ends = (max(opens, start), closes) if step > 0 else (opens, min(closes, start))
        if ends - begins >= left:
            return begins + left if step > 0 else ends - left
        left -= max(ends - begins, NOTHING)
    raise OverflowError("The calendar ends before this much open time has passed.")


def _windows(start: datetime, step: int, hours: Hours, holidays: Set[date]) -> Iterator[tuple[datetime, datetime]]:
    """The openings from the day of `start` on, or back; one day more, for an opening may reach past midnight."""
    day = start.astimezone(ZoneInfo(hours.zone)).date() - step * DAY
    while True:
        if is_business_day(day, holidays, hours.weekdays):
            yield hours.window(day)
        day += step * DAY


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("Business time needs datetimes with a zone.")
    return at.astimezone(UTC)

"""Local times, as people type them: a clock may skip one, or show it twice. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadence.rules import instant

DAY = timedelta(days=1)
MIDNIGHT = time(0)


def moments(day: date, at: time, zone: str) -> tuple[datetime, ...]:
    """The moments in UTC at which the clocks of a zone show this: none in a gap, two where they are set back (the
    earlier one first), else one."""
    local = datetime.combine(day, at.replace(fold=0), ZoneInfo(zone))
    found = (local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))
    shown = [each for each in found if each.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)]
    return tuple(sorted(set(shown)))


def days(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """`[start, end)` of whole days, the last one included, from midnight to midnight of the zone's clocks. Where they
    skip midnight, the day begins with the leap."""
    return instant(first, MIDNIGHT, zone), instant(last + DAY, MIDNIGHT, zone)


def whole_days(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[date, date] | None:
    """The first and last day, where a stretch is whole days of a zone's clocks; else None."""
    first = starts_at.astimezone(ZoneInfo(zone)).date()
    last = (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    return (first, last) if days(first, last, zone) == (starts_at, ends_at) else None


def day_words(day: date, year: int) -> str:
    """`Mon 23 Nov`; with the year where it is another than `year`."""
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != year else "")


def time_words(at: datetime) -> str:
    """`9:00 am`, of a moment in its own zone."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def stretch_words(starts_at: datetime, ends_at: datetime, zone: str, year: int) -> str:
    """`Mon 23 to Fri 27 Nov`; where it is not whole days of the zone, with times: `Mon 23 Nov, 9:00 am to 1:00 pm`."""
    whole = whole_days(starts_at, ends_at, zone)
    if whole is not None:
        return days_words(*whole, year)
    starts, ends = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    begins = f"{day_words(starts.date(), year)}, {time_words(starts)}"
    if starts.date() == ends.date() and starts.utcoffset() == ends.utcoffset():
        return f"{begins} to {time_words(ends)}"
    return f"{begins} to {day_words(ends.date(), year)}, {time_words(ends)}"


def days_words(first: date, last: date, year: int) -> str:
    """`Mon 23 Nov`, `Mon 23 to Fri 27 Nov`, `Mon 30 Nov to Wed 2 Dec`."""
    if first == last:
        return day_words(first, year)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%a} {first.day} to {day_words(last, year)}"
    return f"{day_words(first, year)} to {day_words(last, year)}"

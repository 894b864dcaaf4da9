"""Days and stretches as the timeline says them: short, in a named zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

INSTANT = timedelta(microseconds=1)


def day_words(day: date, *, year: bool = False) -> str:
    """`16 Nov`, or `16 Nov 2026`."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if year else "")


def days_words(first: date, last: date) -> str:
    """`16 to 20 Nov`, `30 Nov to 4 Dec`; one day is one."""
    if first == last:
        return day_words(first)
    start = str(first.day) if (first.year, first.month) == (last.year, last.month) else day_words(first)
    return f"{start} to {day_words(last)}"


def period_words(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """The local days on which a stretch begins and ends: `16 to 23 Nov`."""
    return days_words(local_day(starts_at, zone), local_day(ends_at, zone))


def absence_words(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """The local days that an absence touches: until midnight of the 23rd is `18 to 22 Jan`."""
    return days_words(local_day(starts_at, zone), local_day(ends_at - INSTANT, zone))


def time_words(at: datetime, zone: str) -> str:
    """`Thu 19 Nov, 3:00 pm`."""
    local = at.astimezone(ZoneInfo(zone))
    half = "am" if local.hour < 12 else "pm"
    return f"{local:%a} {local.day} {local:%b}, {local.hour % 12 or 12}:{local:%M} {half}"


def local_day(at: datetime, zone: str) -> date:
    """The day of a moment in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()

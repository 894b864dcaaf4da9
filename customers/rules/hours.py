"""When a customer's office is open, as the calendar reckons business time (`cadence.rules.hours`)."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadence.rules.days import WORKING_WEEK
from cadence.rules.hours import MIDNIGHT, Hours, instant
from people.rules import zone_exists

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AHEAD = 400  # days that are looked through for the next opening: more than a year of holidays is an office that is shut


@dataclass(frozen=True)
class Office:
    """How things stand at a customer's office at a moment. `local` is their time; `changes_at` (UTC) is when they shut
    if they are open, when they open if they are not; None where that is further off than a year."""

    local: datetime
    is_open: bool
    changes_at: datetime | None

    @property
    def local_day(self) -> str:
        """Their weekday: "Tue"."""
        return WEEKDAYS[self.local.weekday()]


def hours_of(*, zone: str, opens: time, closes: time, weekdays: Iterable[int]) -> Hours:
    """A customer's columns as opening hours. A zone that no longer exists is read as UTC, and days or hours that
    never open as nine to five, Monday to Friday: a clock runs anyhow."""
    days = frozenset(day for day in weekdays if 0 <= day <= 6)
    fits = closes == MIDNIGHT or closes > opens
    return Hours(
        zone=zone if zone_exists(zone) else "UTC", opens=opens if fits else time(9),
        closes=closes if fits else time(17), weekdays=days or WORKING_WEEK,
    )


def office(hours: Hours, holidays: Set[date], at: datetime) -> Office:
    """Their local time, whether they are open at the moment, and when that changes."""
    local = at.astimezone(ZoneInfo(hours.zone))
    opens, closes = hours.window(local.date())
    if _works(local.date(), hours, holidays) and opens <= at < closes:
        return Office(local, is_open=True, changes_at=closes)
    return Office(local, is_open=False, changes_at=_next_opening(local.date(), hours, holidays, at))


def hours_words(hours: Hours) -> str:
    """ "Mon to Fri, 9:00 to 17:00"; "Sun, Tue, 9:00 to midnight"."""
    ends = "midnight" if hours.closes == MIDNIGHT else _clock(hours.closes)
    return f"{weekdays_words(hours.weekdays)}, {_clock(hours.opens)} to {ends}"


def weekdays_words(days: Iterable[int]) -> str:
    """Weekdays in one line; three or more in a row as "Mon to Fri"."""
    found = sorted(set(days))
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{WEEKDAYS[found[0]]} to {WEEKDAYS[found[-1]]}"
    return ", ".join(WEEKDAYS[day] for day in found)


def _works(day: date, hours: Hours, holidays: Set[date]) -> bool:
    return day.weekday() in hours.weekdays and day not in holidays


def _next_opening(day: date, hours: Hours, holidays: Set[date], at: datetime) -> datetime | None:
    days = (day + timedelta(days=number) for number in range(AHEAD))
    moments = (instant(each, hours.opens, hours.zone) for each in days if _works(each, hours, holidays))
    return next((moment for moment in moments if moment > at), None)


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"

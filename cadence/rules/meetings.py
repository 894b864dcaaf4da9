"""When SET meets: handbook, "Meetings". After triage on Tuesdays and Thursdays; Tuesday's is the weekly meeting."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadence.rules.days import DAY, is_business_day, next_business_day
from cadence.rules.hours import instant
from cadence.rules.release import PLAN, Plan
from cadence.rules.triage import is_triage_day

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Meeting:
    """A meeting that comes again: on these weekdays (Monday is 0), at this local time of an IANA zone."""

    weekdays: frozenset[int]
    at: time
    zone: str

    def on(self, day: date) -> datetime:
        """The moment, in UTC, at which it begins on this day."""
        return instant(day, self.at, self.zone)

    def day_of(self, at: datetime) -> date:
        """The day that a moment is on, where the meeting is held."""
        return at.astimezone(ZoneInfo(self.zone)).date()


def weekly_meeting(day: date, weekly: Meeting, holidays: Set[date]) -> date:
    """The day of the weekly meeting in the week (Monday to Sunday) of this day.

    If its weekday is a holiday it is held on the next business day, for the update of the week is due all the same;
    the update bears the day on which it is held.
    """
    planned = day - timedelta(days=day.weekday() - min(weekly.weekdays))
    return planned if is_business_day(planned, holidays) else next_business_day(planned, holidays)


def next_triage_meeting(at: datetime, triage: Meeting, holidays: Set[date], plan: Plan = PLAN) -> datetime:
    """When the next triage meeting begins, at this moment or later, in UTC."""
    days = (day for day in _days(triage.day_of(at)) if is_triage_day(day, holidays, plan))
    return _first(days, at, triage)


def next_weekly_meeting(at: datetime, weekly: Meeting, holidays: Set[date]) -> datetime:
    """When the next weekly meeting begins, at this moment or later, in UTC."""
    # The week before counts too: its meeting may have moved into this one.
    weeks = _days(weekly.day_of(at) - WEEK, WEEK)
    return _first((weekly_meeting(day, weekly, holidays) for day in weeks), at, weekly)


def next_set_meeting(at: datetime, meeting: Meeting, weekly: Meeting, holidays: Set[date]) -> datetime:
    """When the next SET meeting begins, at this moment or later, in UTC.

    One on a holiday is left out. The weekly meeting is one of them: where it moves, SET meets.
    """
    days = (day for day in _days(meeting.day_of(at)) if _set_meets(day, meeting, weekly, holidays))
    return _first(days, at, meeting)


def _set_meets(day: date, meeting: Meeting, weekly: Meeting, holidays: Set[date]) -> bool:
    regular = day.weekday() in meeting.weekdays and is_business_day(day, holidays)
    return regular or day in {weekly_meeting(day, weekly, holidays), weekly_meeting(day - WEEK, weekly, holidays)}


def _days(first: date, step: timedelta = DAY) -> Iterator[date]:
    while True:
        yield first
        first += step


def _first(days: Iterator[date], at: datetime, meeting: Meeting) -> datetime:
    return next(moment for day in days if (moment := meeting.on(day)) >= at)

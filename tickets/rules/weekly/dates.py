"""When an update is drafted, is due, and is missed."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadence.rules.meetings import Meeting, weekly_meeting

DRAFT_BEFORE = timedelta(hours=2)
EVENING = time(18)


@dataclass(frozen=True)
class Due:
    """A meeting and what is owed around it; moments in UTC, the day is the meeting's own."""

    day: date
    meeting_at: datetime
    draft_at: datetime  # the end of the window too: an update drafted late counts the same week
    remind_at: datetime


def due(at: datetime, weekly: Meeting, holidays: Set[date], zone: str) -> Due:
    """The meeting of the week (Monday to Sunday) of this moment."""
    return due_on(weekly_meeting(weekly.day_of(at), weekly, holidays), weekly, zone)


def due_on(day: date, weekly: Meeting, zone: str) -> Due:
    """What is owed around the meeting of this day: the draft two hours before, the post by six in the evening."""
    meeting_at = weekly.on(day)
    evening = datetime.combine(day, EVENING, ZoneInfo(zone))
    return Due(day, meeting_at, meeting_at - DRAFT_BEFORE, max(evening, meeting_at))

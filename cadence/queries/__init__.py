"""Reads of the calendar: what every room asks (`facts`), and the page (`page`). Other rooms import from here alone,
so the words that a question needs (`MeetingKind`, `COMPANY`) are here too."""

from cadence.choices import COMPANY, MeetingKind
from cadence.queries.facts import (
    HOLIDAYS,
    MEETINGS,
    PLAN,
    CalendarNow,
    calendar_now,
    holidays,
    meeting,
    plan,
    team_day,
    team_zone,
)
from cadence.queries.page import calendar_page, day_words, weekday_words

__all__ = [
    "COMPANY", "HOLIDAYS", "MEETINGS", "PLAN", "CalendarNow", "MeetingKind", "calendar_now", "calendar_page",
    "day_words", "holidays", "meeting", "plan", "team_day", "team_zone", "weekday_words",
]

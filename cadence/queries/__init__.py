"""Reads of the calendar: what every room asks (`facts`), and the page (`page`)."""

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
    "HOLIDAYS", "MEETINGS", "PLAN", "CalendarNow", "calendar_now", "calendar_page", "day_words", "holidays", "meeting",
    "plan", "team_day", "team_zone", "weekday_words",
]

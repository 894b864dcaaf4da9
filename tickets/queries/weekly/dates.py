"""Which meeting's update is owed now, by the team's calendar."""

from datetime import date, datetime

from cadence.choices import MeetingKind
from cadence.queries import holidays, meeting, team_zone
from tickets.rules.weekly import dates
from tickets.rules.weekly.dates import Due


def due_now(at: datetime) -> Due:
    """The meeting of this week."""
    return dates.due(at, meeting(MeetingKind.WEEKLY), holidays(), team_zone())


def due_on(day: date) -> Due:
    """The meeting of that day."""
    return dates.due_on(day, meeting(MeetingKind.WEEKLY), team_zone())

"""Days and hours: business days, business time, the release calendar, triage days, meetings. No database, no clock.

Every interval is [start, end). `holidays` is always handed in (`cadence.queries.holidays()` reads them).
"""

from cadence.rules.days import (
    WORKING_WEEK,
    add_business_days,
    business_days_between,
    is_business_day,
    last_business_day,
    next_business_day,
    previous_business_day,
)
from cadence.rules.hours import Hours, add_business_time, business_time_between, instant
from cadence.rules.meetings import (
    Meeting,
    next_set_meeting,
    next_triage_meeting,
    next_weekly_meeting,
    weekly_meeting,
)
from cadence.rules.release import (
    PLAN,
    Milestone,
    Plan,
    Step,
    milestones,
    next_milestone,
    next_release,
    release_day,
    release_of,
    t_minus,
)
from cadence.rules.triage import TriageDay, is_triage_day, next_triage_day, triage_days

__all__ = [
    "PLAN", "WORKING_WEEK", "Hours", "Meeting", "Milestone", "Plan", "Step", "TriageDay",
    "add_business_days", "add_business_time", "business_days_between", "business_time_between", "instant",
    "is_business_day", "is_triage_day", "last_business_day", "milestones", "next_business_day", "next_milestone",
    "next_release", "next_set_meeting", "next_triage_day", "next_triage_meeting", "next_weekly_meeting",
    "previous_business_day", "release_day", "release_of", "t_minus", "triage_days", "weekly_meeting",
]

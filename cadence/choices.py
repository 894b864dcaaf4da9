"""The words of this room."""

from django.db.models import IntegerChoices, TextChoices

COMPANY = "company"  # the calendar of everybody's holidays; customers and people may get others


class MeetingKind(TextChoices):
    TRIAGE = "triage", "Triage"
    SET = "set", "SET meeting"
    WEEKLY = "weekly", "Weekly meeting"


class Weekday(IntegerChoices):
    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"


class What(TextChoices):
    """The kinds of `CadenceEvent`."""

    HOLIDAY_ADDED = "holiday_added", "added a holiday"
    HOLIDAY_CHANGED = "holiday_changed", "changed a holiday"
    HOLIDAY_TAKEN_OUT = "holiday_taken_out", "took out a holiday"
    MEETING_CHANGED = "meeting_changed", "changed a meeting"
    STEP_CHANGED = "step_changed", "changed a milestone"

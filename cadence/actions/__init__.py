"""The verbs of this room, and its only writers."""

from cadence.actions.edits import Refused, add_holiday, change_holiday, change_meeting, change_step, take_out_holiday
from cadence.actions.handbook import load_calendar

__all__ = [
    "Refused", "add_holiday", "change_holiday", "change_meeting", "change_step", "load_calendar", "take_out_holiday",
]

"""The door to calendars in the net, in iCal format: read only."""

from integrations.ical.client import NOTHING_NEW, Occurrence, Reading, read
from integrations.ical.faults import CalendarAway, CalendarFault, CalendarRefused

__all__ = ["NOTHING_NEW", "CalendarAway", "CalendarFault", "CalendarRefused", "Occurrence", "Reading", "read"]

"""What can go wrong with a calendar in the net, in words for the reader of a page. No words hold its address."""

from integrations.faults import DoorFault


class CalendarFault(DoorFault):
    """The calendar could not be read."""


class CalendarAway(CalendarFault):
    """Its server is not there, is too slow, or says "later"."""


class CalendarRefused(CalendarFault):
    """It is no calendar, is too large, or stands where the portal does not go. It is asked again all the same."""

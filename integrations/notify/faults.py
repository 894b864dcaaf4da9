"""What can go wrong on the way to somebody's phone, in words for the reader of a page."""

from integrations.faults import DoorFault


class NotifyFault(DoorFault):
    """The message was not handed over, or the address cannot be used."""


class NotifyAway(NotifyFault):
    """The service is not there, is too slow, or says "later"."""


class NotifyRefused(NotifyFault):
    """The service said no, or the address is none that the portal takes."""

    passing = False

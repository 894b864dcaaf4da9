"""What can go wrong with mail, each in words for the reader of a page."""

from integrations.faults import DoorFault


class MailFault(DoorFault):
    """The mail server did not take a message."""


class MailAway(MailFault):
    """The mail server is not there, is too slow, or says "later" (4xx)."""


class MailRefused(MailFault):
    """The mail server said no for good (5xx), or this is no address at all."""

    passing = False

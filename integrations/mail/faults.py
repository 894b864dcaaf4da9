"""What can go wrong with mail, each in words for the reader of a page."""

import re

from integrations.faults import DoorFault


class MailFault(DoorFault):
    """The mail server did not take a message."""


class MailAway(MailFault):
    """The mail server is not there, is too slow, or says "later" (4xx)."""


# A refusal that is about the rules of servers, and not about a mail box (RFC 3463).
_OF_SERVERS = re.compile(r"\b5\.[67]\.\d|relay|spam|block", re.IGNORECASE)
NOT_TAKEN, NO_ADDRESS = "The mail server does not take mail for", "is no e-mail address"


def nobody_there(words: str) -> bool:
    """Whether the words of a refusal say that nobody can be reached at the address, now or later: there is no such mail
    box. That our server may not send there is another fault, which somebody mends."""
    if words.startswith(NOT_TAKEN):
        return not _OF_SERVERS.search(words.partition("): ")[2])
    return NO_ADDRESS in words


class MailRefused(MailFault):
    """The mail server said no for good (5xx), or this is no address at all."""

    passing = False

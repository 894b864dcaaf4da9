"""The clocks of an escalation follow from what was promised and what was said."""

from datetime import datetime

from escalations.models import Escalation


def settle_clocks(*, escalation: Escalation, at: datetime) -> None:
    """Begin, pause, resume, meet and end this escalation's clocks, by what it is now; the same again changes nothing.

    Called last by every verb that changes status, level, customer or what was said, in its transaction.
    """

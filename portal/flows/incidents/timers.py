"""What rings in an incident at its time: kind of timer -> what is done for its key: an incident's id, mostly."""

from collections.abc import Callable
from datetime import datetime

from incidents.actions.hour import HOUR, ring_hour
from incidents.actions.unread import UNREAD, ring_unread
from incidents.actions.untold import UNTOLD, tell_untold
from incidents.models import Incident
from portal.flows.incidents.after import TIMERS as AFTER_TIMERS
from portal.flows.incidents.tickets_of_actions import TIMERS as ACTION_TIMERS


def hour_over(key: str, at: datetime) -> None:
    """The outage is longer than an hour: the executive is to be told."""
    row = Incident.objects.filter(pk=int(key)).first()
    if row is not None:
        ring_hour(incident=row, at=at)


def unread_due(key: str, at: datetime) -> None:
    """A text for customers may still wait for its reader."""
    ring_unread(approval_id=int(key), at=at)


def untold_due(key: str, at: datetime) -> None:
    """Open pages were not told of a line."""
    tell_untold(incident=int(key))


TIMERS: dict[str, Callable[[str, datetime], None]] = {
    HOUR: hour_over, UNREAD: unread_due, UNTOLD: untold_due, **AFTER_TIMERS, **ACTION_TIMERS,
}

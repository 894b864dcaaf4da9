"""What the worker does for several rooms at once."""

from celery import shared_task

from portal.common import live
from tickets.actions.mapping import mark_tickets
from tickets.actions.priority import recompute_priorities


@shared_task(name="portal.mark_tickets")
def mark_tickets_again() -> None:
    """A mapping of areas, labels or the priority of work has changed: every ticket is marked by what it says now."""
    if mark_tickets() + recompute_priorities():
        live.publish("board", "stale", "")

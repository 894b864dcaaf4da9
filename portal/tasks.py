"""What the worker does for several rooms at once."""

from celery import shared_task

from portal.common import live
from tickets.actions.mapping import mark_tickets


@shared_task(name="portal.mark_tickets")
def mark_tickets_again() -> None:
    """The mapping of areas or labels has changed: every ticket is marked by what it says now."""
    if mark_tickets():
        live.publish("board", "stale", "")

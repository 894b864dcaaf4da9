"""Comments between a thread and its ticket in Jira: what happens when either changes."""

from collections.abc import Iterable
from datetime import datetime

from escalations.actions.comments import note_sent, take_comments
from integrations.outbox.models import Delivery

REPLY = "escalation.reply"  # the purpose of the ways by which replies leave


def comments_changed(ticket_ids: Iterable[int], at: datetime) -> None:
    """Jira changed these tickets: the threads of their escalations hold the comments as they are now."""
    take_comments(ticket_ids=ticket_ids, at=at)


def tell_reply(delivery: Delivery, at: datetime) -> None:
    """What became of a way by which a reply left: open pages draw its receipt."""
    note_sent(delivery=delivery)

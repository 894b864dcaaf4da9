"""What Jira made of the tickets of actions is told to them by timers: at once, and again until it went through."""

from datetime import datetime

from integrations.outbox.models import Delivery
from portal.common.timers import set_timer

TICKET = "incident.action_ticket"  # its key is the delivery's id


def tell_action(delivery: Delivery, at: datetime) -> None:
    """A delivery that asks Jira for an action's ticket has changed its state."""
    set_timer(kind=TICKET, key=str(delivery.pk), due_at=at)

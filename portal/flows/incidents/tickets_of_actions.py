"""An action gets its ticket: created in Jira by the outbox, read into the mirror, and followed until it is done."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from incidents.actions import followups
from incidents.models import RetroAction
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import set_timer
from portal.flows.delivery import queue_delivery, read_again
from portal.flows.incidents.told_of_actions import TICKET
from tickets.models import Ticket

AGAIN = timedelta(seconds=15)  # until the mirror is asked again for a ticket that Jira has made


@transaction.atomic
def create_ticket(*, action: RetroAction, by: Person, at: datetime) -> Delivery | None:
    """Ask Jira for an action's ticket, by the outbox. None: it has one. Raises `Refused` as `followups.ask_ticket`."""
    delivery = followups.ask_ticket(action=action, by=by, at=at)
    if delivery is not None:
        queue_delivery(delivery)
    return delivery


def ticket_due(key: str, at: datetime) -> None:
    """What became of the ticket that was asked for; once it is in Jira it is read, and linked. Key: the delivery."""
    delivery = Delivery.objects.select_related("by").filter(pk=int(key)).first()
    found = followups.note_ticket(delivery=delivery) if delivery else None
    if delivery is None or found is None:
        return
    action, issue = found
    if not Ticket.objects.filter(pk=issue).exists():
        read_again(issue, at)
    ticket = Ticket.objects.filter(pk=issue).first()
    if ticket is None:
        set_timer(kind=TICKET, key=key, due_at=at + AGAIN)  # Jira is away; its webhook or the next run may bring it
        return
    by = delivery.by if isinstance(delivery.by, Person) else None
    followups.attach_ticket(action=action, ticket=ticket, by=by, at=at)


TIMERS: dict[str, Callable[[str, datetime], None]] = {TICKET: ticket_due}

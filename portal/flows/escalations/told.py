"""What Jira made of tickets is told to their escalations by timers: at once, and again until it went through."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from escalations.actions.base import CHANGED
from escalations.choices import TicketState
from escalations.models import Escalation
from integrations.outbox.models import Delivery
from portal.common import jobs
from portal.common.timers import set_timer, set_timers

TICKET = "escalation.ticket"  # its key is the delivery's id


def tell_ticket(delivery: Delivery, at: datetime) -> None:
    """A delivery that asks Jira for a ticket has changed its state."""
    set_timer(kind=TICKET, key=str(delivery.pk), due_at=at)
    _soon()


def tickets_changed(ticket_ids: Iterable[int], at: datetime) -> int:
    """These tickets were mirrored anew: the open escalations that are linked to them look. One query where there are
    none, two otherwise, however many tickets. Returns how many."""
    ids = list(ticket_ids)
    rows = Escalation.objects.open().filter(ticket__in=ids, ticket_state=TicketState.LINKED) if ids else None
    found = [str(pk) for pk in rows.values_list("pk", flat=True)] if rows is not None else []
    if found:
        set_timers(kind=CHANGED, due=dict.fromkeys(found, at))
        _soon()
    return len(found)


def _soon() -> None:
    transaction.on_commit(partial(jobs.queue, jobs.TICK, expires=2))

"""To Do is put in order, or a ticket stands against it for a reason: boards look again, Jira is told."""

from datetime import datetime

from django.db import transaction

from people.models import Person
from portal.flows.delivery import queue_delivery
from portal.flows.news import look_again
from tickets.actions import ordering
from tickets.models import OrderException, Ticket, TicketWrite


def order_todo(*, drawn: str, by: Person, at: datetime) -> list[TicketWrite]:
    """Order To Do as the preview with this digest showed. Raises `OrderChanged` and `NotThere`, writing nothing."""
    with transaction.atomic():
        writes = ordering.order_todo(drawn=drawn, by=by, at=at)
        if writes:
            # All are of one scope and leave in their order: the first one calls the next.
            queue_delivery(writes[0].delivery)
            transaction.on_commit(look_again)
    return writes


def allow_order(*, ticket: Ticket, reason: str, by: Person, at: datetime) -> OrderException:
    """Let a ticket stand against the order for a week. Raises `NoReason`."""
    with transaction.atomic():
        allowed = ordering.allow_order(ticket=ticket, reason=reason, by=by, at=at)
        transaction.on_commit(look_again)
    return allowed


def end_order(*, ticket: Ticket, by: Person, at: datetime) -> bool:
    """Let a ticket count again before its week is over. Returns whether it was held."""
    with transaction.atomic():
        ended = ordering.end_order(ticket=ticket, by=by, at=at)
        transaction.on_commit(look_again)
    return ended


def order_exception_over(key: str, at: datetime) -> None:
    """The timer of an exception rings."""
    if ordering.expire_order(exception_id=int(key), at=at) is not None:
        look_again()

"""Order To Do by the priority of work, and let a ticket stand against it for a week, for a reason."""

from datetime import datetime, timedelta

from django.db import transaction

from people.models import Person
from portal.common.timers import cancel_timer, set_timer
from tickets.actions.writes import rank_tickets
from tickets.choices import Column, Presence, TicketWhat
from tickets.models import OrderException, Ticket, TicketEvent, TicketWrite
from tickets.queries.ordering import order_calls, standings
from tickets.rules.ordering import digest

HOLDS = timedelta(days=7)
TIMER = "tickets.order_exception"  # its key is the exception's id
LONGEST = 500  # characters of a reason


class OrderChanged(Exception):
    """To Do no longer stands as the preview showed it: nothing was written."""


class NoReason(ValueError):
    """A move against the order that says no reason, or too long a one."""


def order_todo(*, drawn: str, by: Person, at: datetime) -> list[TicketWrite]:
    """Bring To Do into the order by the fewest moves, as the preview with this digest showed it.

    One delivery for each run of neighbours, at most 50. Of two at once the second raises `OrderChanged`, as whoever
    previewed an order that is no longer.
    """
    with transaction.atomic():
        list(  # by id, as everybody locks
            Ticket.objects.select_for_update(of=("self",)).filter(presence=Presence.PRESENT, column=Column.TODO)
            .order_by("id").values_list("id", flat=True)
        )
        rows = standings()
        if digest(rows) != drawn:
            raise OrderChanged
        return [
            write for call in order_calls(rows)
            for write in rank_tickets(tickets=call.tickets, anchor=call.anchor, before=call.before, by=by, at=at)
        ]  # fmt: skip


def allow_order(*, ticket: Ticket, reason: str, by: Person | None, at: datetime, via: str = "page") -> OrderException:
    """Let a ticket stand against the order for a week: it is not counted and not moved. Another reason replaces the
    one before, and the week begins anew. Raises `NoReason`."""
    words = " ".join(reason.replace("\x00", "").split())
    if not words or len(words) > LONGEST:
        raise NoReason(f"Say why, in at most {LONGEST} characters.")
    with transaction.atomic():
        held = Ticket.objects.select_for_update().get(id=ticket.id)
        _end(held, at)
        allowed = OrderException.objects.create(ticket=held, reason=words, by=by, at=at, expires_at=at + HOLDS)
        set_timer(kind=TIMER, key=str(allowed.id), due_at=allowed.expires_at)
        TicketEvent.objects.create(
            ticket=held, at=at, by=by, what=TicketWhat.ORDER, from_value=held.order_reason, to_value=words, via=via
        )
        Ticket.objects.filter(id=held.id).update(order_reason=words)
    return allowed


def end_order(*, ticket: Ticket, by: Person | None, at: datetime, via: str = "page") -> bool:
    """The ticket counts again before its week is over: it was put where it belongs. Returns whether it was held."""
    with transaction.atomic():
        held = Ticket.objects.select_for_update().get(id=ticket.id)
        if not _end(held, at):
            return False
        _told_over(held, by, at, via)
    return True


def expire_order(*, exception_id: int, at: datetime) -> int | None:
    """The week is over: the ticket counts again. Returns its id, or None where the exception has ended otherwise or
    holds longer."""
    with transaction.atomic():
        found = OrderException.objects.standing().filter(id=exception_id, expires_at__lte=at)
        identity = found.values_list("ticket_id", flat=True).first()
        if identity is None:
            return None
        held = Ticket.objects.select_for_update().get(id=identity)
        if not found.update(ended_at=at):  # somebody said another reason meanwhile
            return None
        _told_over(held, None, at, "timer")
    return identity


def _end(ticket: Ticket, at: datetime) -> bool:
    standing = OrderException.objects.standing().filter(ticket=ticket)
    for identity in standing.values_list("id", flat=True):
        cancel_timer(kind=TIMER, key=str(identity))
    return standing.update(ended_at=at) > 0


def _told_over(ticket: Ticket, by: Person | None, at: datetime, via: str) -> None:
    TicketEvent.objects.create(
        ticket=ticket, at=at, by=by, what=TicketWhat.ORDER, from_value=ticket.order_reason, to_value="", via=via
    )
    Ticket.objects.filter(id=ticket.id).update(order_reason="")

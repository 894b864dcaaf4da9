"""What an escalation weighs on its ticket: its level, and how many customers it concerns."""

from datetime import datetime

from escalations.choices import OPEN, TicketState
from escalations.models import Escalation
from portal.flows.priority import clear_weight, set_weight
from tickets.models import Ticket, TicketWeight

SOURCE = "escalation:"


def weigh(*, escalation: Escalation, at: datetime) -> bool:
    """Its level, and how many customers it concerns or who ask for it, weigh on its ticket while it is open; on no
    other ticket. Returns whether anything changed."""
    source, ticket = source_of(escalation), _weighed(escalation)
    there = list(TicketWeight.objects.filter(source=source).select_related("ticket"))
    level, customers = escalation.level, max(escalation.affected.count(), escalation.asking or 0)
    if ticket is not None and [(one.ticket_id, one.level, one.customers) for one in there] == [
        (ticket.pk, level, customers)
    ]:
        return False
    for one in there:
        if ticket is None or one.ticket_id != ticket.pk:
            clear_weight(ticket=one.ticket, source=source, by=None, at=at, via="escalation")
    if ticket is not None:
        set_weight(ticket=ticket, source=source, level=level, customers=customers, by=None, at=at, via="escalation")
    return ticket is not None or bool(there)


def rebuild_weights(*, at: datetime) -> int:
    """Weigh all anew: those that are linked, and those that still weigh though they should not. Returns how many
    changed."""
    weighing = TicketWeight.objects.filter(source__startswith=SOURCE).values_list("source", flat=True)
    numbers = {int(tail) for source in weighing if (tail := source.removeprefix(f"{SOURCE}E-")).isdigit()}
    linked = set(Escalation.objects.open().filter(ticket_state=TicketState.LINKED).values_list("pk", flat=True))
    rows = Escalation.objects.select_related("ticket").filter(pk__in=numbers | linked).order_by("pk")
    gone = numbers - set(rows.values_list("pk", flat=True))
    for weight in TicketWeight.objects.filter(source__in=[f"{SOURCE}E-{one}" for one in gone]).select_related("ticket"):
        clear_weight(ticket=weight.ticket, source=weight.source, by=None, at=at, via="escalation")
    return len(gone) + sum(weigh(escalation=row, at=at) for row in rows)


def source_of(escalation: Escalation) -> str:
    """What its weight is called: `escalation:E-12`."""
    return f"{SOURCE}E-{escalation.pk}"


def _weighed(escalation: Escalation) -> Ticket | None:
    is_open = escalation.status in OPEN and escalation.merged_into_id is None
    return escalation.ticket if is_open and escalation.ticket_state == TicketState.LINKED else None

"""An incident of our own server puts its ticket into the first class of the priority of work, while it is open."""

from datetime import datetime

from incidents.choices import Kind, State
from incidents.models import Incident
from incidents.rules.hiding import key_of
from portal.flows.priority import clear_weight, set_weight
from tickets.models import Ticket, TicketWeight


def weigh(*, incident: Incident, at: datetime) -> bool:
    """Its severity weighs on its ticket, and on no other; nothing of a drill does. Returns whether anything changed."""
    source = key_of(incident, incident.submission, private=incident.private)
    ticket = _weighed(incident)
    there = list(TicketWeight.objects.filter(source=source).select_related("ticket"))
    if ticket is not None and [(one.ticket_id, one.level) for one in there] == [(ticket.pk, incident.severity)]:
        return False
    for one in there:
        if ticket is None or one.ticket_id != ticket.pk:
            clear_weight(ticket=one.ticket, source=source, by=None, at=at, via="incident")
    if ticket is not None:
        set_weight(ticket=ticket, source=source, level=incident.severity, by=None, at=at, via="incident")
    return ticket is not None or bool(there)


def _weighed(incident: Incident) -> Ticket | None:
    counts = incident.kind == Kind.COMMUNITY and incident.state == State.OPEN and not incident.drill
    return incident.ticket if counts else None

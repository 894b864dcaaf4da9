"""An incident has changed: what follows from it in other rooms is brought up to date. The same again is nothing."""

from datetime import datetime

from incidents.actions.approvals import end_waiting
from incidents.actions.followups import follow_tickets
from incidents.actions.hour import keep_hour
from incidents.actions.promises import end_with_incident
from incidents.actions.roles import answer
from incidents.actions.untold import look_for_untold
from incidents.models import Incident
from portal.flows.incidents.channel import keep_channel
from portal.flows.incidents.pages import tell_page
from portal.flows.incidents.tickets import take_ticket, tell_ticket
from portal.flows.incidents.weights import weigh


def incident_due(key: str, at: datetime) -> None:
    """The timer that each change sets rings; the key is the incident's id."""
    row = Incident.objects.filter(pk=int(key)).first()
    if row is not None:
        incident_changed(incident=row, at=at)


def incident_changed(*, incident: Incident, at: datetime) -> None:
    """Everything that follows from how an incident stands now; open pages first, whatever else fails."""
    look_for_untold(incident=incident.pk, at=at)
    keep_channel(incident=incident, at=at)
    if take_ticket(incident=incident, at=at):
        incident.refresh_from_db(fields=["ticket"])
    weigh(incident=incident, at=at)
    tell_page(incident=incident, at=at)
    tell_ticket(incident=incident, at=at)
    answer(incident=incident, at=at)
    keep_hour(incident=incident, at=at)
    end_with_incident(incident=incident, at=at)
    end_waiting(incident=incident, at=at)
    follow_tickets(incident=incident, at=at)

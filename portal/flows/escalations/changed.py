"""An escalation, or the ticket it is linked to, has changed: what follows from it is brought up to date."""

from datetime import datetime

from escalations.actions.ratings import ask_those_told
from escalations.actions.routing import page_urgent
from escalations.models import Escalation
from portal.flows.escalations.owed import ticket_changed
from portal.flows.escalations.weights import weigh
from portal.flows.incidents.tickets import escalation_changed as incidents_of


def escalation_due(key: str, at: datetime) -> None:
    """The timer that each change sets rings; the key is the escalation's id."""
    row = Escalation.objects.filter(pk=int(key)).first()
    if row is not None:
        escalation_changed(escalation=row, at=at)


def escalation_changed(*, escalation: Escalation, at: datetime) -> None:
    """An L1 that nobody has taken pages; its ticket weighs what it weighs now; replies are owed once its ticket is
    done; once it is solved those who asked are asked whether it helped; its incidents get its ticket. The same again
    changes nothing."""
    row = Escalation.objects.select_related("ticket").get(pk=escalation.pk)
    page_urgent(escalation=row, at=at)
    weigh(escalation=row, at=at)
    ticket_changed(escalation=row, at=at)
    ask_those_told(escalation=row, at=at)
    incidents_of(row, at)

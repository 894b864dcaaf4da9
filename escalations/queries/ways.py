"""By which ways an answer can leave, for one escalation and one of its affected customers."""

from django.conf import settings

from escalations.choices import TicketState
from escalations.models import Affected, Escalation
from escalations.rules.ways import Asker, Place, places


def asker_of(escalation: Escalation, affected: Affected | None = None) -> Asker:
    """Whom an answer is for: the reporter, or whoever asked for this affected customer."""
    told = affected or escalation
    ticket = escalation.ticket if escalation.ticket_state == TicketState.LINKED else None
    return Asker(
        name=told.reporter_name, mail=told.reporter_email or (told.reporter.email if told.reporter else ""),
        username=told.reporter.mattermost_name if told.reporter else "", support_ticket=told.support_ticket,
        support_mail=told.support_mail, ticket=ticket.key if ticket else "",
    )


def places_of(escalation: Escalation, affected: Affected | None = None) -> tuple[Place, ...]:
    """The ways that are open."""
    return places(asker_of(escalation, affected), chat=bool(settings.ENV.mattermost.base_url))

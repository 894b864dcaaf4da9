"""What Jira says of an incident's ticket is on its timeline."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from escalations.choices import TicketState
from escalations.models import Escalation
from incidents.actions.base import CHANGED, held, record
from incidents.actions.changing import link_ticket
from incidents.choices import LIVE, State, What
from incidents.models import Incident, IncidentEvent
from incidents.rules.words import clean_line
from portal.common.timers import set_timers
from tickets.models import TicketChange
from tickets.queries.addresses import ticket_url

FIELDS = {"status": "", "assignee": "assignee ", "fixVersions": "fix version ", "Fix Version": "fix version "}


def tickets_changed(ticket_ids: Iterable[int], at: datetime) -> int:
    """These tickets were mirrored anew: the incidents that are linked to them look. One query where there are none.
    Returns how many."""
    ids = list(ticket_ids)
    rows = Incident.objects.filter(ticket__in=ids).exclude(state__in=[State.CLOSED, State.MERGED]) if ids else None
    found = [str(pk) for pk in rows.values_list("pk", flat=True)] if rows is not None else []
    if found:
        set_timers(kind=CHANGED, due=dict.fromkeys(found, at))
    return len(found)


def escalation_changed(escalation: Escalation, at: datetime) -> int:
    """An escalation may have got its ticket: those of its incidents that have none look. One query. Returns how
    many."""
    if escalation.ticket_id is None:
        return 0
    rows = Incident.objects.live().filter(escalation=escalation, ticket=None)
    found = [str(pk) for pk in rows.values_list("pk", flat=True)]
    set_timers(kind=CHANGED, due=dict.fromkeys(found, at))
    return len(found)


@transaction.atomic
def take_ticket(*, incident: Incident, at: datetime) -> bool:
    """The ticket that its escalation has got is its own, where it never had another: one that somebody took off stays
    off. Returns whether it is new."""
    row = held(incident)
    of = row.escalation if row.ticket_id is None and row.state in LIVE else None
    if of is None or of.ticket is None or of.ticket_state != TicketState.LINKED:
        return False
    if IncidentEvent.objects.filter(incident=row, what=What.TICKET).exists():
        return False
    return link_ticket(incident=row, ticket=of.ticket, by=None, at=at)


@transaction.atomic
def tell_ticket(*, incident: Incident, at: datetime) -> int:
    """What was changed of the incident's ticket since it was declared is told, each change once: its status, its
    assignee, its release. Returns how many."""
    row = held(incident)
    if row.ticket_id is None or row.ticket is None or row.state not in {*LIVE, State.CONFIRMED}:
        return 0
    told = set(IncidentEvent.objects.filter(incident=row, what=What.TICKET_CHANGED).values_list("source", flat=True))
    changes = TicketChange.objects.filter(ticket=row.ticket_id, at__gte=row.at, field__in=FIELDS).select_related(
        "author").order_by("at", "pk")
    new = [change for change in changes if _source(change) not in told]
    for change in new:
        record(
            What.TICKET_CHANGED, incident=row, at=change.at, written_at=max(at, change.at), by=None,
            by_name=clean_line(change.author.display_name, 120) if change.author else "",
            words=clean_line(f"{row.ticket.key}: {_words(change)}"), from_value=(change.from_text or "")[:200],
            url=ticket_url(row.ticket.key), source=_source(change),
        )
    return len(new)


def _words(change: TicketChange) -> str:
    before, now = change.from_text or "", change.to_text or "nobody"
    if change.field != "assignee" and not change.to_text:
        now = "none"
    return f"{FIELDS[change.field]}{f'{before} → ' if before else ''}{now}"


def _source(change: TicketChange) -> str:
    return f"ticket:{change.pk}"

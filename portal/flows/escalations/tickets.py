"""An escalation gets its ticket: created in Jira by the outbox, or linked; then it stands where its urgency puts it."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from escalations.actions import tickets as actions
from escalations.actions.base import Refused
from escalations.choices import Kind, Level, Route
from escalations.models import Escalation
from escalations.rules.routing import at_once, is_bug
from integrations.jira import JiraFault
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import set_timer
from portal.flows.delivery import queue_delivery
from portal.flows.escalations.comments import comments_changed
from portal.flows.escalations.told import TICKET
from portal.flows.escalations.weights import weigh
from portal.flows.jira import apply_one
from portal.flows.reading import changed_facts, open_reader
from portal.flows.writes import write_ticket
from tickets.actions import writes
from tickets.actions.writes.change import change_ticket, statuses_of
from tickets.choices import Column, Presence, Verb
from tickets.models import JiraUser, Ticket, TicketWrite, WorkflowStep
from tickets.queries.ordering import standings
from tickets.queries.ticket import find_ticket

log = structlog.get_logger(__name__)
KEY = re.compile(r"[A-Z][A-Z0-9_]{0,39}-[1-9]\d{0,17}\Z")
AGAIN = timedelta(seconds=15)  # until the mirror is asked again for a ticket that Jira has made
BEFORE = (Column.BACKLOG, Column.UNMAPPED)  # from where a ticket is brought to To Do


def create_ticket(*, escalation: Escalation, by: Person, at: datetime) -> Delivery | None:
    """Ask Jira for its ticket, by the outbox; pressed twice it is one. None: it has one. Raises `Refused`, also where
    no Jira is configured."""
    if not settings.ENV.jira.base_url:
        raise Refused("No Jira is configured, so no ticket can be made.")
    with transaction.atomic():
        delivery = actions.ask_ticket(escalation=escalation, project=project_of(escalation),
                                      bug=is_bug(Kind(escalation.kind), None), by=by, at=at)
        if delivery is not None:
            queue_delivery(delivery)
    return delivery


def project_of(escalation: Escalation) -> str:
    """The project its ticket is created in: site reliability's for what went there, else SET's first one."""
    jira = settings.ENV.jira
    return jira.sre_project if escalation.route == Route.SRE and jira.sre_project else jira.projects[0]


def ticket_due(key: str, at: datetime) -> None:
    """What became of the ticket that was asked for; once it is in Jira it is read, and linked. Key: the delivery."""
    delivery = Delivery.objects.select_related("by").filter(pk=int(key)).first()
    found = actions.note_ticket(delivery=delivery, at=at) if delivery else None
    if delivery is None or found is None:
        return
    row, ticket_id = found
    if not Ticket.objects.filter(pk=ticket_id).exists() and not _read(ticket_id, at):
        set_timer(kind=TICKET, key=key, due_at=at + AGAIN)  # Jira is away; its webhook or the next run may bring it
        return
    by = delivery.by if isinstance(delivery.by, Person) else None
    _settle(row, ticket_id, lambda: actions.attach_created(escalation=row, ticket_id=ticket_id, by=by, at=at), by, at)


def link_ticket(*, escalation: Escalation, key: str, by: Person, at: datetime, replaces: str = "") -> Ticket:
    """Link a ticket by its key: one of the mirror, or one that Jira is asked for now. Raises `Refused` in words for
    what is no key, is not there, or cannot be asked for. See `actions.tickets.link_ticket`."""
    ticket = known_ticket(key, at)
    _settle(
        escalation, ticket.pk,
        lambda: actions.link_ticket(escalation=escalation, ticket=ticket, by=by, at=at, replaces=replaces), by, at,
    )
    return ticket


def known_ticket(key: str, at: datetime) -> Ticket:
    """The ticket of a key, or of its address in Jira; read from Jira where the mirror does not have it. Raises
    `Refused`."""
    told = key.strip().rstrip("/").rpartition("/")[2].upper()
    if not KEY.match(told):
        raise Refused("Write a ticket's key, such as MM-123, or its address in Jira.")
    found = find_ticket(told)
    if found is None:
        project, mirrored = told.rpartition("-")[0], settings.ENV.jira.all_projects
        if project not in mirrored:
            raise Refused(f"{project} is not mirrored here; tickets of {' and '.join(mirrored)} are.")
        _read_key(told, at)
        found = find_ticket(told)
    if found is None or found.presence != Presence.PRESENT:
        raise Refused(f"Jira has no {told}, or this account does not see it.")
    return found


def _read_key(key: str, at: datetime) -> None:
    try:
        _mirror(key, at)
    except JiraFault as fault:
        raise Refused(f"{key} is not mirrored yet, and Jira cannot be asked: {fault.words}") from fault


def _read(ticket_id: int, at: datetime) -> bool:
    """Mirror an issue that Jira has just made. Returns whether it is there now."""
    try:
        _mirror(ticket_id, at)
    except JiraFault as fault:
        log.info("a new ticket was not read", ticket=ticket_id, reason=fault.words)
    return Ticket.objects.filter(pk=ticket_id).exists()


def _mirror(identity: int | str, at: datetime) -> None:
    reader = open_reader(lately=True)
    try:
        found = reader.client.issue(identity, fields=reader.fields)
        facts = changed_facts(reader, [found])[0] if found else []
    finally:
        reader.client.close()
    apply_one(facts, at, via="escalation")


# ---- Where it stands ------------------------------------------------------------------


def _settle(
    row: Escalation, ticket_id: int, attach: Callable[[], bool], by: Person | None, at: datetime
) -> None:
    """Link it, weigh it and put it where it belongs, in one transaction; then its comments stand in the thread."""

    def act() -> list[TicketWrite]:
        # Tickets before escalations, and those before their timers: the mirror locks so too.
        writes.lock_tickets({ticket_id, *([row.ticket_id] if row.ticket_id else [])})
        if not attach():
            return []
        row.refresh_from_db()
        weigh(escalation=row, at=at)
        return place(row, by, at) if by is not None and row.route == Route.SET and row.accepted_at else []

    if by is not None:
        write_ticket(act, by=by, at=at, ticket=ticket_id, orders=True, quiet=True)
    else:
        with transaction.atomic():
            act()
    comments_changed([ticket_id], at)


def place_accepted(*, escalation: Escalation, by: Person, at: datetime) -> None:
    """An escalation that was accepted, or has become more urgent, has its ticket where that belongs."""
    if escalation.ticket_id is not None:
        write_ticket(lambda: place(escalation, by, at), by=by, at=at, ticket=escalation.ticket_id, orders=True,
                     quiet=True)


def begun(row: Escalation) -> bool:
    """Whether somebody works on its ticket, or has."""
    waits = (*BEFORE, Column.TODO)
    return Ticket.objects.filter(pk=row.ticket_id or 0).exclude(column__in=waits).exists()


def place(row: Escalation, by: Person, at: datetime) -> list[TicketWrite]:
    """Its ticket goes to the owner, In Progress, for L1, L2 and hotfixes; others go to To Do at their priority. What
    has come further in Jira, or is somebody's already, is left to them."""
    ticket = Ticket.objects.filter(pk=row.ticket_id or 0).first()
    if ticket is None:
        return []
    try:
        if at_once(Level(row.level), row.fix):
            return _begin(ticket, row.owner, by, at)
        if ticket.column not in BEFORE:
            return []
        return [*_to_todo(ticket, by, at), *_rank(ticket.pk, by, at)]
    except writes.NotThere as fault:  # a limit of work in progress, or Jira shows it no longer: people see to it
        log.info("an escalation's ticket was not moved", ticket=ticket.key, reason=fault.words)
        return []


def _to_todo(ticket: Ticket, by: Person, at: datetime) -> list[TicketWrite]:
    to = statuses_of(Column.TODO)
    moved = writes.move_ticket(ticket_id=ticket.pk, to=to, by=by, at=at) if to else None
    return [moved] if moved else []


def _begin(ticket: Ticket, owner: Person | None, by: Person, at: datetime) -> list[TicketWrite]:
    waits = ticket.column in {*BEFORE, Column.TODO}
    account = owner.jira_account_id if owner and not ticket.assignee_id else ""
    if account and owner:
        # Somebody new may never have been seen in a ticket; Jira says no itself where there is no such account.
        JiraUser.objects.get_or_create(account_id=account, defaults={"display_name": owner.jira_name or owner.name})
    if not waits and not (account and ticket.column == Column.IN_PROGRESS):
        return []
    to = statuses_of(Column.IN_PROGRESS) if waits else []
    made = _to_todo(ticket, by, at) if waits and ticket.column in BEFORE and not _leads(ticket, to) else []
    begun = change_ticket(ticket_id=ticket.pk, verb=Verb.MOVE, to=to, by=by, at=at,
                          values={"assignee": account} if account else {})
    return [*made, *([begun] if begun else [])]


def _leads(ticket: Ticket, to: Sequence[str]) -> bool:
    """Whether the workflow is known to lead there in one step. The usual one does not: a new ticket goes by To Do."""
    known = WorkflowStep.objects.filter(project_key=ticket.project_key, kind=ticket.kind,
                                        status_id=ticket.status_id or "", to_status__in=to)
    return known.exists()


def _rank(ticket_id: int, by: Person, at: datetime) -> list[TicketWrite]:
    """Put it before the first of To Do that comes after it by the priority of work, else behind the last."""
    order = standings()
    mine = next((one for one in order if one.id == ticket_id), None)
    others = [one for one in order if one.id != ticket_id and not one.held]
    if mine is None or mine.key is None or not others:
        return []
    after = next((one for one in others if one.key is None or one.key > mine.key), None)
    anchor = after or others[-1]
    return writes.rank_tickets(tickets=[ticket_id], anchor=anchor.id, before=after is not None, by=by, at=at)

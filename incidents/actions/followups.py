"""What follows from an incident: actions with an owner and a day, each a ticket in Jira, followed until it is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from cadence.queries.facts import holidays
from cadence.rules.days import last_business_day
from escalations.rules.markdown import wiki
from incidents.actions.after import morning
from incidents.actions.base import CHANGED, TWICE, Refused, held, record
from incidents.choices import ActionState, State, What
from incidents.models import Incident, RetroAction
from incidents.rules.words import clean_line, clean_text
from integrations.outbox import actions as outbox
from integrations.outbox.choices import ON_ITS_WAY
from integrations.outbox.choices import State as Sending
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import cancel_timer, set_timer, set_timers
from tickets.choices import Category, Column
from tickets.models import ApartResolution, Ticket

PURPOSE = "incident.action"  # of the delivery that asks Jira for a ticket
DAY = "incident.action_day"  # of the one that tells its ticket until when
REMIND = "incident.action_due"  # rings on the morning of the day on which an action is due; its key is the action's id
LONGEST_DETAILS = 4_000
LONGEST_TITLE = 250  # characters of a ticket's title: Jira takes 255


@dataclass(frozen=True)
class Given:
    """What somebody says of an action."""

    title: str
    details: str = ""
    owner: Person | None = None
    due_on: date | None = None


@transaction.atomic
def add_action(*, incident: Incident, given: Given, by: Person, at: datetime) -> RetroAction:
    """Something is to be done; pressed twice it is one. Raises `Refused` without a title, and for an incident that was
    merged."""
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged: what follows is written down in the other one.")
    told = _checked(given)
    same = RetroAction.objects.filter(incident=row, by=by, at__gt=at - TWICE, state=ActionState.OPEN, **told).first()
    if same is not None:
        return same
    made = RetroAction.objects.create(incident=row, at=at, by=by, **told)
    _remind(made, at)
    record(What.ACTION, incident=row, at=at, by=by, words=f"Action: {made.title}")
    return made


@transaction.atomic
def change_action(*, action: RetroAction, given: Given, by: Person, at: datetime) -> frozenset[str]:
    """Change what it says, whose it is, until when. Returns the names of what changed. Raises `Refused` without a
    title."""
    row, told = _held(action), _checked(given)
    changed = frozenset(name for name, value in told.items() if getattr(row, name) != value)
    for name, value in told.items():
        setattr(row, name, value)
    row.save(update_fields=list(told))
    _remind(row, at)
    record(What.ACTION, incident=row.incident, at=at, by=by, words=f"Action changed: {row.title}")
    return changed


@transaction.atomic
def settle_action(
    *, action: RetroAction, state: ActionState, by: Person | None, at: datetime, closed_as: str = "",
) -> bool:
    """It is done, dropped, or open again; `closed_as`: what its ticket was closed as, where that says so. Returns
    whether it was anything else before."""
    row = _held(action)
    if row.state == state:
        return False
    row.state, row.done_at, row.closed_as = state, None if state == ActionState.OPEN else at, closed_as
    row.save(update_fields=["state", "done_at", "closed_as"])
    _remind(row, at)
    words = {ActionState.OPEN: "Action open again", ActionState.DONE: "Action done", ActionState.DROPPED:
             "Action dropped"}[state]
    if state == ActionState.DROPPED and closed_as:
        words = f"{words}, its ticket was closed as {closed_as}"
    record(What.ACTION, incident=row.incident, at=at, by=by, words=f"{words}: {row.title}",
           tone="green" if state == ActionState.DONE else "")
    return True


def _checked(given: Given) -> dict[str, object]:
    title = clean_line(given.title)
    if not title:
        raise Refused("Say in a few words what is to be done.")
    return {"title": title, "details": clean_text(given.details, LONGEST_DETAILS), "owner": given.owner,
            "due_on": given.due_on}


def _held(action: RetroAction) -> RetroAction:
    """The row as it is now. Nothing is joined (see `base.held`): a ticket that was asked for in this moment would not
    be there, and be asked for again."""
    return RetroAction.objects.select_for_update().get(pk=action.pk)


def _remind(row: RetroAction, at: datetime) -> None:
    """Its owner is reminded on the morning of its day; one that is due already, at the next look."""
    if row.state == ActionState.OPEN and row.due_on is not None:
        set_timer(kind=REMIND, key=str(row.pk), due_at=max(morning(reminder_day(row.due_on)), at))
    else:
        cancel_timer(kind=REMIND, key=str(row.pk))


def reminder_day(due_on: date) -> date:
    """When an owner is reminded: on the day, or on the last business day before one on which nobody works."""
    return last_business_day(due_on, holidays())


# ---- Its ticket -----------------------------------------------------------------------


@transaction.atomic
def ask_ticket(*, action: RetroAction, by: Person, at: datetime) -> Delivery | None:
    """Put its ticket on its way to Jira; pressed twice it is one. None where it has one. Raises `Refused` where no
    Jira is configured, and for an action that is not open. Owner and day are written once it is there: a Jira that
    knows no such field when a ticket is made, or not that person, makes it all the same.

    One that Jira refused is sent again with what stands here now. Of a private incident the ticket says the action
    alone, and not whose production was down.
    """
    if not settings.ENV.jira.base_url:
        raise Refused("No Jira is configured, so no ticket can be made.")
    row = _held(action)
    if row.state != ActionState.OPEN:
        raise Refused("It is not open any more.")
    if row.ticket_id:
        return None
    old = row.delivery
    if old is not None and old.state in (*ON_ITS_WAY, Sending.SENT, Sending.ASKING):
        return old
    payload = {"project": settings.ENV.jira.projects[0], "fields": _fields(row)}
    if old is not None and old.state == Sending.FAILED:
        try:
            return outbox.amend(delivery=old, payload=payload, by=by, at=at, words="with what is known now")
        except outbox.NotOpen as fault:
            raise Refused(fault.words) from fault
    tries = Delivery.objects.filter(purpose=PURPOSE, key__startswith=f"incident-action-{row.pk}-").count()
    row.delivery = outbox.enqueue(
        topic="jira.create", scope=f"incident-action:{row.pk}", payload=payload, at=at, by=by, purpose=PURPOSE,
        title=f"Create a ticket for an action of {row.incident}", path=path_of(row.incident),
        key=f"incident-action-{row.pk}-{tries}",
    )
    row.save(update_fields=["delivery"])
    return row.delivery


def _fields(row: RetroAction) -> dict[str, object]:
    incident = row.incident
    link = settings.PORTAL_BASE_URL + path_of(incident)
    whole = f"[{incident}|{link}]" if incident.private else f"[{incident}: {wiki(incident.title)}|{link}]"
    lines = [wiki(row.details), f"From the retrospective of {whole}."]
    labels, title = ["retrospective"], row.title
    if incident.drill:  # somebody learns from it all the same, and whoever reads the ticket is to know
        labels, title = [*labels, "drill"], clean_line(f"Drill: {title}", LONGEST_TITLE)
    return {"project": {"key": settings.ENV.jira.projects[0]}, "issuetype": {"name": "Task"},
            "labels": labels, "summary": title, "description": "\n\n".join(filter(None, lines))}


def note_ticket(*, delivery: Delivery) -> tuple[RetroAction, int] | None:
    """What became of the ticket that was asked for: once it is in Jira and not linked yet, the action and Jira's id."""
    row = RetroAction.objects.filter(delivery=delivery, ticket__isnull=True).first()
    if row is None or delivery.state != Sending.SENT:
        return None
    return row, int(delivery.remote_id)


@transaction.atomic
def attach_ticket(*, action: RetroAction, ticket: Ticket, by: Person | None, at: datetime) -> bool:
    """This is its ticket. Its owner's work is followed there. False where it has one."""
    row = _held(action)
    if row.ticket_id:
        return False
    row.ticket, row.assignee = ticket, ticket.assignee_id or ""
    row.save(update_fields=["ticket", "assignee"])
    record(What.ACTION, incident=row.incident, at=at, by=by, words=f"Action is {ticket.key}: {row.title}",
           url=f"{settings.ENV.jira.base_url}/browse/{ticket.key}", source=f"action:{row.pk}:{ticket.pk}")
    return True


def tickets_changed(ticket_ids: Iterable[int], at: datetime) -> int:
    """These tickets were mirrored anew: incidents whose actions they are look at them. One query where there are none.
    Returns how many incidents."""
    ids = list(ticket_ids)
    rows = RetroAction.objects.filter(ticket__in=ids) if ids else RetroAction.objects.none()
    found = {str(pk) for pk in rows.values_list("incident_id", flat=True)}
    if found:
        set_timers(kind=CHANGED, due=dict.fromkeys(found, at))
    return len(found)


def follow_tickets(*, incident: Incident, at: datetime) -> int:
    """Actions whose ticket is done or closed are done, or dropped where it was closed with a resolution that mended
    nothing; one whose ticket was opened again is open; whoever has a ticket since is the owner. What somebody dropped
    here stays so. Returns how many changed. Two queries where nothing did."""
    changed, nothing = 0, _mend_nothing()
    for row in RetroAction.objects.filter(incident=incident, ticket__isnull=False).select_related(
        "ticket__status", "ticket__assignee"):
        if row.ticket is None or (row.state == ActionState.DROPPED and not row.closed_as):
            continue
        wanted, closed_as = _wanted(row.ticket, nothing)
        if row.state != wanted and (wanted != ActionState.OPEN or _ticket_opened_again(row)):
            changed += settle_action(action=row, state=wanted, by=None, at=at, closed_as=closed_as)
        if (row.ticket.assignee_id or "") != row.assignee:
            changed += _follow_owner(row, row.ticket, at)
    return changed


def _mend_nothing() -> set[str]:
    """Resolutions that mended nothing, in small letters. One query."""
    names = ApartResolution.objects.filter(counts=True).values_list("name", flat=True)
    return {name.casefold() for name in names}


def _wanted(ticket: Ticket, nothing: set[str]) -> tuple[ActionState, str]:
    """How an action stands by its ticket, and what that was closed as."""
    if not (ticket.column == Column.DONE or (ticket.status is not None and ticket.status.category == Category.DONE)):
        return ActionState.OPEN, ""
    closed_as = ticket.resolution or (ticket.status.name if ticket.status else "Done")
    return (ActionState.DROPPED if ticket.resolution.casefold() in nothing else ActionState.DONE), closed_as


def _ticket_opened_again(row: RetroAction) -> bool:
    """Whether its ticket was what settled it, or moved since: one that somebody ticked off here stays done."""
    moved = row.done_at is not None and row.ticket is not None and row.ticket.status_since > row.done_at
    return bool(row.closed_as) or moved


@transaction.atomic
def _follow_owner(action: RetroAction, ticket: Ticket, at: datetime) -> bool:
    """Somebody has its ticket since: they are the owner. One whom the portal does not know is named in the timeline,
    and nobody here is reminded in their stead."""
    row, account = _held(action), ticket.assignee_id or ""
    person = Person.objects.filter(jira_account_id=account, is_active=True).order_by("pk").first() if account else None
    before, row.assignee, row.owner = row.owner_id, account, person
    row.save(update_fields=["assignee", "owner"])
    if row.owner_id == before:
        return False
    name = person.name if person else f"{ticket.assignee}, who is not known here," if ticket.assignee else "nobody"
    record(What.ACTION, incident=row.incident, at=at, by=None, words=f"In Jira {name} has the action now: {row.title}")
    return True


@transaction.atomic
def note_assignee(*, action: RetroAction, account: str) -> None:
    """Its ticket was given to this account of Jira's by us: that is no news when it is read again."""
    RetroAction.objects.filter(pk=action.pk).update(assignee=account)


@transaction.atomic
def ask_day(*, action: RetroAction, by: Person | None, at: datetime) -> Delivery | None:
    """Put the day of an action on its way to its ticket; None where it has none. Those of
    one ticket leave one after the other."""
    row = _held(action)
    if row.ticket is None:
        return None
    fields = {"duedate": row.due_on.isoformat() if row.due_on else None}
    row.delivery = outbox.enqueue(
        topic="jira.change", scope=f"jira:issue:{row.ticket_id}", payload={"issue": row.ticket_id, "fields": fields},
        at=at, by=by, purpose=DAY, path=path_of(row.incident),
        title=f"Have {row.ticket.key} due on {row.due_on}" if row.due_on else f"Take the due date off {row.ticket.key}",
    )
    row.save(update_fields=["delivery"])
    return row.delivery


def path_of(incident: Incident) -> str:
    """The portal's page of a retrospective."""
    return reverse("incidents:retrospective", args=[incident.pk])

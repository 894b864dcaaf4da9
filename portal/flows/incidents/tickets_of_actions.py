"""An action gets its ticket: created in Jira by the outbox, read into the mirror, and followed until it is done."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import transaction

from incidents.actions import followups
from incidents.models import RetroAction
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import set_timer
from portal.flows.delivery import queue_delivery, read_again
from portal.flows.incidents.told_of_actions import TICKET
from portal.flows.writes import write_ticket
from tickets.actions.writes import NotThere, assign_ticket
from tickets.models import JiraUser, Ticket

AGAIN = timedelta(seconds=15)  # until the mirror is asked again for a ticket that Jira has made


@transaction.atomic
def create_ticket(*, action: RetroAction, by: Person, at: datetime) -> Delivery | None:
    """Ask Jira for an action's ticket, by the outbox. None: it has one. Raises `Refused` as `followups.ask_ticket`."""
    delivery = followups.ask_ticket(action=action, by=by, at=at)
    if delivery is not None:
        queue_delivery(delivery)
    return delivery


def ticket_due(key: str, at: datetime) -> None:
    """What became of the ticket that was asked for; once it is in Jira it is read, and linked. Key: the delivery."""
    delivery = Delivery.objects.select_related("by").filter(pk=int(key)).first()
    found = followups.note_ticket(delivery=delivery) if delivery else None
    if delivery is None or found is None:
        return
    action, issue = found
    if not Ticket.objects.filter(pk=issue).exists():
        read_again(issue, at)
    ticket = Ticket.objects.filter(pk=issue).first()
    if ticket is None:
        set_timer(kind=TICKET, key=key, due_at=at + AGAIN)  # Jira is away; its webhook or the next run may bring it
        return
    by = delivery.by if isinstance(delivery.by, Person) else None
    if followups.attach_ticket(action=action, ticket=ticket, by=by, at=at):
        action.refresh_from_db()
        given = frozenset(name for name in ("owner", "due_on") if getattr(action, name) is not None)
        tell_ticket(action=action, changed=given, by=by, at=at)


@transaction.atomic
def change_action(*, action: RetroAction, given: followups.Given, by: Person, at: datetime) -> str:
    """Change an action, and with it who has its ticket in Jira and until when. Returns what Jira is not told, in words.
    Raises `Refused` as `followups.change_action`."""
    changed = followups.change_action(action=action, given=given, by=by, at=at)
    action.refresh_from_db()
    return tell_ticket(action=action, changed=changed, by=by, at=at)


def tell_ticket(*, action: RetroAction, changed: Collection[str], by: Person | None, at: datetime) -> str:
    """Its ticket is the owner's and has the action's day, each by a write of its own: a Jira that takes the one takes
    the other or not. Returns what it is not told, in words."""
    if "due_on" in changed:
        delivery = followups.ask_day(action=action, by=by, at=at)
        if delivery is not None:
            queue_delivery(delivery)
    return _give(action, by, at) if "owner" in changed and action.ticket_id and by is not None else ""


def _give(action: RetroAction, by: Person, at: datetime) -> str:
    account = action.owner.jira_account_id if action.owner else ""
    if action.owner is not None and not account:
        return f"Jira has no account of {action.owner.name}: its ticket stays with whoever has it there."
    if account:  # somebody new may never have been seen in a ticket
        known = {"display_name": action.owner.jira_name or action.owner.name} if action.owner else {}
        JiraUser.objects.get_or_create(account_id=account, defaults=known)
    ticket = action.ticket_id or 0
    try:
        write_ticket(lambda: [one for one in [assign_ticket(ticket_id=ticket, assignee=account or None, by=by, at=at)]
                              if one is not None], by=by, at=at, ticket=ticket)
    except NotThere as fault:
        return f"Its ticket stays with whoever has it: {fault.words}"
    followups.note_assignee(action=action, account=account)
    return ""


TIMERS: dict[str, Callable[[str, datetime], None]] = {TICKET: ticket_due}

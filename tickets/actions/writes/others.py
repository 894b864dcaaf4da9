"""Writes that change no field of a ticket's row: comments and links."""

from datetime import datetime

from django.db import transaction

from integrations.outbox import actions as outbox
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.actions.writes.change import PURPOSE, scope_of
from tickets.actions.writes.shown import locked, show_states
from tickets.choices import Verb
from tickets.models import TicketWrite
from tickets.queries.addresses import ticket_url

LONGEST_COMMENT = 32_000  # characters; Jira takes 32,767


def comment_ticket(
    *, ticket_id: int, text: str, by: Person, at: datetime, due_at: datetime | None = None, key: str = ""
) -> TicketWrite:
    """Comment on a ticket in wiki markup; who wrote it stands below, since the portal's account posts it.

    Raises `NotThere`; `ValueError` for an empty or too long text.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_COMMENT:
        raise ValueError("Write something." if not text else f"Jira takes at most {LONGEST_COMMENT:,} characters.")
    with transaction.atomic():
        ticket = locked(ticket_id)
        delivery = outbox.enqueue(
            topic="jira.comment", scope=scope_of(ticket.id), title=f"Comment on {ticket.key}", at=at, by=by,
            payload={"issue": ticket.id, "text": f"{text}\n\n— {by.name}, via the SET portal", "said": text},
            path=ticket_url(ticket.key), purpose=PURPOSE, due_at=due_at, key=key,
        )
        write, _ = TicketWrite.objects.get_or_create(
            delivery=delivery, ticket=ticket, defaults={"verb": Verb.COMMENT, "by": by, "at": at}
        )
        show_states([ticket.id])
    return write


def link_ticket(
    *, ticket_id: int, other: str, kind: str, by: Person, at: datetime, due_at: datetime | None = None,
    after: Delivery | None = None,
) -> TicketWrite:
    """Link a ticket to another one (by key), such as "Duplicate"; `after`: not while that delivery is open. Raises
    `NotThere`."""
    with transaction.atomic():
        ticket = locked(ticket_id)
        delivery = outbox.enqueue(
            topic="jira.link", scope=scope_of(ticket.id), title=f"Link {ticket.key} to {other} ({kind})", at=at, by=by,
            payload={"issue": ticket.id, "other": other, "kind": kind}, path=ticket_url(ticket.key), purpose=PURPOSE,
            due_at=due_at, after=after,
        )
        write = TicketWrite.objects.create(ticket=ticket, delivery=delivery, verb=Verb.LINK, by=by, at=at)
        show_states([ticket.id])
    return write

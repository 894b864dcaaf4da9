"""What a ticket shows while writes of it are open."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.outbox.choices import ON_ITS_WAY, State
from integrations.outbox.models import Delivery
from tickets.actions import upsert
from tickets.choices import Presence, Verb, WriteState
from tickets.models import Ticket, TicketWrite

LISTS = {"labels_add", "labels_remove"}


class NotThere(Exception):
    """The ticket cannot be written to; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def locked(ticket_id: int) -> Ticket:
    """The ticket, locked for the rest of the transaction. Raises `NotThere` for one that Jira no longer shows."""
    ticket = Ticket.objects.select_for_update().prefetch_related("status", "assignee").filter(id=ticket_id).first()
    if ticket is None or ticket.presence != Presence.PRESENT:
        what = Presence(ticket.presence).label.lower() if ticket else "not mirrored"
        raise NotThere(f"{ticket.key if ticket else 'The ticket'} cannot be changed: {what}.")
    return ticket


def lock_tickets(ticket_ids: Iterable[int]) -> None:
    """Lock these tickets for the rest of the transaction, by id: everybody takes tickets so, and before writes,
    limits and deliveries."""
    rows = Ticket.objects.select_for_update(of=("self",)).filter(id__in=list(ticket_ids)).order_by("id")
    list(rows.values_list("id", flat=True))


def show(ticket: Ticket, values: Mapping[str, Any]) -> None:
    """Put these columns on the ticket's row."""
    plain = {name: value for name, value in values.items() if name not in LISTS}
    if plain:
        Ticket.objects.filter(id=ticket.id).update(**plain)


def show_states(ticket_ids: Iterable[int]) -> None:
    """Write on each ticket what its card says of its open writes: a failed one first, then one that asks."""
    ids = sorted(set(ticket_ids))
    found: dict[int, tuple[str, str]] = {}
    rows = (
        TicketWrite.objects.filter(ticket_id__in=ids, open=True).order_by("id")
        .values_list("ticket_id", "delivery__state", "delivery__fault")
    )
    for ticket_id, state, words in rows:
        told = _told(state, words)
        if told and (ticket_id not in found or _weight(told[0]) > _weight(found[ticket_id][0])):
            found[ticket_id] = told
    told_of = [(one, *found.get(one, ("", ""))) for one in ids]
    upsert.execute(upsert.WRITE_STATES, upsert.as_json(
        {"id": one, "state": str(state), "note": words} for one, state, words in told_of
    ))  # fmt: skip


def _told(state: str, words: str) -> tuple[str, str] | None:
    if state in ON_ITS_WAY:
        return WriteState.PENDING, words
    if state == State.ASKING:
        return WriteState.ASKS, words
    return (WriteState.FAILED, words) if state == State.FAILED else None


def _weight(state: str) -> int:
    return [WriteState.PENDING, WriteState.ASKS, WriteState.FAILED].index(WriteState(state))


def settle_writes(delivery: Delivery) -> list[int]:
    """A delivery's state has changed: its tickets say so. A sent comment, link or order is over; what changes
    columns stays over the mirror until Jira has shown it. Returns the ids of the tickets."""
    ids = sorted(set(TicketWrite.objects.filter(delivery=delivery).values_list("ticket_id", flat=True)))
    lock_tickets(ids)
    writes = list(TicketWrite.objects.filter(delivery=delivery, open=True))
    if delivery.state == State.SENT:
        over = [write.id for write in writes if not write.mine or write.verb == Verb.RANK]
        TicketWrite.objects.filter(id__in=over).update(open=False)
    show_states(ids)
    return ids


def open_writes(ticket_ids: Sequence[int]) -> dict[int, list[TicketWrite]]:
    """The open writes of these tickets, each ticket's oldest first, with their deliveries."""
    found: dict[int, list[TicketWrite]] = {}
    rows = TicketWrite.objects.filter(ticket_id__in=ticket_ids, open=True).select_related("delivery").order_by("id")
    for write in rows:
        found.setdefault(write.ticket_id, []).append(write)
    return found

"""Undo: what one request wrote to a ticket is taken back while it is here, else written the other way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from integrations.outbox.actions import NotOpen
from people.models import Person
from tickets.actions.writes.answers import drop_write
from tickets.actions.writes.change import change_ticket
from tickets.actions.writes.rank import neighbours_of, unrank
from tickets.actions.writes.shown import NotThere, lock_tickets
from tickets.choices import Column, Verb
from tickets.models import TicketWrite

REVERSIBLE = {Verb.MOVE, Verb.PULL, Verb.ASSIGN, Verb.PRIORITY, Verb.LABEL}


class NotYours(Exception):
    """Somebody else put it on its way, and it has not left: taking it back needs the right to."""


@dataclass(frozen=True)
class Undone:
    """What was written the other way, and why some of it was not taken back ("": all was)."""

    writes: tuple[TicketWrite, ...]
    left: str


def undo_writes(*, write: TicketWrite, by: Person, at: datetime, others: bool = True) -> Undone:
    """Undo all that the request of this write did to its ticket, the last first.

    `others`: whether this person may drop what somebody else put on its way. Raises `NotYours`, and `NotThere` where
    nothing of it can be undone.
    """
    with transaction.atomic():
        batch = [write] if write.batch is None else list(
            TicketWrite.objects.filter(batch=write.batch, ticket_id=write.ticket_id).select_related("delivery")
            .order_by("-id")
        )  # fmt: skip
        _lock(batch)
        made: list[TicketWrite] = []
        faults: list[NotThere] = []
        for one in batch:
            try:
                made += _undo(one, batch, by=by, at=at, others=others)
            except NotThere as fault:
                faults.append(fault)
        if len(faults) == len(batch):
            raise faults[0]
    return Undone(tuple(made), " ".join(dict.fromkeys(fault.words for fault in faults)))


def _lock(batch: Sequence[TicketWrite]) -> None:
    """All tickets that may be touched, by id, before anything else."""
    rows = TicketWrite.objects.filter(delivery_id__in=[write.delivery_id for write in batch])
    lock_tickets({one for write in rows for one in (write.ticket_id, *neighbours_of(write))})


def _undo(
    write: TicketWrite, batch: Sequence[TicketWrite], *, by: Person, at: datetime, others: bool
) -> list[TicketWrite]:
    try:
        with transaction.atomic():
            drop_write(write=write, by=by, at=at)
            if not others and write.by_id != by.pk:
                raise NotYours
    except NotOpen:
        if write.verb == Verb.RANK:
            return [] if _came_to_todo(batch) else unrank(write=write, by=by, at=at)
        reversed_ = reverse_write(write=write, by=by, at=at)
        return [reversed_] if reversed_ is not None else []
    return []


def _came_to_todo(batch: Sequence[TicketWrite]) -> bool:
    """Whether the same request brought the ticket to To Do: it goes back to where it had no place at all."""
    return any(write.mine.get("column") == Column.TODO != write.base.get("column") for write in batch)


def reverse_write(*, write: TicketWrite, by: Person, at: datetime) -> TicketWrite | None:
    """Undo a change that Jira has: another one, the other way. None where there is nothing to undo.

    Raises `NotThere` for what cannot be undone so: a comment, an order.
    """
    if write.verb not in REVERSIBLE:
        raise NotThere("This is in Jira and cannot be undone from here.")
    base, mine = write.base, write.mine
    values = {name: base[column] for name, column in (("assignee", "assignee_id"), ("priority", "priority"))
              if column in base}
    drawn = {name: mine[column] for name, column in (("assignee", "assignee_id"), ("priority", "priority"),
                                                     ("status", "status_id")) if column in mine}
    return change_ticket(
        ticket_id=write.ticket_id, verb=Verb(write.verb), by=by, at=at, values=values, drawn=drawn,
        to=[base["status_id"]] if base.get("status_id") else [],
        add=mine.get("labels_remove", []), remove=mine.get("labels_add", []),
    )

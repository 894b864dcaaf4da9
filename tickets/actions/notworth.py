"""Close low-priority bugs that are not worth the work: a kind comment, then the move to Done with its resolution."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from people.models import Person
from tickets.actions.writes import NotThere, comment_ticket, move_ticket, name_batch
from tickets.actions.writes.change import statuses_of
from tickets.choices import Column
from tickets.models import Ticket, TicketWrite
from tickets.queries.notworth import candidate_rows, comment_for, resolutions
from tickets.rules.notworth import AT_ONCE, comment_fault, is_low


class NotClosed(ValueError):
    """What was asked cannot be done, in words; nothing was written."""


def chosen(*, ids: Sequence[int], days: int, at: datetime, lock: bool = False) -> list[Ticket]:
    """Those of these tickets that are still proposed: nobody touched them meanwhile."""
    rows = candidate_rows(days=days, at=at).filter(id__in=ids)
    found = rows.select_for_update(of=("self",)).order_by("id") if lock else rows
    return [ticket for ticket in found if is_low(ticket.severity, ticket.priority)]


def check(*, ids: Sequence[int], resolution: str, comment: str) -> None:
    """Raises `NotClosed` with what is wrong."""
    if not ids:
        raise NotClosed("Choose at least one bug.")
    if len(ids) > AT_ONCE:
        raise NotClosed(f"At most {AT_ONCE} bugs are closed at once.")
    if resolution not in resolutions():
        raise NotClosed("Choose one of the resolutions listed.")
    if fault := comment_fault(comment):
        raise NotClosed(fault)


def close_not_worth(
    *, ids: Sequence[int], days: int, resolution: str, comment: str, by: Person, at: datetime
) -> list[TicketWrite]:
    """Close these bugs, those that changed meanwhile left out: two deliveries a ticket, one after the other.

    Two people who press at once close each ticket once. Raises `NotClosed`, writing nothing.
    """
    check(ids=ids, resolution=resolution, comment=comment)
    writes: list[TicketWrite | None] = []
    with transaction.atomic():
        to = statuses_of(Column.DONE)
        if not to:
            raise NotClosed("No status of Jira's stands in Done. The lead can map one on the Mirror page.")
        for ticket in chosen(ids=ids, days=days, at=at, lock=True):
            text = comment_for(ticket, resolution, comment)
            try:
                said = comment_ticket(ticket_id=ticket.id, text=text, by=by, at=at)
                answers = {"resolution": resolution}
                # Not before the comment is there: a bug that is closed without a word is what this is not.
                closed = move_ticket(ticket_id=ticket.id, to=to, by=by, at=at, answers=answers, after=said.delivery)
                writes += [said, closed]
            except NotThere as error:  # locked and looked at just before: this is a fault of the mapping
                raise NotClosed(error.words) from error
        made = [write for write in writes if write is not None]
        name_batch(made)
    return made

"""The order of To Do, changed here. Places are spread out, so that a move writes the moved tickets alone."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min

from integrations.outbox import actions as outbox
from people.models import Person
from tickets.actions import upsert
from tickets.actions.ranks import STRIDE
from tickets.actions.writes.change import PURPOSE
from tickets.actions.writes.shown import NotThere, show_states
from tickets.choices import Column, Presence, Verb
from tickets.models import Ticket, TicketWrite
from tickets.queries.addresses import ticket_url

AT_ONCE = 50  # issues that Jira ranks in one call
SCOPE = "jira:rank"


def rank_tickets(
    *, tickets: Sequence[int], anchor: int, before: bool, by: Person, at: datetime
) -> list[TicketWrite]:
    """Move at most 50 tickets, in this order, right before or after another one of To Do. Raises `NotThere`, and
    `ValueError` for too many or an anchor among them."""
    if not tickets or len(tickets) > AT_ONCE or anchor in tickets:
        raise ValueError("Between 1 and 50 tickets are moved, next to another one.")
    with transaction.atomic():
        rows = {
            row.id: row for row in Ticket.objects.select_for_update(of=("self",))
            .filter(id__in=[*tickets, anchor], presence=Presence.PRESENT, column=Column.TODO).order_by("id")
        }
        if set(rows) != {*tickets, anchor}:
            raise NotThere("The order of To Do changed meanwhile: one of these tickets is no longer there.")
        places = _places(rows[anchor], list(tickets), before=before)
        names = {str(row.id): row.key for row in rows.values()}
        first = rows[tickets[0]]
        title = f"Move {first.key}" + (f" and {len(tickets) - 1} more" if len(tickets) > 1 else "")
        title += f" {'before' if before else 'after'} {rows[anchor].key}"
        delivery = outbox.enqueue(
            topic="jira.rank", scope=SCOPE, title=title, at=at,
            payload={"issues": list(tickets), "anchor": anchor, "before": before, "names": names}, by=by,
            path=ticket_url(first.key), purpose=PURPOSE,
        )
        writes = TicketWrite.objects.bulk_create([
            TicketWrite(ticket=rows[one], delivery=delivery, verb=Verb.RANK, by=by, at=at,
                        base={"rank_position": rows[one].rank_position}, mine={"rank_position": place})
            for one, place in zip(tickets, places, strict=True)
        ])
        for one, place in zip(tickets, places, strict=True):
            Ticket.objects.filter(id=one).update(rank_position=place)
        show_states(tickets)
    return writes


def unrank(*, write: TicketWrite, by: Person, at: datetime) -> list[TicketWrite]:
    """Put a ticket back where it stood before a move that Jira has: before whichever ticket follows that place now.
    Raises `NotThere` where it stood nowhere, or alone."""
    was = write.base.get("rank_position")
    todo = Ticket.objects.present().filter(column=Column.TODO, rank_position__isnull=False)
    others = todo.exclude(id=write.ticket_id)
    if was is None or not others.exists():
        raise NotThere("It had no place in To Do before, so there is none to go back to.")
    later = others.filter(rank_position__gte=was).order_by("rank_position", "id")
    following = later.values_list("id", flat=True).first()
    if following is not None:
        return rank_tickets(tickets=[write.ticket_id], anchor=following, before=True, by=by, at=at)
    last = others.order_by("-rank_position", "-id").values_list("id", flat=True)[0]
    return rank_tickets(tickets=[write.ticket_id], anchor=last, before=False, by=by, at=at)


def _places(anchor: Ticket, moving: list[int], *, before: bool) -> list[int]:
    """Places for those that move, between the anchor and its neighbour; all are spread anew where there is no room."""
    for _ in range(2):
        held = Ticket.objects.present().filter(column=Column.TODO).exclude(id__in=moving)
        at = Ticket.objects.filter(id=anchor.id).values_list("rank_position", flat=True).get()
        if at is not None:
            if before:
                low = held.filter(rank_position__lt=at).aggregate(one=Max("rank_position"))["one"]
                low, high = (at - STRIDE * (len(moving) + 1) if low is None else low), at
            else:
                high = held.filter(rank_position__gt=at).aggregate(one=Min("rank_position"))["one"]
                low, high = at, (at + STRIDE * (len(moving) + 1) if high is None else high)
            step = (high - low) // (len(moving) + 1)
            if step:
                return [low + step * n for n in range(1, len(moving) + 1)]
        _spread()
    raise NotThere("To Do could not be put in order.")


def _spread() -> None:
    """Give every ticket of To Do a place, in the order in which they stand."""
    ids = (
        Ticket.objects.present().filter(column=Column.TODO).order_by("rank_position", "id").values_list("id", flat=True)
    )
    upsert.execute(upsert.RANKS, STRIDE, list(ids))

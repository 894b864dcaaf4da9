"""The order of To Do, changed here. Places are spread out, so that a move writes the moved tickets alone."""

from collections import deque
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
from tickets.queries.ordering import todo

AT_ONCE = 50  # issues that Jira ranks in one call
SCOPE = "jira:rank"
NEAREST = 5  # neighbours that are remembered on each side: some may have left To Do when an order is taken back


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
        beside = _beside(list(tickets))
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
                        base={"rank_position": rows[one].rank_position, **beside[one]}, mine={"rank_position": place})
            for one, place in zip(tickets, places, strict=True)
        ])
        upsert.execute(upsert.MOVED, list(tickets), places)
        show_states(tickets)
    return writes


def unrank(*, write: TicketWrite, by: Person, at: datetime) -> list[TicketWrite]:
    """Put a ticket back next to those beside which it stood before a move that Jira has. Raises `NotThere` where it
    stood nowhere, or beside none that is still in To Do."""
    if write.base.get("rank_position") is None:
        raise NotThere("It had no place in To Do before, so there is none to go back to.")
    found = _neighbour(write)
    if found is None:
        raise NotThere("Those beside which it stood have left To Do, so its place is not known any more.")
    anchor, before = found
    return rank_tickets(tickets=[write.ticket_id], anchor=anchor.id, before=before, by=by, at=at)


def put_back(writes: Sequence[TicketWrite]) -> None:
    """The places from before orders that are taken back, on the rows alone: Jira never heard of them. Numbers of then
    mean nothing once places were spread anew, so it is the neighbours that count."""
    rows = sorted(writes, key=lambda write: (write.base.get("rank_position") or 0, write.ticket_id))
    # Before a neighbour the first goes first, after one the last: so those that stood together stand in their order.
    last = [write for write in rows if not write.base.get("next")]
    for write in [*(write for write in rows if write.base.get("next")), *reversed(last)]:
        later = TicketWrite.objects.filter(ticket_id=write.ticket_id, verb=Verb.RANK, open=True, id__gt=write.id)
        above = later.order_by("id").first()
        if above is not None:  # that one's place shows, and stands on this one's
            above.base = write.base
            above.save(update_fields=["base"])
            continue
        place, found = write.base.get("rank_position"), _neighbour(write)
        if place is not None and found is not None:
            place = _places(found[0], [write.ticket_id], before=found[1])[0]
        Ticket.objects.filter(id=write.ticket_id).update(rank_position=place)


def neighbours_of(write: TicketWrite) -> list[int]:
    """The tickets beside which this one stood before it was put elsewhere; the nearest of those after it first."""
    return [*write.base.get("next", []), *write.base.get("previous", [])]


def _neighbour(write: TicketWrite) -> tuple[Ticket, bool] | None:
    """The nearest of those beside which it stood that is still in To Do, and whether it stood before that one."""
    here = Ticket.objects.present().filter(column=Column.TODO, rank_position__isnull=False)
    known = here.in_bulk(neighbours_of(write))
    after = next((known[one] for one in write.base.get("next", []) if one in known), None)
    if after is not None:
        return after, True
    return next(((known[one], False) for one in write.base.get("previous", []) if one in known), None)


def _beside(moving: list[int]) -> dict[int, dict[str, list[int]]]:
    """For each of these tickets the nearest that stay, those after it and those before it: one query."""
    order = list(todo().values_list("id", flat=True))
    found: dict[int, dict[str, list[int]]] = {one: {"next": [], "previous": []} for one in moving}
    for side, way in (("previous", order), ("next", order[::-1])):
        passed: deque[int] = deque(maxlen=NEAREST)
        for one in way:
            if one in found:
                found[one][side] = list(passed)
            else:
                passed.appendleft(one)
    return found


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

"""How many tickets stand in each column: counted when something changed, not for every reader."""

from datetime import datetime

from django.core.cache import cache
from django.db.models import Count

from portal.common import live
from tickets.choices import Column
from tickets.models import Ticket
from tickets.models.ticket import DONE_FOR, TicketQuerySet

OPEN = [column for column in Column if column not in {Column.DONE, Column.OFF}]
KEPT = 300  # seconds; Done loses what becomes older than 14 days without anybody's doing


def board_counts(at: datetime, tickets: TicketQuerySet | None = None) -> dict[str, int]:
    """Column → number of tickets, zero included; of these tickets, or of all on the board."""
    counted = (
        (Ticket.objects.all() if tickets is None else tickets).on_board(at)
        .order_by().values_list("column").annotate(Count("id"))
    )
    # Apart, each is a range of an index; together, all that was ever done was read to count the last 14 days.
    done = counted.filter(column=Column.DONE, status_since__gte=at - DONE_FOR)
    found = dict(counted.filter(column__in=OPEN).union(done, all=True))
    return {column: int(found.get(column, 0)) for column in Column.values if column != Column.OFF}


def kept_counts(at: datetime, version: str) -> dict[str, int]:
    """The counts of the whole board, kept as long as no event says that something changed.

    `version` is the live id read before: a change that commits meanwhile brings another one.
    """
    if not version:
        return board_counts(at)
    key = f"board:counts:{version}"
    counts: dict[str, int] | None = cache.get(key)
    if counts is None:
        counts = board_counts(at)
        cache.set(key, counts, KEPT)
    return counts


def board_version() -> str:
    """The id of the board's last live event; empty when the broker is away."""
    return live.current_id("board")

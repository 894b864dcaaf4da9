"""The priority of work has changed: tickets are placed again, and open boards look again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from people.models import Person
from portal.common.jobs import queue
from portal.flows.news import look_again
from portal.flows.teams import MARK
from tickets.actions import priority
from tickets.choices import Column
from tickets.models import Ticket, TicketWeight
from tickets.rules.priority import Mark

AT_ONCE = Q(column=Column.TODO)  # the page shows these next; all others follow by the worker


def save_marks(*, kept: Mapping[int, Mark | None], added: Sequence[Mark], by: Person, at: datetime) -> int:
    """The lead edits what marks a ticket. Returns how many rows changed. Raises `BadMark`, changing nothing."""
    with transaction.atomic():
        changed = priority.save_marks(kept=kept, added=added, by=by, at=at)
        if changed:
            priority.recompute_priorities(AT_ONCE)
            transaction.on_commit(look_again)
            transaction.on_commit(partial(queue, MARK))
    return changed


def bugs_changed() -> None:
    """Which types are bugs has changed: after the commit the worker places every ticket."""
    transaction.on_commit(partial(queue, MARK))


def set_weight(
    *, ticket: Ticket, source: str, level: int, customers: int = 0, note: str = "", by: Person | None, at: datetime,
    via: str = "",
) -> TicketWeight:
    """Another room says what a ticket weighs (`escalation:E-12`, `incident:I-7`). Raises `BadWeight`."""
    with transaction.atomic():
        weight = priority.set_weight(
            ticket=ticket, source=source, level=level, customers=customers, note=note, by=by, at=at, via=via
        )
        transaction.on_commit(look_again)
    return weight


def clear_weight(*, ticket: Ticket, source: str, by: Person | None, at: datetime, via: str = "") -> bool:
    """Another room no longer says so. Returns whether there was something to take off."""
    with transaction.atomic():
        cleared = priority.clear_weight(ticket=ticket, source=source, by=by, at=at, via=via)
        transaction.on_commit(look_again)
    return cleared

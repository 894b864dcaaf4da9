"""Statuses without a column, as the board and the mirror's page show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tickets.models import JiraStatus
from tickets.rules.columns import category_of, proposed


@dataclass(frozen=True)
class UnmappedStatus:
    name: str
    category: str
    proposed: str
    count: int


@dataclass(frozen=True)
class Unmapped:
    """Tickets whose status nobody has given a column yet."""

    count: int
    statuses: tuple[UnmappedStatus, ...]
    can_accept: bool


def unmapped_statuses() -> tuple[UnmappedStatus, ...]:
    """Those in which tickets wait, most tickets first: what "Accept all" accepts."""
    statuses: Any = JiraStatus.objects.waiting()
    return tuple(
        UnmappedStatus(status.name, category_of(status.category).label, proposed(status.category).label, status.waiting)
        for status in statuses
    )


def unmapped_of(statuses: Sequence[UnmappedStatus], *, can_accept: bool) -> Unmapped | None:
    """All of them together; None where every status has its column."""
    if not statuses:
        return None
    return Unmapped(sum(status.count for status in statuses), tuple(statuses), can_accept)

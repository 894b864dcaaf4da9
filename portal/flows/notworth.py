"""Bugs that are not worth the work are closed: Jira is told, boards look again."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from people.models import Person
from portal.flows.delivery import queue_delivery
from portal.flows.news import look_again
from tickets.actions import notworth
from tickets.choices import Verb
from tickets.models import TicketWrite


def close_not_worth(
    *, ids: Sequence[int], days: int, resolution: str, comment: str, by: Person, at: datetime
) -> list[TicketWrite]:
    """Close these bugs with a comment each. Raises `NotClosed`, writing nothing."""
    with transaction.atomic():
        writes = notworth.close_not_worth(
            ids=ids, days=days, resolution=resolution, comment=comment, by=by, at=at
        )
        for write in writes:
            if write.verb == Verb.COMMENT:  # the move of each ticket follows its comment
                queue_delivery(write.delivery)
        if writes:
            transaction.on_commit(look_again)
    return writes

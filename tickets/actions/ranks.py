"""The order of the To Do column, as Jira ranks it. A pure re-rank does not touch an issue's `updated`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import Q

from integrations.outbox.choices import OPEN
from integrations.outbox.models import Delivery
from tickets.actions import upsert
from tickets.choices import Column
from tickets.models import Ticket
from tickets.rules.ranks import moved

STRIDE = 1_024  # between two places, so that a move here has room without touching the others
INDEX_LAGS = timedelta(minutes=3)  # for so long a search may still tell the order from before a move of ours


def set_ranks(*, projects: Sequence[str], ranked: Sequence[int], at: datetime) -> int:
    """Write the places of these tickets, first to last; all others of the projects have none. Returns how many tickets
    stand in another place than before.

    Moves of ours that are on their way, or that the index may not know yet, are made over what Jira told.
    """
    with transaction.atomic():
        order = _with_own_moves(list(ranked), at)
        held = dict(Ticket.objects.filter(id__in=order).values_list("id", "rank_position"))
        places = [held.get(identity) for identity in order if identity in held]
        if any(a is None or b is None or a >= b for a, b in pairwise([-(2**40), *places])):
            changed = upsert.execute(upsert.RANKS, STRIDE, order)
        else:
            changed = 0
        left = Ticket.objects.filter(project_key__in=projects, rank_position__isnull=False).exclude(id__in=order)
        changed += left.update(rank_position=None)
    return changed


def _with_own_moves(ranked: list[int], at: datetime) -> list[int]:
    recent = (
        Delivery.objects.filter(topic="jira.rank").filter(Q(state__in=OPEN) | Q(sent_at__gt=at - INDEX_LAGS))
        .order_by("id").values_list("payload", flat=True)
    )
    for told in recent:
        ranked = moved(ranked, told["issues"], anchor=told["anchor"], before=told["before"])
    return ranked


def todo_statuses(projects: Sequence[str]) -> list[str]:
    """The ids of the statuses that stand in To Do and that some ticket of the projects has."""
    return sorted(
        Ticket.objects.present().filter(project_key__in=projects, column=Column.TODO, status__isnull=False)
        .exclude(status__id__startswith="name:").values_list("status_id", flat=True).distinct()
    )

"""The order of the To Do column, as Jira ranks it. A pure re-rank does not touch an issue's `updated`."""

from collections.abc import Sequence

from django.db import transaction

from tickets.actions import upsert
from tickets.choices import Column
from tickets.models import Ticket


def set_ranks(*, projects: Sequence[str], ranked: Sequence[int]) -> int:
    """Write the places of these tickets, first to last; all others of the projects have none. Returns how many tickets
    stand in another place than before."""
    with transaction.atomic():
        moved = upsert.execute(upsert.RANKS, list(ranked))
        left = Ticket.objects.filter(project_key__in=projects, rank_position__isnull=False).exclude(id__in=ranked)
        moved += left.update(rank_position=None)
    return moved


def todo_statuses(projects: Sequence[str]) -> list[str]:
    """The ids of the statuses that stand in To Do and that some ticket of the projects has."""
    return sorted(
        Ticket.objects.present().filter(project_key__in=projects, column=Column.TODO, status__isnull=False)
        .exclude(status__id__startswith="name:").values_list("status_id", flat=True).distinct()
    )

"""The lead says where a status stands: every ticket that has it moves, and open boards look again."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from people.models import Person
from portal.flows.news import look_again
from tickets.actions import mapping
from tickets.models import JiraStatus


def map_statuses(*, wanted: Mapping[str, str], by: Person, at: datetime) -> int:
    """Put each status (by id) in its column. Returns how many changed. Raises `mapping.NoSuchColumn`, changing none."""
    with transaction.atomic():
        statuses = list(JiraStatus.objects.filter(id__in=wanted).order_by("id"))
        changed = [status for status in statuses if status.column != wanted[status.id]]
        for status in changed:
            mapping.map_status(status=status, column=wanted[status.id], by=by, at=at)
        if changed:
            transaction.on_commit(look_again)
    return len(changed)


def accept_proposed(*, by: Person, at: datetime) -> int:
    """Accept the proposed column of every unmapped status. Returns how many there were."""
    with transaction.atomic():
        accepted = mapping.accept_proposed(by=by, at=at)
        if accepted:
            transaction.on_commit(look_again)
    return len(accepted)

"""The playbook, edited here as a new version. No version is ever changed: an incident keeps the one it began with."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from incidents.actions.base import Refused
from incidents.models import PlaybookVersion
from incidents.rules.playbook import Stage, differences, faults
from people.models import Person
from portal.common import locks


@transaction.atomic
def write_playbook(*, stages: Sequence[Stage], seen: int, note: str, by: Person, at: datetime) -> PlaybookVersion:
    """Have incidents that are declared from now on begin with these stages; those that run keep theirs.

    `seen`: the number of the version that was edited. Raises `Refused` when there is a newer one, when nothing is
    different, and for a playbook that nobody could work by.
    """
    newest = _newest_held()
    number = newest.number if newest else 0
    if number != seen:
        raise Refused(f"Somebody else saved version {number} meanwhile. Yours is kept here: compare, and save again.")
    wrong = faults(stages)
    if wrong:
        raise Refused(" ".join(wrong))
    if newest is not None and not differences(newest.stages, stages):
        raise Refused("Nothing is different from the version that holds.")
    return PlaybookVersion.objects.create(number=number + 1, stages=list(stages), note=note[:200], by=by, at=at)


def _newest_held() -> PlaybookVersion | None:
    """The newest version, while nobody else can write one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.PLAYBOOK])
    return PlaybookVersion.objects.order_by("-number").first()

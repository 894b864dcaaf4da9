"""The matrix of promises: shipped by the handbook, and edited here as a new version. No version is ever changed."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from escalations.actions.base import Refused
from escalations.choices import Level
from escalations.models import ClockMatrix
from escalations.rules.clocks.matrix import (
    Promises,
    differences,
    lead_differences,
    promises_from_handbook,
    promises_from_json,
    promises_to_json,
)
from people.models import Person
from portal.common import locks

CLOCKS = Path(__file__).resolve().parent.parent / "handbook" / "clocks.toml"


def current_matrix(at: datetime) -> ClockMatrix:
    """The version that holds for clocks that begin now. One query; a portal that has none yet gets the handbook's."""
    found = ClockMatrix.objects.order_by("-number").first()
    if found is None:
        load_clocks(at=at)
        found = ClockMatrix.objects.order_by("-number").get()
    return found


def load_clocks(*, at: datetime, path: Path = CLOCKS) -> int:
    """Load what the handbook promises, over nothing or over an older one of the handbook that nobody has edited.
    Returns how many versions were written: 0 or 1."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    version = int(told["version"])
    with transaction.atomic():
        newest = _newest_held()
        if newest is not None and (newest.shipped == 0 or newest.shipped >= version):
            return 0
        ClockMatrix.objects.create(
            number=newest.number + 1 if newest else 1, promises=promises_to_json(promises_from_handbook(told)),
            lead_after={str(Level[name].value): int(minutes) for name, minutes in told["lead_after"].items()},
            note="As the handbook has it", at=at, shipped=version,
        )
    return 1


@transaction.atomic
def write_matrix(
    *, promises: Promises, lead_after: Mapping[str, int], seen: int, note: str, by: Person, at: datetime
) -> ClockMatrix:
    """Have other promises hold for the clocks that begin from now on; those that run keep what they began with.

    `seen`: the number of the version that was edited. Raises `Refused` when there is a newer one, when nothing is
    different, and when a first or next reply is promised to nobody.
    """
    newest = _newest_held()
    if newest is None or newest.number != seen:
        number = newest.number if newest else 0
        raise Refused(f"Somebody else saved version {number} meanwhile. Yours is kept here: compare, and save again.")
    old = promises_from_json(newest.promises)
    if not differences(old, promises) and not lead_differences(newest.lead_after, lead_after):
        raise Refused("Nothing is different from the version that holds.")
    return ClockMatrix.objects.create(
        number=newest.number + 1, promises=promises_to_json(promises), lead_after=dict(lead_after), note=note, by=by,
        at=at,
    )


def _newest_held() -> ClockMatrix | None:
    """The newest version, while nobody else can write one: there may be no row yet that could be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.MATRIX])
    return ClockMatrix.objects.order_by("-number").first()

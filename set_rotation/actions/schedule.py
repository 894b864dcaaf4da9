"""When rotations begin, by which pattern, and when they hand over: it holds for rotations made from now on."""

from calendar import day_name
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from people.models import Person
from people.rules import zone_exists
from set_rotation.actions.base import Refused, record
from set_rotation.choices import What
from set_rotation.models import Schedule

FIELDS = ("weekday", "at", "zone", "pattern", "hand_over_weekday", "hand_over_at")


@transaction.atomic
def change_schedule(*, changes: Mapping[str, object], by: Person | None, at: datetime) -> bool:
    """Change when the rotations that are made from now on begin; those that stand stay. Returns whether anything
    changed. Raises `Refused` for a zone that does not exist, and for what is no weekday."""
    row = Schedule.objects.select_for_update().prefetch_related("pattern").get()
    before = words(row)
    for name in FIELDS:
        if name in changes:
            setattr(row, name, changes[name])
    if row.zone and not zone_exists(row.zone):
        raise Refused(f"There is no zone called {row.zone}.")
    if row.weekday not in range(7) or row.hand_over_weekday not in range(7):
        raise Refused("Choose a day of the week.")
    after = words(row)
    if after == before:
        return False
    row.save()
    record(What.SCHEDULE_CHANGED, at=at, by=by, from_value=before, to_value=after)
    return True


def words(row: Schedule) -> str:
    """`Mondays at 09:00, the team's clocks, Four engineers, one seat each; hand-over Fridays at 17:00`."""
    zone = row.zone or "the team's clocks"
    return (f"{day_name[row.weekday]}s at {row.at:%H:%M}, {zone}, {row.pattern.name}; "
            f"hand-over {day_name[row.hand_over_weekday]}s at {row.hand_over_at:%H:%M}")

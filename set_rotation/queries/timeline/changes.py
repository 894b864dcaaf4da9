"""What a change stands on: the stretch that it touches, and a fingerprint of what is there: what was previewed is not
done once somebody else changed it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from set_rotation.models import Away, Override, Pattern, Place, Rotation, Shift
from set_rotation.queries.facts import begins, end_before, schedule
from set_rotation.rules.changes import Add, Cancel, Change, Give, Remove, StandIn
from set_rotation.rules.spans import first_moment

Window = tuple[datetime, datetime]


def window(change: Change) -> Window | None:
    """The stretch that a change touches, whole rotations; None where what it names is gone. Four queries at most."""
    match change:
        case Give(people):
            rotations = Rotation.objects.filter(places__in=people)
        case Remove(rotation):
            rotations = Rotation.objects.filter(pk=rotation)
        case StandIn():
            rotations = Rotation.objects.overlapping(change.starts_at, change.ends_at)
        case Cancel(override):
            row = Override.objects.held().filter(pk=override).first()
            if row is None:
                return None
            rotations = Rotation.objects.overlapping(row.starts_at, row.ends_at)
        case Add():
            return _window_of_new(change)
    rows = list(rotations.values_list("starts_at", "ends_at"))
    return (min(row[0] for row in rows), max(row[1] for row in rows)) if rows else None


def _window_of_new(change: Add) -> Window | None:
    pattern, when = Pattern.objects.filter(pk=change.pattern).first(), begins(schedule())
    if pattern is None:
        return None
    starts_at = first_moment(change.first_on, when, end_before(change.first_on, when))
    return starts_at, when.moment(change.first_on + timedelta(weeks=pattern.weeks))


def fingerprint(change: Change) -> str:
    """What stands where the change goes, in 64 letters: rotations, places, shifts, overrides, absences.

    Nine queries at most.
    """
    span = window(change)
    if span is None:
        return "gone"
    start, end = span
    around = Rotation.objects.filter(starts_at__lt=end + timedelta(weeks=1), ends_at__gt=start - timedelta(weeks=1))
    touches = {"starts_at__lt": end, "ends_at__gt": start}
    told: list[list[tuple[Any, ...]]] = [
        list(around.order_by("pk").values_list("pk", "starts_at", "ends_at")),
        list(Place.objects.filter(rotation__in=around).order_by("pk").values_list("pk", "person")),
        list(Shift.objects.filter(**touches).order_by("pk").values_list("pk", "place", "starts_at", "ends_at")),
        list(Override.objects.held().filter(**touches).order_by("pk").values_list("pk", "person", "starts_at",
                                                                                 "ends_at")),
        list(Away.objects.filter(**touches).order_by("pk").values_list("pk", "person", "starts_at", "ends_at")),
    ]
    plain = repr([[_plain(row) for row in rows] for rows in told])
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(row: tuple[Any, ...]) -> list[object]:
    return [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in row]

"""When a promise rings: ten and five minutes before, when it is due, ten minutes and an hour after."""

from collections.abc import Collection
from datetime import datetime, timedelta

from incidents.choices import Ring

OFFSETS: dict[Ring, timedelta] = {
    Ring.TEN_BEFORE: timedelta(minutes=-10), Ring.FIVE_BEFORE: timedelta(minutes=-5), Ring.DUE: timedelta(),
    Ring.TEN_AFTER: timedelta(minutes=10), Ring.HOUR_AFTER: timedelta(minutes=60),
}


def next_ring(
    *, due_at: datetime, made_at: datetime, rung: Collection[str], snoozed_until: datetime | None
) -> datetime | None:
    """When the next reminder of a promise rings; None when all have. One whose time lay before the promise was made is
    left out. Snoozing holds back those before the promise, and never those from it on."""
    for ring, offset in OFFSETS.items():
        when = due_at + offset
        if ring in rung or when < made_at:
            continue
        if offset < timedelta() and snoozed_until is not None:
            when = max(when, min(snoozed_until, due_at))
        return when
    return None

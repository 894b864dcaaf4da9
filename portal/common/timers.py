"""Timers: set, cancelled, done when they are due or tried again. Ticked each second by `portal.flows`.

Whoever does a timer holds an advisory lock of the database meanwhile: it is gone in the moment in which its worker
dies, so that the next tick does that timer, and no other waits for it. What a timer does must bear that it is begun
twice: it sets or cancels its own timer in the transaction of its effect, or its effect has a key.
"""

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q

from portal.common import locks
from portal.common.models import Timer

# Somebody died over it that often: from then on it waits, for it may be the timer that kills.
DEADLY, CLAIM = 3, timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)


def set_timer(*, kind: str, key: str, due_at: datetime) -> None:
    """Have `kind` done for `key` at this time; an earlier time set for it is forgotten."""
    values = {"due_at": due_at, "token": secrets.token_hex(16), "attempts": 0, "claimed_until": None, "fault": ""}
    Timer.objects.update_or_create(kind=kind, key=key, defaults=values)


def set_timers(*, kind: str, due: Mapping[str, datetime]) -> None:
    """As `set_timer`, for many keys in one statement."""
    Timer.objects.bulk_create(
        [Timer(kind=kind, key=key, due_at=due[key], token=secrets.token_hex(16)) for key in sorted(due)],
        update_conflicts=True, unique_fields=["kind", "key"],
        update_fields=["due_at", "token", "attempts", "claimed_until", "fault"],
    )


def cancel_timer(*, kind: str, key: str) -> bool:
    """Have it not done. Returns whether there was one."""
    return Timer.objects.filter(kind=kind, key=key).delete()[0] > 0


def due_timers(*, at: datetime, limit: int = 50) -> Sequence[int]:
    """The ids of those that are due, soonest first; somebody may be doing them."""
    return list(Timer.objects.filter(_free(at), due_at__lte=at).order_by("due_at", "id").values_list("id", flat=True)[
        :limit
    ])


def _free(at: datetime) -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=at) | Q(attempts__lt=DEADLY)


@contextlib.contextmanager
def claimed(*, timer_id: int, at: datetime) -> Iterator[Timer | None]:
    """Hold a timer while it is done. None: somebody else holds it, did it, set it for later or cancelled it."""
    with locks.held(locks.TIMERS, timer_id) as mine:
        yield _taken(timer_id, at) if mine else None


def _taken(timer_id: int, at: datetime) -> Timer | None:
    token = secrets.token_hex(16)
    mine = Timer.objects.filter(_free(at), id=timer_id, due_at__lte=at)
    if not mine.update(token=token, attempts=F("attempts") + 1, claimed_until=at + CLAIM):
        return None
    return Timer.objects.filter(id=timer_id, token=token).first()


def timer_done(*, timer: Timer) -> bool:
    """It was done. False when it was set anew or cancelled meanwhile: then that holds."""
    return Timer.objects.filter(id=timer.id, token=timer.token).delete()[0] > 0


def timer_failed(*, timer: Timer, words: str, at: datetime) -> bool:
    """It could not be done: tried again after 5 s, 10 s, … at most ten minutes."""
    mine = Timer.objects.filter(id=timer.id, token=timer.token)
    return mine.update(due_at=at + pause(timer.attempts), claimed_until=None, fault=words) > 0


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts in vain."""
    return min(FIRST_PAUSE * 2.0 ** min(max(attempts - 1, 0), 10), LONGEST_PAUSE)


def failing_timers(*, limit: int = 20) -> list[Timer]:
    """Those that were tried in vain and are not through, the oldest trouble first."""
    return list(Timer.objects.exclude(fault="").order_by("-attempts", "due_at")[:limit])


def failing_since(timer: Timer) -> datetime:
    """About since when a timer fails: before its next try lie all the pauses that it has waited."""
    return timer.due_at - sum((pause(number) for number in range(1, timer.attempts + 1)), timedelta())

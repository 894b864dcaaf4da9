"""Timers: set, cancelled, claimed when they are due, done or tried again. Ticked each second by `portal.flows`."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from portal.common.models import Timer

CLAIM = timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)


def set_timer(*, kind: str, key: str, due_at: datetime) -> None:
    """Have `kind` done for `key` at this time; an earlier time set for it is forgotten."""
    values = {"due_at": due_at, "token": secrets.token_hex(16), "attempts": 0, "claimed_until": None, "fault": ""}
    Timer.objects.update_or_create(kind=kind, key=key, defaults=values)


def cancel_timer(*, kind: str, key: str) -> bool:
    """Have it not done. Returns whether there was one."""
    return Timer.objects.filter(kind=kind, key=key).delete()[0] > 0


def claim_timers(*, at: datetime, limit: int = 50) -> list[Timer]:
    """Take those that are due, soonest first, for a minute; two ticks never take the same one."""
    with transaction.atomic():
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=at)
        found = Timer.objects.filter(free, due_at__lte=at).order_by("due_at", "id")
        due = list(found.select_for_update(skip_locked=True)[:limit])
        for timer in due:
            timer.claimed_until, timer.attempts = at + CLAIM, timer.attempts + 1
            timer.token = secrets.token_hex(16)
        Timer.objects.bulk_update(due, ["claimed_until", "attempts", "token"])
    return due


def timer_done(*, timer: Timer) -> bool:
    """It was done. False when it was set anew or cancelled meanwhile: then that holds."""
    return Timer.objects.filter(id=timer.id, token=timer.token).delete()[0] > 0


def timer_failed(*, timer: Timer, words: str, at: datetime) -> bool:
    """It could not be done: tried again after 5 s, 10 s, … at most ten minutes."""
    pause = min(FIRST_PAUSE * 2.0 ** min(timer.attempts - 1, 10), LONGEST_PAUSE)
    mine = Timer.objects.filter(id=timer.id, token=timer.token)
    return mine.update(due_at=at + pause, claimed_until=None, fault=words) > 0

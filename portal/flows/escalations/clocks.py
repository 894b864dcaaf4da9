"""Clocks of escalations, looked at each second: who must know that one is near or missed is told."""

import time
from datetime import datetime

import structlog
from django.core.cache import cache

from escalations.actions.base import LIVE, topic_of
from escalations.actions.ringing import BATCH, follow_plan, ring_batch
from escalations.queries.due import other_plans, somebody_due
from portal.common import live

log = structlog.get_logger(__name__)

LASTS = 0.8  # seconds; the next look comes after one second
PAGES = 100  # open pages told by name; where more change at once, lists are told, and pages count by themselves
PLANS_EVERY = 60  # seconds


def ring_clocks(at: datetime) -> int:
    """Have the clocks that are due at `at` enter their stages, for `LASTS` at most. Returns how many.

    One look into an index where none is. Several at once share the work; what one leaves, the next look takes.
    """
    try:
        _follow_plans(at)
        return _ring_all(at)
    except Exception:  # what the tick does besides must not wait for this
        log.exception("clocks not rung")
        return 0


def _ring_all(at: datetime) -> int:
    done, ends = 0, time.monotonic() + LASTS
    while somebody_due(at) and time.monotonic() < ends:
        rung = ring_batch(at=at)
        done += len(rung)
        _look_again(rung)
        if len(rung) < BATCH:  # the rest is being changed, or somebody else rings it
            break
    return done


def _look_again(rung: list[int]) -> None:
    if not rung:
        return
    live.publish(LIVE, "stale", "")
    if len(rung) <= PAGES:
        for escalation in sorted(set(rung)):
            live.publish(topic_of(escalation), "stale", "")


def _follow_plans(at: datetime) -> None:
    """A customer's plan is changed in another room; from within a minute on, its escalations are promised by it."""
    if not cache.add("clocks:plans", 1, PLANS_EVERY):
        return
    for escalation in other_plans():
        follow_plan(escalation=escalation, at=at)

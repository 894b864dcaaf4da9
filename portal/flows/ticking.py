"""What is due: timers and deliveries, looked at each second. All of it is in the database: a restart loses nothing."""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.core.cache import cache

from integrations.outbox.queries import due_ids
from portal.common import clock, jobs
from portal.common.models import Timer
from portal.common.timers import claim_timers, timer_done, timer_failed
from portal.flows.delivery import SEND, tell_the_untold
from portal.flows.duty import duty_changed
from portal.flows.ordering import order_exception_over
from portal.flows.weekly import remind_of_weekly
from set_rotation.actions.duty import CHANGED as DUTY_CHANGED
from tickets.actions.ordering import TIMER as ORDER_EXCEPTION
from tickets.actions.weekly.updates import REMIND as WEEKLY

log = structlog.get_logger(__name__)
QUEUED_FOR = 5  # seconds until a delivery that nobody has taken is queued again

# kind of timer -> what is done for its key
TIMERS: dict[str, Callable[[str, datetime], None]] = {
    ORDER_EXCEPTION: order_exception_over, WEEKLY: remind_of_weekly, DUTY_CHANGED: duty_changed,
}


def tick(*, at: datetime) -> int:
    """Do the timers that are due, and put deliveries that are due on their way. Returns how many."""
    timers = claim_timers(at=at)
    for timer in timers:
        _ring(timer, at)
    tell_the_untold(at=at)
    deliveries = [identity for identity in due_ids(at) if cache.add(f"delivery:queued:{identity}", 1, QUEUED_FOR)]
    for identity in deliveries:
        jobs.queue(SEND, identity, expires=30)
    return len(timers) + len(deliveries)


def _ring(timer: Timer, at: datetime) -> None:
    """Do one timer; one that fails is tried again, and keeps no other waiting."""
    do = TIMERS.get(timer.kind)
    try:
        if do is None:
            raise LookupError(f"nothing here knows timers of the kind {timer.kind}")
        do(timer.key, at)
    except Exception as error:
        log.exception("timer not done", kind=timer.kind, key=timer.key)
        timer_failed(timer=timer, words=f"{type(error).__name__}: {error}"[:500], at=clock.now())
    else:
        timer_done(timer=timer)

"""What is due: timers and deliveries, looked at each second. All of it is in the database: a restart loses nothing."""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from django.core.cache import cache

from escalations.actions.base import CHANGED as ESCALATION_CHANGED
from incidents.actions.base import CHANGED as INCIDENT_CHANGED
from incidents.actions.sending import THREAD as INCIDENT_THREAD
from integrations.outbox.actions import follow_clock, free_orphans
from integrations.outbox.queries import due_ids
from portal.common import clock, jobs
from portal.common.timers import claimed, due_timers, timer_done, timer_failed
from portal.flows.delivery import SEND, tell_the_untold
from portal.flows.demo import STORY, story_due
from portal.flows.duty import duty_changed
from portal.flows.escalations.changed import escalation_due
from portal.flows.escalations.clocks import ring_clocks
from portal.flows.escalations.tickets import ticket_due
from portal.flows.escalations.told import TICKET as ESCALATION_TICKET
from portal.flows.hand_over import TIMER as HAND_OVER
from portal.flows.hand_over import hand_over_due
from portal.flows.incidents.changed import incident_due
from portal.flows.incidents.pages import look_at_pages
from portal.flows.incidents.promises import behind, ring_promises
from portal.flows.incidents.thread import thread_due
from portal.flows.incidents.timers import TIMERS as INCIDENT_TIMERS
from portal.flows.leave import swap_expired
from portal.flows.ordering import order_exception_over
from portal.flows.paging import TIMERS as PAGE_TIMERS
from portal.flows.planning import TIMERS as PLAN_TIMERS
from portal.flows.weekly import remind_of_weekly
from set_rotation.actions.duty import CHANGED as DUTY_CHANGED
from set_rotation.actions.paging import PURPOSE as PAGE
from set_rotation.actions.paging import turn_back_steps
from set_rotation.actions.swaps import EXPIRES as SWAP_EXPIRES
from tickets.actions.ordering import TIMER as ORDER_EXCEPTION
from tickets.actions.weekly.updates import REMIND as WEEKLY

log = structlog.get_logger(__name__)
LASTS = 0.8  # seconds; the next tick comes after one
BATCH = 50
BESIDE = "slow"  # the queue of a worker that sends nothing else
QUEUED_FOR = 5  # seconds until a delivery that nobody has taken is queued again

# kind of timer -> what is done for its key
TIMERS: dict[str, Callable[[str, datetime], None]] = {
    HAND_OVER: hand_over_due,
    SWAP_EXPIRES: swap_expired,
    ORDER_EXCEPTION: order_exception_over,
    WEEKLY: remind_of_weekly,
    DUTY_CHANGED: duty_changed,
    STORY: story_due,
    ESCALATION_CHANGED: escalation_due,
    ESCALATION_TICKET: ticket_due,
    INCIDENT_CHANGED: incident_due,
    INCIDENT_THREAD: thread_due,
    **INCIDENT_TIMERS,
    **PAGE_TIMERS,
    **PLAN_TIMERS,
}


def tick(*, at: datetime, alone: bool = True) -> int:
    """Do the timers that are due, for `LASTS` at most, and put deliveries that are due on their way. Returns how many.

    Several at once share the work. One that finds more than it can do at once asks another worker to help (`alone`: it
    is the one that comes each second). What is to be told is written down before anything but pages is sent: sending
    takes the processors and the database from it, and thousands that ring in the same second took three times as long.
    """
    with jobs.one_connection():
        look_at_pages(at)
        turn_back_steps(at=at)
        done = _ring_all(at, alone=alone)
        rung = ring_promises(at, alone=alone)
        done += rung + ring_clocks(at)
        tell_the_untold(at=at)
        free_orphans(at=at)
        follow_clock(at=at)
        deliveries = _put_on_their_way(at, pages_alone=behind(rung, at))
    return done + deliveries


def _put_on_their_way(at: datetime, *, pages_alone: bool) -> int:
    """Pages first, and to both workers: whoever takes one first sends it. While another system hangs, all of the first
    worker's processes may wait for it, and whatever else is to leave for them."""
    pages = due_ids(at, purpose=PAGE)
    others = [] if pages_alone else [identity for identity in due_ids(at) if identity not in set(pages)]
    found = [one for one in (*pages, *others) if cache.add(f"delivery:queued:{one}", 1, QUEUED_FOR)]
    for identity in found:
        jobs.queue(SEND, identity, expires=30)
        if identity in pages:
            jobs.queue(SEND, identity, expires=30, where=BESIDE)
    return len(found)


def _ring_all(at: datetime, *, alone: bool) -> int:
    done, seen, ends = 0, set[int](), time.monotonic() + LASTS
    while due := [identity for identity in due_timers(at=at, limit=BATCH) if identity not in seen]:
        if alone and len(due) == BATCH:
            jobs.queue(jobs.TICK, expires=2)
            alone = False
        for identity in due:
            if time.monotonic() > ends:
                return done
            done += _ring(identity, at)
            seen.add(identity)  # once a tick, whatever it was set to meanwhile; or somebody else is at it
    return done


def _ring(timer_id: int, at: datetime) -> bool:
    """Do one timer, unless somebody else does; one that fails is tried again, and keeps no other waiting."""
    with claimed(timer_id=timer_id, at=at) as timer:
        if timer is None:
            return False
        try:
            do = TIMERS.get(timer.kind)
            if do is None:
                raise LookupError(f"nothing here knows timers of the kind {timer.kind}")
            do(timer.key, at)
        except Exception as error:
            log.exception("timer not done", kind=timer.kind, key=timer.key)
            timer_failed(timer=timer, words=f"{type(error).__name__}: {error}"[:500], at=max(at, clock.now()))
        else:
            timer_done(timer=timer)
    return True

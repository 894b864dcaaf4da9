"""What the worker does for several rooms at once."""

from datetime import timedelta

from celery import shared_task

from integrations.outbox.actions import forget
from portal import flows
from portal.common import clock, jobs, live
from portal.flows import hand_over
from tickets.actions.mapping import mark_tickets
from tickets.actions.priority import recompute_priorities


@shared_task(name="portal.mark_tickets")
def mark_tickets_again() -> None:
    """A mapping of areas, labels or the priority of work has changed: every ticket is marked by what it says now."""
    if mark_tickets() + recompute_priorities():
        live.publish("board", "stale", "")


@shared_task(name="portal.deliver")
def deliver(delivery_id: int) -> None:
    flows.deliver(delivery_id=delivery_id, at=clock.now())


@shared_task(name="portal.tick")
def tick() -> None:
    flows.tick(at=clock.now())


@shared_task(name=jobs.TICK)
def help_tick() -> None:
    """More is due than one worker does in a second."""
    flows.tick(at=clock.now(), alone=False)


@shared_task(name="portal.read_workflow")
def read_workflow() -> None:
    flows.read_workflow(at=clock.now())


@shared_task(name="portal.set_hand_over_timers")
def set_hand_over_timers() -> None:
    """What a rotation's hand-over hangs on may have changed: the schedule, the lead, the lead's zone."""
    hand_over.set_hand_over_timers(at=clock.now())


@shared_task(name="portal.forget_deliveries")
def forget_deliveries() -> None:
    forget(before=clock.now() - timedelta(days=400))

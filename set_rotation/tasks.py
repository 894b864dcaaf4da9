"""What the worker does for this room."""

from celery import shared_task

from portal.common import clock
from portal.flows.header import check_header
from portal.flows.leave import check_due_feeds, check_feed
from set_rotation.actions.contacts import forget_removed
from set_rotation.actions.readiness import tell_unready
from set_rotation.actions.reminders import remind
from set_rotation.planner import solve_plan


@shared_task(name="set_rotation.check_header")
def check_channel_header() -> None:
    """Somebody may have edited the channel's header by hand."""
    check_header(clock.now())


@shared_task(name="set_rotation.check_feeds")
def check_feeds() -> None:
    """Calendars of leave are checked each hour, each when it is due."""
    check_due_feeds(at=clock.now())


@shared_task(name="set_rotation.check_feed")
def check_one_feed(feed_id: int, wholly: bool) -> None:
    check_feed(feed_id=feed_id, at=clock.now(), wholly=wholly)


@shared_task(name="set_rotation.solve")
def solve(plan_id: int) -> None:
    """Somebody asked for a plan of the next rotations."""
    solve_plan(plan_id=plan_id, at=clock.now())


@shared_task(name="set_rotation.tell_unready")
def tell_who_is_not_ready() -> None:
    """Three days before a rotation its lead is told who is not ready; addresses removed a day ago are forgotten."""
    at = clock.now()
    tell_unready(at=at)
    forget_removed(at=at)


@shared_task(name="set_rotation.remind")
def remind_of_duty() -> None:
    """Reminders of duty are due by the minute."""
    remind(at=clock.now())

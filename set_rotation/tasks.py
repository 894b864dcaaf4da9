"""What the worker does for this room."""

from celery import shared_task

from portal.common import clock
from portal.flows.header import check_header
from set_rotation.planner import solve_plan


@shared_task(name="set_rotation.check_header")
def check_channel_header() -> None:
    """Somebody may have edited the channel's header by hand."""
    check_header(clock.now())


@shared_task(name="set_rotation.solve")
def solve(plan_id: int) -> None:
    """Somebody asked for a plan of the next rotations."""
    solve_plan(plan_id=plan_id, at=clock.now())

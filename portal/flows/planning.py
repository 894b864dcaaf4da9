"""Plans of rotations: queued for the solver, and queued again where a worker or the broker lost one."""

from datetime import datetime

from portal.common import jobs
from set_rotation.actions.planning import TIMER
from set_rotation.planner import plan_due

SOLVE = "set_rotation.solve"  # the task's name: its module belongs to the worker


def queue_plan(plan_id: int) -> bool:
    """Hand a plan to the worker; False when the broker is away: then its timer tries again."""
    return jobs.queue(SOLVE, plan_id)


def plan_timer(key: str, at: datetime) -> None:
    """Twenty seconds after it was asked for, and again as long as it is not through."""
    plan_due(key, at, queue_plan)


TIMERS = {TIMER: plan_timer}

"""The worker's side of a plan: claim it, ask the solver, keep what came of it.

The solver is loaded by name: the web process never needs it, and where it is still being installed a plan waits.
"""

import importlib
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType

import structlog

from portal.common import clock, live
from set_rotation.actions import planning
from set_rotation.models import Plan
from set_rotation.rules.planning.keeping import mark
from set_rotation.rules.planning.shapes import Collision, Proposal, Request

log = structlog.get_logger(__name__)
INSTALLING = Path(sys.prefix) / "installing-solver"  # as portal/supervisor/bootstrap.py leaves it
OFTEN = 1.0  # seconds between two signs of life

Planner = Callable[..., Proposal | Collision]


def solver() -> ModuleType | None:
    """The solver, or None while it is not there."""
    if INSTALLING.exists():
        return None
    importlib.invalidate_caches()
    try:
        return importlib.import_module("set_rotation.solver")
    except ImportError as error:
        log.warning("the planner's solver cannot be loaded", error=str(error))
        return None


def solve_plan(*, plan_id: int, at: datetime) -> None:
    """Work on a plan, if it still waits. What stumbles is said on its page."""
    plan = planning.claim_plan(plan_id=plan_id, at=at)
    if plan is None:
        return
    found = solver()
    if found is None:
        planning.wait_for_planner(plan=plan)
        live.publish(planning.LIVE, "stale", "")
        return
    try:
        _solve(plan, found)
    except found.Stopped:
        log.info("plan not wanted any more", plan=plan_id)
    except Exception as error:
        log.exception("plan failed", plan=plan_id)
        planning.fail_plan(plan=plan, said=f"The planner stumbled: {type(error).__name__}: {error}", at=clock.now())


def _solve(plan: Plan, found: ModuleType) -> None:
    asked = planning.question(plan)
    teller = _Teller(plan)
    plan_it: Planner = found.plan
    request: Request = asked.request
    proposal = plan_it(request, progress=teller.progress, cancelled=teller.cancelled)
    seen = mark(request, [slot.stands for slot in asked.slots])
    planning.finish_plan(plan=plan, found=proposal, seen=seen, at=clock.now())


class _Teller:
    """Tells the page how far it is, and hears whether the plan is still wanted; not more often than `OFTEN`."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.part, self.words = plan, 0.0, ""
        self.looked, self.wanted = time.monotonic(), True

    def progress(self, part: float, words: str) -> None:
        self.part, self.words = part, words
        self._look()
        live.publish(planning.LIVE, "stale", "")

    def cancelled(self) -> bool:
        if time.monotonic() > self.looked + OFTEN:
            self._look()
        return not self.wanted

    def _look(self) -> None:
        self.looked = time.monotonic()
        self.wanted = planning.note_progress(plan=self.plan, part=self.part, said=self.words, at=clock.now())


def plan_due(key: str, at: datetime, queue: Callable[[int], object]) -> None:
    """A plan's timer: whoever waits, or whose worker has died, is queued again; one that is through needs no more."""
    plan = Plan.objects.filter(pk=int(key)).first()
    if plan is not None and planning.still_open(plan=plan, at=at):
        queue(plan.pk)

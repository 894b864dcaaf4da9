"""The search: what matters most is settled first, and what was settled is kept while the next is improved."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from set_rotation.rules.planning.shapes import Spot
from set_rotation.solver.model import Expression, Measure, Model
from set_rotation.solver.standing import standing

SEED = 1
LOOK = 0.25  # seconds between two looks whether somebody wants the search to end
# In the solver's own deterministic seconds (about one of an idle core), so that the answer never hangs on the machine.
WHOLE, SETTLE, POLISH = 2.5, 1.5, 0.015  # the last for each place: polish has no end of its own

Cancelled = Callable[[], bool]


class Stopped(Exception):
    """Somebody does not want the plan any more."""


@dataclass(frozen=True)
class Settled:
    """What a stage reached, and the least that any plan could (proven)."""

    name: str
    value: int
    bound: int

    @property
    def optimal(self) -> bool:
        """Whether no plan is better in this."""
        return self.value <= self.bound


@dataclass
class Search:
    """A model, the best plan found so far, and the clock of the solver."""

    model: Model
    best: dict[Spot, int] = field(default_factory=dict)
    cancelled: Cancelled = lambda: False
    used: float = 0.0  # deterministic seconds

    def solve(
        self, limit: float, minimise: Expression | None = None, also: Iterable[Expression] = (), *, keep: bool = True,
        proves: bool = False,
    ) -> "Answer":
        """Solve from the best plan on, with each expression of `also` at most 0. What is found is kept as the best.

        `proves`: spend more on showing how good a plan can be at all (linear relaxations), less on finding one soon.
        """
        cp = self.model.cp.clone()
        self._hint(cp, whole=minimise is not None)
        for one in also:
            cp.add(one <= 0)
        if minimise is not None:
            cp.minimize(minimise)
        solver = fresh_solver(limit)
        solver.parameters.linearization_level = 2 if proves else 0
        status = run(solver, cp, self.cancelled)
        self.used += solver.response_proto.deterministic_time
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        if found and keep:
            self.best = {spot: next(who for who, variable in row.items() if solver.boolean_value(variable))
                         for spot, row in self.model.takes.items() if row}
        bound = int(-(-solver.best_objective_bound // 1)) if minimise is not None and found else 0
        value = round(solver.objective_value) if minimise is not None and found else 0
        return Answer(found, status == cp_model.INFEASIBLE, value, bound)

    def _hint(self, cp: cp_model.CpModel, *, whole: bool) -> None:
        """Where to begin: who takes what in the best plan and, where one is improved (`whole`), what each measure is in
        it: without the measures a large roster has no first plan in time."""
        for spot, row in self.model.takes.items():
            for who, variable in row.items():
                cp.add_hint(variable, int(self.best.get(spot) == who))
        now = standing(self.model.request, self.best)
        for variable, tells in self.model.tells if whole else ():
            cp.add_hint(variable, tells(now))


@dataclass(frozen=True)
class Answer:
    """What one run of the solver said."""

    found: bool
    impossible: bool
    value: int
    bound: int


def fresh_solver(limit: float) -> cp_model.CpSolver:
    """A solver that gives the same answer to the same model, always: one worker, a fixed seed, its own clock."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = limit
    solver.parameters.symmetry_level = 0  # breaking symmetries forbids the very plan that a search begins with
    return solver


def run(solver: cp_model.CpSolver, cp: cp_model.CpModel, cancelled: Cancelled) -> cp_model.CpSolverStatus:
    """Solve in a thread, so that this one can look whether the plan is still wanted. Raises `Stopped` if not."""
    said: list[cp_model.CpSolverStatus] = []
    thread = threading.Thread(target=lambda: said.append(solver.solve(cp)), daemon=True)
    thread.start()
    stopped = False
    while thread.is_alive():
        thread.join(LOOK)
        if not stopped and thread.is_alive() and cancelled():
            stopped = True
            solver.stop_search()
    if stopped:
        raise Stopped
    return said[0]


def settle(search: Search, measure: Measure, limit: float, *, proves: bool) -> Settled:
    """Make a measure as small as the time allows, and keep it there from now on."""
    if not measure.terms:
        return Settled(measure.name, 0, 0)
    total = measure.total()
    answer = search.solve(limit, total, proves=proves)
    if not answer.found:
        return Settled(measure.name, -1, -2)  # the best plan stands, and nothing is known of the measure
    search.model.cp.add(total <= answer.value)
    return Settled(measure.name, answer.value, answer.bound)

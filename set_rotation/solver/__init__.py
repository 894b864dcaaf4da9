"""The planner: OR-Tools' CP-SAT behind one function. Only the worker has the solver, so only its task imports this."""

from set_rotation.solver.planning import plan
from set_rotation.solver.stages import Stopped

__all__ = ["Stopped", "plan"]

"""Where a plan stands, so that the solver can be told the value of every variable of a model that begins with it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from set_rotation.rules.planning import checks
from set_rotation.rules.planning.shapes import SEATS, Chosen, Request

TURNS = "turns"


@dataclass(frozen=True)
class Standing:
    """A plan counted: shifts of each seat (and turns) of each candidate, their points, the rotations they serve in."""

    chosen: Chosen
    counts: dict[int, Counter[str]]
    points: dict[int, int]
    serves: dict[int, set[int]]


Tells = Callable[[Standing], int]


def standing(request: Request, chosen: Chosen) -> Standing:
    """Count a plan."""
    serves: dict[int, set[int]] = {one.id: set() for one in request.candidates}
    for (r, _), who in chosen.items():
        serves.setdefault(who, set()).add(r)
    counts = checks.counts(request, chosen)
    for one in request.candidates:
        counts[one.id][TURNS] = len(serves[one.id]) + sum(one.so_far.get(seat, 0) for seat in SEATS)
    return Standing(chosen, counts, checks.points(request, chosen), serves)

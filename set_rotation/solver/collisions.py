"""Why there is no plan: the smallest set of requirements that cannot hold together.

First the shortest run of rotations that is impossible by itself is found, by halving. In it each requirement gets an
assumption; the solver names a set that collides, and each of it that can be left out is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from set_rotation.rules.planning import colliding
from set_rotation.rules.planning.colliding import Kind, Need
from set_rotation.rules.planning.shapes import AVOID, ENGINEER, Candidate, Collision, Request, Spot
from set_rotation.solver.stages import Cancelled, fresh_solver, run

LIMIT = 2.0  # deterministic seconds for one question; a hard roster answers in hundredths


@dataclass
class Question:
    """The hard rules of a request, each behind an assumption that can be left out."""

    request: Request
    cp: cp_model.CpModel
    takes: dict[Spot, dict[int, cp_model.IntVar]]
    assumed: dict[Need, cp_model.IntVar]

    def under(self, need: Need) -> cp_model.IntVar:
        """The assumption of a requirement."""
        if need not in self.assumed:
            self.assumed[need] = self.cp.new_bool_var(f"need{len(self.assumed)}")
        return self.assumed[need]


def collide(request: Request, cancelled: Cancelled) -> Collision:
    """Name what collides, in words. Raises `Stopped` when the plan is not wanted any more."""
    part = _shortest(request, cancelled)
    if part is None:
        return Collision(colliding.NOT_FOUND, ())
    question = _ask(part)
    core = _impossible(question, question.assumed, cancelled)
    if core is None:
        return Collision(colliding.NOT_FOUND, ())
    for need in sorted(core, key=lambda one: one.order):
        smaller = _impossible(question, [one for one in core if one != need], cancelled) if need in core else None
        if smaller is not None:
            core = smaller
    return colliding.in_words(part, sorted(core, key=lambda one: one.order))


def _impossible(question: Question, needs: Iterable[Need], cancelled: Cancelled) -> list[Need] | None:
    """Those of the requirements that make it impossible; None if it is not, or was not found to be."""
    needs = list(needs)
    question.cp.clear_assumptions()
    question.cp.add_assumptions([question.assumed[need] for need in needs])
    solver = fresh_solver(LIMIT)
    if run(solver, question.cp, cancelled) != cp_model.INFEASIBLE:
        return None
    named = set(solver.sufficient_assumptions_for_infeasibility())
    found = [need for need in needs if question.assumed[need].index in named]
    return found or needs


def _shortest(request: Request, cancelled: Cancelled) -> Request | None:
    """The shortest run of rotations around the first impossible one that has no plan by itself."""
    def fails(first: int, end: int) -> bool:
        part = _ask(cut(request, first, end))
        return _impossible(part, part.assumed, cancelled) is not None

    count = len(request.rotations)
    if not fails(0, count):
        return None
    end = _least(1, count, lambda size: fails(0, size))
    first = end - _least(1, end, lambda size: fails(end - size, end))
    return cut(request, first, end)


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number from low to high for which something holds that holds for high, and for all above the least."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def cut(request: Request, first: int, end: int) -> Request:
    """The request for the rotations `[first, end)` alone, with what is said of them."""
    inside = range(first, end)

    def person(one: Candidate) -> Candidate:
        return replace(
            one, here=frozenset((r - first, week) for r, week in one.here if r in inside),
            away={(r - first, week): words for (r, week), words in one.away.items() if r in inside},
            before=one.before and first == 0,
            after=one.after and end == len(request.rotations),
        )

    return replace(
        request, rotations=request.rotations[first:end], candidates=tuple(person(one) for one in request.candidates),
        wishes=tuple(replace(wish, rotations=tuple(r - first for r in wish.rotations)) for wish in request.wishes
                     if all(r in inside for r in wish.rotations)),
    )


def _ask(request: Request) -> Question:
    question = Question(request, cp_model.CpModel(), {}, {})
    for spot in request.spots():
        place = request.place(spot)
        question.takes[spot] = {
            one.id: question.cp.new_bool_var(f"x{spot[0]}_{spot[1]}_{one.id}")
            for one in request.candidates if one.id == place.fixed or _able(request, one, spot)
        }
        _fill(question, spot)
    for one in request.candidates:
        _one_person(question, one)
    _skills(question)
    if request.rules.wishes_must:
        _wishes(question)
    return question


def _able(request: Request, one: Candidate, spot: Spot) -> bool:
    """Whether somebody could take a place if they were never away: what no requirement of this request says."""
    weeks = range(request.rotations[spot[0]].weeks)
    return one.can(request.place(spot).role) and all((spot[0], week) in one.here for week in weeks)


def _fill(question: Question, spot: Spot) -> None:
    place, row = question.request.place(spot), question.takes[spot]
    question.cp.add_at_most_one(row.values())
    if place.fixed is not None:
        if place.fixed in row:
            under = question.under(Need(Kind.FIXED, spot[0], place.role, person=place.fixed))
            question.cp.add_implication(under, row[place.fixed])
        return
    question.cp.add_bool_or(row.values()).only_enforce_if(question.under(Need(Kind.FILL, spot[0], place.role)))


def _one_person(question: Question, one: Candidate) -> None:
    request, cp = question.request, question.cp
    mine: dict[int, list[cp_model.IntVar]] = {}
    for spot, row in question.takes.items():
        if one.id in row:
            mine.setdefault(spot[0], []).append(row[one.id])
            weeks = request.rotations[spot[0]].weeks_of(request.place(spot))
            if any((spot[0], week) in one.away for week in weeks) and request.place(spot).fixed is None:
                cp.add(row[one.id] == 0).only_enforce_if(question.under(Need(Kind.AWAY, spot[0], person=one.id)))
            if one.before and spot[0] == 0 and request.place(spot).fixed is None:
                cp.add(row[one.id] == 0).only_enforce_if(question.under(Need(Kind.BEFORE, 0, person=one.id)))
            if one.after and spot[0] == len(request.rotations) - 1 and request.place(spot).fixed is None:
                cp.add(row[one.id] == 0).only_enforce_if(question.under(Need(Kind.AFTER, spot[0], person=one.id)))
    for r, variables in mine.items():
        if len(variables) > 1:
            cp.add_at_most_one(variables)
        if r + 1 in mine:
            in_a_row = question.under(Need(Kind.ROW, -1))
            cp.add(sum(variables) + sum(mine[r + 1]) <= 1).only_enforce_if(in_a_row)


def _skills(question: Question) -> None:
    request = question.request
    for r, rotation in enumerate(request.rotations):
        for skill in sorted(rotation.skills):
            able = {one.id for one in request.candidates if skill in one.skills}
            having = [variable for spot, row in question.takes.items()
                      if spot[0] == r and request.place(spot).role == ENGINEER
                      for who, variable in row.items() if who in able]
            question.cp.add_bool_or(having).only_enforce_if(question.under(Need(Kind.SKILL, r, skill=skill)))


def _wishes(question: Question) -> None:
    request = question.request
    for number, wish in enumerate(request.wishes):
        mine = [row[wish.person] for spot, row in question.takes.items()
                if spot[0] in wish.rotations and wish.person in row]
        under = question.under(Need(Kind.WISH, wish.rotations[0], person=wish.person, wish=number))
        if wish.kind == AVOID:
            question.cp.add(sum(mine) == 0).only_enforce_if(under)
        else:
            question.cp.add_bool_or(mine).only_enforce_if(under)

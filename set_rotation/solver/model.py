"""The request as a constraint model: one boolean for each person who may take each place, and a measure for each thing
that may have to give."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from statistics import median_low

from ortools.sat.python import cp_model

from set_rotation.rules.planning.checks import misses, partly_away, why_not
from set_rotation.rules.planning.shapes import AVOID, ENGINEER, SEATS, Request, Spot, Wish
from set_rotation.rules.planning.shares import ROLES, Cohort, Share, cohorts, shares
from set_rotation.solver.standing import TURNS, Standing, Tells

Expression = cp_model.LinearExpr | int
CLOSE = 12  # points that a pair of duties with one rotation between weighs


@dataclass(frozen=True)
class Measure:
    """Something to keep small, by name; `floor` is what it can never be below."""

    name: str
    words: str
    terms: list[Expression]
    floor: int = 0

    def total(self) -> Expression:
        """The measure as one expression."""
        return sum(self.terms) if self.terms else 0


@dataclass
class Model:
    """The model and what its variables mean. `takes[spot][person]` is true where somebody takes a place."""

    request: Request
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    takes: dict[Spot, dict[int, cp_model.IntVar]] = field(default_factory=dict)
    serves: dict[int, dict[int, list[cp_model.IntVar]]] = field(default_factory=dict)
    cohorts: list[Cohort] = field(default_factory=list)
    counts: dict[tuple[int, str], Expression] = field(default_factory=dict)
    excess: dict[tuple[int, str], cp_model.IntVar] = field(default_factory=dict)
    missed: dict[tuple[int, int], Expression] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    tells: list[tuple[cp_model.IntVar, Tells]] = field(default_factory=list)  # each other variable, in a plan


def build(request: Request) -> Model:
    """All variables, what must hold, and the measures in the order in which they matter."""
    model = Model(request)
    _variables(model)
    _must_hold(model)
    model.measures = [
        Measure("teams", "one engineer per team", _teams_twice(model)),
        Measure("away", "nobody away in their other week", _partly_away(model)),
        Measure("commitments", "commitments", _beyond_shares(model)),
        Measure("spread", "even seats", _uneven(model)),
        Measure("turns", "even turns", _turns(model)),
        Measure("wishes", "wishes", _wishes(model)),
        Measure("load", "even load, and rest between duties", [*_load(model), *_close(model)]),
    ]
    return model


def _variables(model: Model) -> None:
    request = model.request
    model.serves = {one.id: defaultdict(list) for one in request.candidates}
    for spot in request.spots():
        place, row = request.place(spot), dict[int, cp_model.IntVar]()
        for one in request.candidates:
            if place.fixed == one.id or (place.fixed is None and not why_not(request, one, spot)):
                row[one.id] = model.cp.new_bool_var(f"x{spot[0]}_{spot[1]}_{one.id}")
                model.serves[one.id][spot[0]].append(row[one.id])
        model.takes[spot] = row


def _must_hold(model: Model) -> None:
    request, cp = model.request, model.cp
    for spot, row in model.takes.items():
        if row or request.place(spot).fixed is None:
            cp.add_exactly_one(row.values())
    for who, by_rotation in model.serves.items():
        for r, variables in by_rotation.items():
            if len(variables) > 1:
                cp.add_at_most_one(variables)
            following = by_rotation.get(r + 1, [])
            if following and not (stands(request, who, r) and stands(request, who, r + 1)):
                cp.add_at_most_one([*variables, *following])
    for r, rotation in enumerate(request.rotations):
        for skill in sorted(rotation.skills):
            cp.add_bool_or(with_skill(model, r, skill))
    if request.rules.wishes_must:
        for wish in request.wishes:
            cp.add(sum(misses_of(model, wish)) == 0)


def stands(request: Request, who: int, r: int) -> bool:
    """Whether somebody stands fixed in a rotation, so that nothing about it is ours to forbid."""
    return any(place.fixed == who for place in request.rotations[r].places)


def with_skill(model: Model, r: int, skill: str) -> list[cp_model.IntVar]:
    """The engineers of a rotation who have a skill."""
    able = {one.id for one in model.request.candidates if skill in one.skills}
    return [variable for spot, row in model.takes.items()
            if spot[0] == r and model.request.place(spot).role == ENGINEER
            for who, variable in row.items() if who in able]


def _teams_twice(model: Model) -> list[Expression]:
    """For each team and rotation: how many engineers more than one."""
    if not model.request.rules.one_per_team:
        return []
    team_of = {one.id: one.team for one in model.request.candidates}
    found: list[Expression] = []
    for r in range(len(model.request.rotations)):
        teams: dict[str, list[cp_model.IntVar]] = defaultdict(list)
        for spot, row in model.takes.items():
            if spot[0] == r and model.request.place(spot).role == ENGINEER:
                for who, variable in row.items():
                    teams[team_of[who]].append(variable)
        places = sum(place.role == ENGINEER for place in model.request.rotations[r].places)
        for team, variables in teams.items():
            more = model.cp.new_int_var(0, max(places - 1, 0), f"team{r}_{team}")
            model.tells.append((more, partial(_more_of_team, model.request, r, team)))
            model.cp.add(sum(variables) <= 1 + more)
            found.append(more)
    return found


def _partly_away(model: Model) -> list[Expression]:
    people = {one.id: one for one in model.request.candidates}
    return [variable for spot, row in model.takes.items() if model.request.place(spot).fixed is None
            for who, variable in row.items() if partly_away(model.request, people[who], spot)]


def _beyond_shares(model: Model) -> list[Expression]:
    return [_beyond(model, share) for role in ROLES for share in shares(model.request, role)]


def _beyond(model: Model, share: Share) -> Expression:
    """How far a team is outside its share."""
    mine = {one.id for one in model.request.candidates if one.team == share.team}
    given = [variable for spot, row in model.takes.items() if model.request.place(spot).role == share.role
             for who, variable in row.items() if who in mine]
    places = sum(model.request.place(spot).role == share.role for spot in model.takes)
    by = model.cp.new_int_var(0, places, f"share_{share.role}_{share.team}")
    model.tells.append((by, partial(_beyond_in, model.request, share)))
    model.cp.add(sum(given) >= share.least - by)
    model.cp.add(sum(given) <= share.most + by)
    return by


def _uneven(model: Model) -> list[Expression]:
    """For each group and seat: how many shifts the spread is above one. Where a spread of one is promised (the same
    availability week by week) it counts four times, so that a wider group never pays with it."""
    request = model.request
    model.cohorts = cohorts(request)
    for one in request.candidates:
        for seat in SEATS:
            mine = [variable for spot, row in model.takes.items() if one.id in row
                    for variable in [row[one.id]]
                    for shift in request.place(spot).shifts if shift.seat == seat]
            model.counts[one.id, seat] = sum(mine) + one.so_far.get(seat, 0)
        model.counts[one.id, TURNS] = (
            sum(variable for variables in model.serves[one.id].values() for variable in variables)
            + sum(one.so_far.get(seat, 0) for seat in SEATS)
        )
    found: list[Expression] = []
    for number, cohort in enumerate(model.cohorts):
        for seat in SEATS:
            excess = _excess(model, number, cohort, seat)
            model.excess[number, seat] = excess
            found.append(excess * (4 if cohort.same else 1))
    return found


def _turns(model: Model) -> list[Expression]:
    """The same for how often somebody serves at all: each seat may be even, and still one person have all three."""
    found: list[Expression] = []
    for number, cohort in enumerate(model.cohorts):
        found.append(_excess(model, number, cohort, TURNS) * (4 if cohort.same else 1))
    return found


def _excess(model: Model, number: int, cohort: Cohort, seat: str) -> cp_model.IntVar:
    seats = SEATS if seat == TURNS else (seat,)
    before = [sum(one.so_far.get(each, 0) for each in seats)
              for one in model.request.candidates if one.id in cohort.people]
    top = max(before) + len(model.request.rotations) * 2
    low = model.cp.new_int_var(min(before), top, f"low{number}_{seat}")
    excess = model.cp.new_int_var(0, top - min(before), f"excess{number}_{seat}")
    model.tells += [(low, partial(_least, cohort, seat)), (excess, partial(_too_far, cohort, seat))]
    for who in cohort.people:
        model.cp.add(model.counts[who, seat] >= low)
        model.cp.add(model.counts[who, seat] <= low + 1 + excess)
    return excess


def _wishes(model: Model) -> list[Expression]:
    """Each rotation in which a "rather not" is not met counts three, a "gladly" that is not met counts one."""
    found: list[Expression] = []
    for number, wish in enumerate(model.request.wishes):
        for r, term in zip(wish.rotations, misses_of(model, wish), strict=False):
            model.missed[number, r] = term
            found.append(term * (3 if wish.kind == AVOID else 1))
    return found


def misses_of(model: Model, wish: Wish) -> list[Expression]:
    """For a "rather not" one 0/1 expression per rotation, for a "gladly" one in all: 1 where it is not met."""
    mine = model.serves.get(wish.person, {})
    if wish.kind == AVOID:
        return [sum(mine.get(r, [])) for r in wish.rotations]
    wanted = [variable for r in wish.rotations for variable in mine.get(r, [])]
    if not wanted:
        return []
    met = model.cp.new_bool_var(f"gladly_{wish.person}_{wish.rotations[0]}")
    model.tells.append((met, lambda now: int(not misses(wish, now.chosen))))
    model.cp.add(sum(wanted) >= met)
    return [1 - met]


def _load(model: Model) -> list[Expression]:
    """For each group, in points and with what was before: how far its people are apart at most, times their number,
    and how far each is from the middle. The first alone would not mind a second person at the top."""
    request, found = model.request, list[Expression]()
    load: dict[int, Expression] = {}
    for one in request.candidates:
        load[one.id] = one.points + sum(
            row[one.id] * request.place(spot).points for spot, row in model.takes.items() if one.id in row
        )
    highest = max((one.points for one in request.candidates), default=0)
    top = highest + sum(max((place.points for place in rotation.places), default=0) for rotation in request.rotations)
    for number, cohort in enumerate(model.cohorts):
        if _inside_another(model.cohorts, cohort):
            continue
        low = model.cp.new_int_var(0, top, f"low{number}")
        middle = model.cp.new_int_var(0, top, f"middle{number}")
        span = model.cp.new_int_var(0, top, f"span{number}")
        for variable, tells in ((low, _low), (middle, _middle), (span, _span)):
            model.tells.append((variable, partial(tells, cohort)))
        for who in cohort.people:
            model.cp.add(load[who] >= low)
            model.cp.add(load[who] <= low + span)
            off = model.cp.new_int_var(0, top, f"off{number}_{who}")
            model.tells.append((off, partial(_off, cohort, who)))
            model.cp.add(load[who] - middle <= off)
            model.cp.add(middle - load[who] <= off)
            found.append(off)
        found.append(span * len(cohort.people))
    return found


def _inside_another(all_of: Iterable[Cohort], one: Cohort) -> bool:
    return any(set(one.people) < set(other.people) for other in all_of)


def _close(model: Model) -> list[Expression]:
    """Each pair of duties of somebody with only one rotation between, in points."""
    found: list[Expression] = []
    for who, by_rotation in model.serves.items():
        for r, variables in by_rotation.items():
            later = by_rotation.get(r + 2, [])
            if later:
                close = model.cp.new_bool_var(f"close{who}_{r}")
                model.tells.append((close, partial(_is_close, who, r)))
                model.cp.add(sum(variables) + sum(later) <= 1 + close)
                found.append(CLOSE * close)
    return found


# ---- What the variables are in a plan that is known


def _more_of_team(request: Request, r: int, team: str, now: Standing) -> int:
    mine = {one.id for one in request.candidates if one.team == team}
    spots = [spot for spot, who in now.chosen.items() if spot[0] == r and who in mine]
    return max(sum(request.place(spot).role == ENGINEER for spot in spots) - 1, 0)


def _beyond_in(request: Request, share: Share, now: Standing) -> int:
    mine = {one.id for one in request.candidates if one.team == share.team}
    given = sum(who in mine and request.place(spot).role == share.role for spot, who in now.chosen.items())
    return max(share.least - given, given - share.most, 0)


def _least(cohort: Cohort, seat: str, now: Standing) -> int:
    return min(now.counts[who][seat] for who in cohort.people)


def _too_far(cohort: Cohort, seat: str, now: Standing) -> int:
    return max(max(now.counts[who][seat] for who in cohort.people) - _least(cohort, seat, now) - 1, 0)


def _low(cohort: Cohort, now: Standing) -> int:
    return min(now.points[who] for who in cohort.people)


def _middle(cohort: Cohort, now: Standing) -> int:
    return median_low(now.points[who] for who in cohort.people)


def _span(cohort: Cohort, now: Standing) -> int:
    return max(now.points[who] for who in cohort.people) - _low(cohort, now)


def _off(cohort: Cohort, person: int, now: Standing) -> int:
    return abs(now.points[person] - _middle(cohort, now))


def _is_close(person: int, r: int, now: Standing) -> int:
    return int({r, r + 2} <= now.serves[person])

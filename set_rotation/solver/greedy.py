"""A first plan by taking turns: not always whole, but near enough that the solver begins where it could end."""

from collections import Counter

from set_rotation.rules.planning.checks import partly_away, why_not
from set_rotation.rules.planning.shapes import AVOID, ENGINEER, LEAD, PREFER, SEATS, Candidate, Request, Spot
from set_rotation.rules.planning.shares import ROLES, shares


class Turns:
    """Fills rotation by rotation with whoever is due most: the team furthest behind its share, then the person with the
    fewest shifts of the seat, then with the least load."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.people = {one.id: one for one in request.candidates}
        self.seats = {one.id: Counter({seat: one.so_far.get(seat, 0) for seat in SEATS}) for one in request.candidates}
        self.points = {one.id: one.points for one in request.candidates}
        self.last: dict[int, int] = {}
        self.given: Counter[tuple[str, str]] = Counter()
        self.shares = {(one.team, role): one for role in ROLES for one in shares(request, role)}
        self.avoided = {(wish.person, r) for wish in request.wishes if wish.kind == AVOID for r in wish.rotations}
        self.wanted = {(wish.person, r) for wish in request.wishes if wish.kind == PREFER for r in wish.rotations}
        self.fixed = {(spot[0], request.place(spot).fixed) for spot in request.spots()}
        self.chosen: dict[Spot, int] = {}

    def fill(self) -> dict[Spot, int]:
        """The plan, without the places for which nobody was left."""
        for r, rotation in enumerate(self.request.rotations):
            teams: set[str] = set()
            order = sorted(range(len(rotation.places)), key=lambda k: (rotation.places[k].fixed is None,
                                                                       rotation.places[k].role != LEAD, k))
            for k in order:
                self._take((r, k), teams)
        return self.chosen

    def _take(self, spot: Spot, teams: set[str]) -> None:
        place = self.request.place(spot)
        free = [one for one in self.request.candidates if self._free(one, spot)]
        if place.fixed is not None:
            who: int | None = place.fixed
        else:
            who = min(free, key=lambda one: self._turn(one, spot, teams)).id if free else None
        if who is None:
            return
        self.chosen[spot] = who
        self.last[who] = spot[0]
        if who in self.people:
            self.seats[who].update(shift.seat for shift in place.shifts)
            self.points[who] += place.points
            self.given[self.people[who].team, place.role] += 1
            if place.role == ENGINEER:
                teams.add(self.people[who].team)

    def _free(self, one: Candidate, spot: Spot) -> bool:
        fixed_near = any((spot[0] + step, one.id) in self.fixed for step in (-1, 0, 1))
        return not fixed_near and self.last.get(one.id, -9) < spot[0] - 1 and not why_not(self.request, one, spot)

    def _turn(self, one: Candidate, spot: Spot, teams: set[str]) -> tuple[object, ...]:
        place, role = self.request.place(spot), self.request.place(spot).role
        share = self.shares.get((one.team, role))
        given = self.given[one.team, role]
        full = share is not None and given >= share.most
        part = (spot[0] + 1) / len(self.request.rotations)
        behind = given - float(share.exactly) * part if share else 0.0
        missing = self.request.rotations[spot[0]].skills - {
            skill for taken, who in self.chosen.items()
            if taken[0] == spot[0] and who in self.people and self.request.place(taken).role == ENGINEER
            for skill in self.people[who].skills
        }
        return (
            role == ENGINEER and bool(missing) and not missing & one.skills,
            role == ENGINEER and one.team in teams, full, partly_away(self.request, one, spot),
            (one.id, spot[0]) in self.avoided, round(behind), max((self.seats[one.id][s.seat] for s in place.shifts),
                                                                    default=0),
            (one.id, spot[0]) not in self.wanted, self.points[one.id], self.last.get(one.id, -9), one.id,
        )

"""Whether a plan holds: the same questions for a proposal, a change by hand, and the tests."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from set_rotation.rules.planning.shapes import (
    AVOID,
    ENGINEER,
    LEAD,
    SEATS,
    Candidate,
    Chosen,
    Request,
    Spot,
    Wish,
)
from set_rotation.rules.planning.shares import ROLES, Cohort, shares


@dataclass(frozen=True)
class Fault:
    """What is wrong with a plan at a place, in words; `hard` ones cannot be published."""

    spot: Spot | None
    words: str
    hard: bool = True


def why_not(request: Request, one: Candidate, spot: Spot) -> str:
    """Why somebody cannot take a place, looking at them alone; empty if they can."""
    rotation, place = request.rotations[spot[0]], request.place(spot)
    if not one.can(place.role):
        return f"{one.name} does not lead" if place.role == LEAD else f"{one.name} leads only"
    if any((spot[0], week) not in one.here for week in range(rotation.weeks)):
        return f"{one.name} is not a member in {rotation.name}"
    if spot[0] == 0 and one.before:
        return f"{one.name} is on duty in the rotation before"
    if spot[0] == len(request.rotations) - 1 and one.after:
        return f"{one.name} is on duty in the rotation after"
    for week in sorted(rotation.weeks_of(place)):
        if (spot[0], week) in one.away:
            return f"{one.name} is away {one.away[spot[0], week]}"
    return ""


def partly_away(request: Request, one: Candidate, spot: Spot) -> bool:
    """Whether somebody is away in a week of the rotation in which their own seat is not on duty."""
    rotation = request.rotations[spot[0]]
    return any((spot[0], week) in one.away for week in range(rotation.weeks))


def faults(request: Request, chosen: Chosen) -> list[Fault]:
    """All that is wrong with a plan; hard ones first. Places that were fixed are not questioned."""
    people = {one.id: one for one in request.candidates}
    found = [*_each_place(request, chosen, people), *_each_person(request, chosen, people),
             *_each_rotation(request, chosen, people), *_shares(request, chosen, people)]
    return sorted(found, key=lambda fault: not fault.hard)


def _each_place(request: Request, chosen: Chosen, people: dict[int, Candidate]) -> Iterator[Fault]:
    for spot in request.spots():
        place, name = request.place(spot), request.rotations[spot[0]].name
        if spot not in chosen:
            yield Fault(spot, f"{name} has no {place.role} in place {spot[1] + 1}")
            continue
        if place.fixed == chosen[spot]:
            continue
        one = people.get(chosen[spot])
        words = why_not(request, one, spot) if one else f"Somebody in {name} is not on the roster"
        if words:
            yield Fault(spot, words)
        elif one and partly_away(request, one, spot):
            yield Fault(spot, f"{one.name} is away in the other week of {name}", hard=False)


def _each_person(request: Request, chosen: Chosen, people: dict[int, Candidate]) -> Iterator[Fault]:
    duties: dict[int, list[Spot]] = defaultdict(list)
    for spot in sorted(chosen):
        duties[chosen[spot]].append(spot)
    for who, spots in duties.items():
        name = people[who].name if who in people else "Somebody"
        for first, second in pairwise(spots):
            fixed = all(request.place(spot).fixed == who for spot in (first, second))
            if fixed or second[0] - first[0] > 1:
                continue
            where = request.rotations[second[0]].name
            words = f"{name} has two places in {where}" if first[0] == second[0] else \
                f"{name} is in {request.rotations[first[0]].name} and {where}, two in a row"
            yield Fault(second, words)


def _each_rotation(request: Request, chosen: Chosen, people: dict[int, Candidate]) -> Iterator[Fault]:
    for r, rotation in enumerate(request.rotations):
        team = [(spot, people[chosen[spot]]) for spot in request.spots()
                if spot[0] == r and request.place(spot).role == ENGINEER and chosen.get(spot) in people]
        for skill in sorted(rotation.skills):
            if not any(skill in one.skills for _, one in team):
                yield Fault(None, f"{rotation.name} has nobody with {skill}")
        if request.rules.one_per_team:
            seen: dict[str, str] = {}
            for spot, one in team:
                if one.team in seen:
                    both = f"{seen[one.team]} and {one.name} of {one.team}"
                    yield Fault(spot, f"{both} are both in {rotation.name}", hard=False)
                seen.setdefault(one.team, one.name)


def _shares(request: Request, chosen: Chosen, people: dict[int, Candidate]) -> Iterator[Fault]:
    for role in ROLES:
        counts = Counter(
            people[who].team for spot, who in chosen.items() if who in people and request.place(spot).role == role
        )
        what = "leads" if role == LEAD else "engineers"
        for share in shares(request, role):
            count = counts[share.team]
            if not share.least <= count <= share.most:
                owed = f"{share.least}" if share.least == share.most else f"{share.least} or {share.most}"
                yield Fault(None, f"{share.team} gives {count} {what}; its share is {owed}", hard=False)


def counts(request: Request, chosen: Chosen) -> dict[int, Counter[str]]:
    """Shifts of each seat for each candidate, with those before the request."""
    found = {one.id: Counter({seat: one.so_far.get(seat, 0) for seat in SEATS}) for one in request.candidates}
    for spot, who in chosen.items():
        if who in found:
            found[who].update(shift.seat for shift in request.place(spot).shifts)
    return found


def points(request: Request, chosen: Chosen) -> dict[int, int]:
    """The load of each candidate, with that before the request."""
    found = {one.id: one.points for one in request.candidates}
    for spot, who in chosen.items():
        if who in found:
            found[who] += request.place(spot).points
    return found


def spread(request: Request, chosen: Chosen, cohort: Cohort, seat: str) -> tuple[int, int]:
    """The least and the most shifts of a seat among the people of a cohort."""
    table = counts(request, chosen)
    values = [table[who][seat] for who in cohort.people]
    return min(values), max(values)


def misses(wish: Wish, chosen: Chosen) -> list[int]:
    """The rotations in which a wish is not met. "Gladly" is met by one duty in any of its rotations, else all count."""
    served = {spot[0] for spot, who in chosen.items() if who == wish.person}
    if wish.kind == AVOID:
        return [r for r in wish.rotations if r in served]
    return [] if served & set(wish.rotations) else list(wish.rotations[:1])

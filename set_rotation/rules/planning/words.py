"""A plan in words: why somebody takes a place, what had to give, what a wish would have cost."""

from collections import Counter, defaultdict

from set_rotation.rules.planning.checks import faults, why_not
from set_rotation.rules.planning.shapes import ENGINEER, LEAD, PREFER, Candidate, Chosen, Request, Spot
from set_rotation.rules.planning.shares import ROLES, owed_words

NOBODY_THERE = "They cannot serve in that time at all."
COSTS = {
    "places": "leaving a place empty",
    "teams": "putting two engineers of one team into a rotation",
    "away": "taking somebody who is away in the other week of the rotation",
    "commitments": "having a team give more or less than its share",
    "spread": "making the seats uneven, by more than one shift between people who should carry the same",
    "turns": "having somebody serve more than once more often than others who should carry the same",
    "wishes": "leaving another wish unmet in its place",
}


def cost(measure: str, *, proven: bool) -> str:
    """What would have to be given up for a wish, as a sentence; `proven` where the solver showed that it must."""
    start = "Meeting it would mean" if proven else "No plan was found that meets it without"
    return f"{start} {COSTS[measure]}."


def instead(name: str) -> str:
    """That another wish was met in the place of this one; `name` is whose, where it is known."""
    return f"Either this wish or {name}'s can be met, not both." if name else \
        "A plan that is as good meets it, and gives up something of the same weight."


def gives(request: Request, chosen: Chosen) -> tuple[str, ...]:
    """What had to give in a plan, a sentence for each; where teams owe another number than is needed, that too."""
    owed = [words for role in ROLES if (words := owed_words(request, role))]
    return (*owed, *(f"{fault.words}." for fault in faults(request, chosen)))


def explain(request: Request, chosen: Chosen) -> dict[Spot, str]:
    """For each place one short line why it is theirs, as the one who plans would say it."""
    people = {one.id: one for one in request.candidates}
    points = {one.id: one.points for one in request.candidates}
    serves: dict[int, set[int]] = defaultdict(set)
    for spot, who in chosen.items():
        serves[who].add(spot[0])
    wanted = {(wish.person, r) for wish in request.wishes if wish.kind == PREFER for r in wish.rotations}
    found, given = {}, Counter[int](points)
    for spot in sorted(chosen):
        one = people.get(chosen[spot])
        if request.place(spot).fixed == chosen[spot]:
            found[spot] = "stood here already"
        elif one is not None:
            reasons = [*_turn(request, one, spot, given, serves), *_skills(request, chosen, one, spot)]
            if (one.id, spot[0]) in wanted:
                reasons.append("asked for it")
            found[spot] = "; ".join(reasons)
        if spot[1] + 1 == len(request.rotations[spot[0]].places):  # a rotation counts once it is over
            for place in range(spot[1] + 1):
                given[chosen.get((spot[0], place), 0)] += request.place((spot[0], place)).points
    return found


def _turn(
    request: Request, one: Candidate, spot: Spot, given: Counter[int], serves: dict[int, set[int]]
) -> list[str]:
    free = [
        other for other in request.candidates
        if other.id == one.id or (not why_not(request, other, spot)
                                  and not serves[other.id] & {spot[0] - 1, spot[0], spot[0] + 1})
    ]
    does = "can lead" if request.place(spot).role == LEAD else "could serve"
    if len(free) == 1:
        return [f"the only one who {does} here and is free"]
    team = [other for other in free if other.team == one.team]
    if all(given[one.id] <= given[other.id] for other in free):
        return [f"least loaded of the {len(free)} who were free"]
    if one.team and len(team) == 1:
        return [f"the one of {one.team} who was free"]
    if one.team and all(given[one.id] <= given[other.id] for other in team):
        return [f"least loaded of {one.team}"]
    below = sum(given[other.id] < given[one.id] for other in team)
    place = f"{one.team}'s turn" if one.team else "a turn"
    return [f"{place}; {below} less loaded {'serves' if below == 1 else 'serve'} at other times"]


def _skills(request: Request, chosen: Chosen, one: Candidate, spot: Spot) -> list[str]:
    if request.place(spot).role != ENGINEER:
        return []
    covered = sorted(request.rotations[spot[0]].skills & one.skills)
    return [f"covers {', '.join(covered)}"] if covered else []

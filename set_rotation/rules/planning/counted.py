"""Too few people for some places, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from set_rotation.rules.planning import colliding
from set_rotation.rules.planning.colliding import Kind, Need, number
from set_rotation.rules.planning.shapes import LEAD, Collision, Request, Spot

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Shortage:
    """Places of one rotation or of two in a row, the fewer people who can take them, and what stands behind that."""

    spots: tuple[Spot, ...]
    able: frozenset[int]
    needs: tuple[Need, ...]


def in_words(request: Request, short: Shortage) -> Collision:
    """The shortage as one sentence, and each requirement in it alone."""
    people = {one.id: one for one in request.candidates}
    said = colliding.why_each(request, short.needs, people)
    if _is_said_already(request, short, hindered=bool(said)):
        return colliding.in_words(request, short.needs)
    words = f"{_wanted(request, short)}, and {_only(short, len(said))}"
    if said:
        words += f": {colliding.hindered_words([people[who] for who in said], said)}"
    elif short.able:
        words += f" ({colliding.listed([one.name for one in request.candidates if one.id in short.able])})"
    parts = [*_fills(request, short.spots), *(f"{people[who].name} {why}" for who, why in said.items())]
    if _in_a_row(short):
        parts.append("Nobody serves two rotations in a row")
        if len(_rotations(short.spots)) == 1:
            words += "; nobody serves two rotations in a row"
    return Collision(f"{words}.", tuple(f"{part}." for part in parts))


def _is_said_already(request: Request, short: Shortage, *, hindered: bool) -> bool:
    """Whether the words for collisions of any kind do: few leads, or too few people of one role in a rotation."""
    roles = {request.place(spot).role for spot in short.spots}
    if roles == {LEAD}:
        return True
    plain = len(roles) == 1 and len(_rotations(short.spots)) == 1 and not hindered
    return plain and _whole(request, short.spots, roles)


def _in_a_row(short: Shortage) -> bool:
    return any(need.kind is Kind.ROW for need in short.needs)


def _rotations(spots: Sequence[Spot]) -> list[int]:
    return sorted({r for r, _ in spots})


def _whole(request: Request, spots: Sequence[Spot], roles: set[str]) -> bool:
    """Whether these are all the places of these roles in their rotations that are free."""
    return all((r, k) in spots for r in _rotations(spots) for k, place in enumerate(request.rotations[r].places)
               if place.role in roles and place.fixed is None)


def _wanted(request: Request, short: Shortage) -> str:
    """What the places need: rotation by rotation, or between two of them."""
    rotations, wanted = _rotations(short.spots), _fills(request, short.spots)
    if len(rotations) == 1:
        return wanted[0]
    roles = {request.place(spot).role for spot in short.spots}
    count, row = number(len(short.spots)), "for nobody serves two rotations in a row"
    if not _whole(request, short.spots, roles) or any(
            {request.place(spot).role for spot in short.spots if spot[0] == r} != roles for r in rotations):
        return f"{' and '.join(wanted)}, {count} people between them, {row}"
    names = [request.rotations[r].name for r in rotations]
    more = " more" if _some_stand(request, rotations, roles) else ""
    what = "people" if len(roles) > 1 else "engineers"
    return f"{names[0]} and {names[1]} need {count}{more} {what} between them, {row}"


def _some_stand(request: Request, rotations: Sequence[int], roles: set[str]) -> bool:
    return any(place.fixed is not None and place.role in roles
               for r in rotations for place in request.rotations[r].places)


def _fills(request: Request, spots: Sequence[Spot]) -> list[str]:
    """What each rotation needs: a sentence for each."""
    found = []
    for r in _rotations(spots):
        mine = [spot for spot in spots if spot[0] == r]
        roles = sorted({request.place(spot).role for spot in mine}, key=lambda role: role != LEAD)
        what = [_role_words(request, [spot for spot in mine if request.place(spot).role == role]) for role in roles]
        found.append(f"{request.rotations[r].name} needs {' and '.join(what)}")
    return found


def _role_words(request: Request, spots: Sequence[Spot]) -> str:
    """So many of one role in one rotation, and in which weeks if not all of its places are meant."""
    r, role, rotation = spots[0][0], request.place(spots[0]).role, request.rotations[spots[0][0]]
    if role == LEAD:
        return "a lead"
    more = " more" if _some_stand(request, [r], {role}) else ""
    what = f"{number(len(spots))}{more} engineers" if len(spots) > 1 else f"one more {role}" if more else "an engineer"
    weeks = sorted(frozenset[int]().union(*(rotation.weeks_of(request.place(spot)) for spot in spots)))
    if _whole(request, spots, {role}) or len(weeks) == rotation.weeks or weeks[-1] >= len(ORDINALS):
        return what
    return f"{what} in its {' and '.join(ORDINALS[week] for week in weeks)} week{'s' if len(weeks) > 1 else ''}"


def _only(short: Shortage, hindered: int) -> str:
    """How many can, of how many who could if nothing stood against it."""
    able = len(short.able)
    if not hindered:
        return f"only {number(able)} can" if able else "nobody can"
    everybody = number(able + hindered)
    return f"only {number(able)} of {everybody} can" if able else f"none of the {everybody} who could can"

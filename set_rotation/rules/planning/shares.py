"""How many places each team fills, and who is comparable with whom."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from set_rotation.rules.planning.shapes import ENGINEER, LEAD, SEATS, Candidate, Request, Week

ROLES = (LEAD, ENGINEER)


@dataclass(frozen=True)
class Share:
    """What a team fills of one role over the whole request: between `least` and `most` of a share of `exactly`."""

    team: str
    role: str
    exactly: Fraction

    @property
    def least(self) -> int:
        """The share without its fraction."""
        return floor(self.exactly)

    @property
    def most(self) -> int:
        """The share rounded up."""
        return ceil(self.exactly)


def shares(request: Request, role: str) -> list[Share]:
    """Each team's share of the places of a role, scaled so that all shares together are all places.

    More owed than needed is scaled down; less is scaled up, since places are filled anyway. Empty if nothing is owed or
    the request does not ask for commitments. A team without a commitment has a share of nothing.
    """
    if not request.rules.commitments:
        return []
    needed = sum(place.role == role for rotation in request.rotations for place in rotation.places)
    owed = {one.team: one.owed(role, len(request.rotations)) for one in request.commitments}
    total = sum(owed.values(), Fraction(0))
    if not total or not needed:
        return []
    teams = sorted({one.team for one in request.candidates} | set(owed))
    return [Share(team, role, owed.get(team, Fraction(0)) * needed / total) for team in teams]


def owed_words(request: Request, role: str) -> str:
    """One sentence where what teams owe is not what is needed, else nothing."""
    needed = sum(place.role == role for rotation in request.rotations for place in rotation.places)
    owed = sum((one.owed(role, len(request.rotations)) for one in request.commitments), Fraction(0))
    if not request.rules.commitments or not owed or owed == needed:
        return ""
    what = "leads" if role == LEAD else "engineers"
    more = "more than the {} needed; everybody's share is scaled down" if owed > needed else \
        "fewer than the {} needed; everybody's share is scaled up"
    return f"The teams owe {_number(owed)} {what}, {more.format(needed)}."


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"


@dataclass(frozen=True)
class Cohort:
    """People who should carry the same: the same commitments a head, roles and membership. `same` if their availability
    is the same week by week too, which is where a spread of one shift is promised."""

    name: str
    people: tuple[int, ...]
    same: bool


def cohorts(request: Request) -> list[Cohort]:
    """Groups of at least two: first those who are available in the same weeks, then wider ones that overlook leave."""
    exact: dict[tuple[object, ...], list[Candidate]] = defaultdict(list)
    wide: dict[tuple[object, ...], list[Candidate]] = defaultdict(list)
    for one in request.candidates:
        key = (*(_per_head(request, one, role) for role in ROLES), one.can_lead, one.can_engineer, one.here)
        wide[key].append(one)
        exact[(*key, frozenset(one.away), one.before, one.after)].append(one)
    found = [_cohort(group, True) for group in exact.values() if len(group) > 1]
    known = {group.people for group in found}
    wider = [_cohort(group, False) for group in wide.values() if len(group) > 1]
    return found + [group for group in wider if group.people not in known]


def _per_head(request: Request, one: Candidate, role: str) -> Fraction | None:
    """What somebody's team owes of a role for each of its members who can: a team of three that owes as much as one of
    two asks less of each. None where that does not bear on them."""
    owed = {each.team: each.owed(role, 1) for each in request.commitments}
    if not request.rules.commitments or not any(owed.values()) or not one.can(role):
        return None
    heads = sum(each.team == one.team and each.can(role) for each in request.candidates)
    return owed.get(one.team, Fraction(0)) / heads


def _cohort(group: list[Candidate], same: bool) -> Cohort:
    teams = sorted({one.team for one in group})
    name = teams[0] if len(teams) == 1 else f"{len(teams)} teams"
    roles = "leads only" if not group[0].can_engineer else "who may lead" if group[0].can_lead else "engineers"
    return Cohort(f"{len(group)} people of {name}, {roles}", tuple(sorted(one.id for one in group)), same)


def as_if_all_along(
    so_far: Mapping[str, int], member: int, window: int, usual: Mapping[str, float]
) -> dict[str, int]:
    """Shifts per seat as if somebody had been a member for the whole window of rotations: for the part in which they
    were not, the usual number of their peers stands in. So that who joins is not made to catch up with a year."""
    missing = Fraction(window - member, window) if window else Fraction(0)
    return {seat: so_far.get(seat, 0) + round(usual.get(seat, 0) * missing) for seat in SEATS}


def free_weeks(request: Request, one: Candidate) -> frozenset[Week]:
    """The weeks of the request in which somebody is a member and not away."""
    return one.here - frozenset(one.away)

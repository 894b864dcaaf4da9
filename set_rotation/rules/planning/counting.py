"""What is impossible by counting alone: more places in a rotation, or in two in a row, than people who can take them.

Nobody serves twice in such a window, so each of its places needs a person of its own: a matching of places to people.
Where there is none, Hall's theorem names some of the places that have fewer people between them than they are. A solver
can count for minutes here (ten places and nine equal people), so this is asked first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from set_rotation.rules.planning.checks import why_not
from set_rotation.rules.planning.colliding import Kind, Need
from set_rotation.rules.planning.counted import Shortage, in_words
from set_rotation.rules.planning.shapes import AVOID, Candidate, Collision, Request, Spot


def too_few(request: Request) -> Collision | None:
    """Why the places of one rotation, or of two in a row, are more than the people who can take them; None if each of
    these windows can be filled by itself. Looks at roles, membership, absences, who stands where and wishes that must
    be met, not at skills."""
    counts = _Counts(request)
    for size in (1, 2):
        for first in range(len(request.rotations) - size + 1):
            spots = [spot for r in range(first, first + size) for spot in counts.free[r]]
            lacking = _lacking(spots, counts.able)
            if lacking:
                able = {who for spot in lacking for who in counts.able[spot]}
                lacking = counts.all_alike(lacking, able)
                needs = tuple(sorted(counts.needs(lacking, able), key=lambda need: need.order))
                return in_words(request, Shortage(tuple(lacking), frozenset(able), needs))
    return None


@dataclass(frozen=True)
class _Counts:
    """Who can take each place that is free, and who stands where already."""

    request: Request

    @cached_property
    def free(self) -> list[list[Spot]]:
        """The places of each rotation in which nobody stands."""
        return [[(r, k) for k, place in enumerate(rotation.places) if place.fixed is None]
                for r, rotation in enumerate(self.request.rotations)]

    @cached_property
    def stands(self) -> dict[int, dict[int, str]]:
        """The rotations in which each person stands already, and as what."""
        found: dict[int, dict[int, str]] = {}
        for spot in self.request.spots():
            place = self.request.place(spot)
            if place.fixed is not None:
                found.setdefault(place.fixed, {})[spot[0]] = place.role
        return found

    @cached_property
    def unwilling(self) -> dict[tuple[int, int], int]:
        """The wish by which somebody must not serve in a rotation, where wishes must be met."""
        if not self.request.rules.wishes_must:
            return {}
        return {(wish.person, r): number for number, wish in enumerate(self.request.wishes) if wish.kind == AVOID
                for r in wish.rotations}

    @cached_property
    def able(self) -> dict[Spot, list[int]]:
        """Who can take each free place."""
        return {spot: [one.id for one in self.request.candidates if self._can(one, spot)]
                for spots in self.free for spot in spots}

    def _can(self, one: Candidate, spot: Spot) -> bool:
        near = self.stands.get(one.id, {}).keys() & {spot[0] - 1, spot[0], spot[0] + 1}
        return not near and (one.id, spot[0]) not in self.unwilling and not why_not(self.request, one, spot)

    def all_alike(self, lacking: Sequence[Spot], able: set[int]) -> list[Spot]:
        """These places and those beside them, of the same role in the same rotation, for which there is nobody else
        either: eight people for two rotations are too few for ten places, not for nine of them."""
        roles = {(r, self.request.place((r, k)).role) for r, k in lacking}
        return [spot for r in sorted({r for r, _ in lacking}) for spot in self.free[r]
                if (r, self.request.place(spot).role) in roles and able.issuperset(self.able[spot])]

    def needs(self, lacking: Sequence[Spot], able: set[int]) -> Iterator[Need]:
        """What has to hold so that these places lack people: each person named would be one more who can take one."""
        rotations = {r for r, _ in lacking}
        others = [one for one in self.request.candidates if one.id not in able]
        reasons = [need for one in others for need in self._hinders(one, lacking)]
        yield from {Need(Kind.FILL, spot[0], self.request.place(spot).role) for spot in lacking}
        yield from dict.fromkeys(reasons)
        if len(rotations) > 1 or any(need.kind is Kind.FIXED and need.rotation not in rotations for need in reasons):
            yield Need(Kind.ROW, -1)

    def _hinders(self, one: Candidate, lacking: Sequence[Spot]) -> Iterator[Need]:
        """Why somebody who could take one of these places for their role and membership can take none of them."""
        roles = {(r, self.request.place((r, k)).role) for r, k in lacking}
        if roles & set(self.stands.get(one.id, {}).items()):
            return  # they fill such a place already, and the others are what is still needed
        for r in sorted({r for r, _ in lacking}):
            mine = [(r, k) for each, k in lacking if each == r and one.can(self.request.place((r, k)).role)]
            if mine and all((r, week) in one.here for week in range(self.request.rotations[r].weeks)):
                yield self._hinders_in(one, r, mine)

    def _hinders_in(self, one: Candidate, r: int, spots: Sequence[Spot]) -> Need:
        """The one reason that is said for a rotation: any of them is enough by itself."""
        near = [each for each in (r, r - 1, r + 1) if each in self.stands.get(one.id, {})]
        if near:
            return Need(Kind.FIXED, near[0], person=one.id)
        rotation = self.request.rotations[r]
        if all(any((r, week) in one.away for week in rotation.weeks_of(self.request.place(spot))) for spot in spots):
            return Need(Kind.AWAY, r, person=one.id)
        if r == len(self.request.rotations) - 1 and one.after:
            return Need(Kind.AFTER, r, person=one.id)
        if r == 0 and one.before:
            return Need(Kind.BEFORE, r, person=one.id)
        number = self.unwilling[one.id, r]
        return Need(Kind.WISH, self.request.wishes[number].rotations[0], person=one.id, wish=number)


def _lacking(spots: Sequence[Spot], able: Mapping[Spot, Sequence[int]]) -> list[Spot]:
    """The places that have one person less between them than they are, none of which could be left out; empty if each
    place can have a person of its own."""
    taken: dict[int, Spot] = {}
    for spot in spots:
        came = _search(spot, able, taken)
        if came is not None:
            return sorted(came)
    return []


def _search(start: Spot, able: Mapping[Spot, Sequence[int]], taken: dict[int, Spot]) -> set[Spot] | None:
    """Find a person for a place, others moving on if need be; the places that were asked in vain if there is none."""
    asked, asks = {start}, [start]
    through: dict[int, Spot] = {}
    for spot in asks:
        for who in able[spot]:
            if who in through:
                continue
            through[who] = spot
            if who not in taken:
                _move(who, start, through, taken)
                return None
            if taken[who] not in asked:
                asked.add(taken[who])
                asks.append(taken[who])
    return asked


def _move(who: int, start: Spot, through: Mapping[int, Spot], taken: dict[int, Spot]) -> None:
    """Everybody on the way takes the place through which they were found."""
    has = {spot: person for person, spot in taken.items()}
    while True:
        spot = through[who]
        taken[who] = spot
        if spot == start:
            return
        who = has[spot]

"""To Do against the priority of work: who stands out of order and by how much, and the fewest moves that mend it.

A ticket that somebody put elsewhere for a reason is *held*: it is no fault, is not moved, and nothing is measured by
it. The others move around it; it stays right behind whichever ticket before it stays.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

MOST = 50  # issues that Jira takes in one call
LAST = (2**62,)  # a ticket that has not been placed yet stands behind all that have


@dataclass(frozen=True)
class Standing:
    """A ticket of To Do in its present place. `key` compares as the priority of work does; None: not placed yet."""

    id: int
    key: tuple[int, ...] | None
    held: bool = False


@dataclass(frozen=True)
class Call:
    """One call to Jira: these tickets, in this order, right before or right after the anchor."""

    tickets: tuple[int, ...]
    anchor: int
    before: bool


@dataclass(frozen=True)
class Plan:
    """The fewest moves: who moves, in which calls, and the order that comes of it. `offs`: see `out_of_order`."""

    calls: tuple[Call, ...]
    result: tuple[int, ...]
    offs: dict[int, int]


@dataclass(frozen=True)
class Breach:
    """A move against the order: the ticket would stand so many places too high or too low, counting those in order."""

    places: int
    too_high: bool

    @property
    def words(self) -> str:
        return places_words(-self.places if self.too_high else self.places)


def out_of_order(order: Sequence[Standing]) -> dict[int, int]:
    """Ticket → by how many places it stands too low (above 0) or too high (below 0), for those that would have to move.

    They are the fewest that can be moved so that the rest stands in order; a place is one ticket of that rest.
    """
    free = _free(order)
    stays = _longest(free)
    rest = [_key(standing) for standing, kept in zip(free, stays, strict=True) if kept]
    offs, above = {}, 0
    for standing, kept in zip(free, stays, strict=True):
        if kept:
            above += 1
        else:
            offs[standing.id] = _off(_key(standing), above, rest)
    return offs


def _off(key: tuple[int, ...], above: int, rest: Sequence[tuple[int, ...]]) -> int:
    """How far from its place among `rest` a ticket is that stands behind the first `above` of them."""
    first, last = bisect_left(rest, key), bisect_right(rest, key)
    return above - last if above > last else min(above - first, 0)


def plan(order: Sequence[Standing]) -> Plan:
    """The moves after which all that are not held stand in order. As few tickets as possible move; each call moves
    neighbours, at most 50. Calls are to be made one after the other: a long run goes before the same anchor in parts,
    or after the part before it."""
    offs = out_of_order(order)
    wanted = [standing.id for standing in sorted(_free(order), key=_key)]  # equal ones keep their order
    calls: list[Call] = []
    runs = [(moved, list(run)) for moved, run in groupby(wanted, key=offs.__contains__)]
    for number, (moved, run) in enumerate(runs):
        if not moved:
            continue
        following = runs[number + 1][1][0] if number + 1 < len(runs) else None
        anchor = following if following is not None else _last_that_stays(order, offs)
        for part in (tuple(run[start : start + MOST]) for start in range(0, len(run), MOST)):
            calls.append(Call(part, anchor, before=following is not None))
            anchor = anchor if following is not None else part[-1]
    return Plan(tuple(calls), tuple(applied([standing.id for standing in order], calls)), offs)


def applied(order: Sequence[int], calls: Sequence[Call]) -> list[int]:
    """The order after these calls, as Jira makes them."""
    ranked = list(order)
    for call in calls:
        moved = set(call.tickets)
        ranked = [ticket for ticket in ranked if ticket not in moved]
        place = ranked.index(call.anchor) + (0 if call.before else 1)
        ranked[place:place] = call.tickets
    return ranked


def breaks_rule(order: Sequence[Standing], ticket: int, new_place: int) -> Breach | None:
    """Whether putting a ticket at this place (0 the first, of the order as it would be then) goes against the order.

    Up past what comes first by the rule, or down past what comes later: measured by the tickets that stand in order.
    A move towards its place is none, however far it still has to go. Raises ValueError for a ticket that is not there.
    """
    here = next((place for place, standing in enumerate(order) if standing.id == ticket), None)
    if here is None:
        raise ValueError(f"{ticket} does not stand in this order.")
    moved, others = order[here], [*order[:here], *order[here + 1 :]]
    free = _free(others)
    kept = [standing for standing, stays in zip(free, _longest(free), strict=True) if stays]
    ahead = {standing.id for standing in others[:new_place]}
    off = _off(_key(moved), sum(standing.id in ahead for standing in kept), [_key(standing) for standing in kept])
    if (new_place < here and off < 0) or (new_place > here and off > 0):
        return Breach(abs(off), off < 0)
    return None


def places_words(off: int) -> str:
    """ "6 places too low", "1 place too high"."""
    return f"{abs(off)} place{'s' if abs(off) > 1 else ''} too {'low' if off > 0 else 'high'}"


def digest(order: Sequence[Standing]) -> str:
    """What a preview was made from: it changes when the order, a key or an exception does."""
    return hashlib.sha256(repr([(each.id, each.key, each.held) for each in order]).encode()).hexdigest()[:32]


def _free(order: Sequence[Standing]) -> list[Standing]:
    return [standing for standing in order if not standing.held]


def _key(standing: Standing) -> tuple[int, ...]:
    return standing.key if standing.key is not None else LAST


def _last_that_stays(order: Sequence[Standing], moved: dict[int, int]) -> int:
    return next(standing.id for standing in reversed(order) if standing.id not in moved)


def _longest(order: Sequence[Standing]) -> list[bool]:
    """Who belongs to a longest subsequence that is in order already (patience sorting: n log n)."""
    tails: list[tuple[int, ...]] = []  # the smallest end of a subsequence of each length
    ends: list[int] = []  # and whose it is
    before: list[int] = []
    for place, standing in enumerate(order):
        length = bisect_right(tails, _key(standing))
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [_key(standing)]
        ends[length : length + 1] = [place]
    stays, place = [False] * len(order), ends[-1] if ends else -1
    while place >= 0:
        stays[place] = True
        place = before[place]
    return stays

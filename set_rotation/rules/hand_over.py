"""Who takes over which ticket. Pure: the same facts give the same proposal, whenever it is asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

NOBODY = "Nobody is planned as an engineer of the next rotation."
STAYS = "keeps it: on SET next too"
OUTSIDE = "is not on SET: it stays with them"
SHARED = "evenly shared"


@dataclass(frozen=True)
class OpenTicket:
    """A ticket to hand over. `owner`: the person who has it, None: nobody, or somebody whom the portal does not know
    (`outside`). `team`: the feature team whose it is."""

    id: int
    owner: int | None
    team: int | None = None
    team_name: str = ""
    outside: bool = False


@dataclass(frozen=True)
class Taker:
    """Somebody who can be given tickets, and their feature team."""

    person: int
    team: int | None = None


@dataclass(frozen=True)
class Proposal:
    """Who is to have a ticket (None: it is left as it is), and why, in a short line."""

    ticket: int
    person: int | None
    why: str


def propose(
    tickets: Sequence[OpenTicket], *, outgoing: Collection[int], incoming: Collection[int], takers: Sequence[Taker]
) -> tuple[Proposal, ...]:
    """A proposal for each ticket, in their order.

    Whoever is of the next crew too (`incoming`) keeps theirs; so does whoever was not on SET at all. The others go to
    the next engineers (`takers`) so that in the end nobody who was given one has two more than another, counting what
    they keep; where that leaves a choice, to somebody of the ticket's own team. Earlier tickets choose first.
    """
    kept: dict[int, Proposal] = {}
    free = []
    for ticket in tickets:
        if ticket.outside or (ticket.owner is not None and ticket.owner not in {*outgoing, *incoming}):
            kept[ticket.id] = Proposal(ticket.id, None, OUTSIDE)
        elif ticket.owner is not None and ticket.owner in incoming:
            kept[ticket.id] = Proposal(ticket.id, ticket.owner, STAYS)
        else:
            free.append(ticket)
    loads = {taker.person: sum(one.person == taker.person for one in kept.values()) for taker in takers}
    given = _share(free, takers, loads) if takers else {one.id: Proposal(one.id, None, NOBODY) for one in free}
    return tuple(kept.get(ticket.id) or given[ticket.id] for ticket in tickets)


def _share(tickets: Sequence[OpenTicket], takers: Sequence[Taker], loads: dict[int, int]) -> dict[int, Proposal]:
    level, above = _level(loads.values(), len(tickets))
    found: dict[int, Proposal] = {}
    for ticket in tickets:
        own = [one for one in takers if one.team is not None and one.team == ticket.team]
        taker = _least(own, loads)
        if taker is None or loads[taker.person] > level or (loads[taker.person] == level and not above):
            continue
        above -= loads[taker.person] == level
        loads[taker.person] += 1
        why = f"their own team: {ticket.team_name}" if ticket.team_name else "their own team"
        found[ticket.id] = Proposal(ticket.id, taker.person, why)
    for ticket in tickets:
        if ticket.id not in found:
            taker = _least(takers, loads)
            assert taker is not None  # noqa: S101  (there are takers, or nothing is shared)
            loads[taker.person] += 1
            found[ticket.id] = Proposal(ticket.id, taker.person, SHARED)
    return found


def _least(takers: Iterable[Taker], loads: Mapping[int, int]) -> Taker | None:
    """Whoever has least; of several the one named first."""
    return min(takers, key=lambda one: loads[one.person], default=None)


def _level(loads: Iterable[int], count: int) -> tuple[int, int]:
    """How many everybody has once `count` more are spread as evenly as can be, and how many people get one above it."""
    order = sorted(loads)
    level, left = order[0], count
    for place, load in enumerate(order):
        needed = (load - level) * place
        if needed > left:
            break
        left -= needed
        level = load
    low = sum(load <= level for load in order)
    return level + left // low, left % low


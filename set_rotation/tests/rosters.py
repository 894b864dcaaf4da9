"""Requests for the planner's tests, in few words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from set_rotation.rules.planning.shapes import (
    BACKUP,
    ENGINEER,
    LEAD,
    PRIMARY,
    Candidate,
    Place,
    Request,
    Rotation,
    Shift,
)

FIRST, SECOND = frozenset({0}), frozenset({1})
ONE_SEAT_EACH = (
    Place(LEAD, (Shift(LEAD, FIRST | SECOND, 6),)),
    Place(ENGINEER, (Shift(PRIMARY, FIRST, 10),)), Place(ENGINEER, (Shift(BACKUP, FIRST, 4),)),
    Place(ENGINEER, (Shift(PRIMARY, SECOND, 10),)), Place(ENGINEER, (Shift(BACKUP, SECOND, 4),)),
)
TAKE_TURNS = (
    ONE_SEAT_EACH[0],
    Place(ENGINEER, (Shift(PRIMARY, FIRST, 10), Shift(BACKUP, SECOND, 4))),
    Place(ENGINEER, (Shift(BACKUP, FIRST, 4), Shift(PRIMARY, SECOND, 10))),
    Place(ENGINEER), Place(ENGINEER),
)


def rotations(count: int, places: tuple[Place, ...] = ONE_SEAT_EACH, first: int = 43) -> tuple[Rotation, ...]:
    return tuple(Rotation(f"Rotation {first + number}", places) for number in range(count))


def person(
    number: int, count: int, *, name: str = "", team: str = "", leads: bool = True, engineers: bool = True,
    skills: Iterable[str] = (), away: Mapping[int, str] | None = None, before: bool = False,
    here: Collection[int] | None = None,
) -> Candidate:
    """Somebody for `count` rotations; `away` by rotation, in words; `here`: those in which they are a member."""
    inside = range(count) if here is None else here
    return Candidate(
        number, name or f"Person {number}", team or f"Team {number % 5}",
        frozenset((r, week) for r in inside for week in (0, 1)), frozenset(skills), leads, engineers,
        {(r, week): words for r, words in (away or {}).items() for week in (0, 1)}, before,
    )


def request(people: int, count: int, *, teams: int = 5, places: tuple[Place, ...] = ONE_SEAT_EACH) -> Request:
    """People who are all the same but for their team."""
    return Request(
        rotations(count, places), tuple(person(one, count, team=f"Team {one % teams}") for one in range(1, people + 1))
    )


def asking(asked: Request, r: int, *skills: str) -> Request:
    """The request with skills asked for in one of its rotations."""
    changed = tuple(replace(one, skills=frozenset(skills)) if number == r else one
                    for number, one in enumerate(asked.rotations))
    return replace(asked, rotations=changed)

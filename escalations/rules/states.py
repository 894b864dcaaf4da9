"""Which status may follow which. Solved and closed are opened again; a merge closes from anywhere."""

from collections.abc import Mapping
from types import MappingProxyType

from escalations.choices import Status

MOVES: Mapping[Status, frozenset[Status]] = MappingProxyType({
    Status.NEW: frozenset({Status.OURS, Status.REPORTER, Status.HANDED_OVER, Status.REPLY_OWED, Status.SOLVED}),
    Status.OURS: frozenset({Status.REPORTER, Status.HANDED_OVER, Status.REPLY_OWED, Status.SOLVED}),
    Status.REPORTER: frozenset({Status.OURS, Status.HANDED_OVER, Status.REPLY_OWED, Status.SOLVED}),
    Status.HANDED_OVER: frozenset({Status.OURS, Status.REPORTER, Status.REPLY_OWED, Status.SOLVED}),
    Status.REPLY_OWED: frozenset({Status.OURS, Status.SOLVED, Status.CLOSED}),
    Status.SOLVED: frozenset({Status.OURS, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OURS}),
})


def may_move(old: Status, new: Status) -> bool:
    """Whether somebody may move it there. The same status is no move."""
    return new in MOVES[old]


def why_not(old: Status, new: Status) -> str:
    """Why a move is refused, in words that say what may be done instead."""
    if old == new:
        return f"It is {old.label.lower()} already."
    ways = ", ".join(status.label.lower() for status in Status if status in MOVES[old])
    return f"From {old.label.lower()} it can go to: {ways}."

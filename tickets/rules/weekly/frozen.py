"""A week as it is kept: its numbers, and the very lists that they counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tickets.rules.weekly.numbers import (
    BACKLOG,
    IN_PROGRESS,
    QUEUE,
    QUEUE_SHOWN,
    RESOLVED,
    SUBMITTED,
    WINDOW,
    Line,
    apart,
    customers,
)

LISTS = (RESOLVED, SUBMITTED, IN_PROGRESS, QUEUE, BACKLOG)


@dataclass(frozen=True)
class Counted:
    """A week counted: five lists, and how many tickets of any type waited in To Do (the queue shows the first)."""

    at: datetime
    lists: Mapping[str, tuple[Line, ...]]
    backlog: Mapping[str, int]
    todo: int

    @property
    def since(self) -> datetime:
        return self.at - WINDOW

    @property
    def figures(self) -> dict[str, int]:
        """What is compared from week to week, by the names of the lists."""
        counts = {name: len(self.lists[name]) for name in (RESOLVED, SUBMITTED, IN_PROGRESS)}
        return counts | {
            QUEUE: len(self.queue), BACKLOG: sum(self.backlog.values()),
            f"{RESOLVED}-customers": customers(self.lists[RESOLVED]),
            f"{SUBMITTED}-customers": customers(self.lists[SUBMITTED]),
        }

    @property
    def queue(self) -> tuple[Line, ...]:
        """The first of To Do: what the post names as next."""
        return self.lists[QUEUE][:QUEUE_SHOWN]

    @property
    def apart(self) -> Mapping[str, int]:
        return apart(self.lists[RESOLVED])

    def numbers_json(self) -> dict[str, Any]:
        return {**self.figures, "by_column": dict(self.backlog), "todo": self.todo}

    def lists_json(self) -> dict[str, Any]:
        return {name: [asdict(line) | {"at": line.at.isoformat()} for line in self.lists[name]] for name in LISTS}


def thaw(*, at: datetime, numbers: Mapping[str, Any], lists: Mapping[str, Any]) -> Counted:
    """What was kept, as it was counted."""
    return Counted(
        at=at, backlog=dict(numbers.get("by_column", {})), todo=int(numbers.get("todo", 0)),
        lists={
            name: tuple(
                Line(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in lists.get(name, [])
            ) for name in LISTS
        },
    )


@dataclass(frozen=True)
class Moved:
    """Which tickets entered and which left a list between two countings."""

    name: str
    entered: tuple[Line, ...]
    left: tuple[Line, ...]

    def __bool__(self) -> bool:
        return bool(self.entered or self.left)


def moved(before: Counted, after: Counted) -> dict[str, Moved]:
    """What changed in each list; of the queue only what the post names."""
    found = {}
    for name in LISTS:
        old = before.queue if name == QUEUE else before.lists[name]
        new = after.queue if name == QUEUE else after.lists[name]
        had, has = {line.id for line in old}, {line.id for line in new}
        found[name] = Moved(
            name, tuple(line for line in new if line.id not in had), tuple(line for line in old if line.id not in has)
        )
    return found

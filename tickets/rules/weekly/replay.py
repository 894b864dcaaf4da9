"""How a ticket stood over time, replayed from its change log.

What a field was before its first change is what that change came from; where the log is silent, today's value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

STATUS, KIND, LABELS, RESOLUTION = "status", "kind", "labels", "resolution"
# Jira's names of the fields that are replayed, in lower case.
FIELDS = {"status": STATUS, "issuetype": KIND, "labels": LABELS, "resolution": RESOLUTION}


@dataclass(frozen=True)
class Item:
    """One item of the change log, of a field in `FIELDS`; a status is named by its id, labels are one text."""

    at: datetime
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Stood:
    """How a ticket stood. `here`: it was in Jira, in a project that is mirrored."""

    here: bool
    status: str
    kind: str
    labels: tuple[str, ...]
    resolution: str


@dataclass(frozen=True)
class Today:
    """What the mirror holds now."""

    created: datetime
    status: str
    status_since: datetime
    kind: str
    labels: tuple[str, ...]
    resolution: str


@dataclass(frozen=True)
class State:
    """How a ticket stood from `since` on; `before` is None for the first."""

    since: datetime
    stood: Stood
    before: Stood | None


def states_of(today: Today, items: Sequence[Item], gone: Sequence[tuple[datetime, bool]] = ()) -> list[State]:
    """The states of a ticket in order, none like the one before it; the first begins at its creation.

    `items`: in Jira's order. `gone`: when it went out of sight (False) and came back (True). A change that the log
    dates before the creation (a ticket that was imported) counts as made then.
    """
    first = _first(today, items)
    found = [State(today.created, first, None)]
    touched: set[str] = set()
    for at, field, value in sorted(_steps(today, items, gone), key=lambda step: step[0]):
        last, moment = found[-1], max(at, today.created)
        stood = _with(last.stood, field, value)
        # What one press of a button changed together is one state, unless it changed the same thing twice.
        if moment == last.since and len(found) > 1 and field not in touched:
            found[-1] = replace(last, stood=stood)
            touched.add(field)
        elif stood != last.stood:
            found.append(State(moment, stood, last.stood))
            touched = {field}
    return found


def _first(today: Today, items: Sequence[Item]) -> Stood:
    old = {item.field: item.old for item in reversed(items)}
    return Stood(
        here=True, status=old.get(STATUS, today.status), kind=old.get(KIND, today.kind),
        labels=label_set(old[LABELS]) if LABELS in old else today.labels,
        resolution=old.get(RESOLUTION, today.resolution),
    )


def _steps(
    today: Today, items: Sequence[Item], gone: Sequence[tuple[datetime, bool]]
) -> Iterable[tuple[datetime, str, str | bool]]:
    yield from ((item.at, item.field, item.new) for item in items)
    moves = [item for item in items if item.field == STATUS]
    if moves and moves[-1].new != today.status:
        # A workflow that was migrated moves tickets without a word in their logs; the board shows them where they are.
        yield max(today.status_since, items[-1].at), STATUS, today.status
    yield from ((at, "here", back) for at, back in gone)


def _with(stood: Stood, field: str, value: str | bool) -> Stood:
    if isinstance(value, bool):
        return replace(stood, here=value)
    if field == LABELS:
        return replace(stood, labels=label_set(value))
    if field == STATUS:
        return replace(stood, status=value)
    return replace(stood, kind=value) if field == KIND else replace(stood, resolution=value)


def label_set(text: str) -> tuple[str, ...]:
    """Labels as the change log writes them: the whole set, parted by spaces (a label holds none)."""
    return tuple(text.split())

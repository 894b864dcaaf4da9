"""The numbers of a weekly update and the lists behind them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tickets.choices import Column

WINDOW = timedelta(hours=168)
RESOLVED, SUBMITTED, IN_PROGRESS, QUEUE, BACKLOG = "resolved", "submitted", "in-progress", "queue", "backlog"
QUEUE_SHOWN = 5
# The backlog as the page splits it: every column but Done, in the order of the board.
OPEN = tuple(column for column in Column if column != Column.DONE)


@dataclass(frozen=True)
class Meaning:
    """What the lead says: which column a status stands in, which types are bugs, which labels are a customer's, which
    resolutions stand apart, which projects are not SET's. Names are in lower case."""

    columns: Mapping[str, str]
    bugs: frozenset[str]
    customer: frozenset[str]
    apart: frozenset[str]
    off_board: frozenset[str]

    def statuses(self, columns: Collection[str]) -> list[str]:
        """The ids of the statuses that stand in these columns."""
        return [status for status, column in self.columns.items() if column in columns]

    def is_customers(self, labels: Collection[str]) -> bool:
        return any(label.casefold() in self.customer for label in labels)


@dataclass(frozen=True)
class Line:
    """A ticket of a list, as it stood at the window's end; key, summary and assignee are today's."""

    id: int
    key: str
    summary: str
    kind: str
    column: str
    status: str
    at: datetime  # since when it is in the list: resolved, submitted, in its column
    customer: bool
    apart: str  # the resolution, where it is one of those that stand apart
    assignee: str


@dataclass(frozen=True)
class Numbers:
    """What the week was, at the end of its window. `backlog`: bugs by column; `queue_of`: how many wait in To Do."""

    at: datetime
    resolved: tuple[Line, ...]
    submitted: tuple[Line, ...]
    backlog: Mapping[str, int] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        """The beginning of the window; it is part of it, its end is not."""
        return self.at - WINDOW

    @property
    def backlog_total(self) -> int:
        return sum(self.backlog.values())


def customers(lines: Collection[Line]) -> int:
    """How many of these carry a customer's label."""
    return sum(line.customer for line in lines)


def apart(lines: Collection[Line]) -> Mapping[str, int]:
    """How many of these were resolved without mending, by resolution."""
    found: dict[str, int] = {}
    for line in lines:
        if line.apart:
            found[line.apart] = found.get(line.apart, 0) + 1
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))

"""The arithmetic of the charts: percentiles, shares, and the weeks they run over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.rules.weekly.numbers import WINDOW

WEEKS = 26


@dataclass(frozen=True)
class Week:
    """One week of the charts; `at` is its end. Times are of bugs resolved in it whose work began in In progress."""

    at: datetime
    resolved: int
    customers: int
    submitted: int
    backlog: int
    half: timedelta | None  # the 50th percentile of the cycle time
    most: timedelta | None  # the 85th
    timed: int  # how many of the resolved have a cycle time

    @property
    def share(self) -> int | None:
        """Of what was resolved, how much customers had reported, in percent; none of a week without any."""
        return round(100 * self.customers / self.resolved) if self.resolved else None


@dataclass(frozen=True)
class Doing:
    """A bug in progress, and how long since work on it first began."""

    key: str
    summary: str
    assignee: str
    age: timedelta
    older_than: str  # "", "half" or "most" of what was resolved took less


@dataclass(frozen=True)
class Area:
    """What befell a component's bugs over the weeks of the charts."""

    name: str
    came: int
    reopened: int
    escalated: int

    @property
    def total(self) -> int:
        return self.came + self.reopened + self.escalated


@dataclass(frozen=True)
class Flow:
    """How many bugs stood in each column at a moment; Done since the first moment of the chart."""

    at: datetime
    columns: dict[str, int]


def ends(at: datetime, weeks: int = WEEKS) -> list[datetime]:
    """The ends of the weeks up to `at`, oldest first."""
    return [at - back * WINDOW for back in range(weeks - 1, -1, -1)]


def older_than(age: timedelta, half: timedelta | None, most: timedelta | None) -> str:
    """Whether something in progress has taken longer than most, or than half, of what was resolved."""
    if most is not None and age > most:
        return "most"
    return "half" if half is not None and age > half else ""

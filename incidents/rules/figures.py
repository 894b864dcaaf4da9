"""What the figures of incidents count. Pure; times are lengths, None where they are not known."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from escalations.rules.figures import percent, share
from incidents.choices import Cause, PromiseState, Severity

NONE = "-"  # of a filter: our own server, or a cause that nobody has said
LONGEST = 200  # characters of a slug


@dataclass(frozen=True)
class Fact:
    """An incident, as it is counted. `day`: on which it was declared, for the team. Acknowledging is counted from the
    page that called, or the declaring, the rest from when it began. `kept` and `late`: promised updates; `statuses`:
    time in each."""

    id: int
    day: date
    severity: int
    cause: str
    customers: tuple[tuple[str, str], ...]  # slug and name; none for our own server
    acknowledge: timedelta | None
    identify: timedelta | None
    resolve: timedelta | None
    kept: int
    late: int
    statuses: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """Which incidents are counted: those of a customer (its slug), of a severity, of a cause; "" is any."""

    customer: str = ""
    severity: str = ""
    cause: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What is asked for, as an address has it."""
        told = (("customer", self.customer), ("severity", self.severity), ("cause", self.cause))
        return tuple(pair for pair in told if pair[1])

    def of(self, facts: Iterable[Fact]) -> list[Fact]:
        """Those that it leaves."""
        return [one for one in facts if self._fits(one)]

    def _fits(self, one: Fact) -> bool:
        slugs = [slug for slug, _ in one.customers] or [NONE]
        return (self.customer in ("", *slugs) and self.severity in ("", str(one.severity))
                and self.cause in ("", one.cause or NONE))


def read_filter(values: Mapping[str, str]) -> Filter:
    """The filter in a query string; a severity or a cause that is none is passed over, a customer's slug is as it
    stands there."""
    severity, cause = values.get("severity", ""), values.get("cause", "")
    return Filter(
        customer=values.get("customer", "").replace("\x00", "").strip()[:LONGEST],
        severity=severity if severity in map(str, Severity.values) else "",
        cause=cause if cause in (*Cause.values, NONE) else "",
    )


@dataclass(frozen=True)
class Line:
    """A group of incidents in numbers. Lengths are medians of those that are known; `statuses`: in each status, of
    those that were in it."""

    value: str
    label: str
    count: int
    acknowledge: timedelta | None
    identify: timedelta | None
    resolve: timedelta | None
    kept: int
    promised: int
    statuses: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def punctuality(self) -> str:
        """Updates in time, of those that were promised: "82 %", or "–" of none."""
        return share(self.kept, self.promised)


def in_time(state: str, due_at: datetime, at: datetime) -> bool | None:
    """Whether the promise of an update was met. One whose time has passed and for which no update came, or none that
    the customer has got, is broken now, and stays so, however it ends. None: it counts for nothing, for it is ahead, or
    was given up before its time."""
    if state in (PromiseState.OPEN, PromiseState.SENT) and int((at - due_at).total_seconds()) > 0:
        return False
    return {PromiseState.KEPT: True, PromiseState.LATE: False}.get(PromiseState(state))


def line_of(value: str, label: str, facts: Sequence[Fact]) -> Line:
    """One group in numbers."""
    return Line(
        value, label, len(facts), middle(one.acknowledge for one in facts), middle(one.identify for one in facts),
        middle(one.resolve for one in facts), sum(one.kept for one in facts),
        sum(one.kept + one.late for one in facts), {one.name: one.middle for one in in_status(facts)},
    )


def middle(lengths: Iterable[timedelta | None]) -> timedelta | None:
    """The median of the lengths that are known; None where none is. One outage of three days does not move it."""
    known = [one.total_seconds() for one in lengths if one is not None]
    return timedelta(seconds=median(known)) if known else None


def grouped(
    facts: Sequence[Fact], keys: Callable[[Fact], Sequence[tuple[str, str]]]
) -> list[Line]:
    """A line for each value and its label, the most frequent first, what was not said last. One incident may stand in
    several groups: that of two customers stands in both."""
    found: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        for key in keys(fact):
            found.setdefault(key, []).append(fact)
    lines = [line_of(value, label, members) for (value, label), members in found.items()]
    return sorted(lines, key=lambda one: (one.value == "", -one.count, one.label.casefold()))


@dataclass(frozen=True)
class StatusLine:
    """A status: how many incidents were in it, the median of their time in it, and its share of all time."""

    name: str
    count: int
    middle: timedelta
    whole: timedelta
    percent: int


def in_status(facts: Iterable[Fact]) -> list[StatusLine]:
    """The time in each status, where most time went first."""
    found: dict[str, list[timedelta]] = {}
    for fact in facts:
        for name, length in fact.statuses.items():
            found.setdefault(name, []).append(length)
    all_of_it = sum((sum(lengths, timedelta()) for lengths in found.values()), timedelta())
    lines = [
        StatusLine(name, len(lengths), middle(lengths) or timedelta(), sum(lengths, timedelta()),
                   percent(int(sum(lengths, timedelta()).total_seconds()), int(all_of_it.total_seconds())))
        for name, lengths in found.items()
    ]
    return sorted(lines, key=lambda one: (-one.whole, one.name))


def within(facts: Iterable[Fact], first: date, last: date) -> list[Fact]:
    """Those that were declared in these days, both included."""
    return [one for one in facts if first <= one.day <= last]


def hours(length: timedelta | None) -> float | None:
    """A length in hours, for a chart, to a tenth."""
    return round(length.total_seconds() / 3600, 1) if length is not None else None

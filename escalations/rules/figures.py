"""What the figures count, and over which days. Pure: the page's own words say the same."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from escalations.choices import ClockKind, ClockState, Outcome
from escalations.rules.filters import day_of

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPANS: Mapping[str, tuple[str, int]] = {"4w": ("4 weeks", 28), "quarter": ("Quarter", 91), "year": ("Year", 364)}
LONGEST = 800  # days of a span
WEEKLY = 27 * 7  # days up to which a chart goes by weeks; beyond, by four weeks
NONE = ""


class Verdict(StrEnum):
    """What became of a promise."""

    MET = "met"
    LATE = "late"
    MISSED = "missed"
    RUNNING = "running"
    ENDED = "ended"


VERDICTS: Mapping[Verdict, tuple[str, str, str]] = {  # label, tone, definition
    Verdict.MET: ("In time", "green", "we replied before it was due"),
    Verdict.LATE: ("Late", "amber", "we replied, after it was due"),
    Verdict.MISSED: ("Missed", "red", "it was due, and we have not replied: it runs on, or ended without a reply"),
    Verdict.RUNNING: ("Not due yet", "", "it runs or stands still, and its time has not come"),
    Verdict.ENDED: ("Ended before", "", "it ended before it was due: solved, merged, or another level began a new one"),
}


def verdict(state: str, met_at: datetime | None, missed_at: datetime | None) -> Verdict:
    """What became of one clock."""
    if met_at is not None:
        return Verdict.LATE if missed_at is not None else Verdict.MET
    if missed_at is not None:
        return Verdict.MISSED
    return Verdict.RUNNING if state in {ClockState.RUNNING, ClockState.PAUSED} else Verdict.ENDED


@dataclass(frozen=True)
class Span:
    """Days of the team, both included. `name`: which of the usual ones it is, or ""."""

    first: date
    until: date
    name: str = ""

    @property
    def days(self) -> int:
        return (self.until - self.first).days + 1

    def buckets(self) -> list[tuple[date, date]]:
        """Weeks, or for long spans stretches of four weeks, as `(first, last)` days, the last ending with the span."""
        step = timedelta(days=7 if self.days <= WEEKLY else 28)
        found, end = [], self.until
        while end >= self.first:
            found.append((max(end - step + DAY, self.first), end))
            end -= step
        return found[::-1]


def read_span(values: Mapping[str, str], today: date) -> Span:
    """The days that an address asks for; what makes no sense is the last four weeks. At most 800 days."""
    first, until = day_of(values.get("from", "")), day_of(values.get("until", ""))
    if first and until and first <= until and (until - first).days < LONGEST:
        return Span(first, until)
    name = values.get("span", "")
    name = name if name in SPANS else "4w"
    return Span(today - timedelta(days=SPANS[name][1] - 1), today, name)


@dataclass(frozen=True)
class Fact:
    """An escalation, as it is counted. `day`: on which it was raised, for the team."""

    id: int
    day: date
    level: int
    category: str
    source: str
    kind: str
    outcome: str
    customer: tuple[str, str]  # slug, name
    area: tuple[str, str]  # id, name; both "" where none was said
    settled: bool  # solved or closed, and not merged into another
    ticket: bool


@dataclass(frozen=True)
class Promise:
    """A clock, as it is counted. `day`: on which it began, for the team."""

    day: date
    kind: str
    level: int
    verdict: Verdict


@dataclass(frozen=True)
class Count:
    """A value, how often it stands, and its share of all in percent."""

    value: str
    label: str
    count: int
    percent: int


def counted(facts: Iterable[Fact], key: Callable[[Fact], str], label: Callable[[str], str]) -> list[Count]:
    """How often each value stands, the most frequent first; what was not said comes last."""
    found = Counter(key(fact) for fact in facts)
    whole = sum(found.values())
    order = sorted(found.items(), key=lambda pair: (pair[0] == NONE, -pair[1], label(pair[0]).casefold()))
    return [Count(value, label(value), count, percent(count, whole)) for value, count in order]


def percent(part: int, whole: int) -> int:
    """The share in whole percent, halves up as people round; 0 of nothing. Shares need not add up to 100."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def share(part: int, whole: int) -> str:
    """The share in words: "82 %", or "–" of nothing."""
    return f"{percent(part, whole)} %" if whole else "–"


@dataclass(frozen=True)
class Punctuality:
    """How the promises of one kind (at one level, or at all) turned out."""

    kind: ClockKind
    level: int | None
    counts: Mapping[Verdict, int]

    @property
    def decided(self) -> int:
        """Those whose time has come: in time, late and missed."""
        return sum(self.counts[one] for one in (Verdict.MET, Verdict.LATE, Verdict.MISSED))

    @property
    def share(self) -> str:
        """In time, of those that are decided."""
        return share(self.counts[Verdict.MET], self.decided)


def punctuality(promises: Sequence[Promise], kind: ClockKind, level: int | None = None) -> Punctuality:
    """What became of the promises of a kind."""
    meant = [one.verdict for one in promises if one.kind == kind and (level is None or one.level == level)]
    return Punctuality(kind, level, {one: meant.count(one) for one in Verdict})


def in_time(promises: Iterable[Promise], kind: ClockKind, first: date, last: date) -> int | None:
    """The share of a kind's promises, begun in these days, that were kept, in percent; None where none is decided."""
    meant = punctuality([one for one in promises if first <= one.day <= last], kind)
    return percent(meant.counts[Verdict.MET], meant.decided) if meant.decided else None


def answered(facts: Iterable[Fact]) -> tuple[int, int]:
    """How many were settled without a ticket, and how many were settled in all."""
    settled = [fact for fact in facts if fact.settled]
    return sum(1 for fact in settled if not fact.ticket), len(settled)


def outcome_label(value: str) -> str:
    """What it turned out to be; nothing was said of what is open."""
    return str(Outcome(value).label) if value else "Not known yet"

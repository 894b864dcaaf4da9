"""Clocks as pages show them."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from customers.models import Customer
from escalations.choices import ClockKind, ClockStage, ClockState
from escalations.models import Clock, ClockMatrix, Escalation
from escalations.queries.clock_facts import fact_of, facts_of, open_clocks, terms_of
from escalations.rules.clocks.clock import ClockFact, left_at
from escalations.rules.clocks.settling import settled
from escalations.rules.clocks.stages import begins_at
from escalations.rules.clocks.words import (
    left_words,
    length_words,
    met_words,
    moment_words,
    office_left_words,
)

ICONS: Mapping[str, str] = {"red": "fail", "green": "check", "amber": "clock", "blue": "clock", "grey": "pause"}


@dataclass(frozen=True)
class Shown:
    """A clock in words. `words` is what stands out, `note` what stands under it; `theirs`: when it is due where the
    customer is, "" where that is the reader's own time. `due_at`, `near_at`: of a running one, for the countdown."""

    kind: str
    label: str
    words: str
    tone: str
    note: str = ""
    due_at: datetime | None = None
    near_at: datetime | None = None
    theirs: str = ""
    happened_at: datetime | None = None
    overdue: bool = False

    @property
    def icon(self) -> str:
        """The symbol that says it without colour."""
        return ICONS[self.tone]

    @property
    def runs(self) -> bool:
        """Whether it counts down."""
        return self.due_at is not None


def clocks_of(escalation: Escalation, at: datetime) -> list[Shown]:
    """The escalation's clocks, the last of each kind: first reply, next reply, update. One query."""
    rows = Clock.objects.filter(escalation=escalation).order_by("kind", "-pk").distinct("kind")
    found = {row.kind: row for row in rows}
    return [shown(found[kind], at) for kind in ClockKind if kind in found and _tells(found[kind])]


def shown(row: Clock, at: datetime) -> Shown:
    """One clock at a moment, for the strip and for a line of a list. No query."""
    match ClockState(row.state):
        case ClockState.RUNNING:
            return _running(fact_of(row), at)
        case ClockState.PAUSED:
            return _paused(fact_of(row), at)
        case ClockState.MET:
            return _met(row)
        case ClockState.ENDED:
            return _ended(row)


def preview(
    escalation: Escalation, *, at: datetime, level: int | None = None, customer: Customer | None = None
) -> tuple[str, ...]:
    """What another level or customer does to the clocks, a sentence for each, in the reader's zone; changes nothing.

    Four queries at most.
    """
    other = copy.copy(escalation)
    other.level = escalation.level if level is None else level
    if customer is not None:
        other.customer = customer
    old = {fact.kind: fact for fact in open_clocks(escalation)}
    changed = settled(facts_of(other), old.values(), terms_of(other, at, lambda _: _newest()), at)
    new = {fact.kind: fact for fact in changed if fact.pk is None}
    gone = {fact.kind for fact in changed if fact.pk is not None}
    zone = timezone.get_current_timezone_name()
    touched = [kind for kind in ClockKind if kind in gone or kind in new]
    said = (_change_words(kind, old.get(kind), new.get(kind), at, zone) for kind in touched)
    return tuple(words for words in said if words)


def _newest() -> ClockMatrix:
    return ClockMatrix.objects.order_by("-number").first() or ClockMatrix(number=0, promises=[])


def _tells(row: Clock) -> bool:
    """One that ended before it was due says nothing to anybody."""
    return row.state != ClockState.ENDED or row.missed_at is not None


def _running(fact: ClockFact, at: datetime) -> Shown:
    due = fact.due_at or at
    seconds = (due - at).total_seconds()
    terms = fact.terms
    near = begins_at(ClockStage.NEAR, due, whole=fact.whole, unit=terms.promise.unit, office=terms.office,
                     lead_after=terms.lead_after)
    tone = "red" if seconds <= 0 else "amber" if at >= near else "blue"
    stood = f"stood still {length_words(fact.paused_for)}" if fact.paused_for >= 60 else ""
    half = begins_at(ClockStage.HALF, due, whole=fact.whole, unit=terms.promise.unit, office=terms.office,
                     lead_after=terms.lead_after)
    passed = "half has passed" if tone == "blue" and at >= half else ""
    return Shown(
        kind=fact.kind, label=fact.kind.label, words=left_words(seconds), tone=tone,
        note=" · ".join(filter(None, [passed, stood])), due_at=due,
        near_at=near, theirs=_theirs(due, at, terms.office.hours.zone), overdue=seconds <= 0,
    )


def _paused(fact: ClockFact, at: datetime) -> Shown:
    since = fact.paused_at or at
    stood = fact.paused_for + max((at - since).total_seconds(), 0)
    left = left_at(fact, at)
    words = office_left_words(left, fact.terms.promise.unit)
    return Shown(kind=fact.kind, label=fact.kind.label, words=f"paused {length_words(stood)}", tone="grey",
                 note=f"{words} left" if left > 0 else words, overdue=left <= 0)


def _met(row: Clock) -> Shown:
    late = row.missed_at is not None
    return Shown(
        kind=row.kind, label=ClockKind(row.kind).label, words="met late" if late else "met",
        tone="red" if late else "green", note=met_words(row.due_at or row.missed_at, row.met_at) if row.met_at else "",
        happened_at=row.met_at,
    )


def _ended(row: Clock) -> Shown:
    return Shown(kind=row.kind, label=ClockKind(row.kind).label, words="missed", tone="red",
                 note="nothing is owed by it any more", happened_at=row.missed_at)


def _theirs(due: datetime, at: datetime, zone: str) -> str:
    there = due.astimezone(ZoneInfo(zone))
    if there.utcoffset() == due.astimezone(timezone.get_current_timezone()).utcoffset():
        return ""
    return moment_words(due, at, zone)


def _change_words(
    kind: ClockKind, old: ClockFact | None, new: ClockFact | None, at: datetime, zone: str
) -> str:
    if new is None:
        return f"{kind.label} is no longer promised." if old else ""
    if old is None:
        return f"{kind.label} begins, and is due {_due_words(new, at, zone)}."
    was, now = _due_words(old, at, zone), _due_words(new, at, zone)
    if was == now:
        return f"{kind.label} stays due {was}."
    return f"{kind.label} was due {was}, will be due {now}."


def _due_words(fact: ClockFact, at: datetime, zone: str) -> str:
    if fact.due_at is not None:
        return moment_words(fact.due_at, at, zone)
    return f"{office_left_words(left_at(fact, at), fact.terms.promise.unit)} after they answer"

"""The priority of work: where a ticket stands in the order that SET works in, and why.

Page: sustained-engineering-team, "Priority of Work". The classes and the order of bugs are the handbook's; what marks a
ticket is data that the lead edits, and what an escalation or an incident weighs is told by those rooms.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from tickets.choices import MarkMeans, MarkOn

ESCALATION, INCIDENT = "escalation", "incident"  # what the source of a weight begins with
UNSAID = 5  # behind every level and every severity that somebody has said
_DIGIT = re.compile(r"(?:s|sev|severity|p|prio|priority)?[\s_-]*([1-4])(?!\d)")
_WORDS = {
    "blocker": 1, "critical": 1, "highest": 1, "urgent": 1, "high": 2, "major": 2, "medium": 3, "normal": 3,
    "moderate": 3, "low": 4, "minor": 4, "lowest": 4, "trivial": 4,
}  # fmt: skip


class WorkClass(IntEnum):
    """The handbook's classes in its order, and the rest."""

    COMMUNITY = 1
    ESCALATION = 2
    BUG = 3
    DEBT = 4
    REST = 5


class BugOrder(IntEnum):
    """The order of bugs; 0 in every other class."""

    NONE = 0
    HOTFIX = 1
    RELEASE = 2
    CUSTOMER = 3
    OTHER = 4


CLASS_WORDS = {
    WorkClass.COMMUNITY: "community server", WorkClass.ESCALATION: "escalation", WorkClass.BUG: "bug",
    WorkClass.DEBT: "technical debt", WorkClass.REST: "the rest",
}  # fmt: skip
BUG_WORDS = {
    BugOrder.HOTFIX: "hotfix", BugOrder.RELEASE: "release", BugOrder.CUSTOMER: "customer reported",
    BugOrder.OTHER: "other bug",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One row of the mapping. The pattern ignores case; with a `*` at its end it is a beginning."""

    means: str
    on: str
    pattern: str


@dataclass(frozen=True)
class Weight:
    """What another room says of a ticket; `level` is that room's own scale, 1 the most urgent."""

    source: str
    level: int
    customers: int = 0


@dataclass(frozen=True)
class WorkFacts:
    """What the rule reads of a ticket. `waiting_since`: when it was reported."""

    kind: str
    waiting_since: datetime
    labels: Sequence[str] = ()
    components: Sequence[str] = ()
    fix_versions: Sequence[str] = ()
    severity: str = ""
    priority: str = ""
    customer: bool = False
    weights: Sequence[Weight] = ()


@dataclass(frozen=True)
class Priorities:
    """The mapping, made ready: exact names and beginnings by where they are read, and the types that are bugs."""

    exact: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    beginnings: tuple[tuple[str, str, str], ...] = ()  # on, beginning, means
    bugs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class WorkPlace:
    """Where a ticket stands. `key` compares as the order does; `because` says in words what decided."""

    work_class: WorkClass
    bug_order: BugOrder
    key: tuple[int, ...]
    reason: str
    because: tuple[str, ...]


def priorities(marks: Iterable[Mark], bugs: Iterable[str]) -> Priorities:
    """The mapping of these rows and of these types that are bugs."""
    exact: dict[tuple[str, str], set[str]] = {}
    beginnings = []
    for mark in marks:
        pattern = plain(mark.pattern)
        if pattern.endswith("*"):
            beginnings.append((mark.on, pattern[:-1], mark.means))
        else:
            exact.setdefault((mark.on, pattern), set()).add(mark.means)
    return Priorities(
        {place: frozenset(means) for place, means in exact.items()}, tuple(beginnings), frozenset(map(plain, bugs))
    )


def plain(name: str) -> str:
    """A name as it is compared."""
    return " ".join(name.casefold().split())


def place_of(facts: WorkFacts, mapping: Priorities) -> WorkPlace:
    """Where the ticket stands. Class and order of bugs; then the level of what weighs on it, its severity, the number
    of customers (most first), and who has waited longest. Page: sustained-engineering-team, "Priority of Work"."""
    found = _found(facts, mapping)
    work_class, source = _class(facts, mapping, found)
    order = _bug_order(facts, found) if work_class == WorkClass.BUG else BugOrder.NONE
    level = min((weight.level for weight in facts.weights if source and _is(weight, source)), default=UNSAID)
    count = customers(facts, found)
    key = (
        int(work_class), int(order), level, severity_of(facts.severity, facts.priority), -count,
        int(facts.waiting_since.timestamp()),
    )  # fmt: skip
    return WorkPlace(work_class, order, key, _reason(work_class, order, level, count), _because(facts, mapping, found))


def severity_of(severity: str, priority: str) -> int:
    """1 (S1) to 4, 5 where nobody has said. A ticket without a severity is read by its priority: Blocker and Critical
    as S1, High as S2, Medium as S3, what is lower behind them."""
    return next((rank for rank in map(_rank, (severity, priority)) if rank), UNSAID)


def customers(facts: WorkFacts, found: Mapping[str, str]) -> int:
    """How many customers are known to wait for it; one reported it where a mark says so."""
    told = sum(weight.customers for weight in facts.weights)
    return max(told, 1) if facts.customer or MarkMeans.CUSTOMER in found else told


def _rank(text: str) -> int:
    """The number or the word that a severity or a priority begins with: "S2 - major", "Sev 1", "2 High", "Critical"."""
    said = plain(text)
    digit = _DIGIT.match(said)
    if digit:
        return int(digit[1])
    return next((_WORDS[word] for word in re.findall(r"[a-z]+", said) if word in _WORDS), 0)


def _found(facts: WorkFacts, mapping: Priorities) -> dict[str, str]:
    """What the marks say → by which value, in words."""
    places = {
        MarkOn.LABEL: facts.labels, MarkOn.COMPONENT: facts.components, MarkOn.FIX_VERSION: facts.fix_versions,
        MarkOn.TYPE: (facts.kind,),
    }  # fmt: skip
    found: dict[str, str] = {}
    for on, values in places.items():
        begun = [(start, meaning) for at, start, meaning in mapping.beginnings if at == on]
        for value in filter(None, values):
            name = plain(value)
            means = mapping.exact.get((on, name), frozenset()) | {
                meaning for start, meaning in begun if name.startswith(start)
            }
            for meaning in means:
                found.setdefault(meaning, f"{on.label.lower()} {value}")
    return found


def _class(facts: WorkFacts, mapping: Priorities, found: Mapping[str, str]) -> tuple[WorkClass, str]:
    """The first class of the handbook's that fits, and whose level counts in it."""
    if MarkMeans.COMMUNITY in found or any(_is(weight, INCIDENT) for weight in facts.weights):
        return WorkClass.COMMUNITY, INCIDENT
    if MarkMeans.ESCALATION in found or any(_is(weight, ESCALATION) for weight in facts.weights):
        return WorkClass.ESCALATION, ESCALATION
    if plain(facts.kind) in mapping.bugs:
        return WorkClass.BUG, ""
    return (WorkClass.DEBT if MarkMeans.TECHNICAL_DEBT in found else WorkClass.REST), ""


def _is(weight: Weight, source: str) -> bool:
    return weight.source.casefold().startswith(source)


def _bug_order(facts: WorkFacts, found: Mapping[str, str]) -> BugOrder:
    if MarkMeans.HOTFIX in found:
        return BugOrder.HOTFIX
    if MarkMeans.RELEASE in found:
        return BugOrder.RELEASE
    return BugOrder.CUSTOMER if customers(facts, found) else BugOrder.OTHER


def _reason(work_class: WorkClass, order: BugOrder, level: int, count: int) -> str:
    """What the card shows: "2 · escalation, L2, 3 customers". Severity and age stand on the card by themselves."""
    words = [BUG_WORDS.get(order) or CLASS_WORDS[work_class]]
    if level != UNSAID:
        words.append(f"L{level}" if work_class == WorkClass.ESCALATION else f"Sev{level}")
    if count > 1 or (count and work_class == WorkClass.ESCALATION):
        words.append(f"{count} customer{'s' if count > 1 else ''}")
    return f"{int(work_class)} · {', '.join(words)}"


def _because(facts: WorkFacts, mapping: Priorities, found: Mapping[str, str]) -> tuple[str, ...]:
    """All that was read, in words, the decisive first."""
    told = []
    for weight in sorted(facts.weights, key=lambda weight: weight.source):
        many = f", {weight.customers} customer{'s' if weight.customers > 1 else ''}" if weight.customers else ""
        told.append(f"{weight.source.replace(':', ' ', 1)} weighs on it at level {weight.level}{many}")
    told += [f"{found[means]}: {means.label[:1].lower() + means.label[1:]}" for means in MarkMeans if means in found]
    if facts.customer and MarkMeans.CUSTOMER not in found:
        told.append("marked as a customer's")
    if plain(facts.kind) in mapping.bugs:
        told.append(f"type {facts.kind}: a bug")
    said = (("severity", facts.severity), ("priority", facts.priority))
    return (*told, *(f"{name} {value}" for name, value in said if value))

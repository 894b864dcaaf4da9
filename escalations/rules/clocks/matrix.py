"""The matrix of promises by kind, plan and level: how it is kept, read from the handbook, typed, and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from customers.choices import Plan
from escalations.choices import ClockKind, Level, Unit
from escalations.rules.clocks.promises import Promise, promise_of

NO_PLAN = ""
PLANS = (Plan.PREMIER, Plan.ENTERPRISE, Plan.PROFESSIONAL, Plan.PREMIUM, Plan.E20)
ROWS: tuple[str, ...] = (*PLANS, NO_PLAN)
LEAD_AT_MOST = 24 * 60  # minutes

Key = tuple[ClockKind, str, int]
Promises = Mapping[Key, Promise]


@dataclass(frozen=True)
class Difference:
    """What two versions say differently of one promise; None where one of them promises nothing."""

    kind: ClockKind
    plan: str
    level: Level
    old: Promise | None
    new: Promise | None

    def __str__(self) -> str:
        return f"{self.kind.label}, {plan_words(self.plan)}, L{self.level}: {self.old or 'none'} → {self.new or 'none'}"


def plan_words(plan: str) -> str:
    """A plan's name."""
    return Plan(plan).label if plan in Plan.values else "No plan"


def keys() -> list[Key]:
    """Every promise that there can be, in the order of the page."""
    return [(kind, plan, int(level)) for kind in ClockKind for plan in ROWS for level in Level]


def promises_to_json(promises: Promises) -> list[dict[str, Any]]:
    """As a version of the matrix keeps them, in the order of the page."""
    return [
        {"kind": kind.value, "plan": plan, "level": level, "amount": found.amount, "unit": found.unit.value}
        for kind, plan, level in keys() if (found := promises.get((kind, plan, level)))
    ]


def promises_from_json(kept: Iterable[Mapping[str, Any]]) -> dict[Key, Promise]:
    """The promises that `promises_to_json` wrote."""
    return {
        (ClockKind(row["kind"]), str(row["plan"]), int(row["level"])): Promise(int(row["amount"]), Unit(row["unit"]))
        for row in kept
    }


def promises_from_handbook(told: Mapping[str, Any]) -> dict[Key, Promise]:
    """What `handbook/clocks.toml` says. ValueError for a promise that is none."""
    return {
        (kind, NO_PLAN if plan == "none" else Plan(plan).value, Level[level].value): promise
        for kind in ClockKind for plan, levels in told.get(kind.value, {}).items() for level, text in levels.items()
        if (promise := promise_of(text))
    }


def promised(promises: Promises, kind: ClockKind, plan: str, level: int) -> Promise | None:
    """What is promised to a customer with this plan; one whose plan the matrix does not know is one without a plan."""
    return promises.get((kind, plan if plan in ROWS else NO_PLAN, level))


def differences(old: Promises, new: Promises) -> list[Difference]:
    """What the new version says otherwise, in the order of the page."""
    return [
        Difference(kind, plan, Level(level), old.get((kind, plan, level)), new.get((kind, plan, level)))
        for kind, plan, level in keys() if old.get((kind, plan, level)) != new.get((kind, plan, level))
    ]


def lead_differences(old: Mapping[str, int], new: Mapping[str, int]) -> list[str]:
    """What the new version says otherwise of when the lead is told."""
    return [
        f"The lead is told of a missed L{level} after {old.get(str(level), 60)} → {new.get(str(level), 60)} min"
        for level in Level if old.get(str(level), 60) != new.get(str(level), 60)
    ]

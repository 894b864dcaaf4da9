"""The release calendar: related-facts, "Release calendar". Each release has a day (T-0) and working days before it."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, timedelta

from cadence.rules.days import add_business_days, business_days_between, last_business_day


@dataclass(frozen=True)
class Step:
    """A milestone of every release: so many working days before its day."""

    key: str
    name: str
    t_minus: int


@dataclass(frozen=True)
class Milestone:
    """A milestone of one release."""

    key: str
    name: str
    t_minus: int
    day: date
    release: date


STEPS = (
    Step("feature-complete", "Feature complete", 24),
    Step("judgment-day", "Judgment day", 19),
    Step("qualification", "Release qualification starts", 18),
    Step("code-freeze", "Code freeze", 10),
    Step("approval", "Release approval", 8),
    Step("cloud-ring-1", "Cloud ring 1", 7),
    Step("cloud-ring-2", "Cloud ring 2", 6),
    Step("cloud-ring-3", "Cloud ring 3", 5),
    Step("cloud-ring-4", "Cloud ring 4", 3),
    Step("cloud-ring-5", "Cloud ring 5", 2),
    Step("release", "Release day", 0),
)


@dataclass(frozen=True)
class Plan:
    """How releases and triage run: the handbook's defaults; `cadence.queries.plan()` gives what the lead has edited.

    `daily_from` is the T-minus from which triage is held each business day until the release, `triage_weekdays` the
    days of the other weeks (Monday is 0).
    """

    steps: tuple[Step, ...] = STEPS
    day_of_month: int = 16
    daily_from: int = 19
    triage_weekdays: frozenset[int] = frozenset({1, 3})


PLAN = Plan()


def release_day(year: int, month: int, holidays: Set[date], plan: Plan = PLAN) -> date:
    """The first business day on or before the 16th: the 16th itself, or the last business day before it."""
    return last_business_day(date(year, month, plan.day_of_month), holidays)


def release_of(day: date, holidays: Set[date], plan: Plan = PLAN) -> date:
    """The day of the release in whose cycle this day lies: the next release day on or after it."""
    this = release_day(day.year, day.month, holidays, plan)
    return this if day <= this else _of_month_after(day, holidays, plan)


def next_release(release: date, holidays: Set[date], plan: Plan = PLAN) -> date:
    """The release day that follows this one."""
    return release_of(release + timedelta(days=1), holidays, plan)


def milestones(release: date, holidays: Set[date], plan: Plan = PLAN) -> tuple[Milestone, ...]:
    """Every milestone of the release of this day, the earliest first."""
    steps = sorted(plan.steps, key=lambda step: -step.t_minus)
    return tuple(
        Milestone(step.key, step.name, step.t_minus, add_business_days(release, -step.t_minus, holidays), release)
        for step in steps
    )


def t_minus(day: date, holidays: Set[date], plan: Plan = PLAN) -> int:
    """How many working days remain to the release of this day's cycle, the day itself included; 0 on release day.

    On a free day it is the number of the next business day: what still can be worked.
    """
    return business_days_between(day, release_of(day, holidays, plan), holidays)


def next_milestone(day: date, holidays: Set[date], plan: Plan = PLAN) -> Milestone | None:
    """The first milestone on or after the day, of whichever release: the next one's begin before this one's day."""
    this = release_of(day, holidays, plan)
    found = [*milestones(this, holidays, plan), *milestones(next_release(this, holidays, plan), holidays, plan)]
    return min((one for one in found if one.day >= day), key=lambda one: (one.day, one.release), default=None)


def _of_month_after(day: date, holidays: Set[date], plan: Plan) -> date:
    year, month = divmod(day.year * 12 + day.month, 12)
    return release_day(year, month + 1, holidays, plan)

"""The days on which SET triages: handbook, "Triage". Twice a week; daily near the end of a release."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, timedelta

from cadence.rules.days import DAY, WORKING_WEEK, add_business_days, is_business_day
from cadence.rules.release import PLAN, Plan, release_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class TriageDay:
    """Whether triage is held on a day, and why or why not. True in a condition when it is held."""

    day: date
    held: bool
    daily: bool
    reason: str

    def __bool__(self) -> bool:
        return self.held


def is_triage_day(day: date, holidays: Set[date], plan: Plan = PLAN) -> TriageDay:
    """Whether triage is held, with the reason: "daily until the release on 16 Nov", "Tuesday", "holiday".

    A Tuesday or Thursday that is a holiday has no triage, and it does not move: the next one is never far.
    """
    weekday = WEEKDAYS[day.weekday()]
    if not is_business_day(day, holidays):
        reason = "holiday" if day.weekday() in WORKING_WEEK else weekday
        return TriageDay(day, held=False, daily=False, reason=reason)
    release = release_of(day, holidays, plan)
    daily_since = add_business_days(release, -plan.daily_from, holidays)
    if day >= daily_since:
        return TriageDay(day, held=True, daily=True, reason=f"daily until the release on {_words(release)}")
    if day.weekday() in plan.triage_weekdays:
        return TriageDay(day, held=True, daily=False, reason=weekday)
    return TriageDay(day, held=False, daily=False, reason=f"{weekday}; daily from {_words(daily_since)} on")


def triage_days(start: date, end: date, holidays: Set[date], plan: Plan = PLAN) -> tuple[TriageDay, ...]:
    """The days in [start, end) on which triage is held, in order."""
    days = (start + timedelta(days=number) for number in range((end - start).days))
    return tuple(found for day in days if (found := is_triage_day(day, holidays, plan)))


def next_triage_day(day: date, holidays: Set[date], plan: Plan = PLAN) -> TriageDay:
    """The first day on or after this one on which triage is held. OverflowError past the year 9999."""
    while not (found := is_triage_day(day, holidays, plan)):
        day += DAY
    return found


def _words(day: date) -> str:
    return f"{day.day} {day:%b}"

"""A promise: so much time, of which kind, in whose office. Lengths are seconds of that kind of time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from cadence.rules import WORKING_WEEK, Hours, add_business_time, business_time_between
from escalations.choices import Unit

HOUR = 3600
SHORT: Mapping[Unit, str] = {Unit.HOURS: "h", Unit.BUSINESS_HOURS: "bh", Unit.BUSINESS_DAYS: "bd"}
MOST: Mapping[Unit, int] = {Unit.HOURS: 720, Unit.BUSINESS_HOURS: 240, Unit.BUSINESS_DAYS: 30}
_WRITTEN = re.compile(r"([0-9]{1,6})\s*(h|bh|bd)")


@dataclass(frozen=True)
class Promise:
    """Within how much time, of which kind."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {SHORT[self.unit]}"


@dataclass(frozen=True)
class Office:
    """When somebody of the customer is there: `hours`, but for the `holidays`. `customer`: whose it is."""

    hours: Hours
    holidays: frozenset[date] = frozenset()
    customer: int = 0

    @property
    def day(self) -> int:
        """How long its day is by the clock on the wall, in seconds."""
        opens, closes = (at.hour * HOUR + at.minute * 60 + at.second for at in (self.hours.opens, self.hours.closes))
        return (closes or 24 * HOUR) - opens


def promise_of(text: str) -> Promise | None:
    """A promise as the matrix writes it: "4 h", "8 bh", "2 bd"; None for an empty text, where nothing is promised.

    ValueError, in words for whoever typed it, for anything else.
    """
    text = text.strip().lower()
    if not text:
        return None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("Write a number and h, bh or bd: 4 h, 8 bh, 2 bd.")
    unit = next(unit for unit, short in SHORT.items() if short == found[2])
    amount = int(found[1])
    if not 1 <= amount <= MOST[unit]:
        raise ValueError(f"Between 1 and {MOST[unit]} {unit.label}.")
    return Promise(amount, unit)


def total(promise: Promise, office: Office) -> int:
    """How much time is promised, in seconds of its kind.

    A business day is as much open time as the office's day is long. So what is asked on Tuesday at 3 pm with one
    business day is due on Wednesday at 3 pm, and what is asked at night counts from the opening; it can be paused and
    goes on with what is left, which "the same time on another day" cannot.
    """
    return promise.amount * (office.day if promise.unit == Unit.BUSINESS_DAYS else HOUR)


def moment_after(start: datetime, seconds: int, unit: Unit, office: Office) -> datetime:
    """The moment, in UTC, at which so much of this kind of time has passed since `start`; before it, if negative."""
    length = timedelta(seconds=seconds)
    if unit == Unit.HOURS:
        return start.astimezone(UTC) + length
    return add_business_time(start, length, office.hours, office.holidays)


def time_between(start: datetime, end: datetime, unit: Unit, office: Office) -> int:
    """How many whole seconds of this kind of time lie in [start, end); negative if the end comes first."""
    if unit == Unit.HOURS:  # in UTC: two moments of one zone are subtracted by what its clocks show
        return round((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    return round(business_time_between(start, end, office.hours, office.holidays).total_seconds())


def office_to_json(office: Office) -> dict[str, Any]:
    """An office as a clock keeps it: as it was when the clock began."""
    hours = office.hours
    return {
        "zone": hours.zone, "opens": hours.opens.isoformat(), "closes": hours.closes.isoformat(),
        "weekdays": sorted(hours.weekdays), "holidays": sorted(day.isoformat() for day in office.holidays),
        "customer": office.customer,
    }


def office_from_json(kept: Mapping[str, Any]) -> Office:
    """The office that `office_to_json` wrote."""
    hours = Hours(kept["zone"], time.fromisoformat(kept["opens"]), time.fromisoformat(kept["closes"]),
                  frozenset(kept["weekdays"]) or WORKING_WEEK)
    return Office(hours, frozenset(map(date.fromisoformat, kept["holidays"])), int(kept.get("customer", 0)))

"""Clocks in words, for pages and messages. static/js/countdown.js says the same, so that nothing flips."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from escalations.choices import ClockStage, Unit
from escalations.rules.clocks.promises import Promise

MINUTE, HOUR, DAY = 60, 3600, 86400


def length_words(seconds: float) -> str:
    """A length in two units at most, never with seconds: "18 min", "4 h 56", "1 d 3 h"; under a minute it is one."""
    minutes = max(int(seconds // MINUTE), 1)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def left_words(seconds: float) -> str:
    """How a running clock speaks: "18 min left", "overdue by 4 min". What is left is rounded up, what is over down."""
    if seconds <= 0:
        return f"overdue by {length_words(-seconds)}"
    return f"{length_words(math.ceil(seconds / MINUTE) * MINUTE)} left"


def met_words(due: datetime | None, met: datetime) -> str:
    """By how much a promise was kept or not: "1 h 12 early", "4 min late"; nothing for one that stood still."""
    if due is None:
        return ""
    seconds = (due - met).total_seconds()
    return f"{length_words(seconds)} early" if seconds >= 0 else f"{length_words(-seconds)} late"


def office_left_words(seconds: int, unit: Unit) -> str:
    """What is left of a promise in its own time: "20 min", "1 h 30 of office hours"."""
    words = length_words(abs(seconds))
    said = words if unit == Unit.HOURS else f"{words} of office hours"
    return said if seconds > 0 else f"overdue by {said}"


def moment_words(at: datetime, now: datetime, zone: str) -> str:
    """A moment in a zone: "12:22 pm EST" on the same day there, "Wed 12:22 pm EST" in the same week, else with its
    date. A zone that has only numbers is said by its place."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    said = f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'} {zone_words(local, zone)}"
    away = abs((local.date() - today).days)
    if away == 0:
        return said
    return f"{local:%a} {said}" if away < 7 else f"{local:%a} {local.day} {local:%b} {said}"


def zone_words(local: datetime, zone: str) -> str:
    """A zone as people write it: "EST", or where it has no letters, its place: "Sao Paulo time"."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"{zone.rpartition('/')[2].replace('_', ' ')} time"


def promise_words(promise: Promise) -> str:
    """A promise in full: "4 hours", "1 business day"."""
    label = promise.unit.label
    return f"{promise.amount} {label.removesuffix('s') if promise.amount == 1 else label}"


def stage_words(stage: ClockStage, kind: str, seconds: float) -> str:
    """What somebody is told of a clock: "First reply: 18 min left", "First reply was missed: overdue by 4 min"."""
    if stage < ClockStage.MISSED:
        return f"{kind}: {left_words(seconds)}"
    return f"{kind} was missed: {left_words(min(seconds, 0))}"

"""Business days: the days of the working week that are no holidays."""

from collections.abc import Set
from datetime import date, timedelta

WORKING_WEEK = frozenset(range(5))  # Monday is 0
DAY = timedelta(days=1)


def is_business_day(day: date, holidays: Set[date], weekdays: Set[int] = WORKING_WEEK) -> bool:
    """Whether the day is one of the working week (Monday to Friday unless said otherwise) and no holiday."""
    return day.weekday() in weekdays and day not in holidays


def next_business_day(day: date, holidays: Set[date]) -> date:
    """The first business day after this one. OverflowError past the year 9999."""
    return _walk(day + DAY, DAY, holidays)


def previous_business_day(day: date, holidays: Set[date]) -> date:
    """The last business day before this one. OverflowError before the year 1."""
    return _walk(day - DAY, -DAY, holidays)


def last_business_day(day: date, holidays: Set[date]) -> date:
    """The day itself if it is a business day, else the last one before it."""
    return _walk(day, -DAY, holidays)


def add_business_days(day: date, n: int, holidays: Set[date]) -> date:
    """The n-th business day after the day, or before it if n is negative; with 0 the day itself, whatever it is.

    From a Saturday, +1 is the Monday and -1 the Friday.
    """
    step = next_business_day if n > 0 else previous_business_day
    for _ in range(abs(n)):
        day = step(day, holidays)
    return day


def business_days_between(start: date, end: date, holidays: Set[date]) -> int:
    """How many business days lie in [start, end); the negative of that of [end, start) if the end comes first.

    So `business_days_between(day, add_business_days(day, n, h), h) == n` for every business day.
    """
    if end < start:
        return -business_days_between(end, start, holidays)
    weeks, rest = divmod((end - start).days, 7)
    loose = sum((start.weekday() + number) % 7 in WORKING_WEEK for number in range(rest))
    free = sum(start <= day < end and day.weekday() in WORKING_WEEK for day in holidays)
    return weeks * len(WORKING_WEEK) + loose - free


def _walk(day: date, step: timedelta, holidays: Set[date]) -> date:
    while not is_business_day(day, holidays):
        day += step
    return day

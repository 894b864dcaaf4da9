from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import (
    add_business_days,
    business_days_between,
    is_business_day,
    last_business_day,
    next_business_day,
    previous_business_day,
)
from cadence.tests.days import SHIPPED

DAYS = st.dates(date(2024, 12, 1), date(2029, 2, 1))
NUMBERS = st.integers(-60, 60)
FREE = st.frozensets(st.dates(date(2025, 1, 1), date(2025, 3, 1)), max_size=40) | st.just(SHIPPED)
THANKSGIVING, WEDNESDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 27)
SATURDAY = date(2026, 11, 21)


def test_a_weekday_is_a_business_day_and_a_weekend_or_a_holiday_is_not() -> None:
    assert is_business_day(WEDNESDAY, SHIPPED)
    assert not is_business_day(THANKSGIVING, SHIPPED)
    assert not is_business_day(SATURDAY, SHIPPED)
    assert is_business_day(THANKSGIVING, frozenset())
    assert is_business_day(SATURDAY, SHIPPED, weekdays={5})


def test_next_and_previous_never_answer_the_day_itself_and_step_over_a_holiday() -> None:
    assert next_business_day(WEDNESDAY, SHIPPED) == FRIDAY
    assert previous_business_day(FRIDAY, SHIPPED) == WEDNESDAY
    assert last_business_day(THANKSGIVING, SHIPPED) == WEDNESDAY
    assert last_business_day(FRIDAY, SHIPPED) == FRIDAY


def test_from_a_saturday_one_day_on_is_monday_and_one_back_is_friday() -> None:
    assert add_business_days(SATURDAY, 1, SHIPPED) == date(2026, 11, 23)
    assert add_business_days(SATURDAY, -1, SHIPPED) == date(2026, 11, 20)
    assert add_business_days(SATURDAY, 0, SHIPPED) == SATURDAY


def test_a_retrospective_due_in_ten_business_days_skips_thanksgiving() -> None:
    assert add_business_days(date(2026, 11, 16), 10, SHIPPED) == date(2026, 12, 1)


def test_business_days_between_counts_the_first_day_and_not_the_last() -> None:
    assert business_days_between(date(2026, 11, 23), date(2026, 11, 30), SHIPPED) == 4
    assert business_days_between(date(2026, 11, 30), date(2026, 11, 23), SHIPPED) == -4
    assert business_days_between(THANKSGIVING, FRIDAY, SHIPPED) == 0
    assert business_days_between(WEDNESDAY, WEDNESDAY, SHIPPED) == 0


@given(DAYS, NUMBERS, FREE)
def test_between_is_the_inverse_of_add(day: date, n: int, free: frozenset[date]) -> None:
    day = next_business_day(day, free)
    assert business_days_between(day, add_business_days(day, n, free), free) == n


@given(DAYS, st.integers(0, 40), st.integers(0, 40), FREE)
def test_adding_twice_is_adding_the_sum(day: date, one: int, two: int, free: frozenset[date]) -> None:
    assert add_business_days(add_business_days(day, one, free), two, free) == add_business_days(day, one + two, free)


@given(DAYS, NUMBERS, FREE)
def test_what_is_added_to_ends_on_a_business_day(day: date, n: int, free: frozenset[date]) -> None:
    assert n == 0 or is_business_day(add_business_days(day, n, free), free)


@given(DAYS, DAYS, NUMBERS, FREE)
def test_a_later_day_never_gives_an_earlier_one(one: date, two: date, n: int, free: frozenset[date]) -> None:
    first, last = sorted((one, two))
    assert add_business_days(first, n, free) <= add_business_days(last, n, free)


@given(DAYS, DAYS, FREE)
def test_between_counts_what_counting_day_by_day_counts(one: date, two: date, free: frozenset[date]) -> None:
    first, last = sorted((one, two))
    days = [first + timedelta(days=number) for number in range((last - first).days)]
    assert business_days_between(first, last, free) == sum(is_business_day(day, free) for day in days)

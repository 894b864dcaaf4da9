"""What a stretch of duty weighs, by the clock of whoever has it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from set_rotation.choices import Seat
from set_rotation.rules.load import Load, load_of, total

MONDAY = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # 9:00 in New York
WEEK = timedelta(days=7)
TORONTO, KOLKATA = "America/Toronto", "Asia/Kolkata"


def test_a_week_has_seven_nights_and_two_days_of_the_weekend_in_every_zone() -> None:
    for zone in (TORONTO, KOLKATA, "Pacific/Auckland", "Europe/Warsaw"):
        load = load_of(MONDAY, MONDAY + WEEK, Seat.PRIMARY, zone)
        assert (load.weeks, load.nights, load.weekend_days) == (1.0, 7, 2)
        assert load.points == 40 + 7 * 4 + 2 * 6


def test_a_backup_carries_half_of_a_primary_and_a_lead_a_quarter_of_the_nights() -> None:
    points = {seat: load_of(MONDAY, MONDAY + WEEK, seat, TORONTO).points for seat in Seat}
    assert points == {Seat.PRIMARY: 80, Seat.BACKUP: 40, Seat.LEAD: 30}


def test_a_holiday_counts_on_a_working_day_and_not_twice_on_a_weekend() -> None:
    thanksgiving, saturday = date(2026, 11, 19), date(2026, 11, 21)
    assert load_of(MONDAY, MONDAY + WEEK, Seat.PRIMARY, TORONTO, {thanksgiving}).holidays == 1
    assert load_of(MONDAY, MONDAY + WEEK, Seat.PRIMARY, TORONTO, {saturday}).holidays == 0


def test_the_day_on_which_duty_changes_hands_is_of_whoever_has_its_noon() -> None:
    monday = date(2026, 11, 23)
    assert load_of(MONDAY, MONDAY + WEEK, Seat.PRIMARY, TORONTO, {monday}).holidays == 0
    assert load_of(MONDAY + WEEK, MONDAY + 2 * WEEK, Seat.PRIMARY, TORONTO, {monday}).holidays == 1


def test_pages_that_were_answered_count_even_for_an_empty_stretch() -> None:
    assert load_of(MONDAY, MONDAY, Seat.PRIMARY, TORONTO, pages=2) == Load(pages=2, points=20)


@pytest.mark.parametrize(("month", "day"), [(3, 2), (10, 26)])
def test_a_week_in_which_the_clocks_change_still_has_seven_nights(month: int, day: int) -> None:
    starts = datetime(2026, month, day, 14, 0, tzinfo=UTC)
    assert load_of(starts, starts + WEEK + timedelta(hours=1), Seat.PRIMARY, TORONTO).nights == 7


@given(some.integers(0, 200), some.integers(1, 200), some.integers(1, 200), some.sampled_from([TORONTO, KOLKATA]))
def test_two_stretches_weigh_as_much_as_both_together(start: int, first: int, second: int, zone: str) -> None:
    begins = MONDAY + timedelta(hours=start)
    middle, end = begins + timedelta(hours=first), begins + timedelta(hours=first + second)
    apart = total([load_of(begins, middle, Seat.PRIMARY, zone), load_of(middle, end, Seat.PRIMARY, zone)])
    whole = load_of(begins, end, Seat.PRIMARY, zone)
    assert apart.nights == whole.nights
    assert apart.weeks == pytest.approx(whole.weeks)

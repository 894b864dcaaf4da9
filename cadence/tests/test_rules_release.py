"""The release calendar against a table worked out by hand from a printed calendar, not by the code."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import (
    Plan,
    Step,
    add_business_days,
    business_days_between,
    is_triage_day,
    milestones,
    next_milestone,
    next_release,
    next_triage_day,
    release_day,
    release_of,
    t_minus,
    triage_days,
)
from cadence.tests.days import SHIPPED

D = date.fromisoformat
# release day, feature complete T-24, judgment day T-19, code freeze T-10, approval T-8
BY_HAND = """
2026-01-16 2025-12-11 2025-12-18 2026-01-02 2026-01-06
2026-02-13 2026-01-09 2026-01-16 2026-01-30 2026-02-03
2026-03-16 2026-02-09 2026-02-17 2026-03-02 2026-03-04
2026-04-16 2026-03-13 2026-03-20 2026-04-02 2026-04-06
2026-05-15 2026-04-13 2026-04-20 2026-05-01 2026-05-05
2026-06-16 2026-05-12 2026-05-19 2026-06-02 2026-06-04
2026-07-16 2026-06-10 2026-06-17 2026-07-01 2026-07-06
2026-08-14 2026-07-13 2026-07-20 2026-07-31 2026-08-04
2026-09-16 2026-08-12 2026-08-19 2026-09-01 2026-09-03
2026-10-16 2026-09-11 2026-09-18 2026-10-01 2026-10-05
2026-11-16 2026-10-09 2026-10-19 2026-10-30 2026-11-03
2026-12-16 2026-11-10 2026-11-18 2026-12-02 2026-12-04
2027-01-15 2026-12-10 2026-12-17 2026-12-31 2027-01-05
2027-02-16 2027-01-11 2027-01-19 2027-02-01 2027-02-03
2027-03-16 2027-02-09 2027-02-17 2027-03-02 2027-03-04
2027-04-16 2027-03-15 2027-03-22 2027-04-02 2027-04-06
2027-05-14 2027-04-12 2027-04-19 2027-04-30 2027-05-04
2027-06-16 2027-05-12 2027-05-19 2027-06-02 2027-06-04
2027-07-16 2027-06-10 2027-06-17 2027-07-01 2027-07-06
2027-08-16 2027-07-13 2027-07-20 2027-08-02 2027-08-04
2027-09-16 2027-08-12 2027-08-19 2027-09-01 2027-09-03
2027-10-15 2027-09-10 2027-09-17 2027-09-30 2027-10-04
2027-11-16 2027-10-12 2027-10-19 2027-11-01 2027-11-03
2027-12-16 2027-11-10 2027-11-18 2027-12-02 2027-12-06
"""
MONTHS = [tuple(map(D, line.split())) for line in BY_HAND.split("\n") if line]
NOVEMBER, DECEMBER = D("2026-11-16"), D("2026-12-16")


def day_of(key: str, release: date) -> date:
    return next(each.day for each in milestones(release, SHIPPED) if each.key == key)


@pytest.mark.parametrize("row", MONTHS, ids=lambda row: f"{row[0]:%b-%Y}")
def test_the_release_calendar_is_the_one_worked_out_by_hand(row: tuple[date, ...]) -> None:
    release, complete, judgment, freeze, approval = row
    assert release_day(release.year, release.month, SHIPPED) == release
    keys = ("feature-complete", "judgment-day", "code-freeze", "approval", "release")
    assert tuple(day_of(key, release) for key in keys) == (complete, judgment, freeze, approval, release)


def test_the_table_holds_24_months_in_a_row() -> None:
    assert [(row[0].year, row[0].month) for row in MONTHS] == [(y, m) for y in (2026, 2027) for m in range(1, 13)]


@pytest.mark.parametrize(
    ("month", "free", "day"),
    [
        ("2026-08", "", "2026-08-14"),  # the 16th is a Sunday
        ("2026-05", "", "2026-05-15"),  # a Saturday
        ("2023-01", "2023-01-02 2023-01-16", "2023-01-13"),  # Martin Luther King Jr. Day
        ("2026-02", "2026-02-16", "2026-02-13"),  # Presidents' Day
        ("2026-08", "2026-08-14 2026-08-13", "2026-08-12"),  # a weekend after two holidays
        ("2026-12", "", "2026-12-16"),
    ],
)
def test_a_16th_that_is_free_moves_the_release_before_it(month: str, free: str, day: str) -> None:
    year, number = map(int, month.split("-"))
    assert release_day(year, number, frozenset(map(D, free.split()))) == D(day)


def test_every_milestone_of_november_stands_in_order() -> None:
    found = [(each.t_minus, f"{each.day:%m-%d}") for each in milestones(NOVEMBER, SHIPPED)]
    assert found == [
        (24, "10-09"), (19, "10-19"), (18, "10-20"), (10, "10-30"), (8, "11-03"), (7, "11-04"), (6, "11-05"),
        (5, "11-06"), (3, "11-10"), (2, "11-12"), (0, "11-16"),
    ]


def test_release_day_belongs_to_its_own_cycle_and_the_day_after_to_the_next() -> None:
    assert release_of(NOVEMBER, SHIPPED) == NOVEMBER
    assert release_of(D("2026-11-17"), SHIPPED) == DECEMBER == next_release(NOVEMBER, SHIPPED)
    assert release_of(D("2026-12-31"), SHIPPED) == D("2027-01-15")
    # The 14th is Saturday: Friday the 13th was the release, before the 16th.
    assert release_of(D("2026-02-14"), SHIPPED) == D("2026-03-16")


def test_t_minus_counts_working_days_and_on_a_free_day_those_that_are_left() -> None:
    assert [t_minus(D(f"2026-11-{day:02}"), SHIPPED) for day in (10, 11, 12, 13, 14, 15, 16)] == [3, 2, 2, 1, 0, 0, 0]
    assert t_minus(D("2026-11-17"), SHIPPED) == 20


def test_the_next_milestone_may_be_of_the_release_after() -> None:
    found = next_milestone(D("2026-11-09"), SHIPPED)
    assert found is not None
    # Ring 4 of November and feature complete of December fall on the same day: the sooner release is named.
    assert (found.key, found.release) == ("cloud-ring-4", NOVEMBER)
    found = next_milestone(D("2026-11-17"), SHIPPED)
    assert found is not None
    assert (found.key, found.day, found.release) == ("judgment-day", D("2026-11-18"), DECEMBER)
    assert next_milestone(NOVEMBER, SHIPPED, Plan(steps=())) is None


# ---- Triage ----


def test_triage_is_daily_from_judgment_day_to_release_day_both_included() -> None:
    assert is_triage_day(D("2026-10-19"), SHIPPED).reason == "daily until the release on 16 Nov"
    assert is_triage_day(NOVEMBER, SHIPPED).daily
    assert is_triage_day(D("2026-11-18"), SHIPPED).reason == "daily until the release on 16 Dec"


def test_between_a_release_and_the_next_judgment_day_triage_is_on_tuesday_and_thursday() -> None:
    late = Plan(daily_from=10)  # what a team sets that finds four weeks of daily triage too many
    week = [is_triage_day(D(f"2026-11-{day}"), SHIPPED, late) for day in range(16, 23)]
    assert [bool(each) for each in week] == [True, True, False, True, False, False, False]
    assert week[1].reason == "Tuesday"
    assert week[2].reason == "Wednesday; daily from 2 Dec on"
    assert week[5].reason == "Saturday"
    assert is_triage_day(D("2026-11-17"), SHIPPED).reason == "Tuesday"


def test_a_holiday_has_no_triage_even_when_it_is_daily_and_it_does_not_move() -> None:
    late = Plan(daily_from=5)
    found = triage_days(D("2026-11-23"), D("2026-11-30"), SHIPPED, late)
    assert [each.day for each in found] == [D("2026-11-24")]  # Thanksgiving is Thursday; not Wednesday, not Friday
    assert is_triage_day(D("2026-11-26"), SHIPPED).reason == "holiday"
    assert next_triage_day(D("2026-11-26"), SHIPPED).day == D("2026-11-27")
    assert next_triage_day(D("2026-11-25"), SHIPPED, late).day == D("2026-12-01")


def test_triage_days_end_before_the_end() -> None:
    assert [each.day.day for each in triage_days(D("2026-11-13"), D("2026-11-17"), SHIPPED)] == [13, 16]
    assert triage_days(NOVEMBER, NOVEMBER, SHIPPED) == ()


DAYS = st.dates(date(2025, 1, 1), date(2028, 11, 1))
PLANS = st.builds(
    Plan, daily_from=st.integers(0, 30), triage_weekdays=st.frozensets(st.integers(0, 4), min_size=1),
    steps=st.lists(st.builds(Step, st.just("k"), st.just("n"), st.integers(0, 40)), max_size=6).map(tuple),
)


@given(DAYS)
def test_a_release_is_on_or_before_the_16th_and_nothing_but_free_days_lies_between(day: date) -> None:
    release = release_day(day.year, day.month, SHIPPED)
    assert release <= day.replace(day=16)
    assert business_days_between(release, day.replace(day=17), SHIPPED) == 1


@given(DAYS)
def test_the_release_of_a_day_is_the_first_that_is_not_before_it(day: date) -> None:
    release = release_of(day, SHIPPED)
    assert day <= release <= day + timedelta(days=33)
    assert all(release_of(day + timedelta(days=n), SHIPPED) == release for n in range((release - day).days + 1))


@given(DAYS, PLANS)
def test_milestones_stand_as_many_working_days_before_the_release_as_they_say(day: date, plan: Plan) -> None:
    release = release_of(day, SHIPPED)
    found = milestones(release, SHIPPED, plan)
    assert [each.day for each in found] == sorted(each.day for each in found)
    assert all(business_days_between(each.day, release, SHIPPED) == each.t_minus for each in found)


@given(DAYS, PLANS)
def test_triage_is_held_on_its_weekdays_and_daily_near_the_end_and_never_on_a_free_day(day: date, plan: Plan) -> None:
    release = release_of(day, SHIPPED)
    near = add_business_days(release, -plan.daily_from, SHIPPED) <= day
    free = day.weekday() > 4 or day in SHIPPED
    assert bool(is_triage_day(day, SHIPPED, plan)) is (not free and (near or day.weekday() in plan.triage_weekdays))

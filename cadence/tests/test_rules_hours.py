from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.rules import Hours, add_business_time, business_time_between, instant
from cadence.tests.days import SHIPPED

NEW_YORK = Hours("America/New_York")
# Half hours, quarter hours, a leap of half an hour, a leap at midnight, a day that never was, no leaps.
ZONES = st.sampled_from([
    "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo",
    "America/St_Johns", "Pacific/Auckland", "UTC",
])
OPENINGS = st.sampled_from([
    (time(9), time(17)), (time(0), time(0)), (time(1, 30), time(2, 30)), (time(22), time(0)), (time(0, 15), time(9)),
])
WEEKDAYS = st.sampled_from([frozenset(range(5)), frozenset(range(7)), frozenset({6, 0, 1, 2, 3}), frozenset({2})])


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    opens, closes = draw(OPENINGS)
    return Hours(draw(ZONES), opens, closes, draw(WEEKDAYS))


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC))
NEAR = st.timedeltas(timedelta(0), timedelta(days=40))
AMOUNTS = st.timedeltas(timedelta(0), timedelta(hours=60))


def local(*parts: int, zone: str = "America/New_York") -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


def test_four_hours_from_three_in_the_afternoon_end_at_eleven_on_the_next_business_day() -> None:
    assert add_business_time(local(2026, 11, 25, 15), timedelta(hours=4), NEW_YORK, SHIPPED) == local(2026, 11, 27, 11)
    ends = add_business_time(local(2026, 11, 25, 15), timedelta(hours=4), NEW_YORK, frozenset())
    assert ends == local(2026, 11, 26, 11)
    assert ends.tzinfo is UTC


def test_what_ends_when_the_office_closes_ends_that_day_and_not_the_next_morning() -> None:
    assert add_business_time(local(2026, 11, 20, 16), timedelta(hours=1), NEW_YORK, SHIPPED) == local(2026, 11, 20, 17)


def test_a_clock_that_starts_at_night_or_on_a_free_day_runs_from_the_next_opening() -> None:
    for start in (local(2026, 11, 20, 17), local(2026, 11, 21, 12), local(2026, 11, 23, 4)):
        assert add_business_time(start, timedelta(minutes=30), NEW_YORK, SHIPPED) == local(2026, 11, 23, 9, 30)


def test_no_time_at_all_leaves_the_moment_where_it_is() -> None:
    assert add_business_time(local(2026, 11, 21, 12), timedelta(0), NEW_YORK, SHIPPED) == local(2026, 11, 21, 12)


def test_going_back_an_hour_from_the_opening_is_an_hour_before_the_last_closing() -> None:
    back = add_business_time(local(2026, 11, 23, 9), timedelta(hours=-1), NEW_YORK, SHIPPED)
    assert back == local(2026, 11, 20, 16)


def test_a_zone_of_half_an_hour_opens_at_half_past_three_in_utc() -> None:
    kolkata = Hours("Asia/Kolkata")
    assert kolkata.window(date(2026, 11, 23))[0] == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    start = datetime(2026, 11, 23, 11, tzinfo=UTC)  # half past four in the afternoon there
    assert add_business_time(start, timedelta(hours=1), kolkata, frozenset()) == datetime(2026, 11, 24, 4, tzinfo=UTC)


def test_the_hour_that_the_clocks_lose_or_gain_counts_as_it_passes() -> None:
    night = Hours("America/New_York", time(0), time(4), frozenset({6}))
    lost, gained = date(2026, 3, 8), date(2026, 11, 1)
    for day, length in ((lost, 3), (gained, 5)):
        opens, closes = night.window(day)
        assert closes - opens == timedelta(hours=length)
        assert business_time_between(opens, closes, night, frozenset()) == timedelta(hours=length)
        assert add_business_time(opens, timedelta(hours=length), night, frozenset()) == closes


def test_a_time_that_is_leapt_over_is_the_moment_of_the_leap_and_one_shown_twice_the_first() -> None:
    assert instant(date(2026, 3, 8), time(2, 30), "America/New_York") == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert instant(date(2026, 11, 1), time(1, 30), "America/New_York") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    # Lord Howe leaps half an hour, at two; Samoa left out the whole of 30 December 2011.
    assert instant(date(2026, 10, 4), time(2, 10), "Australia/Lord_Howe") == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
    opens, closes = Hours("Pacific/Apia").window(date(2011, 12, 30))
    assert opens == closes == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_hours_that_never_open_and_zones_that_do_not_exist_are_refused() -> None:
    for opens, closes, days in ((17, 9, {1}), (9, 9, {1}), (9, 17, set[int]()), (9, 17, {7})):
        with pytest.raises(ValueError, match="Opening hours"):
            Hours("UTC", time(opens), time(closes), frozenset(days))
    with pytest.raises(ZoneInfoNotFoundError):
        Hours("Mars/Olympus")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with a zone"):
        add_business_time(datetime(2026, 11, 20, 9), timedelta(hours=1), NEW_YORK, SHIPPED)


@given(MOMENTS, AMOUNTS, hours())
def test_between_is_the_inverse_of_add_both_ways(start: datetime, amount: timedelta, open_at: Hours) -> None:
    ends = add_business_time(start, amount, open_at, SHIPPED)
    assert business_time_between(start, ends, open_at, SHIPPED) == amount
    begins = add_business_time(start, -amount, open_at, SHIPPED)
    assert business_time_between(begins, start, open_at, SHIPPED) == amount


@given(MOMENTS, NEAR, hours())
def test_adding_what_lies_between_ends_no_later_than_the_end(start: datetime, after: timedelta, open_at: Hours) -> None:
    end = start + after
    amount = business_time_between(start, end, open_at, SHIPPED)
    assert add_business_time(start, amount, open_at, SHIPPED) <= end


@given(MOMENTS, AMOUNTS, AMOUNTS, hours())
def test_adding_twice_is_adding_the_sum(start: datetime, one: timedelta, two: timedelta, open_at: Hours) -> None:
    twice = add_business_time(add_business_time(start, one, open_at, SHIPPED), two, open_at, SHIPPED)
    assert twice == add_business_time(start, one + two, open_at, SHIPPED)


@given(MOMENTS, NEAR, NEAR, hours())
def test_what_lies_between_adds_up(start: datetime, one: timedelta, two: timedelta, open_at: Hours) -> None:
    middle, end = start + one, start + one + two
    parts = business_time_between(start, middle, open_at, SHIPPED)
    parts += business_time_between(middle, end, open_at, SHIPPED)
    assert parts == business_time_between(start, end, open_at, SHIPPED)
    assert business_time_between(end, start, open_at, SHIPPED) == -parts


@given(MOMENTS, NEAR, AMOUNTS, AMOUNTS, hours())
def test_later_or_more_never_ends_earlier(
    start: datetime, after: timedelta, one: timedelta, two: timedelta, open_at: Hours
) -> None:
    less, more = sorted((one, two))
    # More than nothing: with nothing to wait for, a clock that starts at night ends at night.
    least = timedelta(microseconds=1)
    first = add_business_time(start, less + least, open_at, SHIPPED)
    assert first <= add_business_time(start, more + least, open_at, SHIPPED)
    assert first <= add_business_time(start + after, less + least, open_at, SHIPPED)


@given(MOMENTS, NEAR, hours())
def test_open_time_is_never_more_than_the_time_that_passes(start: datetime, after: timedelta, open_at: Hours) -> None:
    assert timedelta(0) <= business_time_between(start, start + after, open_at, SHIPPED) <= after


@given(MOMENTS, hours())
def test_openings_follow_each_other_without_meeting(start: datetime, open_at: Hours) -> None:
    (opens, closes), (later, _) = (open_at.window(start.date() + timedelta(days=number)) for number in (0, 1))
    assert opens <= closes <= later

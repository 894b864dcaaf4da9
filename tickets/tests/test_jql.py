"""A literal in JQL is read in the account's zone, to the minute; whichever way it is read, nothing is missed."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tickets.rules import jql

ZONES = sorted(available_timezones())
LITERAL = re.compile(r'"(\d{4}-\d\d-\d\d \d\d:\d\d)"\Z')


def readings(literal: str, zone: ZoneInfo) -> list[datetime]:
    """The instants that a Jira may take a literal for."""
    found = LITERAL.match(literal)
    assert found, literal
    local = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    return [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]


@settings(max_examples=600)
@given(st.sampled_from(ZONES), st.datetimes(datetime(1970, 1, 2), datetime(2037, 12, 31), timezones=st.just(UTC)))
@example("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 10, tzinfo=UTC))
@example("Antarctica/Troll", datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example("Antarctica/Troll", datetime(2026, 10, 25, 2, 59, 59, tzinfo=UTC))
@example("Asia/Kathmandu", datetime(1985, 12, 31, 18, 29, 30, tzinfo=UTC))
@example("Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC))
@example("Pacific/Kwajalein", datetime(1969, 10, 1, 0, 0, tzinfo=UTC))
@example("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
def test_read_at_either_fold_a_literal_is_never_later_than_the_instant(name: str, at: datetime) -> None:
    zone = ZoneInfo(name)
    for found in readings(jql.literal(at, zone), zone):
        assert found <= at
        assert at - found < timedelta(hours=48)


@pytest.mark.parametrize("name", ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Antarctica/Troll",
                                  "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "Pacific/Chatham"])
def test_no_minute_of_a_year_is_read_too_late(name: str) -> None:
    zone = ZoneInfo(name)
    at = datetime(2026, 1, 1, 0, 0, 7, tzinfo=UTC)
    while at.year == 2026:
        local = at.astimezone(zone)
        near = local.month in {3, 4, 9, 10, 11, 2}
        assert max(readings(jql.literal(at, zone), zone)) <= at
        at += timedelta(minutes=13 if near else 720)


def test_an_ordinary_moment_is_its_own_minute() -> None:
    assert jql.literal(datetime(2026, 3, 4, 10, 20, 59, tzinfo=UTC), ZoneInfo("Asia/Kathmandu")) == '"2026-03-04 16:05"'


def test_a_minute_that_comes_twice_goes_back_before_both() -> None:
    london = ZoneInfo("Europe/London")
    for at in (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)):
        assert jql.literal(at, london) == '"2026-10-25 00:30"'


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("name", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_the_ends_of_time_are_literals_too(at: datetime, name: str) -> None:
    assert LITERAL.match(jql.literal(at, ZoneInfo(name)))


def test_what_changed_is_asked_with_an_overlap_and_in_an_order_that_stays() -> None:
    since = datetime(2026, 3, 4, 10, 20, tzinfo=UTC)
    zone = ZoneInfo("UTC")
    assert jql.changed("MM", since=None, reached=None, zone=zone) == 'project = "MM" ORDER BY created ASC, key ASC'
    assert jql.changed("MM", since=since, reached=since, zone=zone) == (
        'project = "MM" AND updated >= "2026-03-04 10:14" AND created >= "2026-03-04 10:14"'
        " ORDER BY created ASC, key ASC"
    )
    assert jql.changed("MM", since=datetime.min.replace(tzinfo=UTC), reached=None, zone=zone)

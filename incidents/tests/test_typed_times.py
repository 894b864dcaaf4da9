"""When the next update is due, as people type it in a hurry: capitals, names of zones, what stood there for hours."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.rules.updates import promised, times
from incidents.rules.updates.typed import Typed

NOON = datetime(2026, 11, 17, 17, 3, tzinfo=UTC)  # Tuesday, 12:03 pm in New York
NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("typed", "due"), [
    ("8:30 PM", "2026-11-18T01:30Z"), ("8:30PM", "2026-11-18T01:30Z"), ("8PM", "2026-11-18T01:00Z"),
    ("8 A.M.", "2026-11-18T13:00Z"), ("8:30 PM ET", "2026-11-18T01:30Z"), ("8:30PMET", "2026-11-18T01:30Z"),
    ("8pmet", "2026-11-18T01:00Z"), ("8pm EST", "2026-11-18T01:00Z"), ("20:30 ET", "2026-11-18T01:30Z"),
    ("8PM TODAY", "2026-11-18T01:00Z"), ("8am THU", "2026-11-19T13:00Z"), ("8AM 24 NOV", "2026-11-24T13:00Z"),
    ("IN 30 MIN", "2026-11-17T17:33Z"),
])
def test_capitals_and_the_incidents_own_zone_change_nothing(typed: str, due: str) -> None:
    assert promised.read_time(typed, at=NOON, zone=NEW_YORK) == utc(due)


@pytest.mark.parametrize(("typed", "zone", "word"), [
    ("8pmPT", NEW_YORK, "PT"), ("8pm UTC", NEW_YORK, "UTC"), ("8:30 PM CET", NEW_YORK, "CET"),
    ("8pm UTC+5:30", NEW_YORK, "UTC\\+5:30"), ("8pm GMT+1", NEW_YORK, "GMT\\+1"), ("8pm UTC", "Asia/Colombo", "UTC"),
    ("8pm ET", "Mars/Base", "ET"),
])
def test_a_time_of_another_zone_is_refused_and_not_read_by_the_wrong_clocks(typed: str, zone: str, word: str) -> None:
    with pytest.raises(promised.Unreadable, match=f"without “{word}”"):
        promised.read_time(typed, at=NOON, zone=zone)


@pytest.mark.parametrize(("typed", "zone", "due"), [
    ("8am IST", "Asia/Kolkata", "2026-11-18T02:30Z"), ("8am UTC+5:30", "Asia/Colombo", "2026-11-18T02:30Z"),
    ("8pm UTC", "Mars/Base", "2026-11-17T20:00Z"), ("8am UTC+5:45", "Asia/Kathmandu", "2026-11-18T02:15Z"),
])
def test_a_zone_of_half_hours_is_read_by_its_own_name(typed: str, zone: str, due: str) -> None:
    at = utc("2026-11-17T17:03Z")
    assert promised.read_time(typed, at=at, zone=zone) == utc(due)


def test_what_stood_there_for_hours_is_not_tomorrows() -> None:
    typed = Typed(usual="12:30 pm")
    assert typed.next_at(at=NOON, zone=NEW_YORK, within=30) == utc("2026-11-17T17:30Z")
    for hours in (1, 4, 9):
        assert typed.next_at(at=NOON + timedelta(hours=hours), zone=NEW_YORK, within=30) is None
    assert Typed(next="tomorrow 8am").next_at(at=NOON, zone=NEW_YORK, within=30) == utc("2026-11-18T13:00Z")


def test_a_promise_says_its_day_where_the_clocks_show_its_time_twice_before() -> None:
    saturday = utc("2026-03-07T13:30Z")  # 8:30 am; the night has an hour less
    assert times.stamp_ahead(utc("2026-03-08T13:00Z"), NEW_YORK, now=saturday) == "9amET on Sunday"
    assert times.stamp_ahead(utc("2026-03-08T12:00Z"), NEW_YORK, now=saturday) == "8amET"
    before = utc("2026-10-31T12:30Z")  # 8:30 am; the night has an hour more
    assert times.stamp_ahead(utc("2026-11-01T13:15Z"), NEW_YORK, now=before) == "8:15amET"
    assert times.stamp_ahead(utc("2026-11-01T13:30Z"), NEW_YORK, now=before) == "8:30amET on Sunday"


def test_the_hour_that_the_clocks_show_twice_asks_which_and_keeps_the_incidents_hours() -> None:
    sunday = utc("2026-11-01T05:10Z")  # 1:10 am, for the first time
    with pytest.raises(promised.Unreadable, match="twice"):
        promised.read_time("1:45 am", at=sunday, zone=NEW_YORK)
    assert promised.read_time("1:45 AM SECOND", at=sunday, zone=NEW_YORK) == utc("2026-11-01T06:45Z")
    again = utc("2026-11-01T06:10Z")  # 1:10 am, for the second time
    assert promised.read_time("1:45 am", at=again, zone=NEW_YORK) == utc("2026-11-01T06:45Z")
    assert times.incident_time(sunday, again) == "1 hour"

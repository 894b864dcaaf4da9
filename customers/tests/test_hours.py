"""When a customer's office is open."""

from datetime import UTC, date, datetime, time

import pytest

from customers.rules.hours import hours_of, hours_words, office

TEL_AVIV = hours_of(zone="Asia/Jerusalem", opens=time(9), closes=time(18), weekdays=[6, 0, 1, 2, 3])


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(("moment", "is_open", "changes"), [
    (at(15, 6, 59), False, at(15, 7)),  # Sunday: a working day there
    (at(15, 7), True, at(15, 16)),
    (at(15, 16), False, at(16, 7)),
    (at(19, 16), False, at(22, 7)),  # Thursday evening to Sunday
    (at(22, 12, month=10), True, at(22, 15, month=10)),  # summer time
])
def test_an_office_opens_and_shuts_by_its_own_clock(moment: datetime, is_open: bool, changes: datetime) -> None:
    found = office(TEL_AVIV, frozenset(), moment)
    assert (found.is_open, found.changes_at) == (is_open, changes)


def test_a_holiday_is_shut_the_whole_day() -> None:
    found = office(TEL_AVIV, {date(2026, 11, 16), date(2026, 11, 17)}, at(16, 10))
    assert not found.is_open
    assert found.changes_at == at(18, 7)


def test_an_office_that_works_until_midnight() -> None:
    hours = hours_of(zone="UTC", opens=time(0), closes=time(0), weekdays=range(7))
    assert office(hours, frozenset(), at(16, 23, 59)).changes_at == at(17, 0)
    assert office(hours, frozenset(), at(17, 0)).is_open
    assert hours_words(hours) == "Mon to Sun, 0:00 to midnight"


def test_an_office_that_is_never_open_says_no_time() -> None:
    shut = frozenset(date.fromordinal(date(2026, 11, 1).toordinal() + number) for number in range(500))
    assert office(TEL_AVIV, shut, at(16, 10)).changes_at is None


@pytest.mark.parametrize(("zone", "opens", "closes", "weekdays"), [
    ("Mars/Olympus", time(9), time(17), [0]), ("UTC", time(17), time(9), [0]), ("UTC", time(9), time(17), []),
    ("UTC", time(9), time(17), [9]),
])
def test_hours_that_make_no_sense_still_give_a_clock(
    zone: str, opens: time, closes: time, weekdays: list[int]
) -> None:
    hours = hours_of(zone=zone, opens=opens, closes=closes, weekdays=weekdays)
    assert (hours.zone, hours.opens, hours.closes) == ("UTC", time(9), time(17))
    assert hours.weekdays


@pytest.mark.parametrize(("weekdays", "words"), [
    ([0, 1, 2, 3, 4], "Mon to Fri, 9:00 to 17:30"), ([6, 0, 1], "Mon, Tue, Sun, 9:00 to 17:30"),
    ([4], "Fri, 9:00 to 17:30"),
])
def test_hours_in_words(weekdays: list[int], words: str) -> None:
    assert hours_words(hours_of(zone="UTC", opens=time(9), closes=time(17, 30), weekdays=weekdays)) == words

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from pytest_django import DjangoAssertNumQueries

from cadence import queries
from cadence.choices import MeetingKind
from cadence.models import Holiday, MeetingTime, ReleaseStep
from cadence.tests import factories
from cadence.tests.factories import AT

pytestmark = pytest.mark.django_db


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_where_the_team_stands_on_a_saturday() -> None:
    now = queries.calendar_now(AT)
    assert (now.day, now.release, now.t_minus) == (date(2026, 11, 21), date(2026, 12, 16), 16)
    assert now.next_milestone is not None
    assert (now.next_milestone.key, now.next_milestone.day) == ("code-freeze", date(2026, 12, 2))
    assert (now.triage.held, now.triage.reason) == (False, "Saturday")
    assert now.next_triage_meeting == utc("2026-11-23T18:00")  # daily: Monday
    assert now.next_set_meeting == now.next_weekly_meeting == utc("2026-11-24T19:00")


def test_the_day_is_the_teams_and_not_that_of_utc() -> None:
    assert queries.calendar_now(utc("2026-11-17T03:00")).day == date(2026, 11, 16)
    assert queries.calendar_now(utc("2026-11-17T03:00")).t_minus == 0


def test_what_is_asked_again_is_not_read_again(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(3):
        first = queries.calendar_now(AT)
    with django_assert_num_queries(0):
        assert queries.calendar_now(AT) == first


def test_the_page_costs_the_same_however_much_is_entered(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    queries.calendar_now(AT)
    with django_assert_num_queries(4):
        queries.calendar_page(at=AT)
    for number in range(8):
        factories.holiday(date(2026, 12, 1) + timedelta(days=number), f"Day {number}")
    queries.calendar_now(AT)
    with django_assert_num_queries(4):
        queries.calendar_page(at=AT)


def test_without_any_data_the_calendar_still_stands_on_the_handbooks_defaults() -> None:
    for model in (Holiday, MeetingTime, ReleaseStep):
        model.objects.all().delete()
    cache.clear()
    page = queries.calendar_page(at=AT)
    assert queries.meeting(MeetingKind.SET).weekdays == {1, 3}
    assert page.now.release == date(2026, 12, 16)
    assert (page.holidays, page.meetings) == ((), ())
    assert [row.t_minus for row in page.releases[0].rows] == [24, 19, 18, 10, 8, 7, 6, 5, 3, 2, 0]


@pytest.mark.parametrize(
    ("month", "shown"),
    [
        ("", "December 2026"), ("2026-11", "November 2026"), ("2027-01", "January 2027"), ("2026-13", "December 2026"),
        ("2026-00", "December 2026"), ("1999-01", "December 2026"), ("2026-1", "December 2026"),
        ("٢٠٢٦-١١", "December 2026"), ("\x00", "December 2026"), ("2099-12", "December 2099"),
    ],
)
def test_the_address_chooses_the_month_and_nonsense_chooses_nothing(month: str, shown: str) -> None:
    page = queries.calendar_page(at=AT, month=month)
    assert page.releases[0].name == shown


def test_the_months_beside_are_one_away_across_the_years() -> None:
    page = queries.calendar_page(at=AT, month="2026-12")
    assert (page.before, page.after) == ("2026-11", "2027-01")
    assert queries.calendar_page(at=AT, month="2027-01").after == "2027-02"


def test_the_milestones_say_what_is_past_what_is_next_and_what_is_today() -> None:
    december = queries.calendar_page(at=AT).releases[0]
    states = {row.key: (row.state, row.away) for row in december.rows}
    assert states["judgment-day"] == ("past", "3 ago")
    assert states["code-freeze"] == ("next", "in 6")
    assert states["approval"][0] == "later"
    january = queries.calendar_page(at=AT).releases[1]
    assert {row.state for row in january.rows} == {"later"}
    assert queries.calendar_page(at=utc("2026-12-02T15:00")).releases[0].rows[3].state == "today"


def test_the_coming_weeks_name_holidays_triage_meetings_and_milestones() -> None:
    weeks = queries.calendar_page(at=AT).weeks
    assert [len(week) for week in weeks] == [5] * 4
    monday, tuesday, _, thursday, _ = weeks[0]  # from a weekend on, it is the week that comes
    assert (monday.day, monday.triage.daily, monday.meets) == ("Mon 23 Nov", True, "")
    assert tuesday.meets == "Weekly meeting"
    assert (thursday.holiday, thursday.triage.held, thursday.meets) == ("Thanksgiving Day", False, "")
    assert weeks[1][2].milestones == ("Code freeze (Dec)",)
    assert weeks[1][3].meets == "SET meeting"


def test_a_weekly_meeting_that_moved_stands_where_it_moved_to() -> None:
    factories.holiday(date(2026, 11, 24), "Founders' Day")
    week = queries.calendar_page(at=AT).weeks[0]
    assert [cell.meets for cell in week] == ["", "", "Weekly meeting", "", ""]


def test_weekdays_read_as_words() -> None:
    assert queries.weekday_words([3, 1]) == "Tuesday and Thursday"
    assert queries.weekday_words({0, 2, 4}) == "Monday, Wednesday and Friday"
    assert queries.weekday_words([1]) == "Tuesday"

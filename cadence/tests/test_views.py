import re
from datetime import UTC, date, datetime, time

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cadence.models import CadenceEvent, Holiday, MeetingTime, ReleaseStep
from cadence.tests import factories
from people.choices import Role
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
THANKSGIVING = date(2026, 11, 26)
EVE = {"day": "2026-12-24", "name": "Christmas Eve"}


@pytest.fixture(autouse=True)
def _saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    def saturday() -> datetime:
        return factories.AT

    monkeypatch.setattr(clock, "now", saturday)


def client_of(*roles: Role) -> Client:
    client = Client()
    client.force_login(people.person(*roles))
    return client


def shown(text: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text.decode()).split())


@pytest.mark.parametrize("role", list(Role))
def test_everybody_with_a_role_reads_the_calendar(role: Role) -> None:
    page = shown(client_of(role).get("/calendar/").content)
    for words in ("T-16", "next: Code freeze Wed 2 Dec, in 6 working days", "December 2026", "January 2027",
                  "Thanksgiving Day", "Judgment day", "Tuesday and Thursday · a default, to be edited"):
        assert words in page


def test_the_lead_and_the_coordinator_find_ways_to_edit_and_an_engineer_does_not() -> None:
    for role, edits in ((Role.LEAD, True), (Role.COORDINATOR, True), (Role.ENGINEER, False), (Role.VIEWER, False)):
        page = client_of(role).get("/calendar/").content.decode()
        for way in ("/calendar/holidays/new/", "/calendar/meetings/set/", "/calendar/milestones/code-freeze/"):
            assert (way in page) is edits


def test_who_may_not_edit_is_turned_away_and_nothing_changes() -> None:
    client, holiday = client_of(Role.ENGINEER), Holiday.objects.get(day=THANKSGIVING)
    for path in ("holidays/new/", f"holidays/{holiday.pk}/", f"holidays/{holiday.pk}/take-out/", "meetings/set/",
                 "milestones/approval/"):
        assert client.post(f"/calendar/{path}", EVE).status_code == 403
        assert Client().post(f"/calendar/{path}", EVE).status_code == 302
    assert not CadenceEvent.objects.exists()


def test_the_calendar_is_in_the_rail() -> None:
    page = client_of(Role.VIEWER).get("/calendar/").content.decode()
    assert re.search(r'href="/calendar/"\s+title="Calendar"\s+aria-current="page"\s+data-go="c"', page)


def test_judgment_day_is_marked_as_today_with_what_is_held_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wednesday = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: wednesday)
    response = client_of(Role.ENGINEER).get("/calendar/")
    page = shown(response.content)
    assert "Wed 18 Nov · T-19 · next: Judgment day Wed 18 Nov, today" in page
    assert "Triage today Yes daily until the release on 16 Dec" in page
    assert "Judgment day daily triage T-19 Wed 18 Nov today" in page
    assert re.search(r'datetime="2026-11-18" aria-current="date"', response.content.decode())
    assert [cell.state for cell in response.context["calendar"].weeks[0]] == ["past", "past", "today", "later", "later"]


def test_a_year_without_holidays_says_so() -> None:
    page = shown(client_of(Role.VIEWER).get("/calendar/?month=2031-05").content)
    assert "No holiday is entered for this year" in page
    assert "Entered until the end of 2028." in page


def test_the_page_asks_for_the_same_however_much_is_entered(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of(Role.LEAD)
    client.get("/calendar/")
    # session, me with roles; holidays, the milestone of daily triage, meetings, changes
    with django_assert_num_queries(6):
        client.get("/calendar/")
    for number in range(1, 9):
        factories.holiday(date(2026, 10, number))
    client.get("/calendar/")
    with django_assert_num_queries(6):
        client.get("/calendar/")


@pytest.mark.parametrize("month", ["\x00", "x" * 5_000, "<script>alert(1)</script>", "9999-99", "-", "2026-02-30"])
def test_a_hostile_month_is_no_month(month: str) -> None:
    response = client_of(Role.VIEWER).get("/calendar/", {"month": month})
    assert response.status_code == 200
    assert "December 2026" in response.content.decode()
    assert "<script>alert" not in response.content.decode()


# ---- Holidays ----


def test_a_lead_adds_moves_and_takes_out_a_holiday() -> None:
    client = client_of(Role.LEAD)
    made = client.post("/calendar/holidays/new/", EVE)
    assert (made.status_code, made["Location"]) == (302, "/calendar/?month=2026-12#holidays")
    holiday = Holiday.objects.get(name="Christmas Eve")
    assert "Christmas Eve is a holiday now." in client.get("/calendar/").content.decode()
    client.post(f"/calendar/holidays/{holiday.pk}/", {"day": "2026-12-23", "name": "Early Eve"})
    holiday.refresh_from_db()
    assert (holiday.day, holiday.name) == (date(2026, 12, 23), "Early Eve")
    client.post(f"/calendar/holidays/{holiday.pk}/take-out/")
    page = shown(client.get("/calendar/").content)
    assert "Wed 23 Dec Early Eve" not in page
    assert "took out a holiday" in page
    assert client.get(f"/calendar/holidays/{holiday.pk}/").status_code == 404
    assert CadenceEvent.objects.count() == 3


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"day": "2026-11-26", "name": "Turkey"}, "That day is a holiday already."),
        ({"day": "1875-01-01", "name": "Old"}, "from 2000 to 2099"),
        ({"day": "tomorrow", "name": "Soon"}, "Enter a valid date."),
        ({"day": "2026-12-24", "name": ""}, "This field is required."),
        ({"day": "2026-12-24", "name": "x" * 81}, "at most 80"),
        ({"day": "2026-12-24", "name": "\x00"}, "This field is required."),
    ],
)
def test_a_holiday_that_cannot_be_is_refused_in_words(typed: dict[str, str], words: str) -> None:
    response = client_of(Role.LEAD).post("/calendar/holidays/new/", typed)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not CadenceEvent.objects.exists()


def test_a_holiday_cannot_move_onto_another() -> None:
    holiday = Holiday.objects.get(day=THANKSGIVING)
    typed = {"day": "2026-12-25", "name": "Thanksgiving"}
    response = client_of(Role.LEAD).post(f"/calendar/holidays/{holiday.pk}/", typed)
    assert (response.status_code, "already" in response.content.decode()) == (422, True)


def test_what_is_not_there_is_not_found() -> None:
    client = client_of(Role.LEAD)
    for path in ("holidays/1234567/", f"holidays/{10**30}/", "meetings/lunch/", "milestones/launch/"):
        assert client.get(f"/calendar/{path}").status_code == 404


# ---- Meetings and milestones ----


def test_a_lead_sets_the_time_of_a_meeting_and_every_reader_sees_it_in_its_zone() -> None:
    client = client_of(Role.LEAD)
    typed = {"weekdays": ["0", "2"], "at": "09:30", "zone": "Europe/Berlin"}
    assert client.post("/calendar/meetings/set/", typed)["Location"] == "/calendar/#meetings"
    row = MeetingTime.objects.get(kind="set")
    assert (row.weekdays, row.at, row.zone, row.edited) == ([0, 2], time(9, 30), "Europe/Berlin", True)
    page = shown(client.get("/calendar/").content)
    assert "SET meeting Monday and Wednesday 9:30 am Europe/Berlin" in page


def test_the_teams_own_zone_is_followed_and_not_written_down() -> None:
    typed = {"weekdays": ["1"], "at": "15:00", "zone": "America/New_York"}
    client_of(Role.LEAD).post("/calendar/meetings/weekly/", typed)
    assert MeetingTime.objects.get(kind="weekly").zone == ""


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("weekly", {"weekdays": ["1", "3"], "at": "15:00", "zone": "UTC"}, "held on one day"),
        ("set", {"at": "15:00", "zone": "UTC"}, "Choose at least one day."),
        ("set", {"weekdays": ["6"], "at": "15:00", "zone": "UTC"}, "is not one of the available choices"),
        ("set", {"weekdays": ["1"], "at": "25:00", "zone": "UTC"}, "Enter a valid time."),
        ("set", {"weekdays": ["1"], "at": "15:00", "zone": "Mars/Olympus"}, "is not one of the available choices"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused_in_words(kind: str, typed: dict[str, object], words: str) -> None:
    response = client_of(Role.LEAD).post(f"/calendar/meetings/{kind}/", typed)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not MeetingTime.objects.get(kind=kind).edited


def test_a_lead_moves_a_milestone_and_says_from_where_triage_is_daily() -> None:
    client = client_of(Role.LEAD)
    typed = {"name": "Feature freeze", "t_minus": "12", "daily_triage": "on"}
    assert client.post("/calendar/milestones/code-freeze/", typed).status_code == 302
    row = ReleaseStep.objects.get(daily_triage=True)
    assert (row.key, row.name, row.t_minus) == ("code-freeze", "Feature freeze", 12)
    assert "Feature freeze daily triage T-12 Mon 30 Nov" in shown(client.get("/calendar/").content)


def test_release_day_stays_the_day_that_all_others_are_counted_from() -> None:
    client_of(Role.LEAD).post("/calendar/milestones/release/", {"name": "Ship it", "t_minus": "4"})
    row = ReleaseStep.objects.get(key="release")
    assert (row.name, row.t_minus) == ("Ship it", 0)


def test_daily_triage_cannot_be_left_without_a_beginning() -> None:
    typed = {"name": "Judgment day", "t_minus": "19"}
    client_of(Role.LEAD).post("/calendar/milestones/judgment-day/", typed)
    assert ReleaseStep.objects.get(daily_triage=True).key == "judgment-day"


@pytest.mark.parametrize("days", ["-1", "61", "many", ""])
def test_a_milestone_stands_at_most_three_cycles_before(days: str) -> None:
    response = client_of(Role.LEAD).post("/calendar/milestones/approval/", {"name": "Approval", "t_minus": days})
    assert response.status_code == 422
    assert ReleaseStep.objects.get(key="approval").t_minus == 8

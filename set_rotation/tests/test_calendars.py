"""Calendars to subscribe to: secret addresses, and entries that programs read right through every change of clocks."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from people import actions as people_actions
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.common.logs import hidden
from set_rotation import actions
from set_rotation.actions.calendars import make_feed, set_sprint_planning
from set_rotation.choices import FeedKind, Seat
from set_rotation.models import CalendarFeed, Duty, SprintPlanning
from set_rotation.rules.calendars import Entry, Stretch, calendar_bytes, joined, sprint_days
from set_rotation.tests import factories as make

START, HOUR, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=7)
MONDAY = date(2026, 11, 16)
TEAM = ZoneInfo("America/New_York")


class Clock:
    """The portal's clock, to be turned by hand."""

    def __init__(self) -> None:
        self.at = START + HOUR

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def time_now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(clock, "now", turned.now)
    cache.clear()
    return turned


def address(person: Person, kind: FeedKind = FeedKind.MINE) -> str:
    return f"/calendars/{make_feed(person=person, kind=kind, at=START)[1]}.ics"


def events(client: Client, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def said(found: list[Any]) -> list[tuple[str, datetime, datetime]]:
    return [(str(one["SUMMARY"]), one.decoded("DTSTART"), one.decoded("DTEND")) for one in found]


# ---- What is written ----------------------------------------------------------------


def entry(**fields: Any) -> Entry:
    given: dict[str, Any] = {"uid": "u@set", "sequence": 0, "starts_at": START, "ends_at": START + WEEK,
                             "title": "SET primary", "text": "", "changed_at": START}
    return Entry(**(given | fields))


def read(*entries: Entry) -> list[Any]:
    return list(Calendar.from_ical(calendar_bytes("SET", entries, "https://set.test/on-call/")).walk("VEVENT"))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.integers(1, 100_000),
       st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_what_a_program_reads_is_what_was_meant(at: datetime, minutes: int, title: str) -> None:
    at = at.replace(microsecond=0)
    one = read(entry(starts_at=at, ends_at=at + timedelta(minutes=minutes), title=f"x{title}"))[0]
    assert one.decoded("DTSTART") == at and one.decoded("DTEND") == at + timedelta(minutes=minutes)
    assert str(one["SUMMARY"]) == " ".join(f"x{title}".split())


@pytest.mark.parametrize("title", ["Ana, Bo; Cy", "a\\nb", "x\r\nSTATUS:CANCELLED", "BEGIN:VEVENT"])
def test_no_name_can_write_into_the_calendar(title: str) -> None:
    found = read(entry(title=title))
    assert len(found) == 1 and str(found[0]["STATUS"]) == "CONFIRMED"
    assert str(found[0]["SUMMARY"]) == " ".join(title.split())


def test_the_same_entries_give_the_same_text_and_a_program_is_told_when_to_ask_again() -> None:
    text = calendar_bytes("SET", [entry(), entry(uid="b@set")], "https://set.test/")
    assert text == calendar_bytes("SET", [entry(uid="b@set"), entry()], "https://set.test/")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text and b"X-PUBLISHED-TTL:PT1H\r\n" in text
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))


@pytest.mark.parametrize(("first_on", "weeks", "start", "days"), [
    (MONDAY, 2, MONDAY, [16, 30]), (MONDAY, 1, date(2026, 11, 17), [23, 30]), (date(2026, 10, 5), 3, MONDAY, [16]),
    (date(2026, 11, 20), 2, MONDAY, [20]), (date(2027, 1, 1), 2, MONDAY, []),
])
def test_a_sprint_begins_every_so_many_weeks(first_on: date, weeks: int, start: date, days: list[int]) -> None:
    assert [day.day for day in sprint_days(first_on, weeks, start, date(2026, 12, 1))] == days


def test_times_on_set_that_touch_are_one() -> None:
    one, two = Stretch(START, START + WEEK), Stretch(START + WEEK, START + 2 * WEEK)
    assert joined([two, Stretch(START, START + HOUR), one]) == [Stretch(START, START + 2 * WEEK)]


# ---- Addresses ----------------------------------------------------------------------


@pytest.mark.django_db
def test_each_seat_has_a_calendar_that_is_right_across_the_change_of_clocks(client: Client, time_now: Clock) -> None:
    lead, one, two, three, four = crew = make.crew()
    make.rotation(crew, first_on=date(2026, 10, 26), at=START - 5 * WEEK)  # the clocks go back on 1 November
    primary = said(events(client, address(lead, FeedKind.PRIMARY)))
    nine = [datetime(2026, *day, 9, 0, tzinfo=TEAM) for day in ((10, 26), (11, 2), (11, 9))]
    assert primary == [(f"SET primary: {one.name}", nine[0], nine[1]), (f"SET primary: {three.name}", nine[1], nine[2])]
    assert primary[0][2] - primary[0][1] == timedelta(hours=169)
    assert [row[0] for row in said(events(client, address(lead, FeedKind.BACKUP)))] == [
        f"SET backup: {two.name}", f"SET backup: {four.name}"]
    assert said(events(client, address(lead, FeedKind.LEAD))) == [(f"SET lead: {lead.name}", nine[0], nine[2])]
    assert len(events(client, address(lead, FeedKind.TEAM))) == 5


@pytest.mark.django_db
def test_a_cancelled_duty_stays_as_cancelled_under_its_name_and_a_moved_one_has_a_new_version(
    client: Client, time_now: Clock
) -> None:
    crew = make.crew()
    make.rotation(crew)
    path, other = address(crew[1], FeedKind.PRIMARY), make.engineer("Stand In")
    before = {str(one["UID"]): one for one in events(client, path)}
    made, _ = actions.make_override(seat=Seat.PRIMARY, person=other, starts_at=START + 24 * HOUR,
                                    ends_at=START + 27 * HOUR, by=None, at=time_now.at)
    split = {str(one["UID"]): one for one in events(client, path)}
    moved = [uid for uid in before if before[uid]["SEQUENCE"] != split[uid]["SEQUENCE"]]
    assert set(before) < set(split) and len(moved) == 1
    actions.cancel_override(override=made, by=None, at=time_now.at)
    after = {str(one["UID"]): one for one in events(client, path)}
    assert set(after) == set(split)
    gone = [one for one in after.values() if str(one["STATUS"]) == "CANCELLED"]
    assert len(gone) == 2 and all(one["SEQUENCE"] == 1 for one in gone)
    assert said([after[moved[0]]]) == said([before[moved[0]]]) and after[moved[0]]["SEQUENCE"] == 2


@pytest.mark.django_db
def test_ones_own_has_the_whole_time_on_set_with_triage_and_the_teams_sprint_planning(
    client: Client, time_now: Clock
) -> None:
    crew = make.crew()
    team = people.team("Server Platform")
    make.member(crew[1], team=team)
    make.rotation(crew)
    set_sprint_planning(team=team, first_on=date(2026, 11, 18), weeks=2, begins_at=time(16, 30), zone="Asia/Kolkata",
                        by=crew[0], at=START)
    found = said(events(client, address(crew[1])))
    assert ("SET primary", START, START + WEEK) in found and ("On SET (rotation 1)", START, START + 2 * WEEK) in found
    at = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
    assert ("Sprint planning of Server Platform", at, at + HOUR) in found
    triage = [starts for title, starts, _ in found if title == "Triage"]
    assert triage and all(START <= at < START + 2 * WEEK for at in triage)
    assert datetime(2026, 11, 17, 18, 0, tzinfo=UTC) in triage  # Tuesday, 1 pm in New York
    assert datetime(2026, 11, 26, 18, 0, tzinfo=UTC) not in triage  # Thanksgiving
    assert "SET meeting" in {title for title, _, _ in found}
    assert not any(crew[2].name in title for title, _, _ in found)
    again = events(client, address(crew[1]))
    assert {str(one["UID"]) for one in again} == {str(one["UID"]) for one in events(client, address(crew[1]))}


@pytest.mark.django_db
def test_somebody_who_only_stands_in_has_the_meetings_of_that_time(client: Client, time_now: Clock) -> None:
    make.rotation()
    other = make.engineer()
    actions.make_override(seat=Seat.BACKUP, person=other, starts_at=START + 24 * HOUR, ends_at=START + 48 * HOUR,
                          by=None, at=time_now.at)
    titles = [title for title, _, _ in said(events(client, address(other)))]
    assert sorted(titles) == ["SET backup", "SET meeting", "Triage"]


@pytest.mark.django_db
def test_what_is_long_over_is_left_out(client: Client, time_now: Clock) -> None:
    crew = make.crew()
    make.rotation(crew)
    path = address(crew[0], FeedKind.LEAD)
    time_now.at = START + 2 * WEEK + timedelta(days=89)
    assert len(events(client, path)) == 1
    time_now.at += timedelta(days=2)
    assert events(client, path) == []


@pytest.mark.django_db
def test_wrong_revoked_and_of_somebody_who_left_are_not_found(client: Client, time_now: Clock) -> None:
    person, other = make.engineer(), make.engineer("Other", Role.COORDINATOR)
    path, second = address(person), address(person, FeedKind.TEAM)
    assert client.get(path).status_code == 200
    for wrong in ("/calendars/guess.ics", path.replace(".ics", "x.ics"), "/calendars/%00.ics", "/calendars/é.ics"):
        assert client.get(wrong).status_code == 404
    client.force_login(person)
    feed = CalendarFeed.objects.get(kind=FeedKind.MINE)
    assert client.post("/on-call/calendars/revoke/", {"feed": feed.pk}).status_code == 302
    assert client.get(path).status_code == 404 and client.get(second).status_code == 200
    people_actions.deactivate(person=person, by=other, at=START)
    assert client.get(second).status_code == 404


@pytest.mark.django_db
def test_it_is_not_sent_again_while_nothing_changed(client: Client, time_now: Clock) -> None:
    crew = make.crew()
    make.rotation(crew)
    path = address(crew[1])
    etag = client.get(path)["ETag"]
    time_now.at += HOUR
    same = client.get(path, headers={"If-None-Match": etag})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    actions.make_override(seat=Seat.PRIMARY, person=make.engineer(), starts_at=START + 24 * HOUR,
                          ends_at=START + 27 * HOUR, by=None, at=time_now.at)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.django_db
def test_its_use_is_noted_once_an_hour_and_the_questions_do_not_grow(client: Client, time_now: Clock) -> None:
    crew, counts = make.crew(), []
    path = address(crew[1])
    for number in range(3):
        make.rotation(crew, first_on=MONDAY + timedelta(days=14 * number), at=START - HOUR)
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        assert not any(query["sql"].startswith("UPDATE") for query in seen)
        counts.append(len(seen))
    assert counts[0] == counts[-1] <= 8
    used = CalendarFeed.objects.get().used_at
    time_now.at += timedelta(minutes=59)
    client.get(path)
    assert CalendarFeed.objects.get().used_at == used
    time_now.at += timedelta(minutes=2)
    client.get(path)
    assert CalendarFeed.objects.get().used_at == time_now.at


def test_no_log_holds_an_address() -> None:
    assert hidden("GET /calendars/abcDEF_123-x.ics 404") == "GET /calendars/… 404"


# ---- The page -----------------------------------------------------------------------


@pytest.mark.django_db
def test_an_address_is_made_shown_once_and_works(client: Client, time_now: Clock) -> None:
    person = make.engineer("Reader", Role.EXECUTIVE)
    client.force_login(person)
    shown = client.post("/on-call/calendars/make/", {"kind": "team"}).content.decode()
    path = re.findall(r"/calendars/[\w-]{43}\.ics", shown)[0]
    assert Client().get(path).status_code == 200
    later = client.get("/on-call/calendars/").content.decode()
    assert path not in later and f"{path[11:17]}…" in later
    assert path[11:-4] not in str(CalendarFeed.objects.values())


@pytest.mark.django_db
def test_odd_kinds_too_many_and_somebody_elses_are_refused(client: Client, time_now: Clock) -> None:
    person, other = make.engineer(), make.engineer()
    address(other)
    client.force_login(person)
    assert client.post("/on-call/calendars/make/", {"kind": "nonsense"}).status_code == 422
    theirs = CalendarFeed.objects.get(person=other)
    assert client.post("/on-call/calendars/revoke/", {"feed": theirs.pk}).status_code == 404
    assert client.post("/on-call/calendars/revoke/", {"feed": "x"}).status_code == 404
    for _ in range(20):
        address(person)
    refused = client.post("/on-call/calendars/make/", {"kind": "mine"})
    assert refused.status_code == 422 and b"You have 20 addresses" in refused.content


@pytest.mark.django_db
def test_a_team_says_when_it_plans_its_sprints_and_nobody_says_it_for_another_team(
    client: Client, time_now: Clock
) -> None:
    mine, theirs = people.team("Channels"), people.team("Boards")
    person = make.engineer()
    make.member(person, team=mine)
    client.force_login(person)
    given = {"channels-first_on": "2026-11-18", "channels-at": "10:00", "channels-weeks": "2",
             "channels-zone": "Europe/Berlin"}
    assert client.post("/on-call/calendars/sprints/channels/", given).status_code == 302
    row = SprintPlanning.objects.get()
    assert (row.team, row.first_on, row.weeks) == (mine, date(2026, 11, 18), 2)
    assert (row.at, row.zone) == (time(10), "Europe/Berlin")
    assert b"every 2 weeks, next on Wed 18 Nov" in client.get("/on-call/calendars/").content
    assert client.post("/on-call/calendars/sprints/boards/", given).status_code == 404
    for name, odd in (("first_on", "2026-02-30"), ("weeks", "9"), ("at", "25:00"), ("zone", "Mars/Base"),
                      ("first_on", "0001-01-01")):
        assert client.post("/on-call/calendars/sprints/channels/", given | {f"channels-{name}": odd}).status_code == 422
    client.force_login(make.engineer("Planner", Role.COORDINATOR))
    assert client.post("/on-call/calendars/sprints/boards/", given).status_code == 404  # it lends nobody to SET
    make.member(make.engineer(), team=theirs)
    given = {key.replace("channels", "boards"): value for key, value in given.items()}
    assert client.post("/on-call/calendars/sprints/boards/", given).status_code == 302
    assert SprintPlanning.objects.filter(team=theirs).exists()


@pytest.mark.django_db
def test_a_viewer_subscribes_and_sets_no_sprint_planning(client: Client, time_now: Clock) -> None:
    people.team("Channels")
    client.force_login(make.engineer("Viewer", Role.VIEWER))
    shown = client.get("/on-call/calendars/").content
    assert b"Make an address" in shown and b"Sprint planning</h2>" not in shown
    assert client.post("/on-call/calendars/sprints/channels/", {}).status_code == 403
    assert Duty.objects.count() == 0

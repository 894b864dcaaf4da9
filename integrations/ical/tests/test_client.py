"""Calendars read over the net, from a server of the tests' own: what is read, what is refused, and that none of it
takes the portal along."""

import dataclasses
import gzip
import logging
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings as now_settings
from pytest_django.fixtures import Settings

from integrations import ical
from integrations.ical import client, fetch
from integrations.ical.fetch import Guard, Refused
from integrations.ical.tests.server import CalendarServer, calendar, calendar_server
from portal.tests.patience import PATIENCE

START, END = datetime(2026, 10, 22, tzinfo=UTC), datetime(2027, 12, 26, tzinfo=UTC)
LIMITS = {name: getattr(client, name) for name in ("FETCHES", "READS", "BOUND")}  # of the product
DAY = "UID:a\nSUMMARY:Ada away\nDTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261128"


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with calendar_server() as found:
        yield found


@pytest.fixture(autouse=True)
def _demo(settings: Settings) -> None:
    settings.ENV = dataclasses.replace(now_settings.ENV, debug=True)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FETCHES", "READS"):
        monkeypatch.setattr(client, name, int(PATIENCE))
    monkeypatch.setattr(client, "BOUND", 3 * PATIENCE)


def read(server: CalendarServer, etag: str = "") -> ical.Reading:
    return ical.read(server.address, start=START, end=END, etag=etag)


def refusal(server: CalendarServer) -> str:
    with pytest.raises(ical.CalendarFault) as raised:
        read(server)
    assert "secret" not in raised.value.words + raised.value.detail
    return raised.value.words


def test_days_moments_and_local_times_are_told_apart(server: CalendarServer) -> None:
    server.says(
        DAY,
        "UID:b\nDTSTART;TZID=Asia/Kolkata:20261123T093000\nDTEND;TZID=Asia/Kolkata:20261123T100000",
        "UID:c\nDTSTART:20261123T090000\nDURATION:PT4H",
        "UID:d\nDTSTART;TZID=Eastern Standard Time:20261123T090000\nDTEND;TZID=Eastern Standard Time:20261123T100000",
        "UID:e\nDTSTART;VALUE=DATE:20261201",
    )
    found = {each.uid: (each.starts, each.ends) for each in read(server).occurrences}
    assert found["a"] == (date(2026, 11, 23), date(2026, 11, 28))
    assert found["b"] == (datetime(2026, 11, 23, 4, 0, tzinfo=UTC), datetime(2026, 11, 23, 4, 30, tzinfo=UTC))
    assert found["c"] == (datetime(2026, 11, 23, 9, 0), datetime(2026, 11, 23, 13, 0))
    assert found["d"] == (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), datetime(2026, 11, 23, 15, 0, tzinfo=UTC))
    assert found["e"] == (date(2026, 12, 1), date(2026, 12, 2))


def test_a_zone_that_nobody_knows_is_said_and_read_by_the_persons_own_clocks(server: CalendarServer) -> None:
    server.says("UID:a\nDTSTART;TZID=Middle-earth/Shire:20261123T090000\n"
                "DTEND;TZID=Middle-earth/Shire:20261123T100000")
    found = read(server)
    assert found.occurrences[0].starts == datetime(2026, 11, 23, 9, 0)
    assert "Middle-earth/Shire" in found.remarks


def test_what_takes_nobodys_time_is_passed_over(server: CalendarServer) -> None:
    server.says(DAY, DAY.replace("UID:a", "UID:b") + "\nTRANSP:TRANSPARENT",
                DAY.replace("UID:a", "UID:c") + "\nSTATUS:CANCELLED",
                DAY.replace("UID:a", "UID:d") + "\nX-MICROSOFT-CDO-BUSYSTATUS:FREE")
    assert [each.uid for each in read(server).occurrences] == ["a"]


def test_people_are_told_by_their_addresses_and_those_who_declined_are_not(server: CalendarServer) -> None:
    server.says(DAY + "\nORGANIZER:MAILTO:Lead@Example.org\nATTENDEE:mailto:Ada@example.org\n"
                "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org")
    found = read(server).occurrences[0]
    assert (found.title, found.guests, found.organizer) == ("Ada away", ("ada@example.org",), "lead@example.org")


def test_a_repeated_entry_without_an_end_is_unfolded_within_the_stretch_alone(server: CalendarServer) -> None:
    server.says("UID:a\nDTSTART;VALUE=DATE:20200106\nRRULE:FREQ=WEEKLY;BYDAY=FR\nEXDATE;VALUE=DATE:20261127")
    found = [each.starts for each in read(server).occurrences]
    assert 50 < len(found) < 64
    assert date(2026, 11, 20) in found
    assert date(2026, 11, 27) not in found


@pytest.mark.parametrize(("rule", "reads", "words"), [
    ("FREQ=HOURLY", int(PATIENCE), "more than 2,000 entries"), ("FREQ=SECONDLY", 5, "without an end"),
])
def test_an_entry_that_repeats_too_often_is_refused_in_words(
    server: CalendarServer, rule: str, reads: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READS", reads)
    server.says(f"UID:a\nDTSTART:20200101T000000Z\nDURATION:PT1M\nRRULE:{rule}")
    assert words in refusal(server)


def test_what_it_has_already_is_not_sent_again(server: CalendarServer) -> None:
    server.says(DAY)
    server.headers = {"ETag": '"v1"'}
    assert read(server).etag == '"v1"'
    assert read(server, '"v1"') is ical.NOTHING_NEW
    assert server.got[1]["if-none-match"] == '"v1"'


def test_one_entry_that_makes_no_sense_does_not_hide_the_others(server: CalendarServer) -> None:
    server.says(DAY, "UID:b\nDTSTART:20261123T090000Z\nRRULE:FREQ=WEEKLY;UNTIL=nonsense", "UID:c\nSUMMARY:no time")
    found = read(server)
    assert [each.uid for each in found.occurrences] == ["a"]
    assert found.remarks == "2 entries could not be read."


def test_nul_and_broken_letters_are_read_past(server: CalendarServer) -> None:
    server.body = calendar(DAY).replace(b"Ada away", b"Ada\x00 aw\xffay")
    assert read(server).occurrences[0].title == "Ada aw\ufffday"


@pytest.mark.parametrize(("body", "words"), [
    (b"<html><body>Please sign in</body></html>", "no calendar in iCal format"), (b"", "no calendar in iCal format"),
    (calendar(DAY)[:-20], "ends in the middle"),
    (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR", "broken"),
])
def test_what_is_no_calendar_is_said_to_be_none(server: CalendarServer, body: bytes, words: str) -> None:
    server.body = body
    assert words in refusal(server)


@pytest.mark.parametrize(("status", "words"), [(500, "an error (500)"), (404, "give it out (404)"),
                                               (302, "an error (302)")])
def test_a_server_that_says_no_is_told_of(server: CalendarServer, status: int, words: str) -> None:
    server.status = status
    assert words in refusal(server)


def test_a_server_that_is_not_there_is_told_of(server: CalendarServer) -> None:
    with pytest.raises(ical.CalendarAway, match="cannot be reached"):
        ical.read("http://127.0.0.1:9/x.ics", start=START, end=END)
    with pytest.raises(ical.CalendarAway, match="by that name"):
        ical.read("http://calendar.invalid/x.ics", start=START, end=END)


# ---- Too much -------------------------------------------------------------------------


def test_ten_megabytes_are_refused_at_their_announcement(server: CalendarServer) -> None:
    server.body, server.headers = b"x" * 100, {"Content-Length": "10000000"}
    assert "larger than 2 MB" in refusal(server)


def test_what_never_ends_is_refused_while_it_is_read(server: CalendarServer) -> None:
    server.body, server.endless = b"x" * 100_000, True
    assert "larger than 2 MB" in refusal(server)
    assert server.sent < 20_000_000  # what fits between two of its answers and our leaving


def test_a_gzip_bomb_is_not_unpacked(server: CalendarServer) -> None:
    server.body, server.headers = gzip.compress(b"\0" * 300_000_000), {"Content-Encoding": "gzip"}
    assert len(server.body) < 1_000_000
    assert "larger than 2 MB" in refusal(server)


def test_a_packed_calendar_is_unpacked(server: CalendarServer) -> None:
    server.body, server.headers = gzip.compress(calendar(DAY)), {"Content-Encoding": "gzip"}
    assert len(read(server).occurrences) == 1


def test_fetching_and_reading_end_before_they_are_ended() -> None:
    assert LIMITS["FETCHES"] + LIMITS["READS"] < LIMITS["BOUND"]


def test_a_server_that_drips_is_left_after_its_seconds(
    server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FETCHES", 4)
    server.body, server.drip = calendar(DAY), 0.5
    began = time.monotonic()
    assert "longer than 4 seconds" in refusal(server)
    assert time.monotonic() - began > 3
    assert server.sent == 0  # it drips on: nobody has heard it to its end


# ---- Where it must not go --------------------------------------------------------------


@pytest.mark.parametrize("target", [
    "http://127.0.0.1:9/", "http://169.254.169.254/latest/meta-data/", "http://localhost/", "http://[::1]/",
    "http://[::ffff:10.0.0.1]/", "http://10.1.2.3/", "http://100.64.0.1/", "http://192.168.1.1/", "http://224.0.0.1/",
    "http://0.0.0.0/", "http://2130706433/",
])
def test_a_redirect_into_a_private_network_is_refused(server: CalendarServer, target: str) -> None:
    server.status, server.headers = 302, {"Location": target}
    assert "private network" in refusal(server)


def test_a_redirect_to_another_kind_of_address_is_refused(server: CalendarServer) -> None:
    server.status, server.headers = 302, {"Location": "file:///etc/passwd"}
    assert "neither https:// nor http://" in refusal(server)


def test_a_redirect_to_itself_ends() -> None:
    guard = Guard(local=False, own=[], hosts=[])
    guard.allows = lambda address: True  # type: ignore[method-assign]
    with calendar_server() as server:
        server.status, server.headers = 302, {"Location": "/again"}
        with pytest.raises(Refused, match="on and on"):
            fetch.fetch(server.address, "", guard)
        assert len(server.got) == fetch.REDIRECTS + 1


def test_in_production_this_machine_is_refused_too(server: CalendarServer, settings: Settings) -> None:
    settings.ENV = dataclasses.replace(now_settings.ENV, debug=False)
    server.says(DAY)
    assert "private network" in refusal(server)
    assert not server.got


def test_the_portals_own_services_are_refused(server: CalendarServer, settings: Settings) -> None:
    server.says(DAY)
    settings.PORTAL_BASE_URL = f"http://localhost:{server.port}"
    assert "portal's own address" in refusal(server)
    settings.PORTAL_BASE_URL, settings.ALLOWED_HOSTS = "https://set.example.com", ["set.example.com"]
    with pytest.raises(ical.CalendarRefused, match="own address"):
        ical.read("https://set.example.com:8443/on-call/feed.ics", start=START, end=END)
    assert not server.got


def test_an_address_is_judged_when_it_is_connected_to_and_not_before() -> None:
    guard = Guard(local=False, own=[("db", 5432)], hosts=[])
    guard.check("https://calendar.example.com/")  # its name looks harmless
    for place in (("127.0.0.1", 80), ("::ffff:169.254.169.254", 80, 0, 0), "/run/postgres/.s.PGSQL.5432"):
        with pytest.raises(PermissionError):
            guard("socket.connect", (None, place))
    guard("socket.connect", (None, ("93.184.216.34", 443)))


def test_an_address_is_never_logged(server: CalendarServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.status = 500
    refusal(server)
    assert "secret-calendar-key" not in caplog.text


def test_the_stretch_is_what_was_asked_for(server: CalendarServer) -> None:
    server.says(DAY)
    far = START + timedelta(days=100)
    assert ical.read(server.address, start=far, end=END).occurrences == ()

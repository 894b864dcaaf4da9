"""Calendars of leave, from a real server: read, read again, dead, odd; and what the last good reading leaves behind."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings as now_settings
from pytest_django.fixtures import Settings

from integrations.ical.tests.server import CalendarServer, calendar_server
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import set_timer
from portal.flows.duty import duty_changed
from portal.flows.leave import check_feed
from portal.flows.ticking import TIMERS, tick
from set_rotation import actions
from set_rotation.actions.feeds import add_feed, bring_back_feed, claim_feed, remove_feed
from set_rotation.actions.swaps import EXPIRES, ask_swap
from set_rotation.choices import AwaySource, Seat, SwapState
from set_rotation.models import Away, LeaveFeed, Swap
from set_rotation.queries.away import due_feeds, feed_list, masked, pause_of
from set_rotation.rules.duty import Span
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
START, HOUR, DAY = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=1)
WEEK_OFF = "UID:a\nSUMMARY:Away\nDTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261128"
MONDAYS = "UID:m\nSUMMARY:Away\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY"


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with calendar_server() as found:
        yield found


@pytest.fixture(autouse=True)
def _demo(settings: Settings) -> None:
    settings.ENV = dataclasses.replace(now_settings.ENV, debug=True)


def feed(server: CalendarServer, person: Person | None, by: Person | None = None) -> LeaveFeed:
    owner = by or person
    assert owner is not None
    return add_feed(name="Leave", address=server.address, person=person, by=owner, at=AT)


def check(row: LeaveFeed, at: datetime = AT, *, wholly: bool = False) -> LeaveFeed:
    check_feed(feed_id=row.pk, at=at, wholly=wholly)
    row.refresh_from_db()
    return row


def stretches() -> list[tuple[datetime, datetime]]:
    return list(Away.objects.order_by("starts_at").values_list("starts_at", "ends_at"))


def test_days_of_ones_own_calendar_begin_at_ones_own_midnight(server: CalendarServer) -> None:
    person = make.engineer(zone="Asia/Kolkata")
    server.says(WEEK_OFF)
    row = check(feed(server, person))
    assert stretches() == [(datetime(2026, 11, 22, 18, 30, tzinfo=UTC), datetime(2026, 11, 27, 18, 30, tzinfo=UTC))]
    assert (row.fault, row.read_at, row.unmatched) == ("", AT, [])
    assert Away.objects.get().source == AwaySource.FEED


def test_rows_that_are_the_same_are_left_alone_and_those_that_are_gone_are_taken_out(server: CalendarServer) -> None:
    person = make.engineer()
    server.says(WEEK_OFF, "UID:b\nDTSTART:20261201T140000Z\nDTEND:20261201T180000Z")
    row = check(feed(server, person))
    kept, changed = Away.objects.order_by("starts_at")
    server.says(WEEK_OFF, "UID:b\nDTSTART:20261201T140000Z\nDTEND:20261201T190000Z",
                "UID:c\nDTSTART;VALUE=DATE:20261224")
    check(row, AT + HOUR)
    assert set(Away.objects.values_list("pk", flat=True)) > {kept.pk, changed.pk}
    assert Away.objects.get(pk=changed.pk).ends_at == datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
    server.says(WEEK_OFF)
    check(row, AT + 2 * HOUR)
    assert list(Away.objects.values_list("pk", flat=True)) == [kept.pk]


def test_a_calendar_that_is_dead_or_odd_says_so_and_keeps_its_last_good_entries(server: CalendarServer) -> None:
    person = make.engineer()
    server.says(WEEK_OFF)
    row = check(feed(server, person))
    good = stretches()
    server.status = 500
    check(row, AT + HOUR)
    assert "an error (500)" in row.fault
    assert row.read_at == AT
    server.status, server.body = 200, b"<html>sign in</html>"
    check(row, AT + 2 * HOUR)
    assert "no calendar" in row.fault
    assert row.failures == 2
    assert stretches() == good
    server.says()
    check(row, AT + 5 * HOUR)
    assert (row.fault, row.failures, stretches()) == ("", 0, [])


def test_it_is_checked_hourly_and_later_and_later_while_it_fails() -> None:
    assert [pause_of(failures) / HOUR for failures in (0, 1, 2, 3, 4, 5, 6, 99)] == [1, 1, 2, 4, 8, 12, 12, 12]
    person = make.engineer()
    row = add_feed(name="Leave", address="http://127.0.0.1:9/x.ics", person=person, by=person, at=AT)
    assert due_feeds(AT) == [row.pk]
    check(row)
    assert due_feeds(AT + HOUR - timedelta(seconds=1)) == []
    assert due_feeds(AT + HOUR) == [row.pk]


def test_two_workers_do_not_check_the_same_calendar_at_once() -> None:
    person = make.engineer()
    row = add_feed(name="Leave", address="http://127.0.0.1:9/x.ics", person=person, by=person, at=AT)
    assert claim_feed(feed_id=row.pk, at=AT) is not None
    assert claim_feed(feed_id=row.pk, at=AT + timedelta(seconds=9)) is None
    assert claim_feed(feed_id=row.pk, at=AT + timedelta(seconds=10)) is not None


def test_the_calendar_of_somebody_who_left_is_not_read_any_more() -> None:
    person = make.engineer()
    row = add_feed(name="Leave", address="http://127.0.0.1:9/x.ics", person=person, by=person, at=AT)
    assert due_feeds(AT) == [row.pk]
    person.is_active = False
    person.save()
    assert due_feeds(AT) == []


def test_what_is_not_new_is_not_sent_and_repeated_entries_reach_further_each_day(server: CalendarServer) -> None:
    person = make.engineer()
    server.says(MONDAYS)
    server.headers = {"ETag": '"v1"'}
    row = check(feed(server, person))
    last = stretches()[-1]
    check(row, AT + HOUR)
    assert (server.got[-1]["if-none-match"], row.read_at) == ('"v1"', AT + HOUR)
    check(row, AT + 8 * DAY)
    assert "if-none-match" not in server.got[-1]
    assert stretches()[-1] > last
    check(row, AT + 8 * DAY + HOUR, wholly=True)
    assert "if-none-match" not in server.got[-1]


def test_entries_of_a_shared_calendar_are_given_to_those_they_name_and_the_others_are_listed(
    server: CalendarServer
) -> None:
    lead, ada, bob = make.engineer("The Lead"), make.engineer("Ada Lovelace"), make.engineer("Bob Ross")
    stranger = make.engineer("Not Onroster")
    for person in (ada, bob):
        make.member(person)
    day = "DTSTART;VALUE=DATE:20261123"
    server.says(f"UID:a\nSUMMARY:Ada Lovelace PTO\n{day}", f"UID:b\nSUMMARY:away\nATTENDEE:mailto:{bob.email}\n{day}",
                f"UID:c\nSUMMARY:Office party\n{day}", f"UID:d\nSUMMARY:Office party\n{day}",
                f"UID:e\nSUMMARY:{stranger.name}\n{day}")
    row = check(feed(server, None, lead))
    assert set(Away.objects.values_list("person", flat=True)) == {ada.pk, bob.pk}
    assert row.unmatched == [["Office party", 2], ["Not Onroster", 1]]
    [line] = feed_list(reader=lead, everybody=True, at=AT)
    assert (line.unmatched_count, line.entries) == (3, 2)
    make.member(stranger, joins_on=date(2026, 11, 1))
    check(row, AT + HOUR)
    assert set(Away.objects.values_list("person", flat=True)) == {ada.pk, bob.pk, stranger.pk}


def test_an_address_is_shown_by_its_host_alone(server: CalendarServer) -> None:
    person = make.engineer()
    feed(server, person)
    [line] = feed_list(reader=person, everybody=False, at=AT)
    assert line.where == "127.0.0.1/••••"
    assert masked("https://user:password@calendar.example.com/private-key/basic.ics") == "calendar.example.com/••••"


def test_a_calendar_that_is_taken_out_takes_what_lies_ahead_with_it_and_comes_back(server: CalendarServer) -> None:
    person = make.engineer()
    server.says(WEEK_OFF, "UID:past\nDTSTART;VALUE=DATE:20261102")
    row = check(feed(server, person))
    remove_feed(feed=row, by=person, at=AT)
    assert len(stretches()) == 1
    with pytest.raises(actions.Refused, match="already"):
        remove_feed(feed=row, by=person, at=AT)
    assert check_feed(feed_id=row.pk, at=AT + HOUR) == ""
    assert len(stretches()) == 1
    bring_back_feed(feed=row, by=person, at=AT)
    check(row, AT + HOUR)
    assert len(stretches()) == 2
    with pytest.raises(actions.Refused, match="read already"):
        feed(server, person)


def test_a_calendar_whose_leave_clashes_with_duty_warns_the_lead_once(server: CalendarServer) -> None:
    people = make.crew()
    make.rotation(people)
    server.says(WEEK_OFF)
    row = check(feed(server, people[3]))  # primary in the second week
    check(row, AT + HOUR, wholly=True)
    told = Delivery.objects.filter(topic="mail.send").values_list("payload__to", flat=True)
    assert list(told) == [people[0].email]


def test_somebody_planned_onto_their_leave_is_a_clash_that_is_told_too() -> None:
    people = make.crew()
    Away.objects.create(person=people[1], starts_at=START + DAY, ends_at=START + 2 * DAY, made_at=START)
    make.rotation(people)
    duty_changed("set", START)
    told = Delivery.objects.filter(payload__subject__icontains="away while on duty")
    assert list(told.values_list("payload__to", flat=True)) == [people[0].email]


def test_a_swap_that_nobody_answered_is_ended_by_its_timer() -> None:
    people = make.crew()
    make.rotation(people)
    swap = ask_swap(person=people[1], span=Span(Seat.PRIMARY, START + DAY, START + 2 * DAY), asked=people[4],
                    in_return=None, by=people[1], at=START)
    assert EXPIRES in TIMERS
    tick(at=START + DAY - HOUR)
    assert Swap.objects.get(pk=swap.pk).state == SwapState.OPEN
    tick(at=START + DAY)
    assert Swap.objects.get(pk=swap.pk).state == SwapState.EXPIRED
    set_timer(kind=EXPIRES, key=str(swap.pk), due_at=START + DAY)
    tick(at=START + DAY)  # once more does no harm
    assert Delivery.objects.filter(payload__subject="Nobody took your duty").count() == 1

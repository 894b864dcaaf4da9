"""The pages of leave, swaps and taking over: what each reader sees and may do, beside what they may not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.choices import Role
from people.models import Person
from portal.common import clock
from set_rotation import actions, queries
from set_rotation.actions.away import add_away
from set_rotation.actions.feeds import add_feed
from set_rotation.actions.swaps import ask_swap
from set_rotation.choices import AwaySource, Seat, SwapState
from set_rotation.models import Away, Duty, LeaveFeed, Override, Swap
from set_rotation.rules.duty import Span
from set_rotation.tests import factories as make
from set_rotation.views import feeds

pytestmark = pytest.mark.django_db
START, HOUR, DAY = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=1)
NOW = START + 10 * HOUR


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def people() -> list[Person]:
    """A rotation of five on the roster (the first leads, and so plans), and two who are free."""
    found = make.crew()
    make.rotation(found)
    found += [make.engineer("Free One"), make.engineer("Free Two")]
    for person in found:
        make.member(person)
    return found


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def post(person: Person, name: str, /, *args: Any, query: str = "", **data: Any) -> Any:
    return signed_in(person).post(reverse(f"set_rotation:{name}", args=args) + query, data, follow=True)


def get(person: Person, name: str, /, *args: Any, **query: Any) -> Any:
    return signed_in(person).get(reverse(f"set_rotation:{name}", args=args), query)


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def undo(response: Any) -> str:
    """The address that takes back what was just done."""
    [message] = response.context["messages"]
    return str(message.extra_tags)


def days(**more: str) -> dict[str, str]:
    return {"starts_on": "2026-11-23", "ends_on": "2026-11-27", "zone": "America/New_York", "note": "", **more}


# ---- Away -------------------------------------------------------------------------------


def test_days_are_added_changed_taken_out_and_brought_back(people: list[Person]) -> None:
    person = people[5]
    assert "Mon 23 to Fri 27 Nov" in said(post(person, "away_new", **days()))
    row = Away.objects.get()
    midnight = datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert (row.starts_at, row.ends_at) == (midnight, midnight + 5 * DAY)
    assert 'value="2026-11-27"' in get(person, "away_edit", row.pk).content.decode()
    post(person, "away_edit", row.pk, **days(starts_time="09:00", ends_on="2026-11-23", ends_time="13:30"))
    row.refresh_from_db()
    assert (row.ends_at - row.starts_at, row.all_day) == (4.5 * HOUR, False)
    gone = post(person, "away_remove", row.pk)
    assert not Away.objects.exists()
    back = signed_in(person).post(undo(gone))
    assert back.status_code == 302
    assert Away.objects.get().ends_at == row.ends_at
    assert signed_in(people[6]).post(undo(gone)).status_code == 404


@pytest.mark.parametrize(("typed", "words"), [
    ({"ends_on": "2026-11-22"}, "It ends before it starts"),
    ({"ends_on": "2026-11-23", "starts_time": "13:00", "ends_time": "12:00"}, "It ends before it starts"),
    ({"zone": "Mars/Olympus"}, "not one of the available choices"),
    ({"starts_on": "2027-03-14", "ends_on": "2027-03-15", "starts_time": "02:30"}, "skip 2:30 am on Sun 14 Mar 2027"),
    ({"starts_on": "2027-11-07", "ends_on": "2027-11-08", "starts_time": "01:30"}, "1:30 am on Sun 7 Nov 2027 twice"),
    ({"starts_on": "2026-10-01", "ends_on": "2026-10-02"}, "over already"),
    ({"ends_on": "2029-11-27"}, "a year at most"), ({"starts_on": "soon"}, "Enter a valid date"),
    ({"starts_on": "0001-01-01"}, "Choose a day from 2000"),
])
def test_odd_times_are_refused_in_words(people: list[Person], typed: dict[str, str], words: str) -> None:
    response = post(people[5], "away_new", **days(**typed))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Away.objects.exists()


def test_a_time_that_the_clocks_show_twice_is_asked_about_and_then_taken(people: list[Person]) -> None:
    typed = days(starts_on="2027-11-07", ends_on="2027-11-07", starts_time="01:30", ends_time="12:00")
    asked = post(people[5], "away_new", **typed).content.decode()
    assert "the second time, after they went back" in asked
    post(people[5], "away_new", **typed, starts_which="second")
    assert Away.objects.get().starts_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


def test_one_sees_and_changes_ones_own_leave_and_whoever_plans_everybodys(people: list[Person]) -> None:
    lead, one, other = people[0], people[5], people[6]
    row = add_away(person=one, starts_at=NOW + DAY, ends_at=NOW + 2 * DAY, all_day=False, by=one, at=NOW, note="secret")
    assert "secret" in get(one, "away").content.decode()
    assert "secret" not in get(other, "away").content.decode()
    assert "secret" in get(lead, "away").content.decode()
    assert "secret" not in get(lead, "away", who="me").content.decode()
    for name in ("away_edit", "away_remove"):
        assert post(other, name, row.pk).status_code == 404
    assert get(lead, "away_edit", row.pk).status_code == 200
    assert post(lead, "away_new", person=other.pk, **days()).status_code == 200
    assert Away.objects.filter(person=other, by=lead).exists()
    post(one, "away_new", person=other.pk, **days())  # is not asked for whom, and so means themselves
    assert Away.objects.filter(person=one, by=one).count() == 2


def test_a_viewer_has_no_leave_and_no_swaps(people: list[Person]) -> None:
    viewer = make.engineer("Viewer", Role.VIEWER)
    for name in ("away", "away_new", "feed_new", "swaps", "swap_ask", "take_over"):
        assert get(viewer, name).status_code == 403
        assert get(people[5], name).status_code == 200


def test_a_clash_offers_replacements_which_take_two_clicks(people: list[Person]) -> None:
    lead, away, free = people[0], people[1], people[5]
    row = add_away(person=away, starts_at=NOW + DAY, ends_at=NOW + 2 * DAY, all_day=False, by=away, at=NOW)
    duty = Duty.objects.held().get(person=away)
    page = get(lead, "away").content.decode()
    assert "On duty then: Primary" in page
    assert f"/away/{row.pk}/stand-in/?duty={duty.pk}" in page
    chosen = get(lead, "away_stand_in", row.pk, duty=duty.pk, person=free.pk)
    assert "Have Free One stand in" in chosen.content.decode()
    assert not Override.objects.exists()
    assert "stands in for" in said(post(lead, "away_stand_in", row.pk, duty=duty.pk, person=free.pk))
    assert queries.holder(Seat.PRIMARY, NOW + DAY) == free
    assert "settled" in said(post(lead, "away_stand_in", row.pk, duty=duty.pk, person=free.pk))
    assert post(away, "away_stand_in", row.pk, duty=duty.pk, person=free.pk).status_code == 403


def test_who_cannot_stand_in_is_refused_with_the_reason(people: list[Person]) -> None:
    row = add_away(person=people[1], starts_at=NOW + DAY, ends_at=NOW + 2 * DAY, all_day=False, by=people[1], at=NOW)
    response = get(people[0], "away_stand_in", row.pk, person=people[2].pk)
    assert response.status_code == 422
    assert "backup at that time" in response.content.decode()


def test_the_page_asks_the_database_as_often_for_forty_as_for_one(people: list[Person]) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            get(people[0], "away")
        return len(found)

    add_away(person=people[1], starts_at=NOW + DAY, ends_at=NOW + 2 * DAY, all_day=False, by=people[1], at=NOW)
    get(people[0], "away")
    few = asked()
    Away.objects.bulk_create(
        Away(person=people[number % 7], starts_at=NOW + number * DAY, ends_at=NOW + (number + 1) * DAY, made_at=NOW)
        for number in range(40)
    )
    assert asked() <= few


# ---- Calendars ----------------------------------------------------------------------------


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    found: list[int] = []

    def soon(*, feed_id: int) -> bool:
        found.append(feed_id)
        return True

    monkeypatch.setattr(feeds, "check_feed_soon", soon)
    yield found


SECRET = "https://calendar.example.com/private-0123456789/basic.ics"


def test_a_calendar_is_added_and_its_address_is_shown_to_nobody(people: list[Person], queued: list[int]) -> None:
    response = post(people[5], "feed_new", name="My leave", address=SECRET.replace("https:", "webcal:"))
    feed = LeaveFeed.objects.get()
    assert (feed.person, feed.address, queued) == (people[5], SECRET, [feed.pk])
    assert "private-0123456789" not in response.content.decode()
    assert "calendar.example.com/••••" in response.content.decode()


@pytest.mark.parametrize("address", [
    "ftp://calendar.example.com/x.ics", "file:///etc/passwd", "calendar.example.com", "http://[::1", "https:///x.ics",
    "http://host:99999/", "javascript:alert(1)", "https://a b/",
])
def test_what_is_no_address_is_refused(people: list[Person], queued: list[int], address: str) -> None:
    assert post(people[5], "feed_new", name="My leave", address=address).status_code == 422
    assert not queued


def test_shared_calendars_are_for_whoever_plans(people: list[Person], queued: list[int]) -> None:
    post(people[5], "feed_new", name="Mine", address=SECRET, whose="shared")
    assert LeaveFeed.objects.get().person == people[5]
    post(people[0], "feed_new", name="Team", address=SECRET + "?2", whose="shared")
    assert LeaveFeed.objects.get(name="Team").person is None


def test_a_calendar_is_checked_taken_out_and_brought_back_by_its_owner_or_a_planner(
    people: list[Person], queued: list[int]
) -> None:
    feed = add_feed(name="Leave", address=SECRET, person=people[5], by=people[5], at=NOW)
    Away.objects.create(person=people[5], starts_at=NOW, ends_at=NOW + DAY, feed=feed, source=AwaySource.FEED, uid="a",
                        made_at=NOW)
    for name in ("feed_check", "feed_remove"):
        assert post(people[6], name, feed.pk).status_code == 404
    post(people[5], "feed_check", feed.pk)
    gone = post(people[0], "feed_remove", feed.pk)
    assert not Away.objects.exists()
    assert signed_in(people[5]).post(undo(gone)).status_code == 302
    assert queued == [feed.pk, feed.pk]
    assert LeaveFeed.objects.get().removed_at is None


def test_what_is_wrong_with_a_calendar_is_said_on_the_page(people: list[Person]) -> None:
    feed = add_feed(name="Leave", address=SECRET, person=None, by=people[0], at=NOW)
    LeaveFeed.objects.filter(pk=feed.pk).update(fault="The calendar is larger than 2 MB.", read_at=NOW, checked_at=NOW,
                                                unmatched=[["Office party", 3]])
    page = get(people[0], "away").content.decode()
    assert "larger than 2 MB" in page
    assert "3 entries name nobody on the roster" in page
    assert "Office party" in page


# ---- Swaps ----------------------------------------------------------------------------------


def ask(people: list[Person], asked: Person | None = None) -> Swap:
    span = Span(Seat.PRIMARY, START + DAY, START + 2 * DAY)
    return ask_swap(person=people[1], span=span, asked=asked, in_return=None, by=people[1], at=NOW)


def part(duty: Duty, **more: str) -> dict[str, str]:
    return {"starts_on": "2026-11-18", "starts_time": "09:00", "ends_on": "2026-11-19", "ends_time": "09:00",
            "asked": "all", "in_return": "", "reason": "", **more}


def test_a_part_of_ones_duty_is_asked_of_one_with_something_in_return(people: list[Person]) -> None:
    duty, theirs = Duty.objects.held().get(person=people[1]), Duty.objects.held().get(person=people[3])
    assert "least loaded first" in get(people[1], "swap_ask", duty=duty.pk).content.decode()
    post(people[1], "swap_ask", query=f"?duty={duty.pk}",
         **part(duty, asked=str(people[3].pk), in_return=str(theirs.pk)))
    swap = Swap.objects.get()
    assert (swap.starts_at, swap.asked, swap.return_starts_at) == (
        datetime(2026, 11, 18, 14, tzinfo=UTC), people[3], theirs.starts_at
    )
    page = get(people[3], "swaps").content.decode()
    assert "Accept the swap" in page
    assert "Accept the swap" not in get(people[6], "swaps").content.decode()


@pytest.mark.parametrize(("typed", "words"), [
    ({"ends_on": "2026-11-17"}, "ends before it starts"), ({"ends_on": "2026-11-29"}, "more than the duty"),
    ({"asked": "nobody"}, "not one of the available"), ({"starts_on": "2026-11-16"}, "begun already"),
])
def test_odd_asks_are_refused_in_words(people: list[Person], typed: dict[str, str], words: str) -> None:
    duty = Duty.objects.held().get(person=people[1])
    response = post(people[1], "swap_ask", query=f"?duty={duty.pk}", **part(duty, **typed))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Swap.objects.exists()


def test_ones_own_duty_is_asked_for_and_others_by_whoever_plans(people: list[Person]) -> None:
    duty = Duty.objects.held().get(person=people[1])
    post(people[5], "swap_ask", query=f"?duty={duty.pk}", **part(duty))
    assert not Swap.objects.exists()
    post(people[0], "swap_ask", query=f"?duty={duty.pk}", **part(duty))
    assert (Swap.objects.get().person, Swap.objects.get().by) == (people[1], people[0])


def test_a_duty_that_was_begun_to_the_second_is_asked_for_as_it_is_shown(people: list[Person]) -> None:
    starts = NOW + DAY + timedelta(seconds=17)
    actions.make_override(seat=Seat.PRIMARY, person=people[5], starts_at=starts, ends_at=starts + DAY, by=None, at=NOW)
    duty = Duty.objects.held().get(person=people[5])
    shown = get(people[5], "swap_ask", duty=duty.pk).context["form"].initial
    typed = {name: str(value) for name, value in shown.items()}
    post(people[5], "swap_ask", query=f"?duty={duty.pk}", **part(duty, **typed, reason=""))
    assert Swap.objects.get().starts_at == starts


def test_asked_accepted_by_another_and_undone(people: list[Person]) -> None:
    swap = ask(people, people[5])
    accepted = post(people[5], "swap_accept", swap.pk)
    assert "You take it" in said(accepted)
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == people[5]
    assert signed_in(people[6]).post(undo(accepted)).status_code == 404
    signed_in(people[5]).post(undo(accepted))
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == people[1]


def test_whoever_was_not_asked_neither_accepts_nor_declines(people: list[Person]) -> None:
    swap = ask(people, people[5])
    for name in ("swap_accept", "swap_decline", "swap_withdraw", "swap_undo"):
        assert post(people[6], name, swap.pk).status_code == 404
    assert Swap.objects.get().state == SwapState.OPEN
    assert "not asked of you" in said(post(people[1], "swap_decline", swap.pk))
    post(people[5], "swap_decline", swap.pk, words="in the air")
    assert "in the air" in get(people[1], "swaps").content.decode()


def test_one_who_is_too_late_reads_who_was_quicker(people: list[Person]) -> None:
    swap = ask(people)
    post(people[5], "swap_accept", swap.pk)
    assert "Free One was quicker" in said(post(people[6], "swap_accept", swap.pk))


def test_whoever_plans_chooses_who_takes_it_and_sees_it_before(people: list[Person]) -> None:
    swap = ask(people)
    assert "Choose who takes it" in get(people[0], "swaps").content.decode()
    assert "Free Two" in get(people[0], "swap_accept", swap.pk).content.decode()
    seen = get(people[0], "swap_accept", swap.pk, person=people[6].pk).content.decode()
    assert "Free Two takes it" in seen
    assert Swap.objects.get().state == SwapState.OPEN
    post(people[0], "swap_accept", swap.pk, person=people[6].pk)
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == people[6]
    post(people[0], "swap_undo", swap.pk)
    assert Swap.objects.get().state == SwapState.UNDONE


def test_naming_somebody_else_is_not_for_those_who_do_not_plan(people: list[Person]) -> None:
    swap = ask(people)
    post(people[5], "swap_accept", swap.pk, person=people[6].pk)
    assert Swap.objects.get().taken_by == people[5]


# ---- Take it now --------------------------------------------------------------------------


def test_a_running_seat_is_taken_in_one_press_and_given_back(people: list[Person]) -> None:
    page = get(people[5], "take_over", seat="primary").content.decode()
    assert "End of the shift" in page
    taken = post(people[5], "take_over", seat="primary", until="3h")
    assert "You are primary" in said(taken)
    assert queries.holder(Seat.PRIMARY, NOW) == people[5]
    assert signed_in(people[6]).post(undo(taken)).status_code == 404
    assert "Give it back" in get(people[5], "take_over").content.decode()
    signed_in(people[5]).post(undo(taken))
    assert queries.holder(Seat.PRIMARY, NOW) == people[1]


@pytest.mark.parametrize(("typed", "words"), [
    ({"until": "own", "own_on": "2026-11-16", "own_time": "18:00"}, "is over"),
    ({"until": "own", "own_on": "2026-12-16", "own_time": "18:00"}, "shift ends before"),
    ({"until": "own"}, "until which day and time"), ({"until": "never"}, "Choose until when"),
    ({"until": "1h", "seat": "king"}, "No shift of that seat"), ({"until": "1h", "seat": "lead"}, "cannot take it"),
])
def test_what_cannot_be_taken_is_said(people: list[Person], typed: dict[str, str], words: str) -> None:
    follower = make.engineer("Follower")
    make.member(follower, leads=False, joins_on=date(2026, 1, 1))
    response = post(follower, "take_over", **{"seat": "primary", **typed})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Override.objects.exists()


def test_whoever_plans_has_somebody_else_take_it_and_others_do_not(people: list[Person]) -> None:
    post(people[5], "take_over", seat="primary", until="1h", person=people[6].pk)
    assert not Override.objects.exists()
    post(people[0], "take_over", seat="primary", until="1h", person=people[6].pk)
    assert queries.holder(Seat.PRIMARY, NOW) == people[6]

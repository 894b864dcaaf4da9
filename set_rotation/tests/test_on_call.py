"""The on-call page and the head of every page: who is on now and next, for whoever reads, in few questions."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.actions import deactivate
from people.choices import Role
from portal.common import clock
from set_rotation import actions
from set_rotation.choices import Seat
from set_rotation.models import ChannelHeader
from set_rotation.queries.on_call import on_call, on_call_page
from set_rotation.queries.on_now import on_now
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START, HOUR, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=7)


class Clock:
    """The portal's clock, to be turned by hand."""

    def __init__(self) -> None:
        self.at = START + HOUR

    def now(self) -> datetime:
        return self.at


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(clock, "now", turned.now)
    return turned


def page(client: Client) -> str:
    answer = client.get("/on-call/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_says_who_is_on_now_and_next_where_they_are_and_how_to_reach_them(client: Client, time: Clock) -> None:
    lead, one, two, three, four = people = make.crew()
    one.zone, one.mattermost_name = "Asia/Kolkata", "one.name"
    one.save(update_fields=["zone", "mattermost_name"])
    make.rotation(people)
    client.force_login(two)
    shown = page(client)
    assert "Rotation 1, day 1 of 14." in shown and "Hand-over</a> is due" in shown
    now, following = shown.split("On now</h2>")[1].split("Next</h2>")
    for name in (lead.name, one.name, two.name, three.name, four.name):
        assert f"<b>{name}</b>" in now  # those without a seat this week are on SET too
    assert '<span class="num" data-clock-zone="Asia/Kolkata">8:30 pm</span> in Kolkata' in now
    assert "@one.name" in now and f"mailto:{lead.email}" in now
    assert "You are backup</strong> until" in shown
    assert f"<b>{three.name}</b>" in following and "from <time" in following
    assert "Nobody" not in shown.split('id="duty"')[1]


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.VIEWER, Role.SUPPORT])
def test_everybody_may_look_and_who_may_not_plan_is_offered_no_plan(client: Client, time: Clock, role: Role) -> None:
    make.rotation()
    client.force_login(make.engineer("Reader", role))
    assert "On now" in page(client)


def test_signed_out_goes_to_sign_in(client: Client) -> None:
    assert client.get("/on-call/")["Location"] == "/sign-in/?next=/on-call/"


def test_a_gap_is_said_in_red_in_the_card_and_before_it_comes(client: Client, time: Clock) -> None:
    lead, one, two, three, _ = make.crew()
    make.rotation({0: lead, 1: one, 2: two, 3: three})  # nobody is backup in the second week
    client.force_login(lead)
    shown = page(client)
    assert "no backup" in shown.split("Next</h2>")[1] and "no backup" not in shown.split("Next</h2>")[0]
    time.at = START + WEEK + HOUR
    shown = page(client)
    assert "no backup" in shown.split("Next</h2>")[0]
    assert "Nobody is backup until" in shown


def test_who_stands_in_before_the_next_shift_is_said(client: Client, time: Clock) -> None:
    people = make.crew()
    make.rotation(people)
    other = make.engineer("Stand In")
    actions.make_override(seat=Seat.PRIMARY, person=other, starts_at=START + 24 * HOUR, ends_at=START + 27 * HOUR,
                          by=None, at=time.at)
    client.force_login(people[0])
    assert "<b>Stand In</b> is primary until" in page(client)
    time.at = START + 25 * HOUR
    assert "stands in · until" in page(client)


def test_of_somebody_who_has_left_it_says_that_no_page_reaches_them(client: Client, time: Clock) -> None:
    people = make.crew()
    make.rotation(people)
    client.force_login(people[0])
    assert "Has left" not in page(client)
    deactivate(person=people[1], by=make.engineer("Coordinator", Role.COORDINATOR), at=time.at)
    assert page(client).count("Has left: a page goes past them") == 1


def test_an_empty_portal_says_what_to_do(client: Client, time: Clock) -> None:
    client.force_login(make.engineer("Reader", Role.EXECUTIVE))
    assert "Nobody is planned yet" in page(client) and "Find somebody" not in page(client)


def test_before_the_first_rotation_and_after_the_last_it_says_so(client: Client, time: Clock) -> None:
    people = make.crew()
    client.force_login(people[0])
    make.rotation(people, at=START - 2 * WEEK)
    time.at = START - HOUR
    shown = page(client)
    assert "No rotation runs now. Rotation 1 begins" in shown and f"<b>{people[1].name}</b>" in shown
    time.at = START + WEEK + HOUR
    assert "Nobody is planned after this" in page(client)


def test_trouble_with_the_channels_header_is_said(client: Client, time: Clock) -> None:
    ChannelHeader.objects.create(name="set", trouble="The channel ~set is archived.", trouble_at=time.at)
    make.rotation()
    client.force_login(make.engineer())
    assert "The channel ~set is archived." in page(client)


def test_the_fragment_is_answered_alone(client: Client, time: Clock) -> None:
    make.rotation()
    client.force_login(make.engineer())
    part = client.get("/on-call/", headers={"HX-Request": "true", "HX-Target": "duty"}).content.decode()
    assert "On now" in part and "<html" not in part


def test_it_asks_at_most_eight_questions_with_nothing_kept_however_much_is_planned(client: Client, time: Clock) -> None:
    counts = []
    for number in range(3):
        people = make.crew()
        for week in range(3):
            first_on = date(2026, 11, 16) + timedelta(days=14 * (3 * number + week))
            make.rotation(people, first_on=first_on, at=START - HOUR)
        client.force_login(people[0])
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            page(client)
        counts.append(len(seen))
    assert max(counts) <= 8, [query["sql"] for query in seen]
    assert counts[0] == counts[-1]


# ---- Now, in every page's head --------------------------------------------------------


def test_every_page_names_lead_primary_and_backup_and_rings_the_reader(client: Client, time: Clock) -> None:
    lead, one, two, *_ = people = make.crew()
    make.rotation(people)
    client.force_login(one)
    shown = " ".join(client.get("/people/").content.decode().split())
    head = shown.split('<dl class="onnow"')[1].split("</dl>")[0]
    assert head.index("Lead") < head.index(lead.name) < head.index("Primary") < head.index(one.name)
    assert head.index("Backup") < head.index(two.name)
    assert f"{one.name} · Primary · America/New_York, 10:00 am" in head
    assert f'data-me="person-{one.pk}"' in shown and f'data-assignee="person-{one.pk}"' in head
    assert "Rotation 1 · day 1 of 14. You are primary until" in shown


def test_the_head_costs_one_question_and_none_while_it_is_kept(
    time: Clock, django_assert_num_queries: Callable[..., Any]
) -> None:
    make.rotation()
    with django_assert_num_queries(1):
        on_now(time.at)
    with django_assert_num_queries(0):
        on_now(time.at + timedelta(seconds=5))


def test_what_is_kept_never_outlives_a_change_of_hands(time: Clock) -> None:
    people = make.crew()
    make.rotation(people)
    before = START + WEEK - timedelta(seconds=2)
    assert [one.name for one in on_now(before).seats] == [one.name for one in people[:3]]
    assert on_now(START + WEEK).seats[1].name == people[3].name
    other = make.engineer("Stand In")
    actions.make_override(seat=Seat.PRIMARY, person=other, starts_at=START, ends_at=START + 2 * WEEK, by=None,
                          at=START + WEEK)
    assert on_now(START + WEEK + timedelta(seconds=1)).seats[1].name == "Stand In"


def test_what_was_kept_at_a_later_time_is_not_said_of_an_earlier_one(time: Clock) -> None:
    people = make.crew()
    make.rotation(people)
    on_now(START + WEEK)
    assert on_now(START).seats[1].name == people[1].name


def test_a_head_without_anybody_on_duty_is_empty(client: Client, time: Clock) -> None:
    client.force_login(make.engineer())
    assert b"onnow" not in client.get("/people/").content


def test_the_page_and_the_plain_question_agree(time: Clock) -> None:
    people = make.crew()
    make.rotation(people)
    for hours in range(-200, 400, 37):
        at = START + hours * HOUR
        found = on_call(at)
        shown = on_call_page(reader=people[0], at=at)
        assert {row.seat: row.who.name for row in shown.now.seats if row.who} == {
            seat: duty.person.name for seat, duty in found.now.items()}

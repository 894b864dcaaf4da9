"""The home page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.choices import Role
from people.tests.factories import person
from portal.common import clock
from portal.pages.visits import COOKIE
from set_rotation.actions import paging
from set_rotation.choices import PageSource, Urgency
from set_rotation.models import ChannelHeader
from set_rotation.tests import factories as rotations
from tickets.tests.factories import NOON, make_change, make_project, make_ticket, make_user

pytestmark = pytest.mark.django_db


class Clock:
    """The portal's clock, to be turned by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> Any:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(clock, "now", turned.now)
    return turned


@pytest.fixture
def lead(client: Client, time: Clock) -> Client:
    client.force_login(person(Role.LEAD, jira_account_id="acc-lena"))
    make_project()
    return client


def page(client: Client, **headers: str) -> str:
    response = client.get("/", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_signed_out_goes_to_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_it_names_the_day_in_the_readers_zone(lead: Client) -> None:
    assert "Tuesday 17 Nov" in page(lead)


def test_it_counts_each_column_and_names_who_has_what(lead: Client) -> None:
    make_ticket("In Progress", key="MM-1", assignee=make_user("Ada Park"))
    make_ticket("In Progress", key="MM-2", assignee=make_user("Lena Roth", "acc-lena"))
    make_ticket("To Do", key="MM-3")
    shown = page(lead)
    assert shown.index('data-assignee="acc-lena"><span') > 0  # the menu's mark has the same id: the ring falls on both
    assert shown.index("Lena Roth") < shown.index("Ada Park")
    assert '<a href="/board/#col-in_progress">2</a>' in shown
    assert "1 in To do" in shown


def test_what_changed_since_the_last_visit_is_told(lead: Client, time: Clock) -> None:
    ticket = make_ticket("In Progress", key="MM-1")
    make_change(ticket, at=NOON - timedelta(hours=3))
    make_ticket(key="MM-2", summary="Brand new", created=NOON - timedelta(hours=1))
    make_change(make_ticket(key="MM-3"), at=NOON - timedelta(days=4))
    shown = page(lead)
    assert shown.count('<li class="entry">') == 2
    assert "is new: Brand new" in shown
    time.at = NOON + timedelta(minutes=10)
    assert page(lead).count('<li class="entry">') == 2, "the same visit"
    time.at = NOON + timedelta(hours=2)
    assert "Nothing moved in Jira since your last visit" in page(lead)


def test_two_tickets_that_share_the_number_of_a_history_are_told_apart(lead: Client) -> None:
    first, second, third = (make_ticket(key=f"MM-{number}") for number in (1, 2, 3))
    for ticket, minutes in ((first, 10), (third, 20), (second, 30)):
        number = 7 if ticket != third else 8
        make_change(ticket, history_id=number, at=NOON - timedelta(minutes=minutes))
    told = page(lead).split('<li class="entry">')[1:]
    assert [next(key for key in ("MM-1", "MM-2", "MM-3") if key in entry) for entry in told] == ["MM-1", "MM-3", "MM-2"]


def test_a_change_of_severity_is_told_however_jira_writes_the_field(lead: Client) -> None:
    make_change(make_ticket(key="MM-1"), "Severity", "2", "1", field_id="customfield_10001")
    assert page(lead).count('<li class="entry">') == 1


def test_an_open_page_that_looks_again_does_not_prolong_the_visit(lead: Client, time: Clock) -> None:
    page(lead)
    seen = lead.cookies[COOKIE].value
    time.at = NOON + timedelta(minutes=20)
    assert "<html" not in page(lead, **{"HX-Request": "true", "HX-Target": "home"})
    assert lead.cookies[COOKIE].value == seen


@pytest.mark.parametrize("value", ["", "rubbish", "1.2.3", "1.2.3:forged:signature", "é", "x" * 3_000])
def test_a_forged_visit_is_a_first_visit(lead: Client, value: str) -> None:
    lead.cookies[COOKIE] = value
    page(lead)


def test_somebody_elses_visit_is_not_taken_over(lead: Client, time: Clock) -> None:
    page(lead)
    lead.force_login(person(Role.VIEWER))
    make_change(make_ticket(key="MM-1"), at=NOON - timedelta(hours=1))
    time.at = NOON + timedelta(hours=2)
    assert page(lead).count('<li class="entry">') == 1


def test_a_viewer_is_asked_for_nothing(client: Client, time: Clock) -> None:
    client.force_login(person(Role.VIEWER))
    make_project()
    make_ticket("Ready for QA")
    make_ticket("In Progress", status_since=NOON - timedelta(days=40))
    assert "Nothing needs you now" in page(client)


def test_the_lead_is_asked_to_map_and_to_find_owners(lead: Client) -> None:
    make_ticket("Ready for QA")
    make_ticket("In Progress", key="MM-5")
    make_ticket("To Do", priority="1 Urgent")
    shown = page(lead)
    for words in ("1 ticket in 1 status without a column", "1 ticket In progress has no owner",
                  "1 urgent ticket in To do has no owner"):
        assert words in shown, words


def test_nobody_has_to_own_an_epic(lead: Client) -> None:
    make_ticket("To Do", kind="Epic", priority="Highest")
    make_ticket("In Progress", kind="epic")
    shown = page(lead)
    assert "no owner" not in shown
    assert "unowned" not in shown
    make_ticket("To Do", priority="Highest")
    make_ticket("In Progress")
    cache.clear()
    shown = page(lead)
    assert "1 urgent ticket in To do has no owner" in shown
    assert "1 unowned" in shown


def test_a_silent_jira_is_said_to_everybody(client: Client, time: Clock) -> None:
    client.force_login(person(Role.EXECUTIVE))
    make_project(silent_since=NOON - timedelta(minutes=2))
    assert "Jira has not answered since 11:58 am." in page(client)


def test_before_the_first_run_it_says_so(client: Client, time: Clock) -> None:
    client.force_login(person(Role.LEAD))
    assert "not mirrored yet" in page(client)


def test_it_writes_nothing(lead: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        page(lead)
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_the_number_of_queries_does_not_grow(lead: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    for number in range(30):
        ticket = make_ticket("In Progress", assignee=make_user(f"User {number}"))
        make_change(ticket, at=NOON - timedelta(minutes=number))
    make_ticket("Ready for QA")
    cache.clear()
    # Up to four are the session and the person, two hand-overs, one pages, five leave and swaps, six escalations,
    # six incidents.
    with django_assert_max_num_queries(45):
        page(lead)


def test_a_thousand_changes_show_the_newest_and_count_them_all(lead: Client) -> None:
    ticket = make_ticket("In Progress")
    for number in range(100):
        make_change(ticket, at=NOON - timedelta(minutes=number))
    shown = page(lead)
    assert shown.count('<li class="entry">') == 12
    assert '<span class="count">100</span>' in shown
    assert "All tickets, the latest change first" in shown


def test_a_page_is_red_for_whom_it_calls_amber_for_the_others_and_nothing_for_a_viewer(
    client: Client, time: Clock
) -> None:
    make_project()
    called, other, viewer = person(Role.ENGINEER), person(Role.ENGINEER), person(Role.VIEWER)
    made, _ = paging.raise_page(key="k", urgency=Urgency.URGENT, reason="Outage", at=NOON, source=PageSource.API,
                                only_to=called)
    paging.take_steps(page_id=made.pk, at=NOON)
    for reader, words in ((called, "You are paged: Outage"), (other, "Somebody is paged: Outage"), (viewer, "")):
        client.force_login(reader)
        shown = page(client)
        assert words in shown
        assert ("Outage" in shown) == bool(words)
    paging.acknowledge(page=made.__class__.objects.get(), by=called, at=NOON)
    client.force_login(called)
    assert "You have a page that is not resolved" in page(client)
    client.force_login(other)
    assert "Outage" not in page(client)


def test_the_rail_counts_the_pages_that_call_somebody(
    lead: Client, time: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        paging.raise_page(key="k", urgency=Urgency.URGENT, reason="Outage", at=NOON, source=PageSource.API)
    assert re.search(r'data-tone="red">1<span class="visually-hidden">waiting', page(lead))


def test_the_day_says_the_rotations_and_coming_duty_is_a_line(client: Client, time: Clock) -> None:
    make_project()
    crew = rotations.crew()
    rotations.rotation(crew, at=NOON - timedelta(days=9))
    client.force_login(crew[1])
    assert "Rotation 1 · day 2 of 14, you are primary until Mon 9:00 am" in page(client)
    client.force_login(crew[3])
    shown = page(client)
    assert "you are" not in shown and "You are primary from Mon 9:00 am" in shown
    client.force_login(person(Role.VIEWER))
    shown = page(client)
    assert "Rotation 1 · day 2 of 14" in shown and "You are primary" not in shown


def test_whoever_plans_rotations_reads_that_the_channels_header_wants_a_look(client: Client, time: Clock) -> None:
    make_project()
    ChannelHeader.objects.create(name="set", trouble="The channel ~set is archived.", trouble_at=NOON)
    for role, told in ((Role.COORDINATOR, True), (Role.ENGINEER, False)):
        client.force_login(person(role))
        assert ("The channel ~set is archived." in page(client)) is told

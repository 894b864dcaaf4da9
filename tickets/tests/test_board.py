"""The board: what stands where, what the filters find, and what it costs however many tickets there are."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock, live
from tickets.choices import Column, Presence
from tickets.models import JiraStatus, Ticket
from tickets.queries.board import Board, board, more_of
from tickets.queries.cards import card_news
from tickets.queries.counts import board_counts
from tickets.rules.filters import FIRST, MOST_SHOWN, NOBODY, STEP, BoardFilters, read_filters
from tickets.tests.factories import NOON, STATUSES, make_change, make_project, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
CARD = re.compile(r'<li class="card" id="c(\d+)" data-order="(-?\d+)"')
IN_A_DB = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def reader(db: None) -> Person:
    return person(Role.VIEWER, jira_account_id="acc-me")


@pytest.fixture
def page(reader: Person) -> Callable[..., str]:
    """The board's HTML for a reader."""
    client = Client()
    client.force_login(reader)

    def get(query: str = "", **headers: str) -> str:
        answer = client.get(f"/board/{query}", headers=headers)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def many(count: int, status: str = "To Do", first: int = 1_000_000, **more: Any) -> None:
    """So many tickets in one go, a minute apart in every order."""
    there = make_status(status)
    Ticket.objects.bulk_create([
        Ticket(**{
            "id": first + number, "key": f"MM-{first + number}", "project_key": "MM", "kind": "Bug", "status": there,
            "column": there.column, "summary": f"Ticket number {number} of the crowd", "priority": "2 High",
            "created": NOON - timedelta(days=60), "updated": NOON, "mirrored_at": NOON, "rank_position": number,
            "status_since": clock.now() - timedelta(minutes=number + 1), "labels": ["some-label"],
        } | more) for number in range(count)
    ])  # fmt: skip


def look(reader: Person, at: Any = None, **filters: Any) -> Board:
    return board(
        filters=BoardFilters(**filters), person=reader, at=at or NOON, version="", path="/board/", can_accept=False,
        refresh_url="",
    )


def keys(found: Board, column: str = "") -> set[str]:
    html = "".join(part.cards_html for part in found.columns if not column or part.slug == column)
    return set(re.findall(r'<span class="key">([^<]+)</span>', html))


def count(found: Board, column: str) -> int:
    return next(part.count for part in found.columns if part.slug == column)


# What it costs


@pytest.mark.parametrize("query", ["", "?q=crowd", "?backlog=open",
"?label=some-label&assignee=acc-ada-park&customer=1"])
def test_the_number_of_queries_does_not_grow(page: Callable[..., str], query: str) -> None:
    make_project()
    make_ticket(make_status("Ready for QA"), assignee=make_user())
    page()  # the first visit of a session is noted
    numbers = []
    for total in (10, 600, 1_800):
        have = Ticket.objects.count()
        for number, status in enumerate(["To Do", "In Progress", "Done", "Backlog"]):
            many((total - have) // 4, status, first=10_000 * total + 1_000_000 * number + 1)
        page()  # the head and the rail are kept for some seconds, which a slow machine lets pass
        live.publish("board", "stale", "")  # what is kept for all readers is counted anew
        with CaptureQueriesContext(connection) as seen:
            page(query)
        numbers.append(len(seen))
    assert numbers[0] == numbers[1] == numbers[2]
    assert numbers[0] <= 12


def test_what_is_kept_for_all_readers_is_not_asked_again(page: Callable[..., str], django_assert_max_num_queries:
                                                         DjangoAssertNumQueries) -> None:
    make_project()
    many(20)
    live.publish("board", "stale", "")
    page()
    with django_assert_max_num_queries(6):
        page()


def test_a_thousand_open_tickets_are_less_than_400_kilobytes(page: Callable[..., str]) -> None:
    make_project()
    user = make_user("Somebody With A Longer Name")
    for number, status in enumerate(("To Do", "In Progress", "Submitted", "Ready for QA")):
        many(250, status, first=(number + 1) * 1_000_000, assignee=user, severity="S2 - major", is_customer=True)
    html = page()
    assert len(html.encode()) < 400_000
    assert len(CARD.findall(html)) == 4 * FIRST
    assert '<span class="column-n" data-count="todo">250</span>' in html


# What stands where


def test_each_ticket_stands_in_its_column_and_is_counted_there(reader: Person) -> None:
    make_project()
    for status in STATUSES:
        make_ticket(status, key=f"MM-{list(STATUSES).index(status) + 1}")
    found = look(reader, backlog_open=True)
    assert [column.slug for column in found.columns] == [
        "backlog", "todo", "in_progress", "submitted", "done", "unmapped",
    ]  # fmt: skip
    for number, (column, _) in enumerate(STATUSES.values(), 1):
        assert keys(found, column) == {f"MM-{number}"}
        assert count(found, column) == 1
    assert found.total == 6


def test_a_closed_backlog_is_counted_but_not_drawn(reader: Person) -> None:
    make_ticket("Backlog")
    closed, opened = look(reader), look(reader, backlog_open=True)
    assert (count(closed, "backlog"), keys(closed)) == (1, set())
    assert closed.columns[0].collapsed
    assert closed.columns[0].toggle_url == "/board/?backlog=open"
    assert (opened.columns[0].collapsed, opened.columns[0].toggle_url) == (False, "/board/")
    assert len(keys(opened, "backlog")) == 1


def test_without_an_unmapped_ticket_there_is_no_such_column(reader: Person) -> None:
    make_status("Ready for QA")
    make_ticket("To Do")
    found = look(reader)
    assert "unmapped" not in [column.slug for column in found.columns]
    assert found.unmapped is None


def test_an_unmapped_status_is_shown_with_a_proposed_column(reader: Person) -> None:
    make_ticket("Ready for QA")
    make_ticket("Ready for QA", presence=Presence.GONE)
    found = look(reader)
    assert found.unmapped is not None
    assert [(s.name, s.proposed, s.count) for s in found.unmapped.statuses] == [("Ready for QA", "In progress", 1)]


def test_done_shows_fourteen_days(reader: Person) -> None:
    for key, days in (("MM-1", 13.99), ("MM-2", 14), ("MM-3", 14.01), ("MM-4", 400)):
        make_ticket("Done", key=key, status_since=NOON - timedelta(days=days))
    found = look(reader)
    assert keys(found, "done") == {"MM-1", "MM-2"}
    assert count(found, "done") == 2
    assert count(look(reader, at=NOON + timedelta(days=1)), "done") == 0


@pytest.mark.parametrize("presence", [each for each in Presence if each != Presence.PRESENT])
def test_what_is_not_in_jira_is_not_on_the_board(reader: Person, presence: Presence) -> None:
    make_ticket(presence=presence)
    assert look(reader).total == 0


def test_the_sre_project_is_kept_off(reader: Person) -> None:
    make_project("CLD", on_board=False)
    make_ticket(key="CLD-1", column=Column.OFF)
    make_ticket(key="MM-1")
    for filters in ({}, {"project": "CLD"}, {"q": "CLD-1"}, {"q": "Ticket"}):
        assert "CLD-1" not in keys(look(reader, **filters))
    assert look(reader).total == 1
    assert look(reader).projects == ()


def test_to_do_stands_in_jiras_order_and_the_others_with_the_newest_first(page: Callable[..., str]) -> None:
    for key, rank in (("MM-1", 3), ("MM-2", None), ("MM-3", 1), ("MM-4", 2)):
        make_ticket(id=int(key[3:]), key=key, rank_position=rank)
    for number, hours in ((11, 5), (12, 1), (13, 9)):
        make_ticket("In Progress", id=number, key=f"MM-{number}", status_since=NOON - timedelta(hours=hours))
    cards = [(int(identity), int(order)) for identity, order in CARD.findall(page())]
    assert [identity for identity, _ in cards] == [3, 4, 1, 2, 12, 11, 13]
    for column in (cards[:4], cards[4:]):
        orders = [order for _, order in column]
        assert orders == sorted(orders)


# Filters


@pytest.fixture
def crowd(db: None) -> None:
    ada, bo = make_user("Ada Park"), make_user("Me", account_id="acc-me")
    make_ticket(key="MM-1", summary="Login fails after the upgrade", assignee=ada, labels=["auth", "v10"])
    make_ticket("In Progress", key="MM-12", summary="Search is slow", assignee=bo, is_customer=True)
    make_ticket("Done", key="MM-112", summary="Logins failed twice", labels=["auth"])
    make_ticket("Backlog", key="WEB-12", summary="Größe der Schrift")


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, {"MM-1", "MM-12", "MM-112"}), ({"q": "login"}, {"MM-1", "MM-112"}), ({"q": "login upgrade"}, {"MM-1"}),
        ({"q": "upgr"}, {"MM-1"}), ({"q": "LOGIN FAILS"}, {"MM-1", "MM-112"}), ({"q": "nothing"}, set()),
        ({"q": "mm-12"}, {"MM-12"}), ({"q": "MM-1"}, {"MM-1", "MM-12", "MM-112"}), ({"q": "12"}, {"MM-12"}),
        ({"q": "größe", "backlog_open": True}, {"WEB-12"}), ({"q": "12", "backlog_open": True}, {"MM-12", "WEB-12"}),
        ({"q": "'; drop table --"}, set()), ({"q": "&|!()"}, set()), ({"q": "%"}, set()), ({"q": "_"}, set()),
        ({"assignee": "acc-ada-park"}, {"MM-1"}), ({"assignee": NOBODY}, {"MM-112"}), ({"assignee": "x"}, set()),
        ({"label": "auth"}, {"MM-1", "MM-112"}), ({"label": "aut"}, set()), ({"label": "auth", "q": "twice"},
        {"MM-112"}),
        ({"project": "WEB", "backlog_open": True}, {"WEB-12"}), ({"project": "MM"}, {"MM-1", "MM-12", "MM-112"}),
        ({"customer": True}, {"MM-12"}), ({"mine": True}, {"MM-12"}), ({"mine": True, "label": "auth"}, set()),
    ],
)
@pytest.mark.usefixtures("crowd")
def test_a_filter_finds(reader: Person, filters: dict[str, Any], wanted: set[str]) -> None:
    found = look(reader, **filters)
    assert keys(found) == wanted
    assert found.total == sum(column.count for column in found.columns)
    shown = sum(column.count for column in found.columns if not column.collapsed)
    assert shown == len(wanted)
    assert found.filters.active == bool(set(filters) - {"backlog_open"})


@pytest.mark.usefixtures("crowd")
def test_mine_finds_nothing_for_somebody_whom_jira_does_not_know() -> None:
    assert look(person(Role.VIEWER), mine=True).total == 0


@pytest.mark.usefixtures("crowd")
def test_a_filter_that_nobody_offers_stays_chosen(page: Callable[..., str]) -> None:
    html = page("?assignee=acc-gone&label=gone-label")
    assert '<option value="acc-gone" selected>' in html
    assert "<option selected>gone-label</option>" in html


@IN_A_DB
@given(st.text(max_size=40))
def test_no_search_text_is_an_error(text: str) -> None:
    filters = read_filters({"q": text.encode("utf-8", "replace").decode()}, [])
    look(Person(), q=filters.q)


# Long columns


@pytest.mark.parametrize(("column", "status"), [("todo", "To Do"), ("in_progress", "In Progress")])
def test_the_parts_of_a_long_column_join_without_gaps_or_doubles(reader: Person, column: str, status: str) -> None:
    many(3_000, status, rank_position=None if column == "todo" else 1, status_since=NOON)
    first = next(part for part in look(reader).columns if part.slug == column)
    gathered = [identity for identity, _ in CARD.findall(first.cards_html)]
    assert (len(gathered), first.more_count) == (FIRST, 3_000 - FIRST)
    part, steps = first, 0
    while part.more_url:
        shown = int(re.findall(r"more=\w+%3A(\d+)", part.more_url)[0])
        filters = read_filters({}, [f"{column}:{shown}"])
        whole = next(each for each in look(reader, shown=filters.shown).columns if each.slug == column)
        part = more_of(column=column, filters=filters, person=reader, at=NOON, path="/board/")
        gathered += [identity for identity, _ in CARD.findall(part.cards_html)]
        assert part.count == 3_000
        if steps % 8 == 0:  # without JavaScript the same address shows all of it up to there
            assert [identity for identity, _ in CARD.findall(whole.cards_html)] == gathered
        steps += 1
    assert steps == (MOST_SHOWN - FIRST) // STEP
    assert len(gathered) == len(set(gathered)) == MOST_SHOWN
    assert gathered == [str(1_000_000 + number) for number in range(MOST_SHOWN)]
    assert part.limit_note


@pytest.mark.parametrize(("total", "parts"), [(0, 0), (50, 0), (51, 1), (150, 1), (151, 2)])
def test_more_is_offered_as_long_as_there_is_more(reader: Person, total: int, parts: int) -> None:
    many(total)
    column = look(reader).columns[1]
    seen = len(CARD.findall(column.cards_html))
    for _ in range(parts):
        assert column.more_url
        shown = int(re.findall(r"%3A(\d+)", column.more_url)[0])
        filters = BoardFilters(shown=(("todo", shown),))
        column = more_of(column="todo", filters=filters, person=reader, at=NOON, path="/board/")
        seen += len(CARD.findall(column.cards_html))
    assert column.more_url == ""
    assert seen == total


def test_more_keeps_the_filters_and_answers_cards_alone(page: Callable[..., str]) -> None:
    many(200)
    many(30, first=5_000_000, summary="Something else")
    html = page("?q=crowd")
    address = unescape(re.findall(r'hx-get="(/board/\?[^"]*more[^"]*)"', html)[0]).removeprefix("/board/")
    more = page(address, **{"HX-Request": "true", "HX-Target": "more-todo"})
    assert "<html" not in more
    assert len(CARD.findall(more)) == STEP
    assert "Something else" not in more
    assert "q=crowd" in unescape(more)


# Hostile


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'&{{ 7|add:1 }}{% now "Y" %}'


def test_what_jira_holds_is_text_and_nothing_else(page: Callable[..., str]) -> None:
    make_project()
    user = make_user(HOSTILE, account_id=HOSTILE)
    make_ticket(JiraStatus.objects.create(id="h", name=HOSTILE), key="MM-1", summary=HOSTILE, labels=[HOSTILE, "b"],
                kind=HOSTILE, priority=HOSTILE, severity=HOSTILE, assignee=user)
    ticket = make_ticket(key="MM-2", summary=HOSTILE, labels=[HOSTILE], assignee=user)
    make_change(ticket, new=HOSTILE)
    news = card_news([(ticket.id, f"MM-2 {HOSTILE}")], NOON)[0]
    for html in (page(), page("?label=%22%3E%3Cscript%3E&q=%22%3E%3Cscript%3E"), news):
        assert "<script>alert" not in html
        assert '"><script>' not in html
        assert "<img src=x" not in html
    assert "{{ 7|add:1 }}" in unescape(page())


# Counts and news


def test_counts_speak_of_all_and_of_a_selection(reader: Person) -> None:
    many(120)
    make_ticket("Done", status_since=NOON - timedelta(days=20))
    counts = board_counts(NOON)
    assert (counts["todo"], counts["done"], counts["submitted"]) == (120, 0, 0)
    assert "off" not in counts
    few = Ticket.objects.present().filter(summary__contains="number 11")
    assert board_counts(NOON, few)["todo"] == 11


def test_news_of_a_ticket_draw_its_card_or_take_it_away() -> None:
    shown = make_ticket("In Progress", key="MM-1")
    gone = make_ticket(key="MM-2", presence=Presence.DELETED)
    off = make_ticket(key="CLD-3", column=Column.OFF)
    old = make_ticket("Done", key="MM-4", status_since=NOON - timedelta(days=15))
    news = card_news([(each.id, "said") for each in (shown, gone, off, old)], NOON)
    assert f'id="c{shown.id}"' in news[0]
    assert 'data-column="in_progress"' in news[0]
    for html in news[1:]:
        assert "data-gone" in html
        assert "<li" not in html


def test_changes_are_said_newest_first(reader: Person) -> None:
    ticket = make_ticket(key="MM-7")
    make_change(ticket, new="Done", at=NOON - timedelta(hours=3))
    make_change(ticket, field="assignee", new="", at=NOON - timedelta(hours=2))
    make_change(ticket, field="priority", new="1 Urgent", at=NOON - timedelta(hours=1))
    make_change(ticket, field="labels", new="x", at=NOON)
    assert [line.text for line in look(reader).changed] == [
        "MM-7 priority 1 Urgent", "MM-7 unassigned", "MM-7 moved to Done",
    ]  # fmt: skip

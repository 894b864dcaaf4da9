"""The list of tickets and the search."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from people.choices import Role
from people.tests.factories import person
from tickets.choices import Column, Presence
from tickets.queries import listing
from tickets.rules.listing import SORTS
from tickets.tests.factories import NOON, make_project, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(person(Role.VIEWER))
    make_project()
    return client


def keys(client: Client, **query: str) -> list[str]:
    response = client.get("/tickets/", query, headers={"HX-Request": "true", "HX-Target": "results"})
    assert response.status_code == 200
    return re.findall(r'class="tickets-link" href="/tickets/([^/"]+)/"', response.content.decode())


def test_words_are_found_in_any_form_and_the_last_one_may_go_on(reader: Client) -> None:
    make_ticket(key="MM-1", summary="Websocket connections leak")
    make_ticket(key="MM-2", summary="Login fails")
    assert keys(reader, q="connection leaking") == ["MM-1"]
    assert keys(reader, q="webso") == ["MM-1"]
    assert keys(reader, q="webso login") == []


def test_a_number_finds_the_key_of_every_project(reader: Client) -> None:
    make_project("CLD", on_board=False)
    make_ticket(key="MM-77")
    make_ticket(key="CLD-77", column=Column.OFF)
    make_ticket(key="MM-177")
    assert set(keys(reader, q="77")) == {"MM-77", "CLD-77"}


def test_the_start_of_a_key_is_enough(reader: Client) -> None:
    make_ticket(key="MM-612")
    make_ticket(key="MM-7")
    assert keys(reader, q="mm-61") == ["MM-612"]


def test_a_name_finds_what_somebody_has(reader: Client) -> None:
    make_ticket(key="MM-1", assignee=make_user("Ada Park"))
    make_ticket(key="MM-2")
    assert keys(reader, q="ada p") == ["MM-1"]


def test_enter_with_a_key_opens_the_ticket(reader: Client) -> None:
    make_ticket(key="MM-5")
    assert reader.get("/tickets/", {"q": " mm-5 "})["Location"] == "/tickets/MM-5/"


def test_typing_a_key_stays_on_the_list(reader: Client) -> None:
    make_ticket(key="MM-5")
    assert keys(reader, q="MM-5") == ["MM-5"]


def test_an_unknown_key_stays_on_the_list_and_says_so(reader: Client) -> None:
    response = reader.get("/tickets/", {"q": "MM-5"})
    assert response.status_code == 200
    assert b"Nothing matches" in response.content


def test_each_filter_narrows(reader: Client) -> None:
    ada = make_user("Ada Park")
    make_project("CLD", on_board=False)
    make_ticket("In Progress", key="MM-1", assignee=ada, is_customer=True, labels=["perf"])
    make_ticket("Done", key="CLD-2", column=Column.OFF)
    make_ticket("Done", key="MM-3")
    assert keys(reader, status="In Progress") == ["MM-1"]
    assert keys(reader, assignee=ada.account_id) == ["MM-1"]
    assert set(keys(reader, assignee="nobody")) == {"CLD-2", "MM-3"}
    assert keys(reader, project="CLD") == ["CLD-2"]
    assert keys(reader, customer="1") == ["MM-1"]
    assert keys(reader, label="perf") == ["MM-1"]
    assert keys(reader, open="1") == ["MM-1"]
    assert keys(reader, column="done") == ["MM-3"]


def test_what_jira_no_longer_shows_is_not_listed(reader: Client) -> None:
    make_ticket(key="MM-1", presence=Presence.GONE)
    assert keys(reader) == []


@pytest.mark.parametrize("sort", [sign + field for field in SORTS for sign in ("", "-")])
def test_every_order_works(reader: Client, sort: str) -> None:
    make_ticket(key="MM-1", priority="High", severity="S2", assignee=make_user("Ada"), status_since=NOON)
    make_ticket(key="MM-2")
    response = reader.get("/tickets/", {"sort": sort})
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in response.content.decode()
    assert len(keys(reader, sort=sort)) == 2


def test_jiras_priorities_stand_in_their_own_order_and_none_comes_last(reader: Client) -> None:
    for key, priority in (("MM-1", "Low"), ("MM-2", ""), ("MM-3", "Highest"), ("MM-4", "High")):
        make_ticket(key=key, priority=priority)
    assert keys(reader, sort="priority") == ["MM-3", "MM-4", "MM-1", "MM-2"]
    assert keys(reader, sort="-priority") == ["MM-1", "MM-4", "MM-3", "MM-2"]


def test_the_shortest_in_its_status_stands_first_by_age(reader: Client) -> None:
    make_ticket(key="MM-1", status_since=NOON - timedelta(days=9))
    make_ticket(key="MM-2", status_since=NOON)
    assert keys(reader, sort="age") == ["MM-2", "MM-1"]


def test_pages_hold_fifty_and_a_page_too_far_is_the_last(reader: Client) -> None:
    for _ in range(53):
        make_ticket()
    assert len(keys(reader)) == 50
    assert len(keys(reader, page="2")) == 3
    assert len(keys(reader, page="999999999")) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"}, {"q": "a\x00b"}, {"q": "x" * 10_000}, {"q": "!!! & | ' ( :* \\ <->"}, {"q": "'; drop table"},
        {"q": "the"}, {"q": "٣"}, {"q": "💥"}, {"q": "1" * 300}, {"q": "MM-" + "9" * 190}, {"q": "a " * 500},
        {"page": "0"}, {"page": "-1"}, {"page": "x"}, {"page": "1e9"}, {"page": "²"}, {"page": "9" * 400},
        {"sort": "password"}, {"sort": "--updated"}, {"sort": "\x00"}, {"status": "\x00"}, {"assignee": "x" * 9_999},
        {"project": "nowhere"}, {"customer": "maybe"}, {"column": "nowhere"}, {"format": "xml"},
    ],
)
def test_no_query_breaks_it(reader: Client, query: dict[str, str]) -> None:
    make_ticket()
    assert reader.get("/tickets/", query).status_code == 200
    assert reader.get("/tickets/", query | {"format": "csv"}).status_code == 200


def test_the_spreadsheet_has_the_same_tickets_and_no_formulas(reader: Client) -> None:
    make_ticket("To Do", key="MM-1", summary='=HYPERLINK("https://e.com")', labels=["a", "b"])
    make_ticket("Done", key="MM-2")
    response = reader.get("/tickets/", {"open": "1", "format": "csv"})
    rows = list(csv.reader(StringIO(response.content.decode())))
    assert rows[0][:3] == ["key", "summary", "type"]
    assert [row[0] for row in rows[1:]] == ["MM-1"]
    assert rows[1][1] == "'=HYPERLINK(\"https://e.com\")"
    assert rows[1][9] == "a, b"


def test_a_spreadsheet_that_is_cut_says_so(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "EXPORTED", 2)
    for more in (0, 1):
        for _ in range(2 - more):
            make_ticket()
        rows = list(csv.reader(StringIO(reader.get("/tickets/?format=csv").content.decode())))
        assert len(rows) == 3 + more
        assert rows[-1][0].startswith("Cut: only the first 2 tickets") is bool(more)
        assert ("The first 2 of these" in reader.get("/tickets/").content.decode()) is bool(more)


def test_signed_out_goes_to_sign_in(client: Client) -> None:
    assert client.get("/tickets/")["Location"] == "/sign-in/?next=/tickets/"


@pytest.mark.parametrize("path", ["/", "/board/", "/tickets/", "/sync/"])
def test_the_head_of_a_page_is_answered_as_the_page_is(reader: Client, path: str) -> None:
    assert reader.head(path).status_code == 200


def test_an_empty_mirror_says_where_to_look(reader: Client) -> None:
    assert b"No tickets yet" in reader.get("/tickets/").content


def test_a_page_and_its_fragment_are_kept_apart(reader: Client) -> None:
    response = reader.get("/tickets/", headers={"HX-Request": "true", "HX-Target": "results"})
    assert b"<html" not in response.content
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in response["Vary"].split(",")}


def test_the_number_of_queries_does_not_grow(reader: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    for number in range(60):
        make_ticket(assignee=make_user(f"User {number}"))
    with django_assert_max_num_queries(18):
        reader.get("/tickets/", {"q": "ticket"})

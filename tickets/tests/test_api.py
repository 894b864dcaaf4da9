"""Tickets and runs, for programs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from people import actions
from people.choices import Role
from people.tests.factories import NOON as JOINED
from people.tests.factories import person
from tickets.choices import Presence, RunState
from tickets.models import TicketKey, TicketLink
from tickets.tests.factories import NOON, make_change, make_comment, make_project, make_run, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client: Client) -> Client:
    client.force_login(person(Role.VIEWER))
    make_project()
    return client


def keys(client: Client, **query: str) -> list[str]:
    answer = client.get("/api/v1/tickets/", query)
    assert answer.status_code == 200, answer.content
    return [ticket["key"] for ticket in answer.json()["results"]]


def test_without_sign_in_nothing_is_told(client: Client) -> None:
    make_ticket(key="MM-1")
    for path in ("/api/v1/tickets/", "/api/v1/tickets/MM-1/", "/api/v1/tickets/MM-1/changes/", "/api/v1/sync-runs/"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert set(answer.json()) == {"detail"}


def test_a_personal_token_opens_it(client: Client) -> None:
    make_ticket(key="MM-1")
    _, text = actions.make_token(person=person(Role.VIEWER), name="script", at=JOINED)
    answer = client.get("/api/v1/tickets/", headers={"Authorization": f"Bearer {text}"})
    assert [ticket["key"] for ticket in answer.json()["results"]] == ["MM-1"]
    assert client.get("/api/v1/tickets/", headers={"Authorization": "Bearer setp_wrong"}).status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_takes_no_writing(api: Client, method: str) -> None:
    make_ticket(key="MM-1")
    assert getattr(api, method)("/api/v1/tickets/MM-1/").status_code in {403, 405}
    assert getattr(api, method)("/api/v1/tickets/").status_code in {403, 405}


def test_a_ticket_says_its_place_in_the_priority_of_work_and_what_blocks_it(api: Client) -> None:
    make_ticket(key="MM-1", work_class=3, work_reason="3 · hotfix", blocked_since=NOON, blocked_why="No log yet")
    (ticket,) = api.get("/api/v1/tickets/").json()["results"]
    assert (ticket["work_class"], ticket["work_reason"], ticket["blocked_why"]) == (3, "3 · hotfix", "No log yet")
    assert ticket["blocked_since"].startswith("2026-11-17T") and ticket["write_state"] == ""


def test_a_ticket_in_the_list_has_its_facts(api: Client) -> None:
    make_ticket("In Progress", key="MM-1", assignee=make_user("Ada Park"), labels=["a"], priority="2 High")
    (ticket,) = api.get("/api/v1/tickets/").json()["results"]
    assert ticket["status"] == {"id": "s-in-progress", "name": "In Progress", "category": "indeterminate"}
    assert ticket["assignee"] == {"account_id": "acc-ada-park", "display_name": "Ada Park", "active": True}
    assert (ticket["column"], ticket["labels"], ticket["priority"]) == ("in_progress", ["a"], "2 High")
    assert (ticket["project"], ticket["url"], ticket["presence"]) == ("MM", "/tickets/MM-1/", "present")
    assert ticket["created"].endswith(("Z", "+00:00", "-05:00", "-04:00"))


def test_each_filter_narrows(api: Client) -> None:
    ada = make_user("Ada Park")
    make_ticket("In Progress", key="MM-1", summary="Websocket leak", assignee=ada, is_customer=True, labels=["perf"])
    make_ticket("Done", key="CLD-2", updated=NOON - timedelta(days=9), presence=Presence.PRESENT)
    make_ticket(key="MM-3", presence=Presence.GONE)
    assert keys(api) == ["MM-1", "CLD-2"]
    assert keys(api, q="websockets") == ["MM-1"]
    assert keys(api, q="cld-2") == ["CLD-2"]
    assert keys(api, project="CLD") == ["CLD-2"]
    assert keys(api, column="done") == ["CLD-2"]
    assert keys(api, assignee=ada.account_id) == ["MM-1"]
    assert keys(api, assignee="nobody") == ["CLD-2"]
    assert keys(api, label="perf") == ["MM-1"]
    assert keys(api, customer="true") == ["MM-1"]
    assert keys(api, customer="false") == ["CLD-2"]
    assert keys(api, updated_since="2026-11-15T00:00:00Z") == ["MM-1"]
    assert keys(api, presence="gone") == ["MM-3"]
    assert keys(api, ordering="updated") == ["CLD-2", "MM-1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"column": "nowhere"}, "column"), ({"ordering": "password"}, "ordering"), ({"customer": "maybe"}, "customer"),
        ({"updated_since": "yesterday"}, "updated_since"), ({"q": "\x00"}, "q"), ({"q": "x" * 10_000}, "q"),
        ({"presence": "x"}, "presence"), ({"project": "\x00"}, "project"), ({"label": "x" * 999}, "label"),
        ({"updated_since": "0001-01-01T00:00:00+14:00"}, "updated_since"),
        ({"updated_since": "0001-01-01T00:00:00Z"}, "updated_since"),
        ({"updated_since": "9999-12-31T23:59:59Z"}, "updated_since"),
        ({"updated_since": "9999-12-31T23:59:59-14:00"}, "updated_since"),
    ],
)
def test_a_faulty_query_is_refused_by_name(api: Client, query: dict[str, str], field: str) -> None:
    answer = api.get("/api/v1/tickets/", query)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]


@pytest.mark.parametrize("query", [{"page": "0"}, {"page": "x"}, {"page": "9" * 50}, {"page": "2"}])
def test_a_page_that_is_not_there_is_404(api: Client, query: dict[str, str]) -> None:
    make_ticket()
    assert api.get("/api/v1/tickets/", query).status_code == 404


def test_pages_have_the_size_asked_for(api: Client) -> None:
    for _ in range(5):
        make_ticket()
    answer = api.get("/api/v1/tickets/", {"page_size": "2", "page": "3"}).json()
    assert (answer["count"], len(answer["results"]), answer["next"]) == (5, 1, None)


def test_a_ticket_is_told_whole(api: Client) -> None:
    ticket = make_ticket(key="MM-1", description="*now* <script>", environment="RHEL")
    TicketKey.objects.create(key="OLD-1", ticket=ticket)
    TicketLink.objects.create(ticket=ticket, jira_id=1, phrase="blocks", other_key="MM-9")
    told = api.get("/api/v1/tickets/mm-1/").json()
    assert told["description"] == "*now* <script>"
    assert told["description_html"] == "<p><strong>now</strong> &lt;script&gt;</p>"
    assert (told["environment"], told["former_keys"]) == ("RHEL", ["OLD-1"])
    assert told["links"] == [{"phrase": "blocks", "other_key": "MM-9", "other_summary": "", "other_status": ""}]


def test_a_former_key_answers_with_the_present_ticket(api: Client) -> None:
    TicketKey.objects.create(key="OLD-1", ticket=make_ticket(key="MM-1"))
    assert api.get("/api/v1/tickets/OLD-1/").json()["key"] == "MM-1"


def test_what_jira_no_longer_shows_still_answers(api: Client) -> None:
    make_ticket(key="MM-1", presence=Presence.DELETED)
    assert api.get("/api/v1/tickets/MM-1/").json()["presence"] == "deleted"


@pytest.mark.parametrize("key", ["MM-404", "nonsense", "MM-1%00", "%F0%9F%92%A9-1", "MM-" + "9" * 40])
@pytest.mark.parametrize("part", ["", "changes/", "comments/"])
def test_an_unknown_key_is_404_in_json(api: Client, key: str, part: str) -> None:
    answer = api.get(f"/api/v1/tickets/{key}/{part}")
    assert answer.status_code == 404
    assert "detail" in answer.json()


def test_changes_and_comments_are_told_newest_first(api: Client) -> None:
    ticket = make_ticket(key="MM-1")
    make_change(ticket, at=NOON - timedelta(days=1), author=make_user())
    make_change(ticket, "priority", "3", "1", at=NOON)
    make_comment(ticket, "*good*", author=make_user())
    changes = api.get("/api/v1/tickets/MM-1/changes/").json()["results"]
    assert [change["field"] for change in changes] == ["priority", "status"]
    assert changes[1]["author"]["display_name"] == "Ada Park"
    (comment,) = api.get("/api/v1/tickets/MM-1/comments/").json()["results"]
    assert comment["body_html"] == "<p><strong>good</strong></p>"


@pytest.mark.parametrize(("role", "words"), [(Role.ENGINEER, "Jira answered 503."), (Role.VIEWER, "")])
def test_runs_tell_their_errors_to_those_who_may_see_them(client: Client, role: Role, words: str) -> None:
    client.force_login(person(role))
    run = make_run(make_project(), state=RunState.FAILED, error="Jira answered 503.", detail="secret")
    told = client.get("/api/v1/sync-runs/").json()["results"]
    assert [(row["id"], row["state"], row["error"]) for row in told] == [(run.id, "failed", words)]
    assert client.get(f"/api/v1/sync-runs/{run.id}/").json()["error"] == words
    assert "secret" not in client.get("/api/v1/sync-runs/").content.decode()


def test_runs_are_told_by_project(api: Client) -> None:
    make_run(make_project("MM"))
    make_run(make_project("CLD"))
    told = api.get("/api/v1/sync-runs/", {"project": "CLD"}).json()["results"]
    assert [run["project"] for run in told] == ["CLD"]
    assert api.get("/api/v1/sync-runs/", {"project": "\x00"}).status_code == 400
    assert api.get("/api/v1/sync-runs/999999999999999999/").status_code == 404


def test_the_number_of_queries_does_not_grow(api: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    for number in range(30):
        ticket = make_ticket(assignee=make_user(f"A {number}"), reporter=make_user(f"R {number}"))
        make_change(ticket, author=make_user(f"B {number}"))
        make_comment(ticket, author=make_user(f"C {number}"))
    with django_assert_max_num_queries(7):
        api.get("/api/v1/tickets/", {"q": "ticket"})
    with django_assert_max_num_queries(7):
        api.get(f"/api/v1/tickets/{ticket.key}/changes/")
    with django_assert_max_num_queries(7):
        api.get(f"/api/v1/tickets/{ticket.key}/")

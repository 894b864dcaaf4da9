"""A ticket's own page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.choices import Role
from people.tests.factories import person
from tickets.choices import Presence, TicketWhat
from tickets.models import TicketEvent, TicketKey, TicketLink
from tickets.tests.factories import NOON, make_change, make_comment, make_project, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(person(Role.VIEWER))
    return client


def page(client: Client, key: str, **query: str) -> str:
    response = client.get(f"/tickets/{key}/", query)
    assert response.status_code == 200, (response.status_code, response.headers)
    return response.content.decode()


def test_it_shows_what_is_mirrored(reader: Client) -> None:
    make_project()
    ticket = make_ticket(
        "In Progress", key="MM-61234", summary="Typing indicator floods the server", priority="2 High",
        severity="S1 - critical", labels=["customer-bug", "performance"], components=["Websocket"],
        fix_versions=["v10.3"], assignee=make_user("Ada Park"), reporter=make_user("Bo Quist"), is_customer=True,
        description="It *floods*.\n{code}go run{code}", environment="v10.2 on RHEL",
    )
    TicketLink.objects.create(ticket=ticket, jira_id=7, phrase="is blocked by", other_key="CLD-9", other_summary="Slow")
    shown = page(reader, "MM-61234")
    for words in (
        "Typing indicator floods the server", "In Progress", "2 High", "S1 - critical", "customer-bug", "performance",
        "Websocket", "v10.3", "Ada Park", "Bo Quist", "<strong>floods</strong>", "go run</pre>", "v10.2 on RHEL",
        "is blocked by", "CLD-9", "Slow",
    ):
        assert words in shown, words


def test_a_key_is_found_in_any_case_and_leads_to_its_own_address(reader: Client) -> None:
    make_ticket(key="MM-1")
    response = reader.get("/tickets/mm-1/?show=status")
    assert response.status_code == 302
    assert response["Location"] == "/tickets/MM-1/?show=status"


def test_a_former_key_leads_to_the_present_one(reader: Client) -> None:
    TicketKey.objects.create(key="OLD-4", ticket=make_ticket(key="MM-2"))
    assert reader.get("/tickets/OLD-4/")["Location"] == "/tickets/MM-2/"


def test_a_present_ticket_wins_over_one_that_had_the_key(reader: Client) -> None:
    make_ticket(key="MM-3", presence=Presence.DELETED, summary="The dead one")
    make_ticket(key="MM-3", summary="The living one")
    assert "The living one" in page(reader, "MM-3")


@pytest.mark.parametrize("key", ["MM-404", "nonsense", "MM-1%00", "x" * 300, "%F0%9F%92%A9", "..", "<script>"])
def test_an_unknown_key_is_404_and_offers_to_search(reader: Client, key: str) -> None:
    response = reader.get(f"/tickets/{key}/")
    assert response.status_code == 404
    assert b"Search tickets" in response.content


def test_signed_out_goes_to_sign_in(client: Client) -> None:
    make_ticket(key="MM-1")
    assert client.get("/tickets/MM-1/")["Location"] == "/sign-in/?next=/tickets/MM-1/"


def test_writing_to_it_is_refused(reader: Client) -> None:
    make_ticket(key="MM-1")
    assert reader.post("/tickets/MM-1/").status_code == 405


@pytest.mark.parametrize(
    ("presence", "what", "words"),
    [
        (Presence.MOVED, TicketWhat.MOVED, "Moved to a project that is not mirrored."),
        (Presence.ARCHIVED, TicketWhat.ARCHIVED, "Archived in Jira."),
        (Presence.GONE, TicketWhat.GONE, "Jira no longer shows this ticket."),
        (Presence.DELETED, TicketWhat.DELETED, "Deleted in Jira."),
    ],
)
def test_a_ticket_that_left_says_so_and_since_when(
    reader: Client, presence: Presence, what: TicketWhat, words: str
) -> None:
    ticket = make_ticket(key="MM-5", presence=presence)
    TicketEvent.objects.create(ticket=ticket, what=what, at=NOON - timedelta(days=400), via="census")
    shown = page(reader, "MM-5")
    assert words in shown
    assert "Seen 13 Oct 2025." in shown


def test_what_was_saved_at_once_is_one_entry(reader: Client) -> None:
    ticket = make_ticket(key="MM-6")
    make_change(ticket, history_id=1, position=0, field="assignee", old="", new="Ada Park")
    make_change(ticket, history_id=1, position=1)
    make_change(ticket, history_id=2, field="priority", old="3", new="1 Urgent")
    shown = page(reader, "MM-6")
    assert shown.count('<li class="entry">') == 2
    assert "<ins>Ada Park</ins>" in shown
    assert "<ins>In Progress</ins>" in shown


def test_a_long_change_is_folded(reader: Client) -> None:
    ticket = make_ticket(key="MM-6")
    make_change(ticket, field="description", old="short", new="long\n" * 200)
    assert "<details class=\"entry-long\">" in page(reader, "MM-6")


def test_a_change_without_texts_shows_its_values(reader: Client) -> None:
    ticket = make_ticket(key="MM-6")
    make_change(ticket, field="Sprint", old=None, new=None, from_value="", to_value="42")  # type: ignore[arg-type]
    assert "<ins>42</ins>" in page(reader, "MM-6")


def test_the_timeline_is_filtered_by_address(reader: Client) -> None:
    ticket = make_ticket(key="MM-7")
    make_change(ticket)
    make_change(ticket, field="priority", old="3", new="Highest of all")
    make_comment(ticket, "Said aloud")
    everything, status, comments = page(reader, "MM-7"), page(reader, "MM-7", show="status"), page(
        reader, "MM-7", show="comments")
    assert "Highest of all" in everything
    assert "Said aloud" in everything
    assert "<ins>In Progress</ins>" in status
    assert "Said aloud" not in status
    assert "Highest of all" not in comments
    assert "Said aloud" in comments
    assert page(reader, "MM-7", show="\x00rubbish").count('<li class="entry">') == 3


def test_the_newest_stands_first(reader: Client) -> None:
    ticket = make_ticket(key="MM-8")
    make_comment(ticket, "the older", created=NOON - timedelta(days=3))
    make_comment(ticket, "the newer", created=NOON - timedelta(days=1))
    shown = page(reader, "MM-8")
    assert shown.index("the newer") < shown.index("the older")


def test_sixty_entries_are_shown_and_all_of_them_when_asked(reader: Client) -> None:
    ticket = make_ticket(key="MM-9")
    for number in range(70):
        make_change(ticket, at=NOON - timedelta(hours=number), field="priority", old="a", new=f"v{number}")
    first, everything = page(reader, "MM-9"), page(reader, "MM-9", all="1")
    assert first.count('<li class="entry">') == 60
    assert "?all=1#activity" in first
    assert everything.count('<li class="entry">') == 70


def test_where_the_log_is_cut_nothing_older_is_shown(reader: Client) -> None:
    """One save of very many fields fills what is read of the log: a comment before it must not stand at its place."""
    ticket = make_ticket(key="MM-9")
    for position in range(310):
        make_change(ticket, history_id=5, position=position, field=f"f{position}", old="", new="x")
    make_comment(ticket, "before all that", created=NOON - timedelta(days=9))
    shown = page(reader, "MM-9")
    assert "before all that" not in shown
    assert "?all=1#activity" in shown


def test_mentions_show_names(reader: Client) -> None:
    make_user("Cleo Roy", account_id="5b10:aa")
    make_ticket(key="MM-10", description="ask [~accountid:5b10:aa]")
    assert "@Cleo Roy" in page(reader, "MM-10")


def test_without_history_the_age_is_at_least(reader: Client) -> None:
    make_ticket(key="MM-11", status_since_is_floor=True)
    shown = page(reader, "MM-11")
    assert "or longer" in shown
    assert "Jira keeps older history of this ticket that the mirror does not hold." in shown


def test_fragments_are_answered_by_target(reader: Client) -> None:
    make_ticket(key="MM-12")
    response = reader.get("/tickets/MM-12/", headers={"HX-Request": "true", "HX-Target": "ticket"})
    assert b"<html" not in response.content
    assert b'id="ticket"' in response.content
    assert "HX-Target" in response["Vary"]


def test_the_number_of_queries_does_not_grow(reader: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    make_project()
    ticket = make_ticket(key="MM-13", epic_key="MM-14", assignee=make_user(), reporter=make_user("Bo"))
    make_ticket(key="MM-14")
    for number in range(20):
        author = make_user(f"User {number}")
        make_change(ticket, author=author)
        make_comment(ticket, f"[~accountid:acc-user-{number}]", author=author)
        TicketLink.objects.create(ticket=ticket, jira_id=number, phrase="relates to", other_key="MM-14")
    with django_assert_max_num_queries(22):  # up to four of them are the session and the person
        page(reader, "MM-13")


def test_a_status_nobody_knows_is_shown(reader: Client) -> None:
    make_ticket(make_status("Ready for QA"), key="MM-15")
    assert "Ready for QA" in page(reader, "MM-15")


def test_the_address_is_named() -> None:
    assert reverse("tickets:ticket", args=["MM-1"]) == "/tickets/MM-1/"

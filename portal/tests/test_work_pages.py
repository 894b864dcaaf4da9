"""Moving, assigning, labelling and answering by the pages: with a script, without one, and for whoever may not."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock
from tickets.actions import writes
from tickets.choices import Column, Presence, WriteState
from tickets.models import OrderException, Ticket, TicketWrite, WorkflowStep
from tickets.tests.factories import make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ines(client: Client) -> Person:
    found = person(Role.ENGINEER, email="ines@example.org", name="Ines Moreau")
    client.force_login(found)
    for name in ("Backlog", "To Do", "In Progress", "Submitted", "Done"):
        make_status(name)
    return found


def post(client: Client, path: str, **values: Any) -> HttpResponse:
    answer: HttpResponse = client.post(path, values, headers=HTMX)  # type: ignore[assignment]
    return answer


def said(answer: HttpResponse) -> dict[str, Any]:
    """The toast of an answer."""
    return dict(json.loads(answer["HX-Trigger"]).get("toast", {}))


def refuse(write: TicketWrite, words: str = "Jira says no.") -> None:
    Delivery.objects.filter(id=write.delivery_id).update(state=State.FAILED, fault=words)
    writes.show_states([write.ticket_id])


def ranked(*keys: str) -> list[Ticket]:
    """To Do in this order, the first one first also by the priority of work."""
    return [
        make_ticket(key=key, rank_position=1_000_000 * place, work_key=[place], work_class=3, work_reason="3 · bug")
        for place, key in enumerate(keys, start=1)
    ]


# Moves


def test_a_drop_answers_the_card_as_all_boards_draw_it_and_a_toast_with_undo(client: Client, ines: Person) -> None:
    ticket = make_ticket("To Do", key="MM-12")
    answer = post(client, "/tickets/MM-12/move/", to="in_progress", drawn=ticket.status_id)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'data-card-id="{ticket.id}" data-column="in_progress"' in text and 'data-write="pending"' in text
    assert "data-counts" in text
    assert said(answer)["text"] == "MM-12 moved to In Progress."
    write = TicketWrite.objects.get()
    assert said(answer)["undo"] == f"/writes/{write.id}/undo/"
    ticket.refresh_from_db()
    assert (ticket.column, ticket.write_state) == (Column.IN_PROGRESS, WriteState.PENDING)


def test_a_drop_asks_the_database_few_questions_however_long_to_do_is(
    client: Client, ines: Person, django_assert_max_num_queries: Any
) -> None:
    ranked(*(f"MM-{number}" for number in range(100, 160)))
    post(client, "/tickets/MM-101/move/", to="in_progress")
    with django_assert_max_num_queries(31):  # six of them are savepoints, four the session and the person
        post(client, "/tickets/MM-110/move/", to="in_progress")


def test_without_a_script_a_move_goes_back_to_where_it_came_from_with_a_message(client: Client, ines: Person) -> None:
    make_ticket("To Do", key="MM-12")
    answer = client.post("/tickets/MM-12/move/", {"to": "in_progress"}, headers={"Referer": "http://testserver/board/"},
                         follow=True)
    assert answer.redirect_chain == [("http://testserver/board/", 302)]
    assert "MM-12 moved to In Progress." in answer.content.decode()
    from_menu = client.post("/tickets/MM-12/move/", {"to": "submitted"},
                            headers={"Referer": "http://testserver/tickets/MM-12/actions/"})
    assert from_menu["Location"] == "/tickets/MM-12/"


def test_who_only_reads_moves_nothing(client: Client) -> None:
    client.force_login(person(Role.VIEWER, email="viewer@example.org"))
    make_ticket("To Do", key="MM-12")
    assert post(client, "/tickets/MM-12/move/", to="in_progress").status_code == 403
    assert client.get("/tickets/MM-12/actions/").status_code == 403
    assert not TicketWrite.objects.exists()
    assert "data-work" not in client.get("/board/").content.decode()


def test_a_ticket_that_jira_no_longer_shows_is_not_moved_and_says_why(client: Client, ines: Person) -> None:
    make_ticket("To Do", key="MM-12", presence=Presence.DELETED)
    answer = post(client, "/tickets/MM-12/move/", to="in_progress")
    assert said(answer) == {"text": "MM-12 cannot be changed: deleted.", "tone": "red"}
    assert "data-gone" in answer.content.decode()
    assert client.post("/tickets/MM-999/move/").status_code == 404


@pytest.mark.parametrize(
    "to", ["unmapped", "off", "\x00", "no-such-status", "x" * 5000], ids=["unmapped", "off", "nul", "unknown", "long"]
)
def test_a_place_that_is_none_is_refused_in_words(client: Client, ines: Person, to: str) -> None:
    make_ticket("To Do", key="MM-12")
    answer = post(client, "/tickets/MM-12/move/", to=to)
    assert answer.status_code == 200
    assert said(answer)["tone"] == "red"
    assert not TicketWrite.objects.exists()


def test_a_card_that_stood_elsewhere_when_it_was_drawn_asks_at_once(client: Client, ines: Person) -> None:
    ticket = make_ticket("To Do", key="MM-12")
    answer = post(client, "/tickets/MM-12/move/", to="submitted", drawn=make_status("Backlog").id)
    write = TicketWrite.objects.get()
    assert json.loads(answer["HX-Trigger"]) == {"sheet": {"url": f"/writes/{write.id}/"}}
    text = client.get(f"/writes/{write.id}/").content.decode()
    assert "was Backlog" in text and "<b>Submitted</b>" in text and "<b>To Do</b>" in text
    half = post(client, f"/writes/{write.id}/answer/", other="mine")
    assert half.status_code == 422 and half["HX-Retarget"] == "#sheet" and "Choose a value" in half.content.decode()
    theirs = post(client, f"/writes/{write.id}/answer/", status="theirs")
    assert said(theirs)["text"] == "Jira's value stands."
    ticket.refresh_from_db()
    assert (ticket.column, ticket.write_state) == (Column.TODO, "")


def test_a_field_that_jira_demands_is_asked_for_and_then_sent(client: Client, ines: Person) -> None:
    ticket = make_ticket("To Do", key="MM-12")
    WorkflowStep.objects.create(
        project_key="MM", kind="Bug", status_id=str(ticket.status_id), step_id="31", name="Close", read_at=clock.now(),
        to_status=make_status("Done").id, to_name="Done",
        fields=[{
            "id": "resolution", "name": "Resolution", "kind": "option", "allowed": [["1", "Done"], ["2", "Won't Do"]],
        }],
    )
    menu = client.get("/tickets/MM-12/actions/").content.decode()
    assert "asks for Resolution" in menu and "Submitted" not in menu
    post(client, "/tickets/MM-12/move/", to="done")
    write = TicketWrite.objects.get()
    assert "Won&#x27;t Do" in client.get("/tickets/MM-12/writes/").content.decode()
    assert "Choose Resolution from the list." in post(
        client, f"/writes/{write.id}/answer/", resolution="7").content.decode()
    assert said(post(client, f"/writes/{write.id}/answer/", resolution="2"))["text"] == "Answered; on its way to Jira."
    write.delivery.refresh_from_db()
    assert write.delivery.state == State.WAITING and write.delivery.payload["answers"] == {"resolution": "2"}
    assert "answered already" in said(post(client, f"/writes/{write.id}/answer/", resolution="2"))["text"]


# Order


def test_a_card_dropped_within_to_do_takes_that_place(client: Client, ines: Person) -> None:
    ranked("MM-1", "MM-2", "MM-3")
    answer = post(client, "/tickets/MM-3/move/", after="MM-1", reason="The release waits for it.")
    assert said(answer)["text"] == "MM-3 put elsewhere in To do."
    order = Ticket.objects.order_by("rank_position").values_list("key", flat=True)
    assert list(order) == ["MM-1", "MM-3", "MM-2"]
    back = post(client, said(answer)["undo"])
    assert said(back)["text"] == "MM-3 is as it was."
    assert list(order.all()) == ["MM-1", "MM-2", "MM-3"]


def test_a_place_against_the_priority_of_work_needs_a_reason(client: Client, ines: Person) -> None:
    ranked("MM-1", "MM-2", "MM-3")
    answer = post(client, "/tickets/MM-3/move/", before="MM-1")
    url = json.loads(answer["HX-Trigger"])["sheet"]["url"]
    assert not TicketWrite.objects.exists()
    dialog = client.get(url, headers=HTMX).content.decode()
    assert "2 places too high" in dialog and 'name="before" value="MM-1"' in dialog
    plain = client.post("/tickets/MM-3/move/", {"before": "MM-1"}).content.decode()
    assert "Why it belongs there" in plain
    done = post(client, "/tickets/MM-3/move/", before="MM-1", reason="The customer is on the phone.")
    assert "Stands here: The customer is on the phone." in done.content.decode()
    assert OrderException.objects.get().ticket.key == "MM-3"
    too_long = post(client, "/tickets/MM-2/move/", before="MM-3", reason="x" * 900)
    assert too_long.status_code == 422


def test_a_card_from_elsewhere_takes_its_place_in_to_do(client: Client, ines: Person) -> None:
    ranked("MM-1", "MM-2")
    make_ticket("In Progress", key="MM-9", work_key=[9])
    answer = post(client, "/tickets/MM-9/move/", to="todo", after="MM-2")
    assert said(answer)["text"] == "MM-9 moved to To Do."
    order = Ticket.objects.filter(column=Column.TODO).order_by("rank_position").values_list("key", flat=True)
    assert list(order) == ["MM-1", "MM-2", "MM-9"]


def test_a_neighbour_that_is_gone_is_said(client: Client, ines: Person) -> None:
    ranked("MM-1", "MM-2")
    assert "changed meanwhile" in said(post(client, "/tickets/MM-1/move/", after="MM-404"))["text"]


# The other verbs


def test_a_ticket_is_assigned_prioritised_and_labelled(client: Client, ines: Person) -> None:
    ada = make_user("Ada Park")
    ticket = make_ticket("To Do", key="MM-12", priority="High", labels=["old", "kept"])
    assigned = post(client, "/tickets/MM-12/assign/", assignee=ada.account_id)
    assert said(assigned)["text"] == "MM-12 assigned to Ada Park."
    assert said(post(client, "/tickets/MM-12/priority/", priority="Low"))["text"] == "MM-12 set to priority Low."
    post(client, "/tickets/MM-12/labels/", add="new, newer new", had=["old", "kept"], keep=["kept"])
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.priority) == (ada, "Low")
    assert ticket.labels == ["kept", "new", "newer"]
    assert said(post(client, "/tickets/MM-12/priority/", priority="Low"))["text"].startswith("Nothing changed")
    post(client, "/tickets/MM-12/assign/", assignee="")
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_hostile_values_are_refused_in_words(client: Client, ines: Person) -> None:
    make_ticket("To Do", key="MM-12")
    for path, values in (
        ("assign", {"assignee": "nobody-has-this-account"}), ("priority", {"priority": "\x00"}),
        ("labels", {"add": " ".join(f"l{n}" for n in range(30))}), ("labels", {"add": "x" * 300}),
        ("comment", {"text": " \n"}), ("comment", {"text": "x" * 40_000}),
    ):
        answer = post(client, f"/tickets/MM-12/{path}/", **values)
        assert (answer.status_code, said(answer)["tone"]) == (200, "red"), (path, values)
    assert not TicketWrite.objects.exists()


def test_a_comment_stands_on_the_ticket_at_once_as_being_on_its_way(client: Client, ines: Person) -> None:
    make_ticket("To Do", key="MM-12")
    assert said(post(client, "/tickets/MM-12/comment/", text="Seen on <b>two</b> servers."))["tone"] == "green"
    text = client.get("/tickets/MM-12/").content.decode()
    assert "Seen on &lt;b&gt;two&lt;/b&gt; servers." in text and "on its way" in text


# What becomes of a write


def test_a_refused_write_is_said_on_the_card_with_retry_and_undo(client: Client, ines: Person) -> None:
    ticket = make_ticket("To Do", key="MM-12")
    post(client, "/tickets/MM-12/move/", to="submitted")
    refuse(TicketWrite.objects.get(), "Jira does not allow <this>.")
    board = client.get("/board/").content.decode()
    assert "Jira does not allow &lt;this&gt;." in board and 'data-write="failed"' in board
    again = post(client, "/tickets/MM-12/writes/retry/")
    assert said(again)["text"] == "On its way again." and 'data-write="pending"' in again.content.decode()
    refuse(TicketWrite.objects.get())
    back = post(client, "/tickets/MM-12/writes/undo/")
    assert said(back)["text"] == "MM-12 is as it was."
    ticket.refresh_from_db()
    assert (ticket.column, ticket.write_state) == (Column.TODO, "")
    assert "settled already" in said(post(client, "/tickets/MM-12/writes/undo/"))["text"]


def test_what_jira_has_is_undone_by_a_write_the_other_way(client: Client, ines: Person) -> None:
    ticket = make_ticket("To Do", key="MM-12")
    post(client, "/tickets/MM-12/move/", to="in_progress")
    write = TicketWrite.objects.get()
    Delivery.objects.update(state=State.SENT, sent_at=clock.now())
    post(client, f"/writes/{write.id}/undo/")
    ticket.refresh_from_db()
    assert ticket.column == Column.TODO
    assert Delivery.objects.filter(state=State.WAITING).count() == 1


def test_a_comment_that_jira_has_cannot_be_undone_and_says_so(client: Client, ines: Person) -> None:
    make_ticket("To Do", key="MM-12")
    post(client, "/tickets/MM-12/comment/", text="Said.")
    Delivery.objects.update(state=State.SENT, sent_at=clock.now())
    assert "cannot be undone" in said(post(client, f"/writes/{TicketWrite.objects.get().id}/undo/"))["text"]


def test_the_line_of_news_names_who_did_it_and_spares_them(client: Client, ines: Person) -> None:
    make_ticket("To Do", key="MM-12")
    text = post(client, "/tickets/MM-12/move/", to="in_progress").content.decode()
    assert 'data-said="MM-12 moved to In Progress by Ines Moreau"' in text
    assert f'data-by="person-{ines.pk}"' in text
    assert f'data-me="person-{ines.pk}"' in client.get("/board/").content.decode()
    assert 'data-said=""' in post(client, f"/writes/{TicketWrite.objects.get().id}/retry/").content.decode()

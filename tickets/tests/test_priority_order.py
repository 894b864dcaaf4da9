"""To Do put in order: what the board says, the preview, the writes; and a ticket held against it for a reason."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import live
from portal.common.models import Timer
from portal.flows import tick
from portal.tests.together import together
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.ordering import HOLDS, NoReason, OrderChanged, allow_order, end_order, expire_order, order_todo
from tickets.actions.priority import load_priority_marks, recompute_priorities
from tickets.models import OrderException, Ticket, TicketEvent, TicketWrite
from tickets.queries.cards import card_news
from tickets.queries.ordering import breach_of, offs_now, order_page, standings, todo
from tickets.rules.ordering import digest
from tickets.tests.factories import NOON, make_project, make_status, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _handbook(db: None) -> None:
    load_marks()
    load_weekly()
    load_priority_marks()


@pytest.fixture
def engineer(db: None) -> Person:
    return person(Role.ENGINEER)


@pytest.fixture
def client(engineer: Person) -> Client:
    found = Client()
    found.force_login(engineer)
    return found


def in_todo(*labels: str, **kw: Any) -> list[Ticket]:
    """Bugs of To Do from the top down, each with its label."""
    made = [
        make_ticket("To Do", labels=[label] if label else [], rank_position=place * 10, **kw)
        for place, label in enumerate(labels, start=1)
    ]
    recompute_priorities()
    return made


def keys_now() -> list[str]:
    return list(todo().values_list("key", flat=True))


# The board


def test_the_board_says_how_many_stand_out_of_order_and_each_card_by_how_much(client: Client) -> None:
    make_project()
    tickets = in_todo("release", "customer-bug", "", "", "hotfix")
    html = client.get("/board/").content.decode()
    assert '<b data-number>1</b> out of order' in html
    card = re.search(rf'<li class="card" id="c{tickets[4].id}".*?</li>', html)
    assert card
    assert "4 places too low" in card[0]
    assert "3 · hotfix" in card[0]
    assert html.count("places too") == 1


def test_a_board_in_order_says_nothing_of_it(client: Client) -> None:
    make_project()
    in_todo("hotfix", "release", "")
    html = client.get("/board/").content.decode()
    assert re.search(r'data-count-shown="out_of_order"\s+hidden', html)
    assert "too low" not in html


def test_a_ticket_outside_of_to_do_is_never_out_of_order(client: Client) -> None:
    make_project()
    make_ticket("In Progress", labels=["hotfix"], rank_position=99)
    in_todo("", "")
    assert offs_now() == {}


def test_a_done_card_no_longer_shows_its_class(client: Client) -> None:
    make_project()
    make_ticket("Done", labels=["hotfix"])
    recompute_priorities()
    assert "3 · hotfix" not in client.get("/board/").content.decode()


def test_the_event_of_a_card_tells_its_place_and_how_many_are_out_of_order() -> None:
    tickets = in_todo("", "hotfix")
    news = card_news([(tickets[1].id, "said")], NOON)[0]
    assert "place too" in card_news([(ticket.id, "said") for ticket in tickets], NOON)[0] + news
    assert "&quot;out_of_order&quot;: 1" in news


# The preview


def test_the_preview_tells_each_move_with_its_places_and_why(client: Client) -> None:
    tickets = in_todo("release", "customer-bug", "", "", "hotfix", severity="S2")
    page = order_page(NOON)
    (group,) = page.groups
    (move,) = group.moves
    assert (move.key, move.from_place, move.to_place) == (tickets[4].key, 5, 1)
    assert move.why == "3 · hotfix, S2, waiting 30 d"
    assert (group.anchor, group.before) == (tickets[0].key, True)
    html = client.get("/board/order/").content.decode()
    assert "3 · hotfix" in html
    assert "in 1 call to Jira" in html
    assert "Move 1 ticket" in html


def test_who_may_not_work_on_tickets_sees_the_moves_and_cannot_make_them() -> None:
    in_todo("", "hotfix")
    reader = Client()
    reader.force_login(person(Role.VIEWER))
    html = reader.get("/board/order/").content.decode()
    assert "3 · hotfix" in html
    assert "Move 1 ticket" not in html
    assert reader.post("/board/order/", {"digest": digest(standings())}).status_code == 403
    assert not TicketWrite.objects.exists()


def test_five_hundred_tickets_are_previewed_in_a_constant_number_of_queries(client: Client) -> None:
    status = make_status("To Do")
    Ticket.objects.bulk_create(
        Ticket(id=number, key=f"MM-{number}", project_key="MM", kind="Bug", status=status, column=status.column,
               summary=f"Ticket {number}", created=NOON - timedelta(hours=number * 37 % 501), updated=NOON,
               status_since=NOON, mirrored_at=NOON, rank_position=number,
               labels=[["hotfix"], ["release"], [], ["customer-bug"]][number % 4])
        for number in range(1, 501)
    )  # fmt: skip
    recompute_priorities()
    client.get("/board/order/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/board/order/").status_code == 200  # how long that takes, the bench measures
    assert sum("tickets_ticket" in query["sql"] for query in seen.captured_queries) <= 3


# The writes


def test_applying_brings_the_order_by_one_delivery_a_call(client: Client) -> None:
    tickets = in_todo("release", "customer-bug", "", "", "hotfix")
    answer = client.post("/board/order/", {"digest": digest(standings())}, follow=True)
    assert "1 ticket moved" in answer.content.decode()
    assert keys_now() == [tickets[place].key for place in (4, 0, 1, 2, 3)]
    delivery = Delivery.objects.get()
    assert delivery.topic == "jira.rank"
    assert delivery.payload["issues"] == [tickets[4].id]
    assert (delivery.payload["anchor"], delivery.payload["before"]) == (tickets[0].id, True)
    assert offs_now() == {}


def test_many_moves_end_in_the_very_order_that_was_shown(engineer: Person) -> None:
    in_todo(*["", "hotfix", "release", "customer-bug"] * 30)
    page = order_page(NOON)
    shown = [key for key, _, _ in page.first]
    writes = order_todo(drawn=digest(standings()), by=engineer, at=NOON)
    assert len(writes) == page.moved == sum(len(group.moves) for group in page.groups)
    assert keys_now()[: len(shown)] == shown
    assert offs_now() == {}
    assert all(len(delivery.payload["issues"]) <= 50 for delivery in Delivery.objects.all())


def test_an_order_that_changed_since_the_preview_is_shown_anew_and_nothing_is_written(client: Client) -> None:
    tickets = in_todo("", "hotfix", "release")
    drawn = digest(standings())
    Ticket.objects.filter(id=tickets[2].id).update(rank_position=1)
    answer = client.post("/board/order/", {"digest": drawn}, follow=True)
    assert "To do changed since this was shown" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/board/order/"
    assert not Delivery.objects.exists()


def test_of_two_who_press_at_once_the_second_is_told(engineer: Person) -> None:
    in_todo("", "hotfix")
    drawn = digest(standings())
    order_todo(drawn=drawn, by=engineer, at=NOON)
    with pytest.raises(OrderChanged):
        order_todo(drawn=drawn, by=engineer, at=NOON)
    assert Delivery.objects.count() == 1


def test_in_order_nothing_is_written(client: Client) -> None:
    in_todo("hotfix", "")
    answer = client.post("/board/order/", {"digest": digest(standings())}, follow=True)
    assert "in order already" in answer.content.decode()
    assert not Delivery.objects.exists()


# Against the order, for a reason


def test_a_reason_is_logged_shown_and_keeps_the_ticket_where_it_is(client: Client, engineer: Person) -> None:
    make_project()
    tickets = in_todo("", "hotfix")
    wait = next(ticket for ticket in tickets if ticket.id in offs_now())
    allow_order(ticket=wait, reason=" waits for  <b>the log</b> ", by=engineer, at=NOON)
    assert offs_now() == {}
    assert order_page(NOON).groups == ()
    html = client.get("/board/").content.decode()
    assert "Stands here: waits for &lt;b&gt;the log&lt;/b&gt;" in html
    event = TicketEvent.objects.get(ticket=wait)
    assert (event.by, event.from_value, event.to_value) == (engineer, "", "waits for <b>the log</b>")
    assert "waits for" in client.get("/board/order/").content.decode()
    history = client.get(f"/tickets/{wait.key}/").content.decode()
    assert "Stands against the priority of work: waits for &lt;b&gt;the log&lt;/b&gt;" in history
    assert engineer.name in history
    assert "seen by" not in history
    end_order(ticket=wait, by=engineer, at=NOON)
    assert "Counts in the priority of work again" in client.get(f"/tickets/{wait.key}/").content.decode()


def test_a_move_by_hand_is_judged_by_the_ticket_next_to_which_it_goes() -> None:
    hotfix, release, other, last = in_todo("hotfix", "release", "", "")
    up = breach_of(ticket=other.id, anchor=hotfix.id, before=True)
    assert up
    assert up.words == "2 places too high"
    down = breach_of(ticket=hotfix.id, anchor=release.id, before=False)
    assert down
    assert down.words == "1 place too low"
    assert breach_of(ticket=release.id, anchor=hotfix.id, before=False) is None
    elsewhere = make_ticket("Backlog")
    assert breach_of(ticket=elsewhere.id, anchor=hotfix.id, before=True) is None
    assert breach_of(ticket=last.id, anchor=elsewhere.id, before=True) is None


@pytest.mark.parametrize("reason", ["", "  \n", "\x00", "x" * 501])
def test_without_a_reason_nothing_is_allowed(engineer: Person, reason: str) -> None:
    (ticket,) = in_todo("")
    with pytest.raises(NoReason):
        allow_order(ticket=ticket, reason=reason, by=engineer, at=NOON)
    assert not OrderException.objects.exists()


def test_after_a_week_it_counts_again_and_not_a_second_before(engineer: Person) -> None:
    tickets = in_todo("", "hotfix")
    allowed = allow_order(ticket=tickets[0], reason="first", by=engineer, at=NOON)
    assert expire_order(exception_id=allowed.id, at=NOON + HOLDS - timedelta(seconds=1)) is None
    assert expire_order(exception_id=allowed.id, at=NOON + HOLDS) == tickets[0].id
    assert expire_order(exception_id=allowed.id, at=NOON + HOLDS) is None
    assert len(offs_now()) == 1
    assert OrderException.objects.get().ended_at == NOON + HOLDS
    assert list(TicketEvent.objects.order_by("id").values_list("to_value", "via")) == [("first", "page"), ("", "timer")]


def test_the_timer_ends_it_by_itself_and_open_boards_look_again(engineer: Person) -> None:
    tickets = in_todo("", "hotfix")
    allow_order(ticket=tickets[0], reason="first", by=engineer, at=NOON)
    version = live.current_id("board")
    tick(at=NOON + HOLDS - timedelta(seconds=1))
    assert OrderException.objects.standing().exists()
    tick(at=NOON + HOLDS)
    assert not OrderException.objects.standing().exists()
    assert Ticket.objects.get(id=tickets[0].id).order_reason == ""
    assert live.current_id("board") != version
    assert not Timer.objects.exists()


def test_another_reason_replaces_the_first_and_its_week_begins_anew(engineer: Person) -> None:
    tickets = in_todo("", "hotfix")
    first = allow_order(ticket=tickets[0], reason="first", by=engineer, at=NOON)
    later = NOON + timedelta(days=3)
    second = allow_order(ticket=tickets[0], reason="second", by=engineer, at=later)
    assert expire_order(exception_id=first.id, at=NOON + HOLDS) is None
    assert Ticket.objects.get(id=tickets[0].id).order_reason == "second"
    assert Timer.objects.get().key == str(second.id)
    assert Timer.objects.get().due_at == later + HOLDS


def test_it_can_be_ended_before_its_time(engineer: Person) -> None:
    tickets = in_todo("", "hotfix")
    allow_order(ticket=tickets[0], reason="first", by=engineer, at=NOON)
    assert end_order(ticket=tickets[0], by=engineer, at=NOON)
    assert not end_order(ticket=tickets[0], by=engineer, at=NOON)
    assert len(offs_now()) == 1
    assert not Timer.objects.exists()


def test_boards_look_again_once_the_order_is_written(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    in_todo("", "hotfix")
    version = live.current_id("board")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/board/order/", {"digest": digest(standings())})
    assert live.current_id("board") != version


@pytest.mark.django_db(transaction=True)
def test_two_who_press_in_the_same_moment_write_the_order_once() -> None:
    load_weekly()
    load_priority_marks()
    first, second = person(Role.ENGINEER), person(Role.LEAD)
    in_todo("", "", "hotfix")
    drawn = digest(standings())
    failed = together(
        lambda: order_todo(drawn=drawn, by=first, at=NOON), lambda: order_todo(drawn=drawn, by=second, at=NOON)
    )
    assert [type(fault) for fault in failed] == [OrderChanged]
    assert Delivery.objects.count() == 1
    assert offs_now() == {}

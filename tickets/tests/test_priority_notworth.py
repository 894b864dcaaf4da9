"""Bugs that are not worth the work: which they are, what is shown before anything is written, and what is."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.notworth import NotClosed, close_not_worth
from tickets.actions.priority import load_priority_marks, recompute_priorities
from tickets.models import Ticket, TicketWrite, WorkflowStep
from tickets.queries.notworth import batch_mark, candidates, progress, resolutions
from tickets.rules.notworth import COMMENT, DAYS, comment_fault, days_asked, filled, is_low
from tickets.tests.factories import NOON, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _handbook(db: None) -> None:
    load_marks()
    load_weekly()
    load_priority_marks()
    make_status("Done")


@pytest.fixture
def engineer(db: None) -> Person:
    return person(Role.ENGINEER)


@pytest.fixture
def client(engineer: Person) -> Client:
    found = Client()
    found.force_login(engineer)
    return found


def minor(status: str = "Backlog", days: int = 400, **kw: Any) -> Ticket:
    """A minor bug that has waited so long."""
    ticket = make_ticket(status, **{"severity": "S3", "created": clock.now() - timedelta(days=days)} | kw)
    recompute_priorities()
    return ticket


def asked(*tickets: Ticket, **kw: Any) -> dict[str, Any]:
    return {"ticket": [ticket.id for ticket in tickets], "days": DAYS, "resolution": "Won't Do", "comment": COMMENT,
            "step": "preview"} | kw


# Which


def test_minor_bugs_that_nobody_asked_for_and_that_have_waited_long_are_proposed_oldest_first() -> None:
    younger, older = minor(days=200), minor("To Do", days=900, severity="", priority="Lowest")
    minor(days=100)
    minor(severity="S2")
    minor(severity="S1", priority="Low")
    minor(severity="", priority="Medium")
    minor(labels=["customer-bug"], is_customer=True)
    minor(labels=["hotfix"])
    minor(labels=["escalation"])
    minor(kind="Story")
    minor("In Progress")
    minor("Done")
    minor(write_state="pending")
    rows, total = candidates(days=DAYS, at=clock.now())
    assert [row.key for row in rows] == [older.key, younger.key]
    assert total == 2


@pytest.mark.parametrize(
    ("severity", "priority", "low"),
    [("S3", "High", True), ("S4", "", True), ("S2", "Lowest", False), ("", "Lowest", True), ("", "Low", True),
     ("", "Medium", False), ("", "", False), ("odd", "Trivial", True)],
)  # fmt: skip
def test_minor_is_what_its_severity_says_and_without_one_its_priority(severity: str, priority: str, low: bool) -> None:
    assert is_low(severity, priority) is low


@pytest.mark.parametrize(("text", "days"), [("365", 365), ("", 180), ("-1", 180), ("1", 30), ("99999", 3_650),
                                            ("9" * 40, 180), ("²", 180)])  # fmt: skip
def test_how_long_is_read_kindly(text: str, days: int) -> None:
    assert days_asked(text) == days


def test_the_page_costs_the_same_however_many_there_are(client: Client) -> None:
    client.get("/board/not-worth/")
    numbers = []
    for _ in range(2):
        for _ in range(15):
            minor(reporter=make_user("Rae Doe"))
        with CaptureQueriesContext(connection) as seen:
            client.get("/board/not-worth/")
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]


# The words


def test_the_comment_is_filled_in_for_each() -> None:
    values = {"reporter": "Ada", "key": "MM-1", "resolution": "Done"}
    assert filled("Hi {reporter}, {key} is {resolution}.", values) == "Hi Ada, MM-1 is Done."
    assert comment_fault(COMMENT) == ""
    assert "{nobody}" in comment_fault("Hi {nobody}")
    assert comment_fault(" \n") == "Say why it is closed."
    assert comment_fault("x" * 4_001)


@given(st.text(max_size=60), st.text(max_size=20))
def test_what_is_filled_in_is_never_filled_in_again(text: str, name: str) -> None:
    values = {"reporter": name, "key": "MM-1", "summary": "{reporter}", "resolution": "R"}
    assert filled("{summary}", values) == "{reporter}"
    assert isinstance(comment_fault(text), str)


def test_the_resolutions_are_those_that_jira_offers_on_the_way_to_done() -> None:
    assert resolutions() == ("Won't Do", "Cannot Reproduce", "Duplicate")
    done = make_status("Done")
    WorkflowStep.objects.create(
        project_key="MM", kind="Bug", status_id="s-to-do", step_id="1", name="Done", to_status=done.id, to_name="Done",
        fields=[{"id": "resolution", "name": "Resolution", "kind": "resolution",
                 "allowed": [["1", "Done"], ["2", "Won't Do"], ["3", "Obsolete"]]}],
        read_at=NOON,
    )  # fmt: skip
    assert resolutions() == ("Won't Do", "Done", "Obsolete")


# Preview, then write


def test_the_preview_shows_each_comment_and_writes_nothing(client: Client) -> None:
    ticket = minor(reporter=make_user("Rae Doe"), summary="Tooltip is cut <off>")
    html = client.post("/board/not-worth/", asked(ticket)).content.decode()
    assert "Hi Rae Doe, thank you" in html
    assert f"expect to get to {ticket.key}" in html
    assert "Close 1 bug as Won&#x27;t Do" in html
    assert "Tooltip is cut &lt;off&gt;" in html
    assert not Delivery.objects.exists()


def test_closing_puts_a_comment_and_a_move_for_each_on_their_way(client: Client, engineer: Person) -> None:
    first, second, other = minor(), minor(), minor()
    answer = client.post("/board/not-worth/", asked(first, second, step="close"), follow=True)
    assert "2 bugs on the way to Jira" in answer.content.decode()
    told = Delivery.objects.order_by("id").values_list("topic", "scope")
    assert [(topic, scope) for topic, scope in told] == [
        (topic, f"jira:issue:{ticket.id}") for ticket in (first, second) for topic in ("jira.comment", "jira.change")
    ]
    change = Delivery.objects.filter(topic="jira.change").first()
    assert change
    assert change.payload["answers"] == {"resolution": "Won't Do"}
    assert change.payload["to"] == [make_status("Done").id]
    comment = Delivery.objects.filter(topic="jira.comment").first()
    assert comment
    assert engineer.name in comment.payload["text"]
    assert {ticket.column for ticket in Ticket.objects.filter(id__in=[first.id, second.id])} == {"done"}
    assert Ticket.objects.get(id=other.id).column == "backlog"


def test_a_bug_is_not_closed_while_its_comment_is_refused(engineer: Person) -> None:
    close_not_worth(ids=[minor().id], days=DAYS, resolution="Won't Do", comment=COMMENT, by=engineer, at=clock.now())
    comment, move = Delivery.objects.order_by("id")
    Delivery.objects.filter(id=comment.id).update(state=State.FAILED)
    assert not Delivery.objects.due(clock.now()).filter(id=move.id).exists()
    Delivery.objects.filter(id=comment.id).update(state=State.SENT, sent_at=clock.now())
    assert Delivery.objects.due(clock.now()).filter(id=move.id).exists()


def test_how_far_it_is_is_told_by_the_deliveries(client: Client, engineer: Person) -> None:
    ticket = minor()
    at = clock.now()
    other = minor()
    writes = close_not_worth(ids=[ticket.id], days=DAYS, resolution="Won't Do", comment=COMMENT, by=engineer, at=at)
    close_not_worth(ids=[other.id], days=DAYS, resolution="Won't Do", comment=COMMENT, by=engineer, at=at)
    assert Delivery.objects.filter(topic="jira.change").count() == 2  # another batch of the same moment is another
    Delivery.objects.filter(payload__issue=other.id).delete()
    batch = progress(batch_mark(writes))
    assert batch
    assert (batch.tickets, batch.sent, batch.waiting, batch.stuck) == (1, 0, 2, 0)
    Delivery.objects.filter(topic="jira.comment").update(state=State.SENT, sent_at=at)
    Delivery.objects.filter(topic="jira.change").update(state=State.FAILED, fault="Jira says no.")
    address = f"/board/not-worth/?batch={batch_mark(writes)}"
    part = client.get(address, headers={"HX-Target": "progress"}).content.decode()
    assert "1 of 2 written · 1 wait for somebody" in part
    assert "Jira says no." in part
    assert "every 2s" not in part


@pytest.mark.parametrize("mark", ["", "x", "²", "1", "9" * 40, "0"])
def test_a_batch_that_is_none_shows_nothing(client: Client, mark: str) -> None:
    assert progress(mark) is None
    assert client.get(f"/board/not-worth/?batch={mark}").status_code == 200


def test_what_changed_meanwhile_is_left_out(client: Client) -> None:
    ticket, taken = minor(), minor()
    Ticket.objects.filter(id=taken.id).update(column="in_progress")
    client.post("/board/not-worth/", asked(ticket, taken, step="close"))
    assert set(TicketWrite.objects.values_list("ticket_id", flat=True)) == {ticket.id}


def test_pressing_twice_closes_once(client: Client) -> None:
    ticket = minor()
    client.post("/board/not-worth/", asked(ticket, step="close"))
    answer = client.post("/board/not-worth/", asked(ticket, step="close"), follow=True)
    assert "nothing was closed" in answer.content.decode()
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"ticket": []}, "Choose at least one bug."), ({"resolution": "Magic"}, "Choose one of the resolutions"),
     ({"comment": " "}, "Say why it is closed."), ({"comment": "Hi {you}"}, "Nothing is known for {you}"),
     ({"ticket": ["x", "²"]}, "Choose at least one bug."), ({"ticket": list(range(51))}, "At most 50 bugs")],
)  # fmt: skip
@pytest.mark.parametrize("step", ["preview", "close"])
def test_what_cannot_be_is_said_in_words_and_the_form_keeps_what_was_typed(
    client: Client, changes: dict[str, Any], words: str, step: str
) -> None:
    ticket = minor()
    answer = client.post("/board/not-worth/", asked(ticket, step=step) | changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Delivery.objects.exists()


def test_back_keeps_the_choice_and_the_words(client: Client) -> None:
    ticket, _ = minor(), minor()
    html = client.post("/board/not-worth/", asked(ticket, step="back", comment="My own words")).content.decode()
    assert "My own words" in html
    assert html.count("checked") == 1


def test_without_a_column_for_done_nothing_is_closed(engineer: Person) -> None:
    ticket = minor()
    status = make_status("Done")
    status.column = "off"
    status.save()
    with pytest.raises(NotClosed, match="stands in Done"):
        close_not_worth(ids=[ticket.id], days=DAYS, resolution="Won't Do", comment="x", by=engineer, at=NOON)
    assert not Delivery.objects.exists()


def test_who_only_reads_sees_the_list_and_cannot_close() -> None:
    ticket, reader = minor(), Client()
    reader.force_login(person(Role.VIEWER))
    html = reader.get("/board/not-worth/").content.decode()
    assert ticket.key in html
    assert "Preview" not in html
    assert reader.post("/board/not-worth/", asked(ticket, step="close")).status_code == 403
    assert not Delivery.objects.exists()

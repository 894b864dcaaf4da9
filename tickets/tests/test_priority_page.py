"""The page of the priority of work: the order in words, the mapping that the lead edits, and a check of one ticket."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from people.choices import Role
from people.tests.factories import person
from portal.common import live
from portal.tasks import mark_tickets_again
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.priority import load_priority_marks, recompute_priorities, set_weight
from tickets.models import PriorityEvent, PriorityMark, Ticket
from tickets.queries.priority import priority_page
from tickets.tests.factories import NOON, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _handbook(db: None) -> None:
    load_marks()
    load_weekly()
    load_priority_marks()


def as_role(role: Role) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


@pytest.fixture
def lead(db: None) -> Client:
    return as_role(Role.LEAD)


def form(client: Client) -> dict[str, str]:
    """The form as the page shows it."""
    html = client.get("/board/priority/").content.decode()
    values = dict(re.findall(r'<input class="control" name="(pattern_\d+)" value="([^"]*)"', html))
    for name, options in re.findall(r'<select class="control" name="(\w+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="(\w+)" selected', options) or re.search(r'value="(\w+)"', options)
        assert chosen
        values[name] = chosen[1]
    return values


def test_the_page_says_the_order_and_how_many_stand_in_each_class() -> None:
    make_ticket(labels=["hotfix"])
    make_ticket("In Progress", labels=["hotfix"])
    make_ticket("Done", labels=["hotfix"])
    set_weight(ticket=make_ticket(), source="escalation:E-1", level=1, by=None, at=NOON)
    recompute_priorities()
    page = priority_page(can_edit=False)
    assert [(line.number, line.waiting, line.todo) for line in page.classes] == [
        (1, 0, 0), (2, 1, 1), (3, 2, 1), (4, 0, 0), (5, 0, 0),
    ]  # fmt: skip
    assert page.classes[2].parts == (("hotfix", 2), ("release", 0), ("customer reported", 0), ("other bug", 0))


def test_the_number_of_queries_does_not_grow() -> None:
    client, numbers = as_role(Role.VIEWER), []
    client.get("/board/priority/")
    for _ in range(2):
        for _ in range(20):
            make_ticket(labels=["hotfix"])
        recompute_priorities()
        with CaptureQueriesContext(connection) as seen:
            client.get("/board/priority/")
        numbers.append(len(seen))
    assert numbers[0] == numbers[1] <= 12


def test_saving_what_is_shown_changes_nothing(lead: Client) -> None:
    answer = lead.post("/board/priority/", form(lead), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert not PriorityEvent.objects.exists()


def test_the_lead_edits_adds_and_takes_away_and_to_do_follows_at_once(
    lead: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ticket, other = make_ticket(labels=["sev-now"]), make_ticket(labels=["hotfix"])
    hotfix = PriorityMark.objects.get(means="hotfix", on="label")
    asked = form(lead) | {f"remove_{hotfix.id}": "1", "pattern_new": "sev-now", "on_new": "label",
                          "means_new": "community_quality"}
    version = live.current_id("board")
    with django_capture_on_commit_callbacks(execute=True):
        answer = lead.post("/board/priority/", asked, follow=True)
    html = answer.content.decode()
    assert "Every ticket is placed again" in html
    assert "label sev-now means quality issue on the community server" in html
    ticket.refresh_from_db()
    other.refresh_from_db()
    assert (ticket.work_reason, other.work_reason) == ("1 · community server", "3 · other bug")
    assert live.current_id("board") != version


def test_the_worker_places_what_does_not_stand_in_to_do(lead: Client) -> None:
    ticket = make_ticket("Backlog", labels=["sev-now"])
    lead.post("/board/priority/", {"pattern_new": "sev-now", "on_new": "label", "means_new": "hotfix"})
    mark_tickets_again()
    ticket.refresh_from_db()
    assert ticket.work_reason == "3 · hotfix"


def test_a_name_that_is_emptied_takes_its_row_away(lead: Client) -> None:
    mark = PriorityMark.objects.get(means="hotfix", on="label")
    lead.post("/board/priority/", form(lead) | {f"pattern_{mark.id}": " "})
    assert not PriorityMark.objects.standing().filter(id=mark.id).exists()


@pytest.mark.parametrize(
    "asked", [{"pattern_new": "x", "on_new": "moon", "means_new": "hotfix"}, {"pattern_new": "x", "means_new": ""},
              {"pattern_new": "\x00*", "on_new": "label", "means_new": "hotfix"},
              {"pattern_new": "hotfix", "on_new": "label", "means_new": "hotfix"}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(lead: Client, asked: dict[str, str]) -> None:
    answer = lead.post("/board/priority/", form(lead) | asked, follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert not PriorityEvent.objects.exists()


def test_a_field_of_a_row_that_is_not_ours_is_passed_over(lead: Client) -> None:
    hostile = {"pattern_9999999999": "x", "pattern_²": "x", "pattern_-1": "y", "means_9999999999": "hotfix",
               "on_9999999999": "label"}
    lead.post("/board/priority/", hostile)
    assert not PriorityEvent.objects.exists()


def test_whoever_may_not_edit_reads_the_rows_and_cannot_save() -> None:
    engineer = as_role(Role.ENGINEER)
    html = engineer.get("/board/priority/").content.decode()
    assert "customer-escalation" in html
    assert "<select" not in html
    mark = PriorityMark.objects.standing().first()
    assert mark
    assert engineer.post("/board/priority/", {f"pattern_{mark.id}": ""}).status_code == 403
    assert PriorityMark.objects.standing().filter(id=mark.id).exists()


def test_a_ticket_is_checked_by_its_key_by_what_is_saved_now() -> None:
    ticket = make_ticket(labels=["Hotfix"], severity="S2")
    Ticket.objects.filter(id=ticket.id).update(work_reason="of long ago")
    html = as_role(Role.VIEWER).get("/board/priority/", {"key": f" {ticket.key.lower()} "}).content.decode()
    assert "<b>3 · hotfix</b>" in html
    assert "label Hotfix: bug for a hotfix" in html
    assert "severity S2" in html
    part = as_role(Role.VIEWER).get("/board/priority/", {"key": ticket.key}, headers={"HX-Target": "checked"})
    assert part.content.decode().strip().startswith('<div id="checked"')


def test_a_tickets_own_page_says_its_class_and_leads_to_why() -> None:
    ticket = make_ticket(labels=["hotfix"])
    recompute_priorities()
    html = as_role(Role.VIEWER).get(f"/tickets/{ticket.key}/").content.decode()
    assert f'<a href="/board/priority/?key={ticket.key}">3 · hotfix</a>' in html


@pytest.mark.parametrize("key", ["MM-404", "<b>", "\x00", "x" * 300, "MM-"])
def test_a_key_that_is_none_is_said_to_be_none(key: str) -> None:
    answer = as_role(Role.VIEWER).get("/board/priority/", {"key": key})
    assert answer.status_code == 200
    assert "is mirrored" in answer.content.decode()
    assert "<b>X" not in answer.content.decode()

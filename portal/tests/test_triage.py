"""Each verb of triage against a running Jira: what stands there afterwards, and nothing before its time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.models import FeatureTeam, Person
from people.tests.factories import person, team
from portal import flows
from portal.common import clock
from portal.tests.mirroring import jira_of, mirroring, synced, ticket
from tickets.actions import triage
from tickets.models import BugType, Ticket, TriageDecision
from tickets.queries.triage.decisions import decision_of
from tickets.queries.triage.queue import in_triage
from tickets.rules.triage import GRACE, INFO_TEXT, Choice, read_choice

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def jira(site: Sandbox) -> Iterator[Sandbox]:
    site.clear_faults()
    BugType.objects.get_or_create(name="Bug")
    with mirroring(jira_of(site)):
        synced()
        yield site
    site.clear_faults()


@pytest.fixture
def ines() -> Person:
    return person(Role.LEAD, name="Ines Okafor")


@pytest.fixture
def channels() -> FeatureTeam:
    found = team("Channels")
    FeatureTeam.objects.filter(pk=found.pk).update(jira_label="team-channels")
    return found


def a_bug(sandbox: Sandbox, summary: str = "Sound plays twice") -> Ticket:
    fields = {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": summary}
    key = sandbox.jira("POST", "/rest/api/2/issue", json={"fields": fields}).json()["key"]
    synced()
    assert in_triage().filter(key=key).exists()
    return ticket(key)


def in_jira(sandbox: Sandbox, key: str) -> dict[str, Any]:
    return dict(sandbox.jira("GET", f"/rest/api/2/issue/{key}").json()["fields"])


def decide(found: Ticket, by: Person, at: datetime, **given: str) -> TriageDecision:
    return triage.decide(ticket_id=found.id, choice=choose(given), by=by, at=at)


def choose(given: dict[str, str]) -> Choice:
    return read_choice(given)


def send(at: datetime, rounds: int = 20) -> None:
    """Let what is due at this moment leave."""
    for _ in range(rounds):
        due = list(Delivery.objects.due(at).order_by("id").values_list("id", flat=True))
        for identity in due:
            flows.deliver(delivery_id=identity, at=at)
        if not due:
            return


def decided(jira: Sandbox, by: Person, **given: str) -> dict[str, Any]:
    """A bug in Jira after this verb; it is as it was until the grace is over."""
    found, at = a_bug(jira), clock.now()
    before = in_jira(jira, found.key)
    made = decide(found, by, at, **given)
    send(at + GRACE - timedelta(seconds=1))
    assert in_jira(jira, found.key) == before
    send(at + GRACE)
    assert set(made.writes.values_list("delivery__state", flat=True)) == {State.SENT}
    line = decision_of(found.id, by)
    assert line is not None and (line.state, line.can_undo) == ("sent", False)
    synced()
    assert not in_triage().filter(id=found.id).exists()
    return in_jira(jira, found.key)


def test_a_routed_bug_has_its_teams_label(jira: Sandbox, ines: Person, channels: FeatureTeam) -> None:
    assert decided(jira, ines, verb="route", team=str(channels.pk))["labels"] == ["team-channels"]
    assert Ticket.objects.filter(team=channels, labels=["team-channels"]).exists()


def test_one_that_set_takes_stands_in_to_do(jira: Sandbox, ines: Person) -> None:
    assert decided(jira, ines, verb="take")["status"]["name"] == "To Do"


def test_what_is_no_bug_says_so_by_label_and_comment(jira: Sandbox, ines: Person) -> None:
    fields = decided(jira, ines, verb="feature", kind="feature-request", text="Talk to [PM name], please.")
    assert fields["labels"] == ["feature-request"]
    assert "Talk to the product manager, please." in fields["comment"]["comments"][0]["body"]


def test_a_question_is_a_comment_and_our_own_comment_is_no_answer(jira: Sandbox, ines: Person) -> None:
    fields = decided(jira, ines, verb="info", text=INFO_TEXT)
    assert fields["labels"] == ["needs-info"]
    assert "# Reproduction steps" in fields["comment"]["comments"][0]["body"]
    key = Ticket.objects.latest("id").key
    jira.jira("POST", f"/rest/api/2/issue/{key}/comment", json={"body": "It plays twice."})
    synced()
    assert in_triage().filter(key=key).exists()


def test_a_duplicate_is_linked_and_closed_as_one(jira: Sandbox, ines: Person) -> None:
    other = Ticket.objects.present().order_by("id")[3].key
    fields = decided(jira, ines, verb="duplicate", other=other)
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Duplicate")
    link = fields["issuelinks"][0]
    assert (link["type"]["name"], link["outwardIssue"]["key"]) == ("Duplicate", other)


def test_what_is_closed_has_its_resolution_and_comment(jira: Sandbox, ines: Person) -> None:
    fields = decided(jira, ines, verb="close", resolution="Won't Do", text="Kindly, no.")
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Won't Do")
    assert "Kindly, no." in fields["comment"]["comments"][0]["body"]


def test_what_is_taken_back_never_reaches_jira(jira: Sandbox, ines: Person) -> None:
    found, at = a_bug(jira), clock.now()
    before = in_jira(jira, found.key)
    made = decide(found, ines, at, verb="feature", kind="story", text="Hi")
    triage.undo(decision=made, by=ines, at=at + timedelta(seconds=2))
    send(at + timedelta(minutes=5))
    assert in_jira(jira, found.key) == before
    assert in_triage().filter(id=found.id).exists()


def test_a_move_that_jira_refuses_is_said_and_can_be_taken_back(jira: Sandbox, ines: Person) -> None:
    found, at = a_bug(jira), clock.now()
    made = decide(found, ines, at, verb="take")
    jira.fault(path="transitions$", method="POST", status=403)
    send(at + GRACE)
    line = decision_of(found.id, ines)
    assert line is not None
    assert (line.state, line.can_retry, line.can_undo) == ("failed", True, True)
    assert line.words.startswith("Jira refused: ")
    triage.undo(decision=made, by=ines, at=at + GRACE)
    assert in_triage().filter(id=found.id).exists()

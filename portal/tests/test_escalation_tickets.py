"""An escalation and its ticket, against a running Jira: made once whatever becomes of answers, and where it belongs."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from escalations.actions.base import Refused
from escalations.actions.level import change_level
from escalations.actions.routing import Decision
from escalations.actions.tickets import unlink_ticket
from escalations.choices import Fix, Kind, Level, OwedState, Route, Status, TicketState, What
from escalations.models import Escalation, OwedReply
from escalations.tests import factories
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.common.models import Timer
from portal.flows.escalations import routing, tickets
from portal.flows.ticking import TIMERS
from portal.tests.mirroring import jira_of, mirroring, synced, ticket, todo
from set_rotation.models import Page
from set_rotation.tests import factories as duty
from tickets.choices import Column
from tickets.models import Ticket, TicketWeight

pytestmark = pytest.mark.django_db
SET = Decision(Route.SET, Route.SET, "It is an issue of the product.")
NEW = routing.Ticket(new=True)


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def jira(site: Sandbox) -> Iterator[Sandbox]:
    site.clear_faults()
    with mirroring(jira_of(site)):
        settings.ENV = dataclasses.replace(settings.ENV, outbox_settle=0.0)
        synced()
        yield site
    site.clear_faults()


@pytest.fixture
def ines() -> Person:
    return person(Role.ENGINEER, jira_account_id="")


@pytest.fixture
def primary() -> Person:
    """Somebody whom Jira knows, on duty now."""
    account = Ticket.objects.exclude(assignee=None).values_list("assignee_id", flat=True).order_by("id").first()
    crew = duty.crew()
    crew[1].jira_account_id = account or ""
    crew[1].save()
    today = clock.now().date()
    duty.rotation(crew, first_on=today - timedelta(days=today.weekday()))
    return crew[1]


def everything(rounds: int = 80) -> None:
    """Let all timers and deliveries that are due do their work, as ticks would, until nothing is on its way."""
    at = clock.now()
    for _ in range(rounds):
        at = max(at, clock.now())
        rung = ring(at)
        due = list(Delivery.objects.due(at).order_by("id").values_list("id", flat=True))
        for identity in due:
            flows.deliver(delivery_id=identity, at=at)
        if not due and not rung:
            if not Delivery.objects.filter(state__in=[State.WAITING, State.UNKNOWN, State.SENDING]).exists():
                return
            at += timedelta(seconds=30)


def ring(at: Any) -> int:
    """Do the timers of escalations that are due."""
    due = list(Timer.objects.filter(kind__startswith="escalation.", due_at__lte=at))
    for timer in due:
        Timer.objects.filter(pk=timer.pk).delete()
        TIMERS[timer.kind](timer.key, at)
    return len(due)


def made(jira: Sandbox, row: Escalation) -> list[dict[str, Any]]:
    """Jira's tickets of an escalation, by the way back that stands in each."""
    found = jira.jira("GET", "/rest/api/2/search/jql", params={
        "jql": "project in (MM, CLD) ORDER BY created DESC", "maxResults": 50, "fields": "*all"})
    return [one for one in found.json()["issues"] if f"E-{row.pk}|" in str(one["fields"].get("description"))]


def accepted(by: Person, fix: Fix = Fix.NEXT_RELEASE, which: routing.Ticket = NEW, **more: Any) -> Escalation:
    row = factories.escalation(at=clock.now(), **more)
    return routing.accept(escalation=row, decision=SET, fix=fix, ticket=which, by=by, at=clock.now())


def test_an_accepted_l2_has_one_ticket_with_all_that_is_asked_in_the_hands_of_the_primary(
    jira: Sandbox, ines: Person, primary: Person
) -> None:
    row = accepted(ines, database="postgresql", database_version="14.9", hosting="3 nodes", logs="panic: {noformat} x",
                   expected="They sign in.")
    assert (row.status, row.ticket_state, row.owner) == (Status.OURS, TicketState.PENDING, primary)
    everything()
    row.refresh_from_db()
    assert row.ticket_state == TicketState.LINKED and row.ticket is not None
    [issue] = made(jira, row)
    fields, text = issue["fields"], issue["fields"]["description"]
    assert issue["key"] == row.ticket.key and fields["summary"] == row.title
    assert "customer-bug" in fields["labels"] and "hotfix" not in fields["labels"]
    for said in ("10.4.2", "PostgreSQL 14.9", "3 nodes", "They sign in.", "Sign in through LDAP", row.customer.name,
                 "panic: { noformat} x"):
        assert said in text
    assert fields["status"]["name"] == "In Progress"
    assert (fields["assignee"].get("accountId") or fields["assignee"].get("name")) == primary.jira_account_id
    links = jira.jira("GET", f"/rest/api/2/issue/{issue['key']}/remotelink").json()
    assert [one["object"]["url"] for one in links] == [f"{settings.PORTAL_BASE_URL}/escalations/E-{row.pk}/"]
    weight = TicketWeight.objects.get(ticket=row.ticket)
    assert (weight.source, weight.level, weight.customers) == (f"escalation:E-{row.pk}", 2, 1)


def test_an_l3_for_the_next_release_goes_to_to_do_at_its_priority_and_its_release_is_the_calendars(
    jira: Sandbox, ines: Person
) -> None:
    row = accepted(ines, level=Level.L3)
    everything()
    row.refresh_from_db()
    assert row.ticket is not None and row.owner == ines and row.expected_on is not None
    assert ticket(row.ticket.key).column == Column.TODO
    order = todo()
    mine, behind = ticket(row.ticket.key).work_key or [], order[order.index(row.ticket.key) + 1:]
    assert all((ticket(key).work_key or []) > mine for key in behind[:1])


def test_an_l3_that_is_a_hotfix_is_begun_at_once_and_marked(jira: Sandbox, ines: Person, primary: Person) -> None:
    row = accepted(ines, fix=Fix.HOTFIX, level=Level.L3)
    everything()
    [issue] = made(jira, row)
    assert "hotfix" in issue["fields"]["labels"] and issue["fields"]["status"]["name"] == "In Progress"
    row.refresh_from_db()
    assert row.owner == primary


def test_pressed_twice_and_created_by_hand_beside_it_is_one_ticket(jira: Sandbox, ines: Person) -> None:
    row = accepted(ines, level=Level.L3)
    routing.accept(escalation=row, decision=SET, fix=Fix.NEXT_RELEASE, ticket=NEW, by=ines, at=clock.now())
    tickets.create_ticket(escalation=row, by=ines, at=clock.now())
    everything()
    routing.accept(escalation=row, decision=SET, fix=Fix.NEXT_RELEASE, ticket=NEW, by=ines, at=clock.now())
    everything()
    assert len(made(jira, row)) == 1


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_answer_that_was_lost_makes_no_second_ticket(jira: Sandbox, ines: Person, drop: str) -> None:
    jira.fault(path="/issue$", method="POST", drop=drop)
    row = accepted(ines, level=Level.L3)
    everything()
    row.refresh_from_db()
    assert row.ticket_state == TicketState.LINKED and len(made(jira, row)) == 1


def test_while_jira_is_down_it_is_accepted_and_the_ticket_follows(jira: Sandbox, ines: Person) -> None:
    jira.fault(path="/rest/", status=503, times=1000)
    row = accepted(ines, level=Level.L3)
    assert row.accepted_at is not None and row.ticket_state == TicketState.PENDING
    for identity in Delivery.objects.due(clock.now()).values_list("id", flat=True):
        flows.deliver(delivery_id=identity, at=clock.now())
    ring(clock.now())
    row.refresh_from_db()
    assert row.ticket_state == TicketState.PENDING and row.ticket_delivery is not None
    assert row.ticket_delivery.fault  # the receipt says that Jira is away, and offers Retry
    jira.clear_faults()
    everything()
    row.refresh_from_db()
    assert row.ticket_state == TicketState.LINKED and len(made(jira, row)) == 1


def test_made_in_jira_and_jira_gone_before_it_was_read_it_is_linked_once_jira_is_back(
    jira: Sandbox, ines: Person
) -> None:
    jira.fault(path=r"/issue/\d+", method="GET", status=503, times=1000)
    row = accepted(ines, level=Level.L3)
    for identity in Delivery.objects.due(clock.now()).values_list("id", flat=True):
        flows.deliver(delivery_id=identity, at=clock.now())
    ring(clock.now())
    row.refresh_from_db()
    assert row.ticket_state == TicketState.PENDING and len(made(jira, row)) == 1
    jira.clear_faults()
    ring(clock.now() + timedelta(minutes=1))
    row.refresh_from_db()
    assert row.ticket_state == TicketState.LINKED and len(made(jira, row)) == 1


def test_what_jira_refuses_is_said_tried_again_with_what_is_known_then_and_linked_by_hand(
    jira: Sandbox, ines: Person
) -> None:
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(settings.ENV.jira, projects=("NOPE",)))
    row = accepted(ines, level=Level.L3)
    everything()
    row.refresh_from_db()
    assert row.ticket_state == TicketState.FAILED
    failed = row.events.get(what=What.TICKET_FAILED)
    assert failed.internal and failed.to_value
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(settings.ENV.jira, projects=("MM",)))
    tickets.create_ticket(escalation=row, by=ines, at=clock.now())
    everything()
    row.refresh_from_db()
    assert row.ticket_state == TicketState.LINKED and len(made(jira, row)) == 1


def test_a_refused_one_is_linked_by_hand_and_the_refused_write_is_taken_back(jira: Sandbox, ines: Person) -> None:
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(settings.ENV.jira, projects=("NOPE",)))
    row = accepted(ines, level=Level.L3)
    everything()
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(settings.ENV.jira, projects=("MM",)))
    there = Ticket.objects.present().filter(column=Column.BACKLOG).order_by("id")[0]
    tickets.link_ticket(escalation=row, key=there.key.lower(), by=ines, at=clock.now())
    everything()
    row.refresh_from_db()
    assert (row.ticket, row.ticket_state) == (there, TicketState.LINKED)
    assert row.ticket_delivery is not None and row.ticket_delivery.state == State.DROPPED
    assert ticket(there.key).column == Column.TODO and not made(jira, row)


def test_a_ticket_that_is_not_mirrored_yet_is_read_and_one_that_is_not_there_is_refused(
    jira: Sandbox, ines: Person
) -> None:
    told = jira.jira("POST", "/rest/api/2/issue", json={"fields": {
        "project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Just made"}}).json()
    row = factories.escalation(at=clock.now())
    found = tickets.link_ticket(escalation=row, key=f"https://jira.example/browse/{told['key']}", by=ines,
                                at=clock.now())
    assert found.summary == "Just made"
    for key, said in (("MM-99999999", "Jira has no MM-99999999"), ("XY-1", "XY is not mirrored here"),
                      ("hello", "Write a ticket's key"), ("MM-0", "Write a ticket's key")):
        with pytest.raises(Refused, match=said):
            tickets.link_ticket(escalation=row, key=key, by=ines, at=clock.now())
    jira.fault(path="/rest/", status=503, times=1000)
    with pytest.raises(Refused, match="Jira cannot be asked"):
        tickets.link_ticket(escalation=row, key="MM-88888888", by=ines, at=clock.now())


def test_a_ticket_is_replaced_or_taken_off_for_a_reason_and_weighs_no_more(jira: Sandbox, ines: Person) -> None:
    first, second = Ticket.objects.present().filter(column=Column.TODO).order_by("id")[:2]
    row = accepted(ines, which=routing.Ticket(key=first.key), level=Level.L3)
    with pytest.raises(Refused, match="say why another one"):
        tickets.link_ticket(escalation=row, key=second.key, by=ines, at=clock.now())
    tickets.link_ticket(escalation=row, key=second.key, by=ines, at=clock.now(), replaces="That is the same bug.")
    assert list(TicketWeight.objects.values_list("ticket", flat=True)) == [second.pk]
    with pytest.raises(Refused, match="Say why"):
        unlink_ticket(escalation=row, why=" ", by=ines, at=clock.now())
    unlink_ticket(escalation=row, why="It was another one.", by=ines, at=clock.now())
    everything()
    row.refresh_from_db()
    assert (row.ticket, row.ticket_state) == (None, TicketState.NONE) and not TicketWeight.objects.exists()


def test_a_confidential_one_tells_jira_neither_who_nor_what(jira: Sandbox, ines: Person) -> None:
    row = accepted(ines, level=Level.L3, confidential=True, title="Secret merger leaks", happened="The board saw it.")
    everything()
    [issue] = made(jira, row)
    for hidden in ("Secret", "The board saw it", row.customer.name):
        assert hidden not in str(issue["fields"]["summary"]) + str(issue["fields"]["description"])


def test_infrastructure_gets_its_ticket_in_the_project_of_site_reliability(jira: Sandbox, ines: Person) -> None:
    row = factories.escalation(at=clock.now(), kind=Kind.INFRASTRUCTURE, level=Level.L3)
    given = Decision(Route.SRE, Route.SRE, "It is about our own infrastructure.")
    routing.hand_over(escalation=row, decision=given, ticket=NEW, by=ines, at=clock.now())
    everything()
    row.refresh_from_db()
    assert row.status == Status.HANDED_OVER and row.ticket is not None and row.ticket.project_key == "CLD"


# An L1 pages


def test_an_l1_pages_once_and_one_that_becomes_one_pages_too(primary: Person, ines: Person) -> None:
    first = factories.escalation(level=Level.L1, at=clock.now())
    for _ in range(3):
        routing.raised(escalation=first, at=clock.now())
        ring(clock.now())
    page = Page.objects.get()
    assert page.urgency == "urgent" and page.path == f"/escalations/E-{first.pk}/" and first.title in page.reason
    second = factories.escalation(level=Level.L2, at=clock.now())
    ring(clock.now())
    assert Page.objects.count() == 1
    change_level(escalation=second, level=Level.L1, reason="Now it is all of them.", by=ines, at=clock.now())
    ring(clock.now())
    ring(clock.now())
    assert Page.objects.count() == 2
    change_level(escalation=second, level=Level.L2, reason="A workaround.", by=ines, at=clock.now())
    change_level(escalation=second, level=Level.L1, reason="It broke.", by=ines, at=clock.now())
    ring(clock.now())
    assert Page.objects.count() == 3


# Once it is done


def step(jira: Sandbox, key: str, *names: str, resolution: str = "Done") -> None:
    """Move a ticket in Jira, and have the portal hear of it."""
    for name in names:
        told = jira.jira("GET", f"/rest/api/2/issue/{key}/transitions").json()["transitions"]
        way = next(one for one in told if one["to"]["name"] == name)
        fields = {"fields": {"resolution": {"name": resolution}}} if name == "Done" else {}
        taken = {"transition": {"id": way["id"]}, **fields}
        answer = jira.jira("POST", f"/rest/api/2/issue/{key}/transitions", json=taken)
        assert answer.status_code == 204, answer.text
    synced()
    ring(clock.now())


def test_a_ticket_that_is_done_owes_each_customer_a_reply_and_opened_again_none(jira: Sandbox, ines: Person) -> None:
    there = Ticket.objects.present().filter(column=Column.TODO).order_by("id")[0]
    row = accepted(ines, which=routing.Ticket(key=there.key), level=Level.L3)
    step(jira, there.key, "Done")
    row.refresh_from_db()
    owed = OwedReply.objects.get()
    assert row.status == Status.REPLY_OWED and row.released_at is not None and there.key in owed.why
    assert row.reporter_name.split()[0] in owed.text and there.key in owed.text
    ring(clock.now())
    assert OwedReply.objects.count() == 1
    step(jira, there.key, "In Progress")
    again = Escalation.objects.get(pk=row.pk)
    assert again.status == Status.OURS and again.released_at is None
    assert not OwedReply.objects.filter(state=OwedState.WAITING).exists()

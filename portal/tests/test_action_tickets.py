"""An action of a retrospective and its ticket, against a running Jira: made, given to its owner, followed both ways."""

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.conf import settings

from incidents.actions import followups
from incidents.actions.states import resolve
from incidents.choices import ActionState, What
from incidents.models import Incident, IncidentEvent, RetroAction
from incidents.queries.editions import action_words
from incidents.queries.retrospective import action_lines
from incidents.tests import factories as make
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.common.models import Timer
from portal.flows.incidents.changed import incident_changed
from portal.flows.incidents.tickets_of_actions import change_action, create_ticket
from portal.flows.ticking import TIMERS
from portal.tests.mirroring import jira_of, mirroring, synced
from tickets.models import JiraUser, Ticket

pytestmark = pytest.mark.django_db
DUE, LATER = date(2026, 12, 1), date(2026, 12, 8)


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


def known(place: int, **more: Any) -> Person:
    """An engineer whom Jira knows."""
    account = list(JiraUser.objects.filter(assigned__isnull=False).distinct().order_by("account_id"))[place]
    return person(Role.ENGINEER, jira_account_id=account.account_id, **more)


@pytest.fixture
def ines(jira: Sandbox) -> Person:
    return known(0, name="Ines Okafor")


@pytest.fixture
def joel(jira: Sandbox) -> Person:
    return known(1, name="Joel Novak")


def everything() -> None:
    """Let what is due leave, and tickets be linked, until nothing is on its way."""
    for _ in range(20):
        at = clock.now()
        timers = list(Timer.objects.filter(kind="incident.action_ticket", due_at__lte=at))
        for timer in timers:
            Timer.objects.filter(pk=timer.pk).delete()
            TIMERS[timer.kind](timer.key, at)
        due = list(Delivery.objects.due(at).order_by("id").values_list("id", flat=True))
        for identity in due:
            flows.deliver(delivery_id=identity, at=at)
        if not due and not timers:
            return


def action_of(ines: Person, owner: Person | None, due_on: date | None = DUE) -> RetroAction:
    """An action whose ticket is in Jira."""
    row = resolve(incident=make.incident(commander=ines, at=clock.now()), by=ines, at=clock.now())
    made = followups.add_action(
        incident=row, given=followups.Given("Bring the cache back", owner=owner, due_on=due_on), by=ines,
        at=clock.now())
    create_ticket(action=made, by=ines, at=clock.now())
    everything()
    made.refresh_from_db()
    assert made.ticket is not None
    return made


def issue(jira: Sandbox, action: RetroAction) -> dict[str, Any]:
    """The fields of its ticket, as Jira has them."""
    assert action.ticket is not None
    fields: dict[str, Any] = jira.jira("GET", f"/rest/api/2/issue/{action.ticket.key}").json()["fields"]
    return fields


def assignee(jira: Sandbox, action: RetroAction) -> str:
    return str((issue(jira, action)["assignee"] or {}).get("accountId", ""))


def step(jira: Sandbox, action: RetroAction, name: str, resolution: str = "") -> RetroAction:
    """Move its ticket in Jira, and have the portal hear of it."""
    assert action.ticket is not None
    path = f"/rest/api/2/issue/{action.ticket.key}/transitions"
    way = next(one for one in jira.jira("GET", path).json()["transitions"] if one["to"]["name"] == name)
    fields = {"fields": {"resolution": {"name": resolution}}} if resolution else {}
    answer = jira.jira("POST", path, json={"transition": {"id": way["id"]}, **fields})
    assert answer.status_code == 204, answer.text
    return heard(action)


def heard(action: RetroAction) -> RetroAction:
    synced()
    assert Timer.objects.filter(kind="incident.changed", key=str(action.incident_id)).exists()
    incident_changed(incident=action.incident, at=clock.now())
    return RetroAction.objects.get(pk=action.pk)


def given(action: RetroAction, **more: Any) -> followups.Given:
    return dataclasses.replace(
        followups.Given(action.title, action.details, action.owner, action.due_on), **more)


def lines(row: Incident) -> list[str]:
    found = IncidentEvent.objects.filter(incident=row, what=What.ACTION).order_by("pk")
    return list(found.values_list("to_value", flat=True))


def test_a_ticket_is_its_owners_and_has_the_actions_day(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel)
    told = issue(jira, action)
    assert (assignee(jira, action), told["duedate"]) == (joel.jira_account_id, "2026-12-01")
    assert "Joel" not in told["description"] and "retrospective" in told["labels"]
    [line] = action_lines(RetroAction.objects.filter(pk=action.pk), DUE)
    assert line.receipt is None


def test_another_owner_and_another_day_are_told_to_jira(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel)
    assert change_action(action=action, given=given(action, owner=ines, due_on=LATER), by=ines, at=clock.now()) == ""
    everything()
    assert (assignee(jira, action), issue(jira, action)["duedate"]) == (ines.jira_account_id, "2026-12-08")
    before = Delivery.objects.count()
    action = RetroAction.objects.get(pk=action.pk)
    change_action(action=action, given=given(action, details="With care."), by=ines, at=clock.now())
    assert Delivery.objects.count() == before  # what is as it was is not written
    change_action(action=action, given=given(action, owner=None, due_on=None), by=ines, at=clock.now())
    everything()
    assert (issue(jira, action)["assignee"], issue(jira, action)["duedate"]) == (None, None)
    assert heard(action).owner is None


def test_whom_jira_does_not_know_is_said_and_the_rest_is_written(jira: Sandbox, ines: Person, joel: Person) -> None:
    action, nia = action_of(ines, joel), person(Role.ENGINEER, name="Nia New", jira_account_id="")
    said = change_action(action=action, given=given(action, owner=nia, due_on=LATER), by=ines, at=clock.now())
    everything()
    assert "no account of Nia New" in said
    assert (assignee(jira, action), issue(jira, action)["duedate"]) == (joel.jira_account_id, "2026-12-08")
    assert step(jira, action, "Done", "Done").owner == nia  # that Jira has somebody else is no news


def test_a_ticket_is_made_where_jira_takes_no_day_and_that_is_shown(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel, due_on=None)
    jira.fault(path=f"/rest/api/2/issue/{action.ticket_id}", method="PUT", status=400, times=9)
    change_action(action=action, given=given(action, due_on=LATER), by=ines, at=clock.now())
    everything()
    [line] = action_lines(RetroAction.objects.filter(pk=action.pk), DUE)
    assert line.action.ticket is not None and line.action.delivery is not None
    assert line.receipt is not None and line.action.delivery.state == State.FAILED


def test_whoever_is_given_the_ticket_in_jira_is_the_owner(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel)
    assert action.ticket is not None
    path = f"/rest/api/2/issue/{action.ticket.key}/assignee"
    jira.jira("PUT", path, json={"accountId": ines.jira_account_id})
    action = heard(action)
    assert action.owner == ines and "In Jira Ines Okafor has the action now: Bring the cache back" in lines(
        action.incident)
    stranger = JiraUser.objects.exclude(account_id__in=[ines.jira_account_id, joel.jira_account_id]).filter(
        assigned__isnull=False).distinct().order_by("account_id")[0]
    jira.jira("PUT", path, json={"accountId": stranger.account_id})
    action = heard(action)
    assert action.owner is None and f"{stranger}, who is not known here" in lines(action.incident)[-1]
    count = len(lines(action.incident))
    incident_changed(incident=action.incident, at=clock.now())
    assert len(lines(action.incident)) == count


def test_an_action_is_done_with_its_ticket_and_open_again_with_it(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel)
    action = step(jira, action, "Done", "Done")
    assert (action.state, action.done_at is not None) == (ActionState.DONE, True)
    assert not Timer.objects.filter(kind=followups.REMIND, key=str(action.pk)).exists()
    action = step(jira, action, "In Progress")
    assert (action.state, action.done_at, action.closed_as) == (ActionState.OPEN, None, "")
    assert Timer.objects.filter(kind=followups.REMIND, key=str(action.pk)).exists()
    assert [line.partition(":")[0] for line in lines(action.incident)][-2:] == ["Action done", "Action open again"]


def test_a_ticket_that_is_closed_without_mending_drops_its_action(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel)
    action = step(jira, action, "Done", "Won't Do")
    assert (action.state, action.closed_as) == (ActionState.DROPPED, "Won't Do")
    assert action_words(action).endswith("dropped: Won't Do")
    assert lines(action.incident)[-1].startswith("Action dropped, its ticket was closed as Won't Do")
    assert step(jira, action, "In Progress").state == ActionState.OPEN


def test_what_was_dropped_here_stays_so_whatever_its_ticket_does(jira: Sandbox, ines: Person, joel: Person) -> None:
    action = action_of(ines, joel)
    followups.settle_action(action=action, state=ActionState.DROPPED, by=ines, at=clock.now())
    assert step(jira, action, "Done", "Done").state == ActionState.DROPPED
    assert action.ticket is not None and Ticket.objects.get(pk=action.ticket.pk).resolution == "Done"

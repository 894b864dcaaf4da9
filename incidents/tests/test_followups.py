"""The actions that follow from an incident: each becomes one ticket, and is followed until it is done."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.actions import followups
from incidents.actions.base import Refused
from incidents.actions.states import resolve
from incidents.choices import ActionState, What
from incidents.models import Incident, IncidentEvent, RetroAction
from incidents.tests import factories as make
from integrations.outbox.choices import State as Sending
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.changed import incident_changed
from portal.flows.incidents.tickets_of_actions import create_ticket, ticket_due
from tickets.tests import factories as tickets

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 17, 17, 10, tzinfo=UTC)
LATER = MORNING + timedelta(days=1)


@pytest.fixture
def ines() -> Person:
    return people.person(PersonRole.ENGINEER)


@pytest.fixture
def outage(ines: Person) -> Incident:
    return resolve(incident=make.incident(commander=ines), by=ines, at=MORNING)


@pytest.fixture
def _jira(settings: Any) -> None:
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(
        settings.ENV.jira, base_url="http://127.0.0.1:9", email="a@b.test", api_token="x"))


def made(row: Incident, by: Person) -> RetroAction:
    given = followups.Given("Bring the *cache* back", details="With {care}", owner=by)
    return followups.add_action(incident=row, given=given, by=by, at=LATER)


@pytest.mark.usefixtures("_jira")
def test_an_action_becomes_one_ticket_and_is_followed_until_it_is_done(outage: Incident, ines: Person) -> None:
    action = made(outage, ines)
    first, again = (create_ticket(action=action, by=ines, at=LATER) for _ in range(2))
    assert first is not None
    assert first == again
    assert first.payload["fields"]["summary"] == "Bring the *cache* back"
    ticket = tickets.make_ticket("In Progress")
    Delivery.objects.filter(pk=first.pk).update(state=Sending.SENT, sent_at=LATER, remote_id=str(ticket.pk))
    for _ in range(2):
        ticket_due(str(first.pk), LATER)
    action.refresh_from_db()
    assert (action.ticket, action.state) == (ticket, ActionState.OPEN)
    assert create_ticket(action=action, by=ines, at=LATER) is None
    assert IncidentEvent.objects.filter(incident=outage, what=What.ACTION, to_value__contains=ticket.key).count() == 1
    done = tickets.make_status("Done")
    ticket.status, ticket.column, ticket.status_since = done, "done", LATER
    ticket.save()
    followups.tickets_changed([ticket.pk], LATER)
    incident_changed(incident=outage, at=LATER)
    action.refresh_from_db()
    assert action.state == ActionState.DONE


@pytest.mark.usefixtures("_jira")
def test_the_ticket_of_a_private_incident_says_not_what_was_down(ines: Person) -> None:
    row = resolve(incident=make.incident(commander=ines, private=True), by=ines, at=MORNING)
    delivery = create_ticket(action=made(row, ines), by=ines, at=LATER)
    assert delivery is not None
    assert row.title not in str(delivery.payload)


def test_what_was_ticked_off_here_stays_done_while_its_ticket_is_open(outage: Incident, ines: Person) -> None:
    action, ticket = made(outage, ines), tickets.make_ticket("In Progress")
    followups.attach_ticket(action=action, ticket=ticket, by=ines, at=LATER)
    followups.settle_action(action=action, state=ActionState.DONE, by=ines,
                            at=ticket.status_since + timedelta(days=400))
    assert followups.follow_tickets(incident=outage, at=LATER) == 0


def test_without_a_jira_no_ticket_is_asked_for(outage: Incident, ines: Person) -> None:
    with pytest.raises(Refused, match="No Jira"):
        followups.ask_ticket(action=made(outage, ines), by=ines, at=LATER)

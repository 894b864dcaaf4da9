"""What an incident waits for is really looked at: by the tick of each second, by the mirror, by the worker's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from escalations.models import Message
from escalations.tests import factories as escalations
from incidents.actions.followups import Given as Action
from incidents.actions.followups import add_action, attach_ticket
from incidents.actions.updates import Given
from incidents.choices import What
from incidents.models import Incident, IncidentEvent
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people
from portal import flows
from portal.celery import app
from portal.common import jobs
from portal.common.models import Timer
from portal.flows.incidents.publishing import publish
from portal.flows.jira import jira_changed
from set_rotation.actions import paging
from set_rotation.models import Page
from tickets.models import Ticket
from tickets.tests.test_mirror_actions import facts

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nothing_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "queue", lambda *_, **__: True)


def lines(row: Incident, what: What) -> list[str]:
    return list(IncidentEvent.objects.filter(incident=row, what=what).order_by("pk").values_list("to_value", flat=True))


def test_the_tick_rings_promises_and_does_what_follows_from_a_change() -> None:
    row = factories.incident()
    flows.tick(at=NIGHT + 5 * MINUTE)
    assert lines(row, What.REMINDED)[0].startswith("Update due in 10 min")
    assert lines(row, What.PAGED) == [f"Page {row.page_id} raised"]  # told by the timer that each change sets


def test_the_tick_sees_what_befalls_a_page() -> None:
    row = factories.incident()
    flows.tick(at=NIGHT + MINUTE)
    Timer.objects.all().delete()
    paging.acknowledge(page=Page.objects.get(), by=people.person(Role.ENGINEER), at=NIGHT + 2 * MINUTE)
    flows.tick(at=NIGHT + 2 * MINUTE)
    assert lines(row, What.PAGED)[-1] == f"Page {row.page_id} acknowledged"


def test_the_tick_says_an_update_in_the_thread_of_its_escalation() -> None:
    asked = escalations.escalation()
    row = factories.incident(customer=asked.customer, escalation=asked)
    told = Given(Entry(summary="It is the cache."), status="identified", key="k", override="Nobody is awake")
    publish(incident=row, given=told, by=people.person(Role.ENGINEER), at=NIGHT + MINUTE)
    flows.tick(at=NIGHT + MINUTE)
    assert Message.objects.filter(escalation=asked, text__contains="It is the cache.").count() == 1


def test_what_jira_says_of_a_ticket_reaches_its_incident_and_its_action() -> None:
    at = datetime(2026, 11, 17, 17, tzinfo=UTC)
    jira_changed(issues=[facts()], at=at, via="poll")
    ticket, leads = Ticket.objects.get(), people.person(Role.ENGINEER)
    row, other = factories.incident(commander=leads), factories.incident(commander=leads)
    Incident.objects.filter(pk=row.pk).update(ticket=ticket)
    action = add_action(incident=other, given=Action("Add a test"), by=leads, at=at)
    attach_ticket(action=action, ticket=ticket, by=leads, at=at)
    Timer.objects.all().delete()
    jira_changed(issues=[facts(1, 2)], at=at + MINUTE, via="poll")
    found = Timer.objects.filter(kind="incident.changed").values_list("key", flat=True)
    assert set(found) == {str(row.pk), str(other.pk)}


def test_the_workers_clock_reads_the_channels_of_incidents() -> None:
    found = {one["task"]: one["schedule"] for one in app.conf.beat_schedule.values()}
    assert found["incidents.read_chats"] <= 10
    app.loader.import_default_modules()
    assert "incidents.read_chats" in app.tasks

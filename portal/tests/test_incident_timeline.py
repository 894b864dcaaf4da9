"""What befalls an incident's page and its ticket is on its timeline, each thing once."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from escalations.choices import TicketState
from escalations.models import Escalation
from escalations.tests import factories as escalations
from incidents.actions.changing import link_ticket
from incidents.actions.roles import let_out, set_private
from incidents.choices import Kind, Role, State, Topic, What
from incidents.models import Incident, IncidentEvent
from incidents.queries.seen import visible
from incidents.queries.timeline import timeline_of
from incidents.tests import factories
from people.choices import Right
from people.choices import Role as PersonRole
from people.tests import factories as people
from portal.common.models import Timer
from portal.flows.escalations.changed import escalation_changed as asked_changed
from portal.flows.incidents.changed import incident_changed
from portal.flows.incidents.pages import SEEN, look_at_pages, tell_page
from portal.flows.incidents.tickets import tell_ticket, tickets_changed
from set_rotation.actions import paging
from set_rotation.choices import PageSource, Urgency
from set_rotation.models import Page
from tickets.models import TicketWeight
from tickets.tests.factories import make_change, make_ticket, make_user

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)


def paged(row: Incident) -> Page:
    page, _ = paging.raise_page(key=f"incident:{row.pk}", urgency=Urgency.URGENT, reason="Sev1", at=NIGHT,
                                source=PageSource.INCIDENT)
    Incident.objects.filter(pk=row.pk).update(page=page)
    return page


def lines(row: Incident, topic: Topic) -> list[str]:
    return [entry.words for entry in reversed(timeline_of(row, topic=topic.value).entries)]


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    cache.delete(SEEN)


def test_a_page_and_its_acknowledgement_are_told_once() -> None:
    row, engineer = factories.incident(), people.person(PersonRole.ENGINEER)
    page = paged(row)
    paging.acknowledge(page=page, by=engineer, at=NIGHT + MINUTE)
    assert tell_page(incident=row, at=NIGHT + 2 * MINUTE) == 2
    assert tell_page(incident=row, at=NIGHT + 3 * MINUTE) == 0
    assert lines(row, Topic.PAGES) == [f"Page {page.pk} raised", f"Page {page.pk} acknowledged"]
    assert timeline_of(row, topic=Topic.PAGES.value).entries[0].who == engineer.name


def test_an_incident_looks_when_something_befalls_its_page_and_then_no_more() -> None:
    row = factories.incident()
    page = paged(row)
    Timer.objects.all().delete()
    assert look_at_pages(NIGHT) == 1
    assert Timer.objects.filter(kind="incident.changed", key=str(row.pk)).exists()
    tell_page(incident=row, at=NIGHT)
    assert look_at_pages(NIGHT) == 0
    paging.acknowledge(page=page, by=people.person(PersonRole.ENGINEER), at=NIGHT + MINUTE)
    assert look_at_pages(NIGHT + MINUTE) == 1


def test_looking_at_pages_takes_one_query_where_there_is_nothing(django_assert_num_queries: "object") -> None:
    look_at_pages(NIGHT)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert look_at_pages(NIGHT) == 0


def test_whoever_acknowledges_the_page_leads_the_incident() -> None:
    row, engineer = factories.incident(), people.person(PersonRole.ENGINEER)
    Incident.objects.filter(pk=row.pk).update(acknowledged_at=None)
    page = paged(row)
    paging.acknowledge(page=page, by=engineer, at=NIGHT + MINUTE)
    row.refresh_from_db()
    incident_changed(incident=row, at=NIGHT + MINUTE)
    assert row.roles.get(role=Role.COMMANDER, ends_at=None).person == engineer


def test_whoever_acknowledges_the_page_of_a_private_incident_is_let_in_and_once_taken_off_stays_outside(
    client: Client,
) -> None:
    row, engineer, leader = factories.incident(private=True), people.person(PersonRole.ENGINEER), people.person(
        PersonRole.ENGINEER)
    page = Page.objects.get()
    client.force_login(engineer)
    assert "let in" in page.details and str(row) not in page.path and client.get(page.path).status_code == 404
    sees = visible(engineer, {Right.SEE_INCIDENTS}).filter(pk=row.pk)
    assert not sees.exists()
    paging.acknowledge(page=page, by=engineer, at=NIGHT + MINUTE)
    tell_page(incident=row, at=NIGHT + MINUTE)
    assert sees.exists() and client.get(page.path).headers["Location"] == f"/incidents/I-{row.pk}/"
    assert not visible(leader, {Right.SEE_INCIDENTS}).filter(pk=row.pk).exists()
    line = IncidentEvent.objects.get(incident=row, what=What.WATCHER)
    assert (line.to_value, line.by) == (f"{engineer.name} was let in", engineer)
    let_out(incident=row, person=engineer, by=leader, at=NIGHT + 2 * MINUTE)
    tell_page(incident=row, at=NIGHT + 3 * MINUTE)
    assert not sees.exists()


def test_whoever_answers_the_page_of_a_public_incident_is_not_let_in_once_it_is_private() -> None:
    row, engineer = factories.incident(), people.person(PersonRole.ENGINEER)
    paging.acknowledge(page=Page.objects.get(), by=engineer, at=NIGHT + MINUTE)
    tell_page(incident=row, at=NIGHT + MINUTE)
    by = row.declared_by or engineer
    set_private(incident=row, private=True, by=by, at=NIGHT + 2 * MINUTE)
    tell_page(incident=row, at=NIGHT + 3 * MINUTE)
    assert not visible(engineer, {Right.SEE_INCIDENTS}).filter(pk=row.pk).exists()


def test_what_is_changed_of_the_ticket_is_told_once_and_only_since_the_declaring() -> None:
    row = factories.incident()
    ticket = make_ticket()
    Incident.objects.filter(pk=row.pk).update(ticket=ticket)
    make_change(ticket, "status", "Open", "In Progress", at=NIGHT - MINUTE)
    make_change(ticket, "status", "In Progress", "In Review", at=NIGHT + MINUTE)
    make_change(ticket, "description", "a", "b", at=NIGHT + MINUTE)
    assert tickets_changed([ticket.pk], NIGHT + MINUTE) == 1
    assert tell_ticket(incident=row, at=NIGHT + MINUTE) == 1
    assert tell_ticket(incident=row, at=NIGHT + 2 * MINUTE) == 0
    assert lines(row, Topic.TICKETS)[-1] == f"{ticket.key}: In Progress → In Review"


def test_the_ticket_that_its_escalation_gets_later_comes_along() -> None:
    asked, ticket = escalations.escalation(), make_ticket()
    row = factories.incident(kind=Kind.COMMUNITY, customers=(), escalation=asked)
    incident_changed(incident=row, at=NIGHT)
    Timer.objects.all().delete()
    Escalation.objects.filter(pk=asked.pk).update(ticket=ticket, ticket_state=TicketState.LINKED)
    make_change(ticket, "status", "Open", "In Progress", at=NIGHT + 2 * MINUTE)
    asked_changed(escalation=asked, at=NIGHT + 2 * MINUTE)
    assert Timer.objects.filter(kind="incident.changed", key=str(row.pk)).exists()
    incident_changed(incident=row, at=NIGHT + 2 * MINUTE)
    row.refresh_from_db()
    assert row.ticket == ticket
    assert lines(row, Topic.TICKETS) == [f"{ticket.key} is its ticket: {ticket.summary}",
                                         f"{ticket.key}: Open → In Progress"]
    assert TicketWeight.objects.get(ticket=ticket, source__startswith="incident").level == row.severity
    # Taken off, it stays off; and one that has its own keeps that.
    link_ticket(incident=row, ticket=None, by=row.declared_by, at=NIGHT + 3 * MINUTE)
    row.refresh_from_db()
    incident_changed(incident=row, at=NIGHT + 3 * MINUTE)
    assert Incident.objects.filter(pk=row.pk, ticket=None).exists()
    assert not TicketWeight.objects.filter(ticket=ticket, source__startswith="incident").exists()
    other = factories.incident(escalation=asked, ticket=make_ticket())
    incident_changed(incident=other, at=NIGHT + 3 * MINUTE)
    other.refresh_from_db()
    assert other.ticket not in (None, ticket)


def test_names_and_words_of_jira_that_are_longer_than_a_line_are_cut_and_nothing_fails() -> None:
    row, ticket = factories.incident(), make_ticket()
    Incident.objects.filter(pk=row.pk).update(ticket=ticket)
    make_change(ticket, "fixVersions", "10.4 " * 60, "10.4\n3", at=NIGHT + MINUTE,
                author=make_user("Ann " * 60, account_id="ann"))
    assert tell_ticket(incident=row, at=NIGHT + MINUTE) == 1
    told = timeline_of(row, topic=Topic.TICKETS.value).entries[0]
    assert (len(told.words) <= 200, len(told.who) <= 120) == (True, True)


def test_a_closed_incident_hears_no_more_of_its_ticket() -> None:
    row, ticket = factories.incident(), make_ticket()
    Incident.objects.filter(pk=row.pk).update(ticket=ticket, state=State.CLOSED, resolved_at=NIGHT)
    assert tickets_changed([ticket.pk], NIGHT + MINUTE) == 0

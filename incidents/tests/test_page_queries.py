"""How much an incident's page asks of the database, and that what it asks for together is what stands there."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve as resolve_address
from django.urls import reverse

from incidents.actions import notes
from incidents.actions.drafts import keep_draft
from incidents.actions.sending import send
from incidents.actions.states import resolve
from incidents.actions.targets import add_target
from incidents.actions.updates import Given, publish
from incidents.choices import EvidenceKind, PromiseState, Reading, Role, Severity, State, TargetKind, What
from incidents.models import (
    Cadence,
    Evidence,
    Incident,
    IncidentEvent,
    Promise,
    RetroAction,
    Retrospective,
    UpdateDelivery,
)
from incidents.queries.around import Asked, around_of
from incidents.queries.arrivals import marks_of
from incidents.queries.offered import offered_for
from incidents.queries.settings import statuses
from incidents.queries.timeline import timeline_of
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from incidents.tests.factories import NIGHT as NOW
from integrations.outbox.choices import State as Outbox
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people

pytestmark = pytest.mark.django_db
MOST = 12  # queries of the whole page, with the session's and the reader's own
FRAME = 4  # more of whoever comes first: what the frame of every page keeps for some seconds


def full(**more: Any) -> tuple[Incident, Person]:
    """An incident on which something of everything stands, and its commander."""
    leads, other = people.person(PersonRole.ENGINEER), people.person(PersonRole.ENGINEER)
    row = factories.incident(commander=leads, at=NOW, **more)
    for number in range(60):
        notes.note(incident=row, text=f"note {number}", key=str(number), by=other, at=NOW, pinned=number == 5)
    add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address="ceo@example.com", by=leads,
               at=NOW)
    for number in range(3):
        row = Incident.objects.get(pk=row.pk)
        made = publish(incident=row, by=leads, at=NOW, given=Given(
            entry=Entry(summary=f"Said {number}"), status="identified", key=f"key {number}", seen=number,
            next_at=NOW + timedelta(minutes=20)))
        send(version=made.versions.get(), targets=list(row.targets.all()), at=NOW)
    for step in (None, *row.steps.all()[:3]):
        Evidence.objects.create(incident=row, step=step, kind=EvidenceKind.LOG, title="A log", pinned=True, at=NOW)
    for person in (leads, other):
        keep_draft(incident=row, person=person, values={"summary": "Half a sent"}, seen=3, at=NOW)
    Incident.objects.filter(pk=row.pk).update(channel="inc-7")
    return Incident.objects.get(pk=row.pk), leads


def resolved(row: Incident, leads: Person) -> None:
    resolve(incident=row, by=leads, at=NOW)
    RetroAction.objects.create(incident=row, title="Watch its disk", at=NOW)


def closed(row: Incident, leads: Person) -> None:
    resolved(row, leads)
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, closed_at=NOW)


BECAME: dict[str, Callable[[Incident, Person], object]] = {
    "open": lambda row, leads: None, "watched": resolved, "closed": closed,
}


@pytest.mark.parametrize("became", BECAME)
@pytest.mark.parametrize("reads", ["the commander", PersonRole.LEAD, PersonRole.VIEWER])
def test_the_page_takes_twelve_queries_at_most_however_much_stands_on_it(
    became: str, reads: str, django_assert_max_num_queries: Any,
) -> None:
    row, leads = full()
    BECAME[became](row, leads)
    client = Client()
    client.force_login(leads if reads == "the commander" else people.person(PersonRole(reads)))
    here = reverse("incidents:incident", args=[row.pk])
    with django_assert_max_num_queries(MOST + FRAME):
        client.get(here)
    with django_assert_max_num_queries(MOST):
        html = client.get(here).content.decode()
    assert "note 59" in html
    assert "Delivery of update 3" in html
    with django_assert_max_num_queries(MOST):  # with the step that it replies to
        client.get(here, {"reply": "reply-3"})
    first, last = (IncidentEvent.objects.filter(incident=row).order_by(by).values_list("pk", flat=True)[0]
                   for by in ("pk", "-pk"))
    for asked in ({"before": last}, {"entry": first}, {"entry": last}):
        with django_assert_max_num_queries(MOST):
            assert f'id="entry-{first if asked.get("entry") == first else last - 1}"' in client.get(
                here, asked).content.decode()
    with django_assert_max_num_queries(5):  # the timeline alone, as a filter fetches it
        client.get(here, headers={"HX-Request": "true", "HX-Target": "timeline"})


def test_a_drill_and_a_private_incident_take_no_more(django_assert_max_num_queries: Any) -> None:
    row, leads = full(drill=True, private=True)
    client = Client()
    client.force_login(leads)
    here = reverse("incidents:incident", args=[row.pk])
    client.get(here)
    with django_assert_max_num_queries(MOST):
        assert client.get(here).status_code == 200


def test_what_is_asked_for_together_is_what_stands_in_its_tables() -> None:
    row, leads = full()
    around = around_of(row)
    assert around.customers == tuple(row.customers.values_list("customer__name", flat=True))
    assert around.held == {Role.COMMANDER: leads.name}
    assert around.promise == Promise.objects.get(incident=row, state=PromiseState.OPEN)
    assert [(one.step, one.title) for one in around.evidence] == list(row.evidence.values_list("step", "title"))
    assert (around.retro, around.open_actions, around.channel) == (None, 0, None)
    resolved(row, leads)
    Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(
        key=f"inc-channel-{row.pk}-0", state=Outbox.FAILED, fault="It is archived.")
    Evidence.objects.filter(step=None).update(removed_at=NOW)
    after = around_of(row)
    assert (after.retro, after.open_actions) == (Retrospective.objects.get(incident=row), 1)
    assert after.channel == Asked("failed", "It is archived.")
    assert len(after.evidence) == 3
    nobodys = factories.incident()
    assert (around_of(nobodys).evidence, around_of(nobodys).retro) == ((), None)


def test_a_cadence_that_nobody_has_set_is_the_handbooks() -> None:
    Cadence.objects.filter(severity=Severity.SEV2).update(first=7, then=8, longest=9)
    paced = offered_for(Severity.SEV2).cadence
    assert (paced.severity, paced.first, paced.then, paced.longest) == (Severity.SEV2, 7, 8, 9)
    Cadence.objects.all().delete()
    offered = offered_for(Severity.SEV2)
    assert (offered.cadence.then, list(offered.statuses)) == (30, statuses())


def test_a_line_says_what_became_of_its_update_as_it_is_told_to_open_pages() -> None:
    row, _ = full()
    UpdateDelivery.objects.filter(version__of__number=2).update(fault="Nobody is at this address.")
    for entry in timeline_of(row, topic="updates").entries:
        event = IncidentEvent.objects.get(pk=entry.id)
        told = marks_of([event.update_id]) if event.update_id and event.what == What.UPDATE else {}
        assert entry.marks == told.get(event.update_id or 0, ())


def test_the_addresses_on_the_page_lead_to_pages() -> None:
    row, leads = full()
    client = Client()
    client.force_login(leads)
    html = client.get(reverse("incidents:incident", args=[row.pk])).content.decode()
    paths = set(re.findall(r'(?:href|action|hx-\w+)="(/incidents/[^"?#]*)', html))
    assert {resolve_address(path).url_name for path in paths} >= {
        "step", "step_done", "stage", "patch", "patch_part", "evidence", "set_status", "pin", "line", "update",
    }

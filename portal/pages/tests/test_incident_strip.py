"""The strip of open Sev1s on every page, the count in the rail, and what the home page says of incidents."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from incidents.actions.steps import change_step
from incidents.choices import ApprovalState, Role, Severity, State, StepKind
from incidents.models import Approval, Incident, IncidentStep
from incidents.models.updates import Update, UpdateVersion
from incidents.queries.open_ones import open_ones, sev1s
from incidents.tests import factories
from people.choices import Right
from people.choices import Role as PersonRole
from people.models import Person
from people.rules import RIGHTS
from people.tests import factories as people
from portal.pages.incident_needs import incident_needs
from portal.pages.strip import strip_of

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
EVERYBODY = frozenset({Right.SEE_INCIDENTS})
ENGINEERS = RIGHTS[PersonRole.ENGINEER]


def titles(person: Person, minutes: float) -> list[str]:
    return [need.title for need in incident_needs(person, ENGINEERS, NIGHT + minutes * MINUTE)]


# ---- The strip --------------------------------------------------------------------------


def test_the_sev1_whose_update_is_due_first_stands_on_every_page(client: Client) -> None:
    late, soon = factories.incident("Later"), factories.incident("Sooner")
    Incident.objects.filter(pk=late.pk).update(next_update_at=NIGHT + 60 * MINUTE)
    reader = people.person(PersonRole.VIEWER)
    shown = strip_of(reader, EVERYBODY, "/board/", NIGHT)
    assert shown.one is not None
    assert (shown.one.id, shown.more, shown.overdue, shown.digits) == (soon.pk, 1, False, "15:00")
    client.force_login(reader)
    for path in ("/on-call/", "/people/"):
        html = client.get(path).content.decode()
        assert "Sooner" in html
        assert "and 1 more" in html
        assert "Write update" not in html
    assert "data-overdue" in client.get("/strip/?on=/people/").content.decode()


def test_a_page_of_the_incident_itself_does_not_say_it_again() -> None:
    row, reader = factories.incident(), people.person(PersonRole.VIEWER)
    assert strip_of(reader, EVERYBODY, f"/incidents/I-{row.pk}/", NIGHT).one is None
    assert strip_of(reader, EVERYBODY, f"/incidents/I-{row.pk}0/", NIGHT).one is not None


def test_only_open_sev1s_that_are_no_drill_and_that_the_reader_sees_are_told() -> None:
    reader = people.person(PersonRole.VIEWER)
    factories.incident("Smaller", severity=Severity.SEV2)
    factories.incident("Exercise", drill=True)
    private = factories.incident("Secret", private=True)
    over = factories.incident("Over")
    Incident.objects.filter(pk=over.pk).update(state=State.WATCHED, resolved_at=NIGHT)
    cache.clear()
    assert sev1s(reader, EVERYBODY) == ()
    assert [one.title for one in open_ones(reader, EVERYBODY)] == ["Exercise", "Smaller"]
    assert private.declared_by is not None
    assert [one.title for one in sev1s(private.declared_by, EVERYBODY)] == ["Secret"]
    assert open_ones(reader, frozenset()) == ()


def test_the_strip_costs_no_query_once_it_is_known(django_assert_num_queries: "object") -> None:
    reader = people.person(PersonRole.VIEWER)
    factories.incident()
    strip_of(reader, EVERYBODY, "/", NIGHT)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert strip_of(reader, EVERYBODY, "/", NIGHT).one is not None


def test_without_a_sev1_the_strip_is_there_hidden_and_empty(client: Client) -> None:
    client.force_login(people.person(PersonRole.VIEWER))
    html = client.get("/people/").content.decode()
    assert 'id="strip"' in html
    assert "badge-fill" not in html


def test_the_rail_counts_what_is_open(client: Client) -> None:
    factories.incident(severity=Severity.SEV3)
    client.force_login(people.person(PersonRole.VIEWER))
    html = client.get("/people/").content.decode()
    rail = html[html.index('title="Incidents"'):]
    assert 'data-tone="red">1<' in rail[:600]


# ---- Home -------------------------------------------------------------------------------


def test_the_commander_is_told_of_an_update_that_is_due_and_of_one_that_is_overdue() -> None:
    leads = people.person(PersonRole.ENGINEER)
    factories.incident(commander=leads)
    assert "Update due in 12 min" in titles(leads, 3)
    assert "Update overdue by 5 min" in titles(leads, 20)
    assert titles(people.person(PersonRole.ENGINEER), 20) == []


def test_the_second_person_is_told_that_a_text_waits() -> None:
    row, second = factories.incident(), people.person(PersonRole.ENGINEER)
    update = Update.objects.create(incident=row, number=1, at=NIGHT, status=row.status, key="k")
    version = UpdateVersion.objects.create(of=update, number=1, at=NIGHT, status_name="x", values={})
    Approval.objects.create(version=version, asked_of=second, asked_at=NIGHT)
    [need] = incident_needs(second, ENGINEERS, NIGHT)
    assert need.title == f"Read what the customer gets: I-{row.pk}, update 1"
    assert need.url == reverse("incidents:approve", args=[row.pk, 1])


def test_a_text_that_is_asked_of_nobody_by_name_is_told_to_those_with_a_part_and_not_to_its_writer() -> None:
    writer, deputy, other = (people.person(PersonRole.ENGINEER) for _ in range(3))
    row = factories.incident(commander=writer, roles={Role.COMMANDER: writer, Role.DEPUTY: deputy})
    update = Update.objects.create(incident=row, number=1, at=NIGHT, status=row.status, key="k")
    version = UpdateVersion.objects.create(of=update, number=1, at=NIGHT, by=writer, status_name="x", values={})
    Approval.objects.create(version=version, asked_of=None, asked_at=NIGHT)
    title = f"Read what the customer gets: I-{row.pk}, update 1"
    assert [title in titles(one, 0) for one in (deputy, writer, other)] == [True, False, False]


def test_the_writer_is_told_that_a_text_was_sent_back_until_it_is_corrected_or_overtaken() -> None:
    row, writer, second = factories.incident(), people.person(PersonRole.ENGINEER), people.person(PersonRole.ENGINEER)
    update = Update.objects.create(incident=row, number=1, at=NIGHT, status=row.status, key="k")
    version = UpdateVersion.objects.create(of=update, number=1, at=NIGHT, by=writer, status_name="x", values={})
    Approval.objects.create(version=version, asked_of=second, asked_at=NIGHT, state=ApprovalState.SENT_BACK,
                            decided_at=NIGHT, reason="name the app")
    [need] = incident_needs(writer, ENGINEERS, NIGHT)
    assert (need.title, need.url, need.label) == (
        "Sent back: name the app", reverse("incidents:correct", args=[row.pk, 1]), "Correct it")
    assert incident_needs(second, ENGINEERS, NIGHT) == ()
    Approval.objects.update(state=ApprovalState.OVERTAKEN)
    assert incident_needs(writer, ENGINEERS, NIGHT) == ()


def test_the_commander_is_told_once_an_hour_has_passed_that_the_executive_does_not_know() -> None:
    leads = people.person(PersonRole.ENGINEER)
    row = factories.incident(commander=leads)
    IncidentStep.objects.filter(incident=row, kind=StepKind.EXECUTIVE).update(due_at=NIGHT + 60 * MINUTE)
    words = f"The executive is to be told of I-{row.pk}"
    assert words not in titles(leads, 59)
    assert words in titles(leads, 61)


def test_an_update_that_was_promised_is_owed_while_the_incident_is_watched_too() -> None:
    leads = people.person(PersonRole.ENGINEER)
    row = factories.incident(commander=leads)
    Incident.objects.filter(pk=row.pk).update(
        state=State.WATCHED, resolved_at=NIGHT, next_update_at=NIGHT + 30 * MINUTE,
    )
    assert "Update due in 10 min" in titles(leads, 20)


def test_whose_step_is_due_is_told() -> None:
    row, owner = factories.incident(), people.person(PersonRole.ENGINEER)
    step = row.steps.filter(kind=StepKind.DO)[0]
    change_step(incident=row, key=step.key, owner=owner, due_at=NIGHT + 40 * MINUTE, note="", by=owner, at=NIGHT)
    assert titles(owner, 0) == []
    assert titles(owner, 20) == [step.title]


def test_who_only_reads_incidents_needs_nothing_of_them() -> None:
    leads = people.person(PersonRole.ENGINEER)
    factories.incident(roles={Role.COMMANDER: leads})
    assert incident_needs(leads, EVERYBODY, NIGHT + 20 * MINUTE) == ()

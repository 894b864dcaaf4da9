"""The open Sev1 on the home page: what it says, to whom, and what it costs."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from customers.tests import factories as customers
from incidents.actions.steps import finish_step
from incidents.actions.updates import Given, publish
from incidents.choices import Kind, Reading, Role, Severity, State, StepKind, TargetKind
from incidents.models import Incident, IncidentWatcher, Target, Update, UpdateDelivery
from incidents.queries.glance import glance_of
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from people.choices import Right
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.pages.sev1 import sev1_of

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
EVERYBODY = frozenset({Right.SEE_INCIDENTS})


def reader() -> Person:
    return people.person(PersonRole.VIEWER)


def said(row: Incident, *, impact: str = "", technical: str = "") -> Update:
    """An update of a minute after the declaring, by whoever declared it."""
    entry = Entry(summary="We look into it.", impact=impact, technical=technical)
    told = Given(entry=entry, status="identified", key=uuid.uuid4().hex,
                 seen=Incident.objects.get(pk=row.pk).updates)
    assert row.declared_by is not None
    return publish(incident=row, given=told, by=row.declared_by, at=NIGHT + MINUTE)


def at_a_glance(row: Incident) -> Any:
    return glance_of(row.pk, reader(), EVERYBODY, NIGHT + 2 * MINUTE)


# ---- What it says -----------------------------------------------------------------------


def test_the_home_page_tells_of_the_sev1_whose_update_is_due_first_and_how_many_others_there_are(
    client: Client,
) -> None:
    late = factories.incident("Later", customer=customers.customer("Initech"))
    Incident.objects.filter(pk=late.pk).update(next_update_at=NIGHT + 60 * MINUTE)
    soon = factories.incident("Sooner", customer=customers.customer("Northwind"))
    client.force_login(reader())
    html = client.get("/").content.decode()
    panel = html[html.index('id="home-sev1"'):].partition("</section>")[0]
    for words in ("SEV1", "Northwind", "Sooner", "Investigating", "About one message in five fails.", "no update yet",
                  f'href="/incidents/I-{soon.pk}/"', '?severity=1">1 more Sev1 open'):
        assert words in panel, words
    assert "Initech" not in panel
    Incident.objects.filter(pk=late.pk).update(state=State.WATCHED, resolved_at=NIGHT)
    cache.clear()
    assert "more Sev1" not in client.get("/").content.decode()


def test_it_says_what_executives_read_of_the_impact_in_one_plain_sentence() -> None:
    row = factories.incident()
    assert at_a_glance(row).said == "About one message in five fails."
    said(row, impact="**Two** of five <b>fail</b>. The apps retry.", technical="secret")
    assert at_a_glance(row).said == "Two of five <b>fail</b>."
    said(row, impact="None.")
    assert at_a_glance(row).said == ""


def test_it_counts_the_steps_of_the_stage_that_is_worked_on() -> None:
    row = factories.incident()
    steps = row.steps.filter(stage__number=1)
    first, *others = steps.exclude(kind=StepKind.EXECUTIVE)  # that one appears after an hour
    finish_step(incident=row, key=first.key, by=reader(), at=NIGHT)
    shown = at_a_glance(row)
    assert (shown.stage, shown.settled, shown.total) == (first.stage.title, 1, 1 + len(others))
    steps.filter(kind=StepKind.EXECUTIVE).update(due_at=NIGHT)
    assert at_a_glance(row).total == steps.count()


def test_it_counts_what_arrived_and_what_did_not_of_an_earlier_update_too() -> None:
    row = factories.incident()
    target = Target.objects.create(incident=row, kind=TargetKind.CHANNEL, reading=Reading.INTERNAL, at=NIGHT,
                                   address="sev1", label="~sev1")
    first, second = (said(row).versions.get() for _ in range(2))
    UpdateDelivery.objects.create(version=first, target=target, fault="The channel is archived.")
    UpdateDelivery.objects.create(version=second, target=target, done_at=NIGHT)
    told = [one.words for one in at_a_glance(row).arrived]
    assert told == ["1 sent", "1 failed"]


def test_the_countdown_speaks_in_the_incidents_zone_and_says_when_it_is_overdue() -> None:
    factories.incident()
    person = reader()
    shown = sev1_of(person, EVERYBODY, NIGHT + 5 * MINUTE)
    assert shown.glance is not None
    assert (shown.glance.due.words, shown.left, shown.glance.due.tone) == ("3:19 am ET", "10 min left", "amber")
    assert sev1_of(person, EVERYBODY, NIGHT + 19 * MINUTE).left == "overdue by 4 min"


# ---- To whom ----------------------------------------------------------------------------


def test_a_private_one_is_told_to_its_people_alone() -> None:
    row, person = factories.incident("Secret", private=True), reader()
    assert sev1_of(person, EVERYBODY, NIGHT).one is None
    assert glance_of(row.pk, person, EVERYBODY, NIGHT) is None
    IncidentWatcher.objects.create(incident=row, person=person, at=NIGHT)
    cache.clear()
    assert sev1_of(person, EVERYBODY, NIGHT).one is not None
    assert sev1_of(person, frozenset(), NIGHT).one is None


def test_what_became_private_or_was_resolved_a_moment_ago_is_not_told_from_what_is_kept() -> None:
    row, person = factories.incident(), reader()
    assert sev1_of(person, EVERYBODY, NIGHT).one is not None
    for change in ({"private": True}, {"private": False, "state": State.WATCHED, "resolved_at": NIGHT}):
        Incident.objects.filter(pk=row.pk).update(**change)
        assert sev1_of(person, EVERYBODY, NIGHT).one is None


def test_drills_and_smaller_ones_are_not_told() -> None:
    factories.incident(drill=True)
    factories.incident(severity=Severity.SEV2)
    assert sev1_of(reader(), EVERYBODY, NIGHT).one is None


def test_whoever_commands_an_open_incident_reads_so_and_nobody_else(client: Client) -> None:
    leads, deputy = people.person(PersonRole.ENGINEER), people.person(PersonRole.ENGINEER)
    northwind = customers.customer("Northwind")
    row = factories.incident(customer=northwind, roles={Role.COMMANDER: leads, Role.DEPUTY: deputy})
    for person, told in ((leads, True), (deputy, False), (reader(), False)):
        client.force_login(person)
        assert ("You command the Northwind incident" in client.get("/").content.decode()) is told
    Incident.objects.filter(pk=row.pk).update(drill=True)
    cache.clear()
    client.force_login(leads)
    assert "You command the Northwind drill" in client.get("/").content.decode()
    factories.incident(commander=leads, customers=(), kind=Kind.COMMUNITY)
    cache.clear()
    assert "You command 2 incidents" in client.get("/").content.decode()
    Incident.objects.filter(pk=row.pk).update(state=State.WATCHED, resolved_at=NIGHT)
    cache.clear()
    assert "You command the incident of our community server" in client.get("/").content.decode()


# ---- What it costs, and how it stays true ------------------------------------------------


def test_it_asks_nothing_while_nothing_is_open_and_no_more_for_many(django_assert_num_queries: Any) -> None:
    person = reader()
    factories.incident(severity=Severity.SEV3)
    sev1_of(person, EVERYBODY, NIGHT)
    with django_assert_num_queries(0):
        sev1_of(person, EVERYBODY, NIGHT)
    for number in range(1, 4):
        said(factories.incident(f"Outage {number}"))
        cache.clear()
        assert sev1_of(person, EVERYBODY, NIGHT).more == number - 1
        with django_assert_num_queries(5):
            sev1_of(person, EVERYBODY, NIGHT)


def test_the_strip_that_looks_again_brings_the_panel_to_the_home_page_alone(client: Client) -> None:
    factories.incident(commander=(leads := people.person(PersonRole.ENGINEER)))
    client.force_login(leads)
    for on, told in (("/", True), ("/board/", False), ("", False)):
        html = client.get("/strip/", {"on": on}).content.decode()
        assert 'id="strip"' in html
        assert [f'id="{name}"' in html for name in ("home-sev1", "home-commands")] == [told, told]

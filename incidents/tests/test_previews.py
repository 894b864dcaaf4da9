"""What the composer shows before an update leaves is what leaves."""

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from customers.models import CustomerAlias
from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.updates import Given, publish, readings_of
from incidents.choices import Reading
from incidents.forms.updates import typed_of
from incidents.models import Incident, IncidentCustomer, Update
from incidents.queries.composer import Shown
from incidents.queries.composing import composer_of
from incidents.queries.updates import facts_of, text_for
from incidents.rules.updates.form import Entry, leaving
from incidents.tests import factories
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(client: Client) -> Person:
    person = people.person(Role.ENGINEER, name="Joel Okafor")
    client.force_login(person)
    return person


@pytest.fixture
def row(writer: Person) -> Incident:
    return factories.incident(customer=customers.customer("Northwind"), commander=writer, at=clock.now())


def form(**more: Any) -> dict[str, Any]:
    return {"do": "send", "status": "investigating", "summary": "One message in five fails.", "impact": "Posts fail.",
            "technical": "The cache is cold.", "boxes": "1", "with_impact": "on", "with_bridge": "on", "seen": "0",
            "key": "form-1", "next": "", "usual": ""} | more


def readings(row: Incident, person: Person, **more: Any) -> dict[Reading, Shown]:
    typed = typed_of(QueryDict(urlencode(form(**more))))
    drawn = composer_of(Incident.objects.get(pk=row.pk), person=person, at=clock.now(), given=typed, whole=True)
    return {one.reading: one for one in drawn.readings}


def test_each_reading_is_previewed_as_its_readers_get_it(row: Incident, writer: Person) -> None:
    told = readings(row, writer, thanks="Thanks to Joel Okafor")
    has = {reading: [word in one.html for word in ("in five", "Posts fail", "cache is cold", "Joel Okafor")]
           for reading, one in told.items()}
    assert has == {Reading.INTERNAL: [True] * 4, Reading.EXECUTIVE: [False, True, False, False],
                   Reading.CUSTOMER: [True, True, False, False]}
    Incident.objects.filter(pk=row.pk).update(drill=True)
    assert all("DRILL: nothing is down." in one.html for one in readings(row, writer).values())


def test_of_several_customers_each_ones_own_text_is_previewed_as_it_leaves(
    row: Incident, writer: Person, client: Client
) -> None:
    initech = customers.customer("Initech")
    CustomerAlias.objects.create(customer=initech, name="Initrode")
    IncidentCustomer.objects.create(incident=row, customer=initech, at=row.at)
    words = form(summary="Northwind and Initrode wait.")
    shown = readings(row, writer, **words)[Reading.CUSTOMER]
    [(name, theirs)] = shown.others
    assert (shown.customer, name) == ("Northwind", "Initech")
    assert "Northwind and another customer wait." in shown.html
    assert "another customer and Initrode wait." in theirs
    drawn = client.post(reverse("incidents:compose", args=[row.pk]), words | {"do": "draw"}).content.decode()
    assert "another customer and Initrode wait." in drawn
    client.post(reverse("incidents:compose", args=[row.pk]), words)
    version = Update.objects.get(incident=row).versions.get()
    assert "another customer and Initrode wait." in text_for(version, Reading.CUSTOMER, customer=initech)


def test_a_drill_is_said_within_what_one_post_takes(row: Incident, writer: Person) -> None:
    Incident.objects.filter(pk=row.pk).update(drill=True)
    at = clock.now()
    facts = facts_of(row, status="Investigating", at=at, next_at=None)
    room = 16_381 - len(readings_of(Entry(thread="https://x.org/1"), facts)[Reading.INTERNAL])
    said = Entry(summary="x" * room, thread="https://x.org/1")
    assert len(readings_of(said, facts)[Reading.INTERNAL]) == 16_383
    with pytest.raises(Refused, match=f"It is {len(leaving('', drill=True))} characters too long"):
        readings_of(said, facts, drill=True)
    with pytest.raises(Refused, match="too long for one post"):
        publish(incident=row, given=Given(said, status="monitoring", key="k", stop=True), by=writer, at=at)

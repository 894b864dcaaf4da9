"""Declaring an incident."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.declaring import Declared, declare
from incidents.choices import Decision, Kind, Role, Severity, What
from incidents.models import IncidentEvent, Promise
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.tests import factories as people

pytestmark = pytest.mark.django_db


def test_an_incident_begins_with_its_playbook_and_the_first_promise() -> None:
    row = factories.incident()
    assert row.stages.count() == 8
    assert row.steps.count() == 41
    assert list(row.roles.values_list("role", flat=True)) == [Role.COMMANDER]
    made = Promise.objects.get(incident=row)
    assert (made.due_at - row.at).total_seconds() == 15 * 60
    assert [event.what for event in IncidentEvent.objects.filter(incident=row)] == [
        "declared", "role", "promised"]


def test_the_same_form_sent_twice_is_one_incident() -> None:
    by = people.person(PersonRole.ENGINEER)
    told = Declared(severity=Severity.SEV1, title="Down", submission=uuid.uuid4(), customers=(customers.customer(),))
    first, new = declare(told=told, by=by, at=factories.NIGHT)
    again, second = declare(told=told, by=by, at=factories.NIGHT)
    assert (new, second) == (True, False)
    assert first == again


def test_an_incident_without_a_customer_is_refused() -> None:
    told = Declared(severity=Severity.SEV1, title="Down", submission=uuid.uuid4())
    with pytest.raises(Refused, match="Name the customer"):
        declare(told=told, by=people.person(PersonRole.ENGINEER), at=factories.NIGHT)


def test_who_has_which_part_and_what_was_decided_are_lines_of_their_own() -> None:
    one, two = people.person(PersonRole.ENGINEER, name="Ana Roy"), people.person(PersonRole.ENGINEER, name="Bo Lund")
    row = factories.incident(kind=Kind.COMMUNITY, customers=(), commander=one, decision=Decision.REVERT,
                             decision_reason=" It broke\x00 sign-in ", roles={Role.DEPUTY: two, Role.COMMANDER: one})
    told = IncidentEvent.objects.filter(incident=row, what__in=(What.ROLE, What.DECIDED)).order_by("pk")
    assert [(line.to_value, line.text, line.by) for line in told] == [
        ("Commander: Ana Roy; Deputy: Bo Lund", "", one), ("Decided: Revert the change", "It broke sign-in", one)]


@pytest.mark.parametrize(("more", "words"), [
    ({"began_at": factories.NIGHT + timedelta(minutes=1)}, "at the latest when it was declared"),
    ({"began_at": factories.NIGHT - timedelta(days=367)}, "more than a year"),
    ({"decision": Decision.FIX, "decision_reason": "x"}, "Only for our own server"),
    ({"kind": Kind.COMMUNITY, "customers": (), "decision": Decision.FIX, "decision_reason": " "}, "Say why"),
])
def test_what_makes_no_sense_is_refused_by_whichever_way_it_comes(more: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        factories.incident(**more)


def test_nobody_is_their_own_deputy() -> None:
    by = people.person(PersonRole.ENGINEER)
    with pytest.raises(Refused, match="somebody else than the commander"):
        factories.incident(commander=by, roles={Role.COMMANDER: by, Role.DEPUTY: by})

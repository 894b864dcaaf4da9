"""Declaring an incident."""

import uuid

import pytest

from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.declaring import Declared, declare
from incidents.choices import Role, Severity
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
    assert [event.what for event in IncidentEvent.objects.filter(incident=row)] == ["declared", "promised"]


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

"""The same incident, the same part, the same two, at the same moment."""

import uuid
from datetime import timedelta
from functools import partial

import pytest

from incidents.actions.declaring import Declared, declare
from incidents.actions.handbook import load_incidents
from incidents.actions.merging import merge
from incidents.actions.roles import hand_over, take_command
from incidents.choices import Role, Severity, State, What
from incidents.models import Incident, IncidentEvent, IncidentRole, Promise
from incidents.tests import factories
from incidents.tests.factories import NIGHT
from people.choices import Role as PersonRole
from people.tests import factories as people
from portal.tests.together import together
from set_rotation.models import Page

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NIGHT + timedelta(minutes=5)


def test_the_same_form_sent_three_times_at_once_is_one_incident_with_one_promise_and_one_page() -> None:
    by = people.person(PersonRole.ENGINEER)
    load_incidents(at=NIGHT)
    told = Declared(severity=Severity.SEV1, title="Down", submission=uuid.uuid4(), customers=("Initech",))
    assert together(*[lambda: declare(told=told, by=by, at=NIGHT)] * 3) == []
    assert (Incident.objects.count(), Promise.objects.count(), Page.objects.count()) == (1, 1, 1)


def test_of_two_who_take_command_at_once_one_leads_and_the_other_is_refused() -> None:
    row = factories.incident(roles={})
    Incident.objects.update(acknowledged_at=NIGHT)
    two = [people.person(PersonRole.ENGINEER) for _ in range(2)]
    faults = together(*(partial(take_command, incident=row, by=by, at=LATER) for by in two))
    assert len(faults) == 1
    assert "Write a brief" in str(faults[0])
    assert IncidentRole.objects.filter(role=Role.COMMANDER, ends_at__isnull=True).count() == 1


def test_a_part_that_is_given_to_the_same_person_twice_at_once_is_given_once() -> None:
    row, by = factories.incident(), people.person(PersonRole.ENGINEER)
    together(*[lambda: hand_over(incident=row, role=Role.SCRIBE, to=by, by=by, at=LATER)] * 3)
    assert IncidentEvent.objects.filter(what=What.ROLE, to_value__startswith="Scribe").count() == 1


def test_two_that_are_merged_into_each_other_at_once_leave_one() -> None:
    first, second = factories.incident(), factories.incident()
    by = people.person(PersonRole.ENGINEER)
    faults = together(lambda: merge(incident=first, into=second, reason="same", by=by, at=LATER),
                      lambda: merge(incident=second, into=first, reason="same", by=by, at=LATER))
    assert len(faults) == 1
    assert Incident.objects.filter(state=State.MERGED).count() == 1

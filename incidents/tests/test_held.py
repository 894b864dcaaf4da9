"""Rows that somebody waits for, because another changes them at the same moment: what is read then is how they are."""

import dataclasses
from functools import partial
from typing import Any

import pytest

from incidents.actions.followups import PURPOSE, add_action, ask_ticket
from incidents.actions.followups import Given as Action
from incidents.actions.states import change_status
from incidents.actions.updates import Given, Overtaken, publish
from incidents.models import IncidentStatus
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from incidents.tests.test_at_once import LATER
from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests import factories as people
from portal.tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_who_publish_at_once_the_second_is_shown_the_first_though_that_changed_the_status() -> None:
    row, two = factories.incident(), [people.person(Role.ENGINEER) for _ in range(2)]
    faults = together(*(
        partial(publish, incident=row, given=Given(Entry(summary="Found."), status="identified", key=key), by=by,
                at=LATER) for by, key in zip(two, "ab", strict=True)
    ))
    assert [type(fault) for fault in faults] == [Overtaken]


def test_the_same_status_chosen_twice_at_once_is_chosen_once() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    status = IncidentStatus.objects.get(slug="identified")
    assert together(*[partial(change_status, incident=row, status=status, by=by, at=LATER)] * 3) == []
    assert row.events.filter(to_value="Status: Identified").count() == 1


def test_a_ticket_that_is_asked_for_three_times_at_once_is_one(settings: Any) -> None:
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(
        settings.ENV.jira, base_url="http://127.0.0.1:9", email="a@b.test", api_token="x"))
    row, by = factories.incident(), people.person(Role.ENGINEER)
    action = add_action(incident=row, given=Action("Cache the counts"), by=by, at=LATER)
    assert together(*[partial(ask_ticket, action=action, by=by, at=LATER)] * 3) == []
    assert Delivery.objects.filter(purpose=PURPOSE).count() == 1

"""Two tabs, two leads, two workers at once: limits hold, a test page is one, and the lead is told once."""

from datetime import timedelta

import pytest

from integrations.outbox.models import Delivery
from people.models import Person
from portal.tests.together import together
from set_rotation.actions import Refused
from set_rotation.actions.contacts import MOST_METHODS, add_method, bring_back, remove_method, set_rules
from set_rotation.actions.readiness import send_test_page, tell_unready
from set_rotation.choices import Urgency
from set_rotation.models import ContactMethod, ContactRule, Page
from set_rotation.rules.contacts import read_rungs
from set_rotation.tests.factories import NOON, crew, engineer, rotation

pytestmark = pytest.mark.django_db(transaction=True)


def add(person: Person, number: int) -> ContactMethod:
    return add_method(person=person, label=f"Phone {number}", address=f"json://host.example/{number}", by=person,
                      at=NOON)


def test_the_last_free_place_is_taken_once() -> None:
    ines = engineer()
    old = add(ines, 0)
    remove_method(method=old, by=ines, at=NOON)
    for number in range(1, MOST_METHODS):
        add(ines, number)
    raised = together(lambda: add(ines, 91), lambda: add(ines, 92), lambda: bring_back(method=old, by=ines, at=NOON))
    assert len(raised) == 2 and all(isinstance(error, Refused) for error in raised)
    assert ContactMethod.objects.filter(person=ines, removed_at__isnull=True).count() == MOST_METHODS


def test_two_ladders_at_once_leave_one_of_them_whole() -> None:
    ines = engineer()
    ladders = ("0:mail,5:mattermost", "1:mail,6:mattermost")
    assert not together(*[
        lambda text=text: set_rules(person=ines, urgency=Urgency.URGENT, rungs=read_rungs(text), by=ines, at=NOON)
        for text in ladders * 2
    ])
    stored = sorted(ContactRule.objects.filter(person=ines).values_list("minutes", flat=True))
    assert stored in ([0, 5], [1, 6])
    assert ContactMethod.objects.filter(person=ines).count() == 2


def test_two_leads_send_one_test_page() -> None:
    ines, lead = crew(2)
    raised = together(*[lambda: send_test_page(person=ines, by=lead, at=NOON)] * 3)
    assert len(raised) == 2 and all(isinstance(error, Refused) for error in raised)
    assert Page.objects.count() == 1


def test_two_workers_tell_the_lead_once() -> None:
    coming = rotation()
    at = coming.starts_at - timedelta(days=2)
    assert not together(*[lambda: tell_unready(at=at)] * 3)
    assert Delivery.objects.filter(topic="mail.send").count() == 1

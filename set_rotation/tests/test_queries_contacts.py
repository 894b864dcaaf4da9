"""The steps of several people at once, from their rules."""

from typing import Any

import pytest

from set_rotation.choices import ContactKind, Urgency
from set_rotation.models import ContactMethod, ContactRule
from set_rotation.queries.contacts import contacts_of
from set_rotation.tests.factories import NOON, crew

pytestmark = pytest.mark.django_db


def test_everybody_asked_for_is_reached_in_one_query(django_assert_num_queries: Any) -> None:
    one, two, three = crew(3)
    phone = ContactMethod.objects.create(person=one, kind=ContactKind.APPRISE, label="Phone", address="json://x/1",
                                         added_at=NOON, verified_at=NOON)
    gone = ContactMethod.objects.create(person=two, kind=ContactKind.APPRISE, label="Old phone", address="json://x/2",
                                        added_at=NOON, removed_at=NOON)
    ContactRule.objects.create(person=one, urgency=Urgency.URGENT, method=phone, minutes=5)
    ContactRule.objects.create(person=two, urgency=Urgency.URGENT, method=gone, minutes=0)
    with django_assert_num_queries(1):
        found = contacts_of([one.pk, two.pk, three.pk], Urgency.URGENT)
    assert [(step.minutes, step.method, step.label) for step in found[one.pk]] == [(5, phone.pk, "Phone")]
    fallback = [(ContactKind.MATTERMOST, 0), (ContactKind.MAIL, 0)]
    assert [(step.kind, step.minutes) for step in found[two.pk]] in (fallback, fallback[1:])
    assert found[two.pk] == found[three.pk]


def test_rules_of_one_urgency_say_nothing_of_the_other() -> None:
    [one] = crew(1)
    phone = ContactMethod.objects.create(person=one, kind=ContactKind.APPRISE, label="Phone", address="json://x/1",
                                         added_at=NOON, verified_at=NOON)
    ContactRule.objects.create(person=one, urgency=Urgency.URGENT, method=phone)
    assert phone.pk not in {step.method for step in contacts_of([one.pk], Urgency.NORMAL)[one.pk]}

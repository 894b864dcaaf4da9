"""The steps of several people at once, from their rules."""

from typing import Any

import pytest

from set_rotation.choices import ContactKind, Urgency
from set_rotation.models import ContactMethod, ContactRule
from set_rotation.queries.contacts import contacts_of, reach_words
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


def test_everybody_may_read_by_what_somebody_is_reached_and_not_what_they_call_it(
    django_assert_num_queries: Any
) -> None:
    one, two = crew(2)
    for number, minutes in enumerate((5, 5, 10)):
        address = "twilio://a:b@+1555/+1556" + ("?method=call" if minutes == 10 else f"/{number}")
        method = ContactMethod.objects.create(person=one, kind=ContactKind.APPRISE, label=f"+1 555 {number}",
                                              address=address, added_at=NOON, verified_at=NOON)
        ContactRule.objects.create(person=one, urgency=Urgency.URGENT, method=method, minutes=minutes)
    with django_assert_num_queries(1):
        found = reach_words([one.pk, two.pk])
    assert found[one.pk] == "SMS after 5 min, call after 10 min"
    assert found[two.pk].endswith("Mail at once")

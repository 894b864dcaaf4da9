"""The demo's story is told by the verbs that real escalations are made by, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command

from customers.actions.demo import load_demo_customers
from customers.models import Customer
from escalations.actions.base import Refused
from escalations.actions.demo import load_demo_escalations
from escalations.choices import Status
from escalations.models import Clock, Escalation, KnowledgeNote, OwedReply, Rating
from escalations.tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, demo=True))
    call_command("load_demo", verbosity=0)
    load_demo_customers(at=NOON - timedelta(weeks=26))


@pytest.mark.usefixtures("demo")
def test_the_story_shows_every_status_and_what_follows_from_them() -> None:
    made = load_demo_escalations(at=NOON)
    assert made == Escalation.objects.count() > 50
    assert set(Escalation.objects.values_list("status", flat=True)) == set(Status)
    assert Escalation.objects.filter(confidential=True).exists()
    assert OwedReply.objects.count() == 2
    assert Clock.objects.filter(missed_at__isnull=False).exists()
    assert KnowledgeNote.objects.exists()
    assert Rating.objects.filter(good=False).exists()
    assert not Escalation.objects.filter(updated_at__gt=NOON).exists()


@pytest.mark.usefixtures("demo")
def test_a_second_start_tells_it_no_second_time() -> None:
    load_demo_escalations(at=NOON)
    assert load_demo_escalations(at=NOON) == 0
    assert load_demo_customers(at=NOON) == 0


def test_outside_of_the_demo_it_is_refused() -> None:
    assert not settings.ENV.demo
    with pytest.raises(Refused):
        load_demo_escalations(at=NOON)
    assert not Customer.objects.exists()

"""The demo's incidents are told by the verbs that real ones are made by, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import TestCase

from customers.actions.demo import load_demo_customers
from escalations.tests.factories import NOON
from incidents.actions import news
from incidents.choices import PromiseState, State
from incidents.models import Approval, Incident, IncidentEvent, Promise
from integrations.outbox.models import Delivery
from portal.flows.incidents.demo import load_demo_incidents
from set_rotation.choices import PageState
from set_rotation.models import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, demo=True))
    call_command("load_demo", verbosity=0)
    load_demo_customers(at=NOON - timedelta(weeks=26))


@pytest.mark.usefixtures("demo")
def test_the_story_shows_an_open_one_a_watched_one_closed_ones_and_a_drill() -> None:
    assert load_demo_incidents(at=NOON) == Incident.objects.count() == 6
    assert set(Incident.objects.values_list("state", flat=True)) == {State.OPEN, State.WATCHED, State.CLOSED}
    assert Incident.objects.filter(drill=True).count() == 1
    live = Incident.objects.get(state=State.OPEN)
    assert live.updates == 5
    assert live.next_update_at is not None
    assert live.next_update_at > NOON
    assert not IncidentEvent.objects.filter(at__gt=NOON).exists()
    assert not Page.objects.exclude(state=PageState.RESOLVED).exists()
    assert not Delivery.objects.filter(purpose="incident.update").exclude(path__contains=f"I-{live.pk}/").exists()
    assert Promise.objects.filter(state=PromiseState.OPEN).count() == 1
    assert not Promise.objects.filter(state=PromiseState.SENT).exists()
    late = Promise.objects.filter(incident=live, state=PromiseState.LATE)
    assert [one.kept_by and one.kept_by.number for one in late] == [5]


@pytest.mark.usefixtures("demo")
def test_a_past_that_is_loaded_holds_up_no_tick_by_drawing_pages_that_nobody_watches() -> None:
    with TestCase.captureOnCommitCallbacks() as told:
        load_demo_incidents(at=NOON)
    assert [hook for hook in told if isinstance(hook, news.Telling)] == []
    assert told.count(news.tell_lists) == 1


@pytest.mark.usefixtures("demo")
def test_nobody_gets_a_message_about_what_was_done_days_ago() -> None:
    load_demo_incidents(at=NOON)
    assert not Delivery.objects.filter(purpose="incident").exists()
    assert Approval.objects.filter(decided_at__isnull=True).count() == 0


@pytest.mark.usefixtures("demo")
def test_a_second_start_tells_them_no_second_time() -> None:
    load_demo_incidents(at=NOON)
    assert load_demo_incidents(at=NOON) == 0


def test_outside_of_the_demo_nothing_is_told() -> None:
    assert not settings.ENV.demo
    assert load_demo_incidents(at=NOON) == 0

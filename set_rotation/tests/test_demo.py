"""The demo's rota stands on its own feet: no clash, nobody twice in a row, one gap and one conflict to look at."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.core.management import call_command

from integrations.outbox.models import Delivery
from portal.common import clock
from set_rotation import queries
from set_rotation.actions import Refused
from set_rotation.actions.demo import load_demo_rotations
from set_rotation.choices import Seat
from set_rotation.models import Away, Duty, Page, Place, Rotation
from set_rotation.queries.readiness import readiness_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def _demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, demo=True))
    call_command("load_demo", verbosity=0)


@pytest.mark.usefixtures("_demo")
def test_the_demo_has_a_present_rotation_led_by_the_demos_lead_and_half_a_year_around_it() -> None:
    at = clock.now()
    load_demo_rotations(at=at)
    now = queries.holders(at)
    assert now[Seat.LEAD].person.email == "ines.okafor@example.test"
    assert set(now) == set(Seat)
    assert Rotation.objects.count() == 13
    crews = [set(rotation.places.exclude(person=None).values_list("person", flat=True))
             for rotation in Rotation.objects.order_by("starts_at")]
    assert all(not one & two for one, two in pairwise(crews))
    assert Place.objects.filter(person=None).count() == 1
    away = Away.objects.get()
    assert Duty.objects.held().filter(person=away.person).overlapping(away.starts_at, away.ends_at).exists()
    assert not Delivery.objects.exists()
    assert Page.objects.filter(test=False).count() == 3
    assert not Page.objects.unresolved().exists()
    ready = readiness_of(Rotation.objects.filter(starts_at__gt=at).earliest("starts_at"), at)
    assert ready is not None
    assert (ready.ready, len(ready.rows)) == (3, 5)
    assert load_demo_rotations(at=at + timedelta(days=1)) == 0


def test_without_the_demo_nothing_is_loaded() -> None:
    with pytest.raises(Refused, match="demo is off"):
        load_demo_rotations(at=clock.now())

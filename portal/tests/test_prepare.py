"""What every start does to the database."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from people.models import Person
from tickets.actions.runs import Fault, begin_run, end_run, fail_run
from tickets.choices import RunKind
from tickets.models import LabelMark, MirroredProject

NOON = datetime(2026, 11, 17, 17, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> Iterator[None]:
    before = settings.ENV
    settings.ENV = dataclasses.replace(before, demo=True)
    yield
    settings.ENV = before


def test_the_demo_brings_its_team_once(demo: None) -> None:
    call_command("prepare", verbosity=0)
    first = Person.objects.count()
    call_command("prepare", verbosity=0)
    assert Person.objects.count() == first > 10


def test_data_of_the_demo_are_not_taken_for_ones_own(demo: None) -> None:
    call_command("prepare", verbosity=0)
    settings.ENV = dataclasses.replace(settings.ENV, demo=False)
    with pytest.raises(CommandError, match=r"are the demo's.*PORTAL_VAR=var/mine make run"):
        call_command("prepare", verbosity=0)


def test_ones_own_data_are_prepared_without_anybody_made_up() -> None:
    call_command("prepare", verbosity=0)
    assert not Person.objects.exists()
    assert LabelMark.objects.filter(label="customer-bug").exists()


def test_after_a_clock_that_ran_ahead_the_last_run_is_the_one_begun_last() -> None:
    project = MirroredProject.objects.create(key="MM", watermark=NOON, complete=True)
    ahead = begin_run(project=project, kind=RunKind.INCREMENTAL, by=None, at=NOON + timedelta(days=1))
    fail_run(run=ahead, fault=Fault("Jira is out of order."), at=NOON + timedelta(days=1), requests=1)
    goes_on = begin_run(project=project, kind=RunKind.INCREMENTAL, by=None, at=NOON)
    assert goes_on.continues_id == ahead.id
    end_run(run=goes_on, at=NOON, watermark=NOON, requests=1)
    assert begin_run(project=project, kind=RunKind.INCREMENTAL, by=None, at=NOON).continues_id is None

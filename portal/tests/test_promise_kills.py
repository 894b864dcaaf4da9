"""Nine hours of promises in a really running portal: web, worker, beat, broker and database are killed with -9 around
each reminder in turns, and each rings once, not before its moment, and leaves. The hours pass by moving the incident
into the past."""

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from incidents.actions.base import held
from incidents.actions.promises import promise, settle_promise
from incidents.choices import PromiseState, Ring, Role, What
from incidents.models import Incident, IncidentEvent, Promise
from incidents.tests import factories
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.tests import factories as people
from portal.common import clock
from portal.supervisor.running import RunningPortal, running_portal

SOON = timedelta(seconds=3)  # how far the next reminder is brought up
HALF = timedelta(minutes=30)
KILLED = ("worker", "database", "beat", "web", "broker")
SEED = 1511


@pytest.fixture(scope="module")
def portal(django_db_blocker: Any) -> Iterator[RunningPortal]:
    """With a database of its own, for that one is killed too."""
    options: dict[str, Any] = {"worker": True, "beat": True, "processes": 2}
    with running_portal("set_portal", "", django_db_blocker, **options) as found, found.rows():
        yield found


def declared() -> Incident:
    who = [people.person(PersonRole.ENGINEER) for _ in range(3)]
    people.person(PersonRole.COORDINATOR)  # hears it ten minutes after, for nobody is on duty
    roles = dict(zip((Role.COMMANDER, Role.DEPUTY, Role.EXECUTIVE), who, strict=True))
    return factories.incident(commander=who[0], roles=roles, at=clock.now())


def bring_up(row: Promise) -> None:
    """Move the incident into the past, so that the next reminder is due in a moment."""
    with transaction.atomic():
        held(row.incident)
        row.refresh_from_db()
        assert row.ring_at is not None
        by = row.ring_at - (clock.now() + SOON)
        Incident.objects.filter(pk=row.incident_id).update(at=F("at") - by, began_at=F("began_at") - by)
        row.rings = {ring: (datetime.fromisoformat(when) - by).isoformat() for ring, when in row.rings.items()}
        row.due_at, row.at, row.ring_at = row.due_at - by, row.at - by, row.ring_at - by
        row.save(update_fields=["rings", "due_at", "at", "ring_at"])


def rings(portal: RunningPortal, row: Promise, expected: Ring, kill: str, wait: float) -> None:
    """The next reminder comes, though this one is killed so many seconds after it was brought up: shortly before it
    rings, while it does, or while its messages leave."""
    bring_up(row)
    due_at = row.ring_at
    time.sleep(wait)
    portal.kill(kill)
    portal.revive(kill)
    if kill == "database":
        connection.close()  # it was one to the killed one

    def rang() -> bool:
        row.refresh_from_db()
        return expected in row.rings

    portal.until(rang, what=f"{expected} did not ring after {kill} was killed")
    assert due_at is not None
    assert datetime.fromisoformat(row.rings[expected]) >= due_at


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_every_reminder_of_nine_hours_rings_once_whichever_process_is_killed(portal: RunningPortal) -> None:
    incident, told = declared(), list[tuple[int, str]]()
    kills, dice = cycle(KILLED), random.Random(SEED)
    for number in range(18):  # an update each half hour; each sixth is an hour late, each third after its time
        row = Promise.objects.get(incident=incident, state=PromiseState.OPEN)
        far = 5 if number % 6 == 5 else 3 if number % 3 == 2 else 2
        for ring in list(Ring)[:far]:
            rings(portal, row, ring, next(kills), dice.uniform(0, SOON.total_seconds() + 1))
            told.append((row.pk, ring))
        with transaction.atomic():
            at, found = clock.now(), held(incident)
            settle_promise(incident=found, update=None, at=at)
            promise(incident=found, due_at=at + HALF, at=at, by=None)
    events = IncidentEvent.objects.filter(incident=incident, what=What.REMINDED).order_by("pk")
    assert [event.source for event in events] == [f"ring:{pk}:{ring}" for pk, ring in told]
    letters = Delivery.objects.filter(key__startswith="ring-")
    expected = sum(2 if ring == Ring.DUE else 1 for _, ring in told)
    portal.until(lambda: letters.filter(state=State.SENT).count() == expected, what="not all was sent")
    assert letters.count() == expected

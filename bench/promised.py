"""Rows and work for `bench.promises`, in a process with Django: see `bench.steps`."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from customers.models import Customer
from incidents.actions.playbook import current_playbook
from incidents.actions.ringing import BATCH, CLAIMED
from incidents.choices import PromiseState, Ring, Role, What
from incidents.models import Incident, IncidentCustomer, IncidentEvent, IncidentRole, IncidentStatus, Promise
from incidents.queries.promises import somebody_due
from incidents.rules.promises import OFFSETS
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common import clock
from portal.flows.incidents.promises import ring_promises

LOOKS, CUSTOMERS, COMMANDERS = 200, 100, 1000
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
DAY = timedelta(days=1)


def fill_promises(count: str) -> int:
    """So many open incidents in five zones, each with a commander and a deputy out of a thousand people, and an update
    promised for tomorrow; besides, three promises of each that are over."""
    at, number = clock.now(), int(count)
    Person.objects.bulk_create([
        Person(email=f"commander-{each}@example.org", name=f"Commander {each}", zone=ZONES[each % 5])
        for each in range(COMMANDERS)
    ])
    rows = open_incidents(number, list(Person.objects.filter(email__startswith="commander-")), at)
    Incident.objects.filter(pk__gte=rows[0].pk).update(next_update_at=at + DAY)
    Promise.objects.bulk_create([
        Promise(incident=row, due_at=at - DAY, at=at - 2 * DAY, state=PromiseState.KEPT, ended_at=at - DAY)
        for row in rows for _ in range(3)
    ], batch_size=2000)
    Promise.objects.bulk_create([Promise(incident=row, due_at=at + DAY, at=at, ring_at=at + DAY) for row in rows],
                                batch_size=2000)
    _settle()
    return number


def open_incidents(number: int, people: Sequence[Person], at: datetime) -> list[Incident]:
    """So many of a hundred customers in five zones, each with a commander and a deputy out of these people."""
    Customer.objects.bulk_create([
        Customer(name=f"Bench {each}", slug=f"promised-{each}", zone=ZONES[each % 5], created_at=at)
        for each in range(CUSTOMERS)
    ], ignore_conflicts=True)
    customers = list(Customer.objects.filter(slug__startswith="promised-"))
    playbook, status = current_playbook(at), IncidentStatus.objects.earliest("position")
    rows = Incident.objects.bulk_create([
        Incident(title=f"Outage {each}", severity=1, zone=ZONES[each % 5], submission=uuid.uuid4(), at=at, began_at=at,
                 status=status, status_since=at, playbook=playbook, updated_at=at)
        for each in range(number)
    ], batch_size=1000)
    IncidentCustomer.objects.bulk_create(
        [IncidentCustomer(incident=row, customer=customers[row.pk % CUSTOMERS], at=at) for row in rows],
        batch_size=2000,
    )
    IncidentRole.objects.bulk_create([
        IncidentRole(incident=row, role=role, person=people[(row.pk + place) % len(people)], starts_at=at)
        for row in rows for place, role in enumerate((Role.COMMANDER, Role.DEPUTY))
    ], batch_size=2000)
    return rows


def look_at_promises() -> list[float]:
    """Looks of the job while nothing is due; seconds each."""
    at = clock.now() - DAY
    return [_took(lambda: ring_promises(at)) for _ in range(LOOKS)]


def find_promises() -> list[float]:
    """All of them due: whether any is, and those that a look claims, by the very statement that the product claims them
    with, each time let go again; seconds each."""
    at = all_due(Ring.DUE, at=clock.now())

    def found() -> None:
        somebody_due(at)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIMED, [at, BATCH])
            if len(cursor.fetchall()) != BATCH:
                raise SystemExit("Not all that are due are found.")

    return [_took(found) for _ in range(20)]


def ring_all_promises(ring: str) -> dict[str, Any]:
    """All of them ring at once: until the last is on its timeline and told."""
    IncidentEvent.objects.all().delete()
    Delivery.objects.filter(purpose="incident").delete()
    at = all_due(Ring(ring), at=clock.now())
    begun, rung, looks = time.perf_counter(), 0, 0
    while more := ring_promises(at):
        rung, looks = rung + more, looks + 1
    took = time.perf_counter() - begun
    return {"took": took, "rung": rung, "looks": looks, "again": ring_promises(at),
            "events": IncidentEvent.objects.filter(what=What.REMINDED).count(),
            "messages": Delivery.objects.filter(purpose="incident").count()}


def all_due(ring: Ring, *, at: datetime) -> datetime:
    """Have all ring this one at that moment, and none before it; it is returned."""
    Promise.objects.filter(state=PromiseState.OPEN).update(
        due_at=at - OFFSETS[ring], at=at - OFFSETS[ring] - timedelta(minutes=11), ring_at=at, rang_at=None,
        rings={one: (at - timedelta(minutes=1)).isoformat() for one in list(Ring)[: list(Ring).index(ring)]},
    )
    _settle()
    return at


def _settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE incidents_promise, incidents_incident, incidents_incidentrole")


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


STEPS: dict[str, Callable[..., Any]] = {
    step.__name__: step for step in (fill_promises, look_at_promises, find_promises, ring_all_promises)
}

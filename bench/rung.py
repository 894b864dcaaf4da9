"""Rows and work for `bench.clocks`, in a process with Django: see `bench.steps`."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from django.core.cache import cache
from django.db import connection

from customers.choices import Plan
from customers.models import Customer
from escalations.actions.matrix import current_matrix
from escalations.choices import Category, ClockKind, ClockStage, Level, Source
from escalations.models import Clock, Escalation, EscalationEvent
from escalations.queries.clock_facts import office_of, terms_for
from escalations.rules.clocks.clock import begun
from escalations.rules.clocks.promises import office_to_json
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common import clock
from portal.flows.escalations.clocks import ring_clocks

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
CUSTOMERS, LOOKS = 100, 200
HOUR = timedelta(hours=1)


def fill_clocks(count: str) -> int:
    """So many open escalations of a hundred customers in five zones, each with the clock of its first reply."""
    at = clock.now()
    Customer.objects.bulk_create([
        Customer(name=f"Bench {number}", slug=f"bench-{number}", plan=list(Plan)[number % 5], zone=ZONES[number % 5],
                 created_at=at) for number in range(CUSTOMERS)
    ])
    owners = [None, *Person.objects.filter(email__startswith="bench")[:10]]
    rows = [
        Escalation(customer=customer, title=f"Problem {number}", level=Level.values[number % 4], source=Source.SUPPORT,
                   category=Category.LDAP, submission=uuid.uuid4(), reporter_name="Bench", at=at, status_since=at,
                   last_asked_at=at, updated_at=at, owner=owners[number % len(owners)])
        for number, customer in zip(range(int(count)), cycle(Customer.objects.order_by("pk")), strict=False)
    ]
    Escalation.objects.bulk_create(rows, batch_size=1000)
    _begin(rows, at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE escalations_clock, escalations_escalation")
    return Clock.objects.count()


def _begin(rows: list[Escalation], at: datetime) -> None:
    matrix, made = current_matrix(at), []
    offices = {row.pk: office_of(row, at) for row in Customer.objects.all()}
    for row in rows:
        terms = terms_for(ClockKind.FIRST_REPLY, level=int(row.level), customer=row.customer, matrix=matrix,
                          office=offices[row.customer_id])
        if terms is None:
            continue
        fact = begun(ClockKind.FIRST_REPLY, terms, at)
        made.append(Clock(
            escalation=row, kind=fact.kind, matrix=matrix, level=terms.level, plan=terms.plan, due_at=fact.due_at,
            amount=terms.promise.amount, unit=terms.promise.unit, hours=office_to_json(terms.office), started_at=at,
            runs_since=at, lead_after=terms.lead_after, next_at=fact.next_at,
        ))
    Clock.objects.bulk_create(made, batch_size=1000)


def look() -> list[float]:
    """Looks of the job while nothing is due; seconds each."""
    cache.set("clocks:plans", 1, 600)
    return [_took(lambda: ring_clocks(clock.now() - HOUR)) for _ in range(LOOKS)]


def follow() -> float:
    """The look, once a minute, for customers whose plan is another by now."""
    cache.delete("clocks:plans")
    return _took(lambda: ring_clocks(clock.now() - HOUR))


def ring(stage: str) -> dict[str, Any]:
    """Every clock enters this stage at once: until the last is written down and told."""
    EscalationEvent.objects.all().delete()
    Delivery.objects.filter(purpose="clock").delete()
    at = _all_due(ClockStage(int(stage)))
    cache.set("clocks:plans", 1, 600)
    begun_at, rung, looks = time.perf_counter(), 0, 0
    while more := ring_clocks(at):
        rung, looks = rung + more, looks + 1
    took = time.perf_counter() - begun_at
    return {"took": took, "rung": rung, "looks": looks, "events": EscalationEvent.objects.count(),
            "messages": Delivery.objects.filter(purpose="clock").count()}


def _all_due(stage: ClockStage) -> datetime:
    """All one stage before this one, and due to enter it at the moment that is returned."""
    at = clock.now()
    away = timedelta(minutes=1) if stage == ClockStage.NEAR else timedelta(0)
    Clock.objects.update(stage=stage - 1, due_at=at + away, next_at=at, missed_at=None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE escalations_clock")
    return at


def write_bare(count: str) -> float:
    """As many rows claimed by one statement a thousand, and a row written for each."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_row, bench_note")
        cursor.execute("CREATE TABLE bench_row (id int PRIMARY KEY, step int)")
        cursor.execute("CREATE TABLE bench_note (id int PRIMARY KEY, words text)")
        cursor.execute("INSERT INTO bench_row SELECT generate_series(1, %s), 0", [int(count)])
        began = time.perf_counter()
        for first in range(1, int(count) + 1, 1000):
            cursor.execute(
                "WITH mine AS (UPDATE bench_row SET step = 1 WHERE step = 0 AND id >= %s AND id < %s RETURNING id) "
                "INSERT INTO bench_note SELECT id, 'First reply was missed: overdue by 1 min' FROM mine",
                [first, first + 1000],
            )
        return time.perf_counter() - began


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


STEPS: dict[str, Callable[..., Any]] = {
    step.__name__: step for step in (fill_clocks, look, follow, ring, write_bare)
}

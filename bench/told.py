"""Rows and work for `bench.timeline`, in a process with Django: see `bench.steps`."""

import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from incidents.actions.declaring import Declared, declare
from incidents.actions.drafts import keep_draft
from incidents.actions.targets import add_target
from incidents.actions.updates import Given
from incidents.choices import EvidenceKind, Reading, Role, Severity, TargetKind, Topic, What
from incidents.models import Evidence, Incident, IncidentEvent
from incidents.rules.updates.form import Entry
from people.choices import Role as PersonRole
from people.models import Person
from portal.common import clock
from portal.flows.incidents.publishing import publish

APART = timedelta(seconds=17)


def declare_one(lines: str, updates: str) -> int:
    """A Sev1 whose timeline has so many lines, and on which something of everything stands: all roles are held, so many
    updates went to three targets, each step of the first stages has evidence, and a draft waits. Its id."""
    at = clock.now()
    by = Person.objects.filter(groups__name=PersonRole.LEAD.value).earliest("pk")
    customer, _ = Customer.objects.get_or_create(slug="bench", defaults={"name": "Bench Ltd", "created_at": at})
    begun = at - APART * (int(lines) + 1)
    others = [_person(number) for number in range(1, len(Role))]
    told = Declared(severity=Severity.SEV1, title="Messages fail to post", submission=uuid.uuid4(),
                    customers=(customer,), began_at=begun, roles=dict(zip(Role, [by, *others], strict=True)))
    row, _ = declare(told=told, by=by, at=at)
    IncidentEvent.objects.bulk_create([
        IncidentEvent(
            incident=row, what=What.NOTE, topic=Topic.NOTES, at=begun + APART * number, written_at=at, by=by,
            to_value=f"Line {number}: the primary database is at {number % 100} %", text="Seen *again*.", via="bench",
        )
        for number in range(int(lines))
    ])
    for reading in (Reading.INTERNAL, Reading.EXECUTIVE, Reading.CUSTOMER):
        add_target(incident=row, kind=TargetKind.MAIL, reading=reading, address=f"{reading}@bench.example", by=by,
                   at=at)
    for number in range(int(updates)):
        _publish(int(row.pk), by, f"Said {number}: " + "the cause is looked for. " * 20, customer=True)
    for step in row.steps.order_by("pk")[:12]:
        Evidence.objects.create(incident=row, step=step, kind=EvidenceKind.LOG, title="A log", pinned=True, at=at)
    keep_draft(incident=row, person=by, values={"summary": "Half a sentence"}, seen=int(updates), at=at)
    return int(row.pk)


def _person(number: int) -> Person:
    row, _ = Person.objects.get_or_create(email=f"part-{number}@bench.example", defaults={"name": f"Part {number}"})
    return row


def _publish(number: int, by: Person, summary: str, *, customer: bool = False) -> None:
    row, at = Incident.objects.get(pk=number), clock.now()
    publish(incident=row, by=by, at=at, given=Given(
        entry=Entry(summary=summary), status="investigating", key=uuid.uuid4().hex, seen=row.updates,
        next_at=at + timedelta(minutes=20), customer=customer))


def publish_updates(number: str, count: str) -> dict[str, float]:
    """Publish updates, one a second and a half; what each says -> the moment before it was published (monotonic)."""
    made: dict[str, float] = {}
    by = Person.objects.filter(groups__name=PersonRole.LEAD.value).earliest("pk")
    for _ in range(int(count)):
        said = f"bench-{time.monotonic_ns()}-end"
        made[said] = time.monotonic()
        _publish(int(number), by, f"The cause is known: {said}")
        time.sleep(1.5)
    return made


def ask_timeline(path: str) -> int:
    """How many queries the timeline of this page takes when it is asked for alone."""
    client = Client()
    client.force_login(Person.objects.filter(groups__name=PersonRole.LEAD.value).earliest("pk"))
    headers = {"host": "127.0.0.1", "HX-Request": "true", "HX-Target": "timeline"}
    client.get(path, headers=headers)
    with CaptureQueriesContext(connection) as queries:
        client.get(path, headers=headers)
    return len(queries)


STEPS: dict[str, Any] = {step.__name__: step for step in (declare_one, publish_updates, ask_timeline)}

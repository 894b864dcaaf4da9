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
from incidents.actions.updates import Given
from incidents.choices import Role, Severity, Topic, What
from incidents.models import Incident, IncidentEvent
from incidents.rules.updates.form import Entry
from people.choices import Role as PersonRole
from people.models import Person
from portal.common import clock
from portal.flows.incidents.publishing import publish

APART = timedelta(seconds=17)


def declare_one(lines: str) -> int:
    """A Sev1 whose timeline has so many lines; its id."""
    at = clock.now()
    by = Person.objects.filter(groups__name=PersonRole.LEAD.value).earliest("pk")
    customer, _ = Customer.objects.get_or_create(slug="bench", defaults={"name": "Bench Ltd", "created_at": at})
    begun = at - APART * (int(lines) + 1)
    told = Declared(severity=Severity.SEV1, title="Messages fail to post", submission=uuid.uuid4(),
                    customers=(customer,), began_at=begun, roles={Role.COMMANDER: by})
    row, _ = declare(told=told, by=by, at=at)
    IncidentEvent.objects.bulk_create([
        IncidentEvent(
            incident=row, what=What.NOTE, topic=Topic.NOTES, at=begun + APART * number, written_at=at, by=by,
            to_value=f"Line {number}: the primary database is at {number % 100} %", text="Seen *again*.", via="bench",
        )
        for number in range(int(lines))
    ])
    return int(row.pk)


def publish_updates(number: str, count: str) -> dict[str, float]:
    """Publish updates, one a second and a half; what each says -> the moment before it was published (monotonic)."""
    made: dict[str, float] = {}
    by = Person.objects.filter(groups__name=PersonRole.LEAD.value).earliest("pk")
    for _ in range(int(count)):
        row = Incident.objects.get(pk=int(number))
        said, at = f"bench-{time.monotonic_ns()}-end", clock.now()
        given = Given(entry=Entry(summary=f"The cause is known: {said}"), status="investigating", key=uuid.uuid4().hex,
                      seen=row.updates, next_at=at + timedelta(minutes=20), customer=False)
        made[said] = time.monotonic()
        publish(incident=row, given=given, by=by, at=at)
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

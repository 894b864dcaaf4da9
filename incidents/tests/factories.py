"""Rows for tests, made by the room's own verbs."""

import uuid
from datetime import UTC, datetime
from typing import Any

from customers.models import Customer
from customers.tests import factories as customers
from incidents.actions.declaring import Declared, declare
from incidents.choices import Role, Severity
from incidents.models import Incident
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people

NIGHT = datetime(2026, 11, 17, 8, 4, tzinfo=UTC)  # Tuesday, 3:04 am in New York


def incident(
    title: str = "Messages fail to post", *, customer: Customer | None = None, commander: Person | None = None,
    severity: Severity = Severity.SEV1, at: datetime = NIGHT, **more: Any,
) -> Incident:
    """A Sev1 of one customer, declared at 3:04 am by its commander, who is an engineer."""
    leads = commander or people.person(PersonRole.ENGINEER)
    given: dict[str, Any] = {
        "known": "About one message in five fails.", "zone": "America/New_York",
        "customers": (customer or customers.customer(),), "roles": {Role.COMMANDER: leads},
    } | more
    told = Declared(severity=severity, title=title, submission=uuid.uuid4(), **given)
    return declare(told=told, by=leads, at=at)[0]

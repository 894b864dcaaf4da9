"""Rows for tests, made by the room's own verbs."""

import uuid
from datetime import UTC, datetime
from typing import Any

from customers.models import Customer
from customers.tests import factories as customers
from escalations.actions.intake import Asked, raise_escalation
from escalations.choices import Category, Kind, Level, Source
from escalations.models import Escalation
from people.choices import Role
from people.models import Person
from people.tests import factories as people

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)  # Tuesday noon in New York


def escalation(
    title: str = "Nobody can sign in through LDAP", *, customer: Customer | None = None, reporter: Person | None = None,
    level: Level = Level.L2, at: datetime = NOON, **more: Any,
) -> Escalation:
    """An L2 problem that somebody of support raised on Tuesday noon for a Premier customer."""
    asks = reporter or people.person(Role.SUPPORT)
    values: dict[str, Any] = {
        "title": title, "level": level, "kind": Kind.PROBLEM, "category": Category.LDAP, "source": Source.SUPPORT,
        "server_version": "10.4.2", "happened": "1,900 of 2,000 people cannot sign in since last night's upgrade.",
        "steps": "Sign in through LDAP.",
    } | more
    asked = Asked(customer=customer or customers.customer(), values=values, reporter=asks, reporter_name=asks.name,
                  reporter_email=asks.email, submission=uuid.uuid4())
    return raise_escalation(asked=asked, at=at)[0]

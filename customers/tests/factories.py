"""Rows for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.utils.text import slugify

from customers.choices import Plan
from customers.models import Customer

_names = count(1)
MADE = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def customer(name: str = "", *, plan: str = Plan.PREMIER, **more: Any) -> Customer:
    """A customer with an office open 9 to 17 in New York, unless told otherwise."""
    name = name or f"Customer {next(_names)}"
    given: dict[str, Any] = {"zone": "America/New_York", "created_at": MADE, "slug": slugify(name)} | more
    return Customer.objects.create(name=name, plan=plan, **given)

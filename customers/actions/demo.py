"""The demo's made-up customers, made by the verbs that real ones are made by."""

import tomllib
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from customers.actions.around import add_alias, add_contact
from customers.actions.base import Refused
from customers.actions.customers import add_customer
from customers.models import Customer
from people.models import Person

DEMO = Path(__file__).resolve().parent.parent / "demo.toml"


@transaction.atomic
def load_demo_customers(*, at: datetime, path: Path = DEMO) -> int:
    """Load them. Returns how many; 0 where there are customers already. Raises `Refused` where the demo is off."""
    if not settings.ENV.demo:
        raise Refused("The demo is off here.")
    if Customer.objects.exists():
        return 0
    told = tomllib.loads(path.read_text(encoding="utf-8"))["customer"]
    addresses = {row.get(who, "") for row in told for who in ("csm", "tam")}
    people = {person.email: person for person in Person.objects.filter(email__in=addresses)}
    for row in told:
        _add(row, people, at)
    return len(told)


def _add(told: dict[str, Any], people: dict[str, Person], at: datetime) -> None:
    changes: dict[str, object] = {
        "plan": told["plan"], "seats": told["seats"], "zone": told["zone"],
        "arr": Decimal(told["arr"]) if "arr" in told else None,
        "opens": time.fromisoformat(told.get("opens", "09:00")),
        "closes": time.fromisoformat(told.get("closes", "17:00")),
        "csm_id": _id(people, told, "csm"), "tam_id": _id(people, told, "tam"),
    }
    customer = add_customer(name=told["name"], changes=changes, by=None, at=at)
    for alias in told.get("aliases", []):
        add_alias(customer=customer, name=alias, by=None, at=at)
    for contact in told.get("contacts", []):
        add_contact(customer=customer, **contact, by=None, at=at)


def _id(people: dict[str, Person], told: dict[str, Any], who: str) -> int | None:
    person = people.get(told.get(who, ""))
    return person.pk if person else None

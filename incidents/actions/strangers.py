"""Who may not read what: an address at a customer's is a customer's."""

from collections.abc import Collection

from django.db.models import Q

from customers.models import Contact
from incidents.actions.base import Refused
from incidents.choices import Reading


def refuse_stranger(*, email: str, reading: Reading, customers: Collection[int | None]) -> None:
    """Whoever has an address at a customer's own domain, or below it, reads what is for customers, of their own
    outages. `customers`: whose reading goes there; none: our own server is down, which is no customer's secret. Raises
    `Refused` for our readings, and for another customer's. One query."""
    contacts = Contact.objects.filter(_at(email), removed_at=None).select_related("customer")
    whose = {one.customer_id: one.customer.name for one in contacts}
    if not whose:
        return
    name = next(iter(whose.values()))
    if reading != Reading.CUSTOMER:
        raise Refused(f"{email} is at {name}: the {reading.label.lower()} reading is for us alone. Choose the "
                      "customer's reading for them.")
    if customers and not whose.keys() & set(customers):
        raise Refused(f"{email} is at {name}, and this reading is another customer's.")


def _at(email: str) -> Q:
    """Addresses at the same domain, or at one above it."""
    parts = email.rpartition("@")[2].split(".")
    found = Q(email__iendswith=f"@{'.'.join(parts)}")
    for number in range(1, len(parts) - 1):
        found |= Q(email__iendswith=f"@{'.'.join(parts[number:])}")
    return found

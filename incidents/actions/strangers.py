"""Who may not read what: an address at a customer's is a customer's."""

from collections.abc import Collection

from customers.models import Contact
from incidents.actions.base import Refused
from incidents.choices import Reading


def refuse_stranger(*, email: str, reading: Reading, customers: Collection[int | None]) -> None:
    """Whoever has an address at a customer's own domain reads what is for customers, of their own outages. `customers`:
    whose reading goes there; none: our own server is down, which is no customer's secret. Raises `Refused` for our
    readings, and for another customer's. One query."""
    domain = email.rpartition("@")[2]
    contacts = Contact.objects.filter(removed_at=None, email__iendswith=f"@{domain}").select_related("customer")
    whose = {one.customer_id: one.customer.name for one in contacts}
    if not whose:
        return
    name = next(iter(whose.values()))
    if reading != Reading.CUSTOMER:
        raise Refused(f"{email} is at {name}: the {reading.label.lower()} reading is for us alone. Choose the "
                      "customer's reading for them.")
    if customers and not whose.keys() & set(customers):
        raise Refused(f"{email} is at {name}, and this reading is another customer's.")

"""What every verb of this room shares: refusing, recording."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction

from customers.choices import What
from customers.models import Customer, CustomerEvent
from people.models import Person
from portal.common import locks


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def record(
    what: What, *, customer: Customer, at: datetime, by: Person | None, from_value: str = "", to_value: str = ""
) -> CustomerEvent:
    """Write the row of a change. Call it inside the change's transaction."""
    row = event(what, customer=customer, at=at, by=by, from_value=from_value, to_value=to_value)
    row.save(force_insert=True)
    return row


def event(
    what: What, *, customer: Customer, at: datetime, by: Person | None, from_value: str = "", to_value: str = ""
) -> CustomerEvent:
    """The row of a change, not written yet: for many at once."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return CustomerEvent(
        what=what.value, customer=customer, at=at, by=by, from_value=from_value, to_value=to_value,
        via="web" if request_id else settings.ENV.process, request_id=request_id,
    )


def naming() -> None:
    """Wait until nobody else gives names, until the end of the transaction: a name and somebody's other name stand in
    two tables, which no constraint holds together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.CUSTOMERS])


def held(customer: Customer) -> Customer:
    """The row as it is, kept from others until the transaction ends. Refused for one that was merged into another."""
    assert transaction.get_connection().in_atomic_block  # noqa: S101  (a row is held within a transaction)
    row = Customer.objects.select_for_update().prefetch_related("csm", "tam").get(pk=customer.pk)
    if row.merged_into_id is not None:
        raise Refused(f"{row.name} was merged into another customer in the meantime.")
    return row

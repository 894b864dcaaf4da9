"""What every verb of this room shares: refusing, recording."""

from datetime import datetime

import structlog
from django.conf import settings

from customers.choices import What
from customers.models import Customer, CustomerEvent
from people.models import Person


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def record(
    what: What, *, customer: Customer, at: datetime, by: Person | None, from_value: str = "", to_value: str = ""
) -> CustomerEvent:
    """Write the row of a change. Call it inside the change's transaction."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return CustomerEvent.objects.create(
        what=what.value, customer=customer, at=at, by=by, from_value=from_value, to_value=to_value,
        via="web" if request_id else settings.ENV.process, request_id=request_id,
    )

"""What every verb of this room shares: refusing, recording, taking turns."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection

from people.models import Person
from portal.common import locks
from set_rotation.choices import What
from set_rotation.models import Override, Rotation, RotationEvent


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def take_turns() -> None:
    """Two who change duty at once do it one after the other, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.DUTY])


def record(
    what: What, *, at: datetime, by: Person | None, rotation: Rotation | None = None, person: Person | None = None,
    override: Override | None = None, from_value: str = "", to_value: str = "",
) -> RotationEvent:
    """Write the row of a change. Call it inside the change's transaction."""
    return RotationEvent.objects.create(
        what=what.value, at=at, by=by, rotation=rotation, person=person, override=override, from_value=from_value,
        to_value=to_value, via=via(), request_id=request_id(),
    )


def request_id() -> str:
    """The id of the request that is being answered; "" outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def via() -> str:
    """By which way something is done: "web", or the name of the process."""
    return "web" if request_id() else settings.ENV.process

"""What every verb of this room shares: refusing, recording, telling open pages."""

from datetime import datetime
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction

from escalations.choices import What
from escalations.models import Escalation, EscalationEvent
from people.models import Person
from portal.common import live
from portal.common.timers import set_timer

# Rung right after each change: what other rooms know of it is brought up to date (its key is the escalation's id).
CHANGED = "escalation.changed"
LIVE = "escalations"  # the live topic of lists; one escalation's is `topic_of`


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def topic_of(escalation_id: int) -> str:
    """The live topic of an escalation's own page."""
    return f"escalation-{escalation_id}"


def held(escalation: Escalation) -> Escalation:
    """The row as it is now, locked to the end of the transaction: two who act at once see each other."""
    return Escalation.objects.select_for_update(of=("self",)).get(pk=escalation.pk)


def record(
    what: What, *, escalation: Escalation, at: datetime, by: Person | None, from_value: str = "", to_value: str = "",
    internal: bool = False,
) -> EscalationEvent:
    """Write the row of a change, and have open pages look again after the commit. Call it inside the change's
    transaction."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    event = EscalationEvent.objects.create(
        what=what.value, escalation=escalation, at=at, by=by, from_value=from_value, to_value=to_value,
        internal=internal, via="web" if request_id else settings.ENV.process, request_id=request_id,
    )
    Escalation.objects.filter(pk=escalation.pk).update(updated_at=at)
    set_timer(kind=CHANGED, key=str(escalation.pk), due_at=at)
    look_again(escalation)
    return event


def look_again(escalation: Escalation) -> None:
    """Open pages and lists fetch themselves anew after the commit."""
    transaction.on_commit(partial(_publish, escalation.pk))


def _publish(escalation_id: int) -> None:
    live.publish(topic_of(escalation_id), "stale", "")
    live.publish(LIVE, "stale", "")

"""Holding the reminders of a promise back for a little, with a reason."""

from datetime import datetime

from django.db import transaction

from incidents.actions.base import Refused, held, record
from incidents.choices import PromiseState, What
from incidents.models import Incident, Promise
from incidents.queries.settings import bounds
from incidents.rules.promises import moment_in, next_ring, snooze_fault, snoozed_to
from incidents.rules.words import clean_line
from people.models import Person


@transaction.atomic
def snooze(*, incident: Incident, minutes: int, reason: str, by: Person, at: datetime) -> Promise:
    """Hold the reminders before the promise back: for the minutes that the settings allow at most, and never past the
    promise, which does not move. Who is told from then on reads why.

    Raises `Refused` without a reason, where nothing is promised, once it is overdue, and before any reminder is near.
    """
    row = held(incident)
    found = Promise.objects.filter(incident=row, state=PromiseState.OPEN).first()
    if found is None:
        raise Refused("No update is promised: there is nothing to snooze.")
    reason = clean_line(reason)
    until = snoozed_to(due_at=found.due_at, minutes=minutes, most=bounds().snooze, at=at)
    if fault := snooze_fault(due_at=found.due_at, made_at=found.at, until=until, at=at, reason=reason):
        raise Refused(fault)
    found.snoozed_until, found.snoozes, found.snooze_reason = until, found.snoozes + 1, reason
    found.ring_at = next_ring(due_at=found.due_at, made_at=found.at, rung=found.rings, snoozed_until=until, at=at)
    found.save(update_fields=["snoozed_until", "snoozes", "snooze_reason", "ring_at"])
    record(What.SNOOZED, incident=row, at=at, by=by, text=reason,
           from_value=f"{until.isoformat()} {found.due_at.isoformat()}",
           words=f"Reminder snoozed until {moment_in(until, row.zone, at)}; the update stays promised for "
                 f"{moment_in(found.due_at, row.zone, at)}")
    return found

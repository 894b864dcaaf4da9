"""The promise of the next update: made, kept, stopped."""

from datetime import datetime

from incidents.actions.base import record
from incidents.choices import PromiseState, What
from incidents.models import Incident, Promise, Update
from incidents.rules.promises import next_ring
from people.models import Person


def promise(
    *, incident: Incident, due_at: datetime, at: datetime, by: Person | None, update: Update | None = None,
    reason: str = "",
) -> Promise:
    """Promise the next update of a held incident; one that was open is over with it (`settle_promise` ends it before).
    In the caller's transaction."""
    made = Promise.objects.create(
        incident=incident, update=update, due_at=due_at, at=at, by=by, reason=reason,
        ring_at=next_ring(due_at=due_at, made_at=at, rung=(), snoozed_until=None),
    )
    Incident.objects.filter(pk=incident.pk).update(next_update_at=due_at)
    incident.next_update_at = due_at
    record(What.PROMISED, incident=incident, at=at, by=by, text=reason, update=update,
           words=f"Next update promised for {due_at:%Y-%m-%dT%H:%M:%SZ}", from_value=due_at.isoformat())
    return made


def settle_promise(*, incident: Incident, update: Update | None, at: datetime) -> int:
    """End the open promise of a held incident: kept by this update, or stopped when there is none. Returns how many
    seconds late it was, 0 in time or where nothing was promised. In the caller's transaction."""
    found = Promise.objects.filter(incident=incident, state=PromiseState.OPEN).first()
    Incident.objects.filter(pk=incident.pk).update(next_update_at=None)
    incident.next_update_at = None
    if found is None:
        return 0
    late = max(int((at - found.due_at).total_seconds()), 0) if update is not None else 0
    found.state = PromiseState.STOPPED if update is None else PromiseState.LATE if late else PromiseState.KEPT
    found.ended_at, found.kept_by, found.ring_at = at, update, None
    found.save(update_fields=["state", "ended_at", "kept_by", "ring_at"])
    return late

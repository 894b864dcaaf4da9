"""The promise of the next update: made, kept, stopped, made again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Greatest

from incidents.actions.base import Refused, held, record
from incidents.choices import LIVE, PromiseState, State, What
from incidents.models import Incident, IncidentCustomer, Promise, StatusLink, Update
from incidents.queries.merged import merged_with
from incidents.queries.promises import told
from incidents.queries.public import holding
from incidents.queries.settings import cadence
from incidents.rules.promises import moment_in, next_ring, promise_fault
from incidents.rules.words import clean_line
from people.models import Person


def promise(
    *, incident: Incident, due_at: datetime, at: datetime, by: Person | None, update: Update | None = None,
    reason: str = "",
) -> Promise:
    """Promise the next update of a held incident; one that was open is over with it (`settle_promise` ends it before).
    In the caller's transaction. Raises `Refused` for a time that has passed, and without a reason for one that is later
    than the severity's cadence has it."""
    reason = clean_line(reason)
    if fault := promise_fault(due_at=due_at, at=at, longest=cadence(incident.severity).longest, reason=reason):
        raise Refused(fault)
    made = Promise.objects.create(
        incident=incident, update=update, due_at=due_at, at=at, by=by, reason=reason,
        ring_at=next_ring(due_at=due_at, made_at=at, rung={}, snoozed_until=None, at=at),
    )
    Incident.objects.filter(pk=incident.pk).update(next_update_at=due_at)
    incident.next_update_at = due_at
    ours = update if update is not None and update.incident_id == incident.pk else None  # else of what was merged
    record(What.PROMISED, incident=incident, at=at, by=by, text=reason, update=ours, from_value=due_at.isoformat(),
           words=f"Next update promised for {moment_in(due_at, incident.zone, at)}")
    return made


def soonest(incident: Incident, at: datetime) -> datetime:
    """When the first update of such an incident would be due."""
    return at + timedelta(minutes=cadence(incident.severity).first)


def promise_where_none(*, incident: Incident, at: datetime) -> None:
    """Promise a held incident's next update by its severity's cadence, unless one is promised. In the caller's
    transaction."""
    if not Promise.objects.filter(incident=incident, state=PromiseState.OPEN).exists():
        promise(incident=incident, due_at=soonest(incident, at), at=at, by=None)


def settle_promise(*, incident: Incident, update: Update | None, at: datetime, customer: bool = False) -> int:
    """End the open promise of a held incident: kept by this update, or stopped when there is none. One that was broken
    by then stays broken, whatever ends it. `customer`: the update goes to the customer, too: then, and where the
    customer was told of the promise, it rests until `keep_for_customer`. Returns how many seconds late it was, 0 in
    time or where nothing was promised. In the caller's transaction."""
    found = Promise.objects.filter(incident=incident, state=PromiseState.OPEN).first()
    Incident.objects.filter(pk=incident.pk).update(next_update_at=None)
    incident.next_update_at = None
    if found is None:
        return 0
    late = _late(found, at)
    if update is not None and (customer or customer_knows(found, at)):
        found.state = PromiseState.SENT
    else:
        found.state = PromiseState.LATE if late else PromiseState.STOPPED if update is None else PromiseState.KEPT
    found.ended_at, found.kept_by, found.ring_at = at, update, None
    found.save(update_fields=["state", "ended_at", "kept_by", "ring_at"])
    return late


def customer_knows(row: Promise, at: datetime) -> bool:
    """Whether customers were told of it (`told`); of one that no update made, whether a page of theirs holds, also one
    of what was merged into its incident."""
    if row.update_id is None:
        return StatusLink.objects.filter(holding(at), incident__in=merged_with(row.incident_id)).exists()
    return Promise.objects.filter(told(), pk=row.pk).exists()


def keep_for_customer(*, update: Update, at: datetime) -> int:
    """The customer gets this update: it keeps what was promised to them and rests, also in what was merged into its
    incident, unless a customer of that came too late to read it; in time, or late by now. Returns the seconds by which
    the earliest of these is late, 0 where none is. In the caller's transaction."""
    here = Q(incident=update.incident_id, kept_by__number__lte=update.number)
    whose = IncidentCustomer.objects.filter(incident=OuterRef(OuterRef("incident"))).values("customer")
    unread = IncidentCustomer.objects.filter(incident=update.incident_id, told_after__gte=update.number,
                                             customer__in=whose)
    merged = Q(incident__in=merged_with(update.incident_id) - {update.incident_id}) & ~Q(Exists(unread))
    rests = list(Promise.objects.filter(here | merged, state=PromiseState.SENT))
    for row in rests:
        row.state = PromiseState.LATE if _late(row, at) else PromiseState.KEPT
        row.ended_at, row.kept_by = at, update
        row.save(update_fields=["state", "ended_at", "kept_by"])
    late = max((_late(row, at) for row in rests), default=0)
    if rests:
        Update.objects.filter(pk=update.pk).update(late_by=Greatest("late_by", late))
    return late


def _late(row: Promise, at: datetime) -> int:
    return max(int((at - row.due_at).total_seconds()), 0)


@transaction.atomic
def stop_updates(*, incident: Incident, by: Person, at: datetime, reason: str = "") -> Incident:
    """No next update is promised any more; what was promised is not owed. Raises `Refused` under a status that needs
    updates, and where none is promised."""
    row = held(incident)
    if not row.status.stops:
        raise Refused(f"Under “{row.status.name}” the next update is always promised: change the status first.")
    if not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists():
        raise Refused("No update is promised: there is nothing to stop.")
    settle_promise(incident=row, update=None, at=at)
    record(What.STOPPED, incident=row, at=at, by=by, text=clean_line(reason),
           words=f"No next update is promised: {row.status.name}")
    return row


@transaction.atomic
def promise_again(*, incident: Incident, due_at: datetime, by: Person, at: datetime, reason: str = "") -> Promise:
    """Promise an update where none is. Raises `Refused` as `promise` does, where one is promised already (only an
    update moves it), and for an incident that is over."""
    row = held(incident)
    if row.state not in LIVE:
        raise Refused("Nobody works on it any more: open it again first.")
    found = Promise.objects.filter(incident=row, state=PromiseState.OPEN).first()
    if found is not None:
        raise Refused(f"An update is promised for {moment_in(found.due_at, row.zone, at)}: only an update moves it.")
    return promise(incident=row, due_at=due_at, at=at, by=by, reason=reason)


@transaction.atomic
def end_with_incident(*, incident: Incident, at: datetime) -> bool:
    """Nobody works on it any more: a promise that was left open is stopped, and what rests until its customers get an
    update rests no longer, unless the incident was merged: those of the other are theirs. Returns whether one was
    open."""
    row = held(incident)
    if row.state in LIVE:
        return False
    if row.state != State.MERGED:
        rests = Promise.objects.filter(incident__in=merged_with(row.pk), state=PromiseState.SENT)
        rests.filter(due_at__lt=at).update(state=PromiseState.LATE, ended_at=at, kept_by=None)
        rests.update(state=PromiseState.STOPPED, ended_at=at, kept_by=None)
    if not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists():
        return False
    settle_promise(incident=row, update=None, at=at)
    record(What.STOPPED, incident=row, at=at, by=None, words="No next update is promised: the incident is over")
    return True

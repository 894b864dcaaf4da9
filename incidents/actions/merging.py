"""Two incidents that are one."""

from datetime import datetime

from django.db import transaction

from incidents.actions.after import end_after
from incidents.actions.approvals import overtake
from incidents.actions.base import Refused, held, record
from incidents.actions.calling import page_for, reword_pages
from incidents.actions.playbook import lay_patch
from incidents.actions.promises import customer_knows, promise, settle_promise, soonest
from incidents.actions.states import change_severity
from incidents.choices import LIVE, PromiseState, Reading, Severity, State, TargetKind, What
from incidents.models import Incident, IncidentCustomer, IncidentWatcher, Promise, Target, Update
from incidents.queries.seen import whose
from incidents.rules.outage import breaks_before
from incidents.rules.promises import moment_in
from incidents.rules.words import clean_line
from people.models import Person


@transaction.atomic
def merge(*, incident: Incident, into: Incident, reason: str, by: Person, at: datetime) -> Incident:
    """It is the same outage as another, where it is worked on from now on: its customers, and whoever sees it, are the
    other's too, and so is where its customers were told; ticket and escalation where the other has none. The more
    urgent severity, the earlier beginning and the earliest promise that lies ahead hold for both; what still waits
    for a second person is not sent. Nobody being on the other, it pages. Returns the other.

    Raises `Refused` without a reason, with itself, with one that is over, an open one with one that is resolved, and
    where one is a drill, private or about our own server and the other is not.
    """
    reason = clean_line(reason)
    if incident.pk == into.pk:
        raise Refused("That is this one: name the other.")
    # In the order of their numbers, so that two who merge at once do not wait for each other.
    first, second = (held(one) for one in sorted((incident, into), key=lambda one: one.pk))
    row, other = (first, second) if first.pk == incident.pk else (second, first)
    _refuse(row, other, reason)
    let_in, was, owed = _carry(row, other, by, at), State(row.state), _owed(row)
    row.state, row.merged_into = State.MERGED, other
    if row.page_id == other.page_id:
        row.page = None  # both came from one page, which rings on for the other
    row.save(update_fields=["state", "merged_into", "page"])
    settle_promise(incident=row, update=None, at=at)
    _hold_back(row, other, by, at)
    end_after(incident=row)
    shown = _called(other, seen_from=row)
    about = f": {other.title}" if shown == str(other) else ""
    record(What.MERGED, incident=row, at=at, by=by, text=reason, words=f"Merged into {shown}{about}")
    record(What.MERGED, incident=other, at=at, by=by, text=reason, words=f"{row} was merged into this: {row.title}")
    if let_in and other.private:
        record(What.WATCHER, incident=other, at=at, by=by, words=f"Let in from {row}: {', '.join(let_in)}")
    _as_it_was(row, other, by, at)
    reword_pages(incident=other, by=by, at=at)
    if row.severity < other.severity:
        other = change_severity(incident=other, severity=Severity(row.severity), reason=f"As {row} was", by=by, at=at)
    _owe(row, other, owed, by, at)
    if was == other.state == State.OPEN and other.acknowledged_at is None:
        page_for(incident=other, by=by, at=at)
    return other


def _called(other: Incident, *, seen_from: Incident) -> str:
    """More see this one than the other, where that one alone is private: which it is, is not said here. The page leads
    on whoever sees it."""
    return "another incident" if other.private and not seen_from.private else str(other)


def _hold_back(row: Incident, other: Incident, by: Person, at: datetime) -> None:
    """A text that nobody has read yet promises an update that nobody owes any more: its customers hear from the other
    one, by whose promise."""
    last = Update.objects.filter(incident=row).order_by("-number").first()
    if last is not None and overtake(update=last, older=True):
        told_from = _called(other, seen_from=row)
        record(What.CHANGED, incident=row, at=at, by=by, update=last, tone="amber",
               words=f"What waited for a second person is not sent any more: customers are told from {told_from}")


def _as_it_was(row: Incident, other: Incident, by: Person, at: datetime) -> None:
    """The outage began with the first of them; unless that one was well again before the other began."""
    apart = row.resolved_at is not None and row.resolved_at < other.began_at
    if row.began_at >= other.began_at or apart:
        return
    other.breaks = [*breaks_before(row.breaks, other.began_at), *other.breaks]
    other.began_at = row.began_at
    other.save(update_fields=["began_at", "breaks"])
    record(What.CHANGED, incident=other, at=at, by=by, words=f"Down since {moment_in(other.began_at, other.zone, at)}, "
           f"as {row} was")


def _owed(row: Incident) -> list[Promise]:
    """What customers wait for, and what is promised among us; nothing once nobody works on it."""
    rows = Promise.objects.filter(incident=row, state__in=(PromiseState.OPEN, PromiseState.SENT)).order_by("pk")
    return list(rows) if row.state in LIVE else []


def _owe(row: Incident, other: Incident, owed: list[Promise], by: Person, at: datetime) -> None:
    """The earliest that was promised to its customers is owed by the other: at that time, or, where that has passed, as
    soon as after a reopening. What the other owes sooner than that holds. It stays the promise of the update that
    customers were told of, theirs or the other's."""
    if not owed:
        return
    due_at, first = min(((one.due_at if one.due_at > at else soonest(other, at), one) for one in owed),
                        key=lambda pair: pair[0])
    if other.next_update_at is not None and other.next_update_at <= due_at:
        return
    old = Promise.objects.filter(incident=other, state=PromiseState.OPEN).first()
    of = first if old is None or customer_knows(first, at) else old
    settle_promise(incident=other, update=None, at=at)
    promise(incident=other, due_at=due_at, at=at, by=by, reason=f"As {row} had promised",
            update=of.update)


def _refuse(row: Incident, other: Incident, reason: str) -> None:
    if row.state == State.MERGED:
        raise Refused("It was merged already.")
    if row.kind != other.kind:
        raise Refused(f"One is our own server, the other a customer's: go on in both, and note {other} here.")
    if row.state == State.OPEN and other.state == State.WATCHED:
        raise Refused(f"{other} is resolved, and this one is not: open {other} again first, or merge it into this one.")
    if other.state not in LIVE:
        raise Refused(f"{other} is over: open it again first, or merge it into this one.")
    if row.drill != other.drill:
        raise Refused("A drill and an outage are not the same.")
    if row.private and not other.private:
        raise Refused(f"This one is private and {other} is not: everybody would read of it there.")
    if not reason:
        raise Refused("Say why they are the same.")


def _carry(row: Incident, other: Incident, by: Person, at: datetime) -> list[str]:
    """What goes along; returns the names of those who see the other from now on by that alone."""
    there = IncidentCustomer.objects.filter(incident=other).values("customer")
    come = IncidentCustomer.objects.filter(incident=row).exclude(customer__in=there)
    customers = list(come.order_by("pk").values_list("customer", flat=True))
    IncidentCustomer.objects.bulk_create(
        [IncidentCustomer(incident=other, customer_id=one, told_after=other.updates, at=at) for one in customers],
        ignore_conflicts=True,
    )
    lay_patch(incident=other, by=by, at=at, come=customers)
    _carry_targets(row, other, at)
    moved = [name for name in ("ticket_id", "escalation_id") if not getattr(other, name) and getattr(row, name)]
    for name in moved:
        setattr(other, name, getattr(row, name))
    if moved:
        other.save(update_fields=moved)
    out = IncidentWatcher.objects.filter(incident=other, out_at__isnull=False)  # somebody took them off
    new = _people(row) - _people(other) - {*out.values_list("person", flat=True)}
    IncidentWatcher.objects.bulk_create(
        [IncidentWatcher(incident=other, person_id=one, at=at) for one in sorted(new)], ignore_conflicts=True
    )
    return list(Person.objects.filter(pk__in=new).order_by("name", "pk").values_list("name", flat=True))


def _people(row: Incident) -> set[int]:
    return set(Person.objects.filter(whose(row)).values_list("pk", flat=True))


def _carry_targets(row: Incident, other: Incident, at: datetime) -> None:
    """Whoever was told of a customer's outage by mail or in a channel is told on of that customer: silence in the
    middle of it would be read as the end. Threads of escalations follow by themselves (`default_targets`)."""
    first = IncidentCustomer.objects.filter(incident=row).order_by("pk").values_list("customer", flat=True).first()
    told = Target.objects.filter(incident=row, reading=Reading.CUSTOMER, removed_at__isnull=True)
    Target.objects.bulk_create([
        Target(incident=other, kind=one.kind, reading=one.reading, address=one.address, label=one.label, at=at,
               customer_id=one.customer_id or first, chosen=one.chosen)
        for one in told.filter(kind__in=(TargetKind.MAIL, TargetKind.CHANNEL))
    ], ignore_conflicts=True)

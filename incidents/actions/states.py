"""Where an incident stands: its status, acknowledged, resolved, open again; and its severity."""

from datetime import datetime

from django.db import transaction

from incidents.actions.after import begin_after, end_after
from incidents.actions.base import Refused, held, record
from incidents.actions.calling import PAGED, end_own_page, page_for, reword_pages
from incidents.actions.less_urgent import follow_severity
from incidents.actions.playbook import leave_resolution
from incidents.actions.promises import promise, promise_where_none, settle_promise, soonest
from incidents.choices import PromiseState, Role, Severity, State, What
from incidents.models import Incident, IncidentEvent, IncidentRole, IncidentStatus, Promise
from incidents.queries.addresses import path_of
from incidents.rules.outage import lasted, with_break
from incidents.rules.seen import meanwhile
from incidents.rules.words import clean_line, length_words
from people.models import Person
from set_rotation.actions.telling import tell

ENDED = {State.CLOSED: "It is closed: open it again first.", State.MERGED: "It was merged: go on in the other one."}


def set_status(*, incident: Incident, status: IncidentStatus, by: Person | None, at: datetime) -> Incident:
    """Set the status of a held incident, in the caller's transaction: the first that knows the cause says when it was
    identified, one that resolves has it watched. Promises are left alone: what was promised is owed until an update
    keeps it. The same again is nothing. Raises `Refused` for one that is over, and to go back from a resolution."""
    if incident.state in ENDED:
        raise Refused(ENDED[State(incident.state)])
    if incident.state != State.OPEN and not status.resolves:
        raise Refused("It is resolved: open it again first, and it is worked on as before.")
    if status.pk == incident.status_id:
        return incident
    if status.archived:
        raise Refused(f"“{status.name}” is not used any more: choose another status.")
    old = incident.status
    incident.status, incident.status_since = status, at
    if status.identifies and incident.identified_at is None:
        incident.identified_at = at
    incident.save(update_fields=["status", "status_since", "identified_at"])
    record(What.STATUS, incident=incident, at=at, by=by, tone=status.tone, from_value=old.name,
           status=status, words=f"Status: {status.name}")
    if status.resolves and incident.state == State.OPEN:
        _resolved(incident, by, at)
    return incident


def _resolved(row: Incident, by: Person | None, at: datetime) -> None:
    row.state, row.resolved_at = State.WATCHED, at
    row.save(update_fields=["state", "resolved_at"])
    record(What.RESOLVED, incident=row, at=at, by=by, tone="green",
           words=f"Resolved after {length_words(lasted(row.breaks, row.began_at, at))}")
    begin_after(incident=row, by=by, at=at)


@transaction.atomic
def change_status(*, incident: Incident, status: IncidentStatus, by: Person, at: datetime) -> Incident:
    """Set its status without an update. One that asks for updates where none is promised any more promises one by the
    severity's cadence, as `reopen` does. Returns the row as it is then. Raises `Refused` as `set_status` does."""
    row = set_status(incident=held(incident), status=status, by=by, at=at)
    if row.state == State.OPEN and not row.status.stops and row.next_update_at is None:
        promise_where_none(incident=row, at=at)
    return row


@transaction.atomic
def resolve(*, incident: Incident, by: Person, at: datetime) -> Incident:
    """The outage is over: its status says so, and it is watched. Raises `Refused` for one that is not open."""
    row = held(incident)
    if row.state != State.OPEN:
        raise Refused(ENDED.get(State(row.state), "It is resolved already."))
    status = IncidentStatus.objects.filter(archived=False, resolves=True).first()
    if status is None:
        raise Refused("No status resolves an incident: a coordinator adds one under Settings.")
    return set_status(incident=row, status=status, by=by, at=at)


@transaction.atomic
def reopen(
    *, incident: Incident, reason: str, by: Person, at: datetime, status: IncidentStatus | None = None
) -> Incident:
    """It is down again: worked on as before, in the stage of the playbook from which it was resolved, with the next
    update promised by its severity's cadence, unless one is still owed. `status`: the first of all where none is
    chosen. One that was merged goes on by itself again; what the other got from it stays there. Raises `Refused`
    without a reason, and for one that is open."""
    row, reason = held(incident), clean_line(reason)
    if row.state == State.OPEN:
        raise Refused("It is open.")
    if not reason:
        raise Refused("Say why it is open again: it stands on the timeline.")
    row.breaks = with_break(row.breaks, row.resolved_at, at)
    row.state, row.merged_into, row.confirmed_by = State.OPEN, None, ""
    row.resolved_at = row.confirmed_at = row.closed_at = None
    row.save(update_fields=["state", "merged_into", "confirmed_by", "resolved_at", "confirmed_at", "closed_at",
                            "breaks"])
    record(What.REOPENED, incident=row, at=at, by=by, tone="red", words="Opened again", text=reason)
    end_after(incident=row)
    leave_resolution(incident=row, by=by, at=at)
    set_status(incident=row, status=status or _first(), by=by, at=at)
    promise_where_none(incident=row, at=at)
    page_for(incident=row, by=by, at=at)
    _tell_leaders(row, reason, by, at)
    return row


def _tell_leaders(row: Incident, reason: str, by: Person, at: datetime) -> None:
    """Whoever leads it hears at once that it is down again; whoever opened it knows."""
    lead = IncidentRole.objects.filter(incident=row, ends_at__isnull=True, role__in=(Role.COMMANDER, Role.DEPUTY))
    again = IncidentEvent.objects.filter(incident=row, what=What.REOPENED).count()
    for person in {one.person for one in lead.exclude(person=by).select_related("person")}:
        tell(person, key=f"incident-again-{row.pk}-{again}-{person.pk}", subject=f"{row.called} is open again", at=at,
             by=by, text=f"{row.title}\n\n{reason}", path=path_of(row.pk), purpose="incident")


def _first() -> IncidentStatus:
    return IncidentStatus.objects.filter(archived=False, resolves=False).earliest("position")


@transaction.atomic
def change_severity(
    *, incident: Incident, severity: Severity, reason: str, by: Person, at: datetime, seen: str = ""
) -> Incident:
    """Make it more or less urgent. What is promised holds, and comes sooner where a more urgent one has its first
    update before; the rest of the cadence follows with the next promise. A Sev3 that becomes a Sev2 or Sev1 pages,
    unless whoever leads it is on it; the page of one that becomes a Sev3 is over. Lists of the more urgent alone are
    told so, and no more. `seen`: the severity that was shown, "" for none. Raises `Refused` without a
    reason, for the severity that it has, where somebody else changed it meanwhile, and for one that is over."""
    row, reason = held(incident), clean_line(reason)
    if row.state in ENDED:
        raise Refused(ENDED[State(row.state)])
    old = Severity(row.severity)
    if seen not in ("", str(old.value)):
        raise Refused(meanwhile(old.label))
    if severity == old:
        raise Refused(f"It is {old.label} already.")
    if not reason:
        raise Refused("Say why: whoever reads the timeline wants to know.")
    row.severity = severity
    row.save(update_fields=["severity"])
    event = record(What.SEVERITY, incident=row, at=at, by=by, tone="red" if severity < old else "amber", text=reason,
                   from_value=old.label, words=f"{old.label} is now {severity.label}")
    if event is not None:
        follow_severity(incident=row, old=old, event=event, by=by, at=at)
    reword_pages(incident=row, by=by, at=at)
    if severity not in PAGED:
        end_own_page(incident=row, by=by, at=at)
    if severity < old and row.state == State.OPEN:
        _bring_forward(row, by, at)
    if row.state == State.OPEN and old not in PAGED and not _is_led(row):
        page_for(incident=row, by=by, at=at)
    return row


def _bring_forward(row: Incident, by: Person, at: datetime) -> None:
    """What is promised for later than a new one of its severity has its first update is promised for then. It stays the
    promise of the update that made it: whoever was told of that one waits for it."""
    due_at = soonest(row, at)
    found = Promise.objects.filter(incident=row, state=PromiseState.OPEN, due_at__gt=due_at).first()
    if found is not None:
        settle_promise(incident=row, update=None, at=at)
        promise(incident=row, due_at=due_at, at=at, by=by, update=found.update,
                reason=f"it is {Severity(row.severity).label} now")


def _is_led(row: Incident) -> bool:
    leads = IncidentRole.objects.filter(incident=row, role=Role.COMMANDER, ends_at__isnull=True)
    return row.acknowledged_at is not None and leads.exists()


def acknowledge(*, incident: Incident, at: datetime) -> bool:
    """Somebody of ours is on it: the first time counts. In the caller's transaction, on a held row. Returns whether
    this was the first; the line on the timeline is that of what they did: took command, or answered the page."""
    if incident.acknowledged_at is not None:
        return False
    incident.acknowledged_at = at
    return Incident.objects.filter(pk=incident.pk, acknowledged_at__isnull=True).update(acknowledged_at=at) == 1

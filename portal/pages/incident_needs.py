"""What the home page says of incidents: updates that are promised, texts to read before a customer gets them, incidents
that nobody leads, the executive who is to be told, and what is still to be done afterwards."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.text import Truncator

from cadence.queries.facts import team_day
from incidents.choices import ActionState, ApprovalState, RetroState, Role, State, StepKind, StepState
from incidents.models import (
    Approval,
    Incident,
    IncidentCustomer,
    IncidentRole,
    IncidentStep,
    RetroAction,
    Retrospective,
)
from incidents.models.incident import IncidentQuerySet
from incidents.queries.open_ones import open_ones
from incidents.queries.seen import visible
from people.choices import Right
from people.models import Person
from portal.common.templatetags.parts import duration_text
from portal.pages.needs import NAMED, Need
from set_rotation.queries.on_now import on_now

SOON = timedelta(minutes=30)  # an update that is due within it is told
TELL = (Role.COMMANDER, Role.DEPUTY, Role.COMMUNICATIONS)


def incident_needs(person: Person, rights: Collection[Right], at: datetime) -> tuple[Need, ...]:
    """The rows for one reader, the red ones first. Five queries, three more for who has a part in an incident."""
    if Right.WORK_INCIDENTS not in rights:
        return ()
    seen = visible(person, rights)
    parts = seen.filter(roles__person=person, roles__ends_at=None, roles__role__in=TELL).distinct()
    mine = list(parts.filter(state__in=[State.OPEN, State.WATCHED, State.CONFIRMED]))
    found = [*_updates(mine, at), *_readings(person, seen), *_sent_back(person, seen), *_executive(mine, at),
             *_steps(person, seen, at), *_retrospectives(mine, at), *_actions(person, seen, at),
             *_nobodys(person, rights, at)]
    return tuple(sorted(found, key=lambda need: need.tone != "red"))


def _updates(mine: Sequence[Incident], at: datetime) -> list[Need]:
    due = [row for row in mine if row.next_update_at and row.next_update_at <= at + SOON]
    names = _names(due) if due else {}
    return [_update(row, names.get(row.pk, ""), row.next_update_at or at, at)
            for row in sorted(due, key=lambda row: row.next_update_at or at)[:NAMED]]


def _update(row: Incident, name: str, due: datetime, at: datetime) -> Need:
    late, length = due <= at, duration_text(abs((due - at).total_seconds()))
    title = f"Update overdue by {length}" if late else f"Update due in {length}"
    said = filter(None, ["Drill" if row.drill else "", row.get_severity_display(), name, row.title])
    return Need("red" if late or row.severity == 1 else "amber", "clock", title, f"{_path(row.pk)}#update", when=length,
                at=due if late else None, label="Write it", primary=True, detail=" · ".join(said))


def _readings(person: Person, seen: IncidentQuerySet) -> list[Need]:
    """Texts for a customer that wait for this reader as the second person: asked by name, or as one of those who have a
    part where whoever of them comes first is to read it."""
    parts = IncidentRole.objects.filter(person=person, ends_at=None).values("incident")
    rows = Approval.objects.filter(
        Q(asked_of=person) | Q(asked_of=None, version__of__incident__in=parts),
        state=ApprovalState.ASKED, version__of__incident__in=seen,
    ).exclude(version__by=person).select_related("version__of__incident").order_by("asked_at")[:NAMED]
    return [
        Need("red", "people", f"Read what the customer gets: {row.version.of.incident}, update {row.version.of.number}",
             reverse("incidents:approve", args=[row.version.of.incident_id, row.version.of.number]), at=row.asked_at,
             label="Read it", detail=row.version.of.incident.title, primary=True)
        for row in rows
    ]


def _sent_back(person: Person, seen: IncidentQuerySet) -> list[Need]:
    """Texts for a customer that a second person sent back, for who wrote them and who has a part: the author may be
    asleep. One that was corrected or overtaken is in another state."""
    parts = IncidentRole.objects.filter(person=person, ends_at=None).values("incident")
    rows = Approval.objects.filter(
        Q(version__by=person) | Q(version__of__incident__in=parts), state=ApprovalState.SENT_BACK,
        version__of__incident__in=seen.exclude(state__in=[State.CLOSED, State.MERGED]),
    ).select_related("version__of__incident").order_by("decided_at")[:NAMED]
    return [
        Need("red", "undo", f"Sent back: {Truncator(row.reason).chars(120)}",
             reverse("incidents:correct", args=[row.version.of.incident_id, row.version.of.number]), at=row.decided_at,
             label="Correct it", primary=True,
             detail=f"The customer's text of {row.version.of.incident}, update {row.version.of.number}")
        for row in rows
    ]


def _executive(mine: Sequence[Incident], at: datetime) -> list[Need]:
    going_on = [row for row in mine if row.state == State.OPEN]
    rows = IncidentStep.objects.filter(
        incident__in=going_on, kind=StepKind.EXECUTIVE, state=StepState.OPEN, due_at__lte=at,
    ).select_related("incident")[:NAMED] if going_on else ()
    return [Need("red", "people", f"The executive is to be told of {row.incident}", _path(row.incident_id),
                 at=row.due_at, label="Look", detail=row.incident.title) for row in rows]


def _steps(person: Person, seen: IncidentQuerySet, at: datetime) -> list[Need]:
    """Steps that were given to this reader, and are due."""
    rows = IncidentStep.objects.filter(
        owner=person, state=StepState.OPEN, due_at__lte=at + SOON, incident__in=seen.exclude(
            state__in=[State.CLOSED, State.MERGED]),
    ).exclude(kind=StepKind.EXECUTIVE).select_related("incident").order_by("due_at")[:NAMED]
    return [Need("amber", "check", row.title, f"{_path(row.incident_id)}#playbook", at=row.due_at, label="Look",
                 detail=f"{row.incident} · {row.incident.title}") for row in rows]


def _nobodys(person: Person, rights: Collection[Right], at: datetime) -> list[Need]:
    """Incidents that nobody has said they are on, for who is on duty."""
    rows = [one for one in open_ones(person, rights) if one.waits]
    if not rows or all(seat.person != person.pk for seat in on_now(at).seats):
        return []
    return [Need("red", "incident", f"Nobody is on I-{one.id} yet", _path(one.id), at=one.at, label="Take it",
                 primary=True, detail=f"Sev{one.severity} · {one.title}") for one in rows[:NAMED]]


def _retrospectives(mine: Sequence[Incident], at: datetime) -> list[Need]:
    """What comes after a resolution, from the day on that it is due."""
    over = [row for row in mine if row.state != State.OPEN]
    today = team_day(at)
    waits = (
        Q(state=RetroState.WAITING, hold_by__lte=today) | Q(state=RetroState.HELD, draft_by__lte=today)
        | Q(state__in=[RetroState.DRAFTED, RetroState.REVIEWED], send_by__lte=today)
    )
    rows = Retrospective.objects.filter(waits, incident__in=over).select_related("incident")[:NAMED] if over else ()
    return [
        Need("amber", "edit", f"Retrospective of {row.incident}: {RetroState(row.state).label.lower()}",
             reverse("incidents:retrospective", args=[row.incident_id]), when="today", label="Go on",
             detail=row.incident.title)
        for row in rows
    ]


def _actions(person: Person, seen: IncidentQuerySet, at: datetime) -> list[Need]:
    """What follows from an incident and is this reader's; what has a ticket is told by the board."""
    rows = RetroAction.objects.filter(owner=person, state=ActionState.OPEN, due_on__lte=team_day(at), ticket=None,
                                      incident__in=seen)
    return [
        Need("amber", "tickets", row.title, reverse("incidents:retrospective", args=[row.incident_id]), when="today",
             label="Look", detail=f"An action of {row.incident}")
        for row in rows.select_related("incident").order_by("due_on", "pk")[:NAMED]
    ]


def _names(rows: Iterable[Incident]) -> dict[int, str]:
    """The first customer of each."""
    found = IncidentCustomer.objects.filter(incident__in=[row.pk for row in rows]).order_by("-pk")
    return dict(found.values_list("incident_id", "customer__name"))


def _path(pk: int) -> str:
    return reverse("incidents:incident", args=[pk])

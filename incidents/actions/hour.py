"""The executive's hour: once an outage is longer than that, the step to tell them appears by itself, and the commander
is told (related-facts, the Sev1 playbook: "the CEO is looped in when the outage is longer than one hour")."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from incidents.actions.base import held, record
from incidents.choices import Role, State, StepKind, StepState, What
from incidents.models import Incident, IncidentEvent, IncidentRole, IncidentStep
from incidents.queries.settings import bounds
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.telling import tell

HOUR = "incident.hour"  # the timer's kind; its key is the incident's id
TOLD = "hour"  # the source of its line: it is told once


def begin_hour(*, incident: Incident, at: datetime) -> None:
    """Set the hour of a new incident, which counts from when it began; in the declaring's transaction. Nothing where
    the playbook has no such step."""
    due = incident.began_at + timedelta(minutes=bounds().executive_after)
    if _waiting(incident).update(due_at=due):
        set_timer(kind=HOUR, key=str(incident.pk), due_at=max(due, at))


@transaction.atomic
def keep_hour(*, incident: Incident, at: datetime) -> None:
    """The incident has changed: the hour follows when it began, and is there again after a reopening. The same again is
    nothing."""
    row = held(incident)
    due = row.began_at + timedelta(minutes=bounds().executive_after)
    _waiting(row).exclude(due_at=due).update(due_at=due)
    if row.state == State.OPEN and _waiting(row).exists() and not _told(row):
        set_timer(kind=HOUR, key=str(row.pk), due_at=max(due, at))


@transaction.atomic
def ring_hour(*, incident: Incident, at: datetime) -> bool:
    """The hour is over: the step stands there from now on, which is a line of the timeline, and whoever leads is told.
    Nothing for one that is resolved, or whose executive knows. Returns whether it was told now."""
    row = held(incident)
    step = _waiting(row).first()
    if row.state != State.OPEN or step is None or step.due_at is None:
        return False
    if step.due_at > at:
        set_timer(kind=HOUR, key=str(row.pk), due_at=step.due_at)
        return False
    minutes = int((step.due_at - row.began_at).total_seconds() // 60)
    length = "an hour" if minutes == 60 else f"{minutes} minutes"
    made = record(What.HOUR, incident=row, at=at, by=None, tone="amber", step=step, source=TOLD,
                  words=f"Longer than {length}: the executive is to be told")
    if made is None:
        return False
    for person in _leaders(row):
        tell(person, key=f"incident-{row.pk}-hour-{person.pk}", at=at, purpose="incident",
             subject=f"{row}: tell the executive", path=reverse("incidents:step", args=[row.pk, step.key]),
             text=f"{row.title}: it has lasted longer than {length}. {step.title}.")
    return True


def _waiting(incident: Incident) -> "QuerySet[IncidentStep]":
    return IncidentStep.objects.filter(incident=incident, kind=StepKind.EXECUTIVE, state=StepState.OPEN)


def _told(incident: Incident) -> bool:
    return IncidentEvent.objects.filter(incident=incident, source=TOLD).exists()


def _leaders(incident: Incident) -> list[Person]:
    """The commander and the deputy; where there is neither, whoever declared it."""
    leads = IncidentRole.objects.filter(incident=incident, ends_at=None, role__in=(Role.COMMANDER, Role.DEPUTY))
    found = [role.person for role in leads.select_related("person")]
    return list(dict.fromkeys(found)) or [one for one in (incident.declared_by,) if one]

"""The executive's hour: once an outage is longer than that, the step to tell them appears by itself, and whoever leads
is told (related-facts, the Sev1 playbook: "the CEO is looped in when the outage is longer than one hour"). While it
stays open they are told again, and the SET lead with them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from incidents.actions.base import held, record
from incidents.choices import Ring, State, StepKind, StepState, What
from incidents.models import Incident, IncidentEvent, IncidentStep
from incidents.queries.heard import heard
from incidents.queries.settings import bounds
from incidents.rules.words import length_words
from portal.common.timers import set_timer
from set_rotation.actions.telling import tell

HOUR = "incident.hour"  # the timer's kind; its key is the incident's id
# So long after the hour, as what, and to whom it is told: each once.
RINGS = (
    (timedelta(), "hour", (Ring.DUE,)),
    (timedelta(minutes=10), "hour-10", (Ring.DUE, Ring.TEN_AFTER)),
    (timedelta(minutes=60), "hour-60", (Ring.DUE, Ring.TEN_AFTER)),
)


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
    if row.state == State.OPEN and _waiting(row).exists() and (left := _left(row, due)):
        set_timer(kind=HOUR, key=str(row.pk), due_at=max(left[0][0], at))


@transaction.atomic
def ring_hour(*, incident: Incident, at: datetime) -> bool:
    """The hour is over: the step stands there from now on, which is a line of the timeline, and whoever leads is told;
    some time later once more, and the SET lead too. Where several of these passed, the last alone is told. Nothing for
    one that is resolved, or whose executive knows. Returns whether it was told now."""
    row = held(incident)
    step = _waiting(row).first()
    if row.state != State.OPEN or step is None or step.due_at is None:
        return False
    left = _left(row, step.due_at)
    passed, ahead = [one for one in left if one[0] <= at], [one for one in left if one[0] > at]
    if ahead:
        set_timer(kind=HOUR, key=str(row.pk), due_at=ahead[0][0])
    if not passed:
        return False
    _, source, rings = passed[-1]
    length, first = length_words(at - row.began_at), source == RINGS[0][1]
    hour = step.due_at - row.began_at
    longer = "an hour" if hour == timedelta(hours=1) else length_words(hour)
    people = heard(at, [row.pk]).of(row.pk, rings)
    made = record(What.HOUR, incident=row, at=at, by=None, tone="amber" if first else "red", step=step, source=source,
                  words=f"Longer than {longer}: the executive is to be told" if first else
                  f"After {length} the executive is still to be told. Told: "
                  + (", ".join(one.name for one in people) or "nobody, for nobody is there"))
    for person in people if made is not None else ():
        tell(person, key=f"incident-{row.pk}-{source}-{person.pk}", at=at, purpose="incident",
             subject=f"{row.called}: tell the executive", path=reverse("incidents:step", args=[row.pk, step.key]),
             text=f"{row.title}: it has lasted {length}. {step.title}.")
    return made is not None


def _waiting(incident: Incident) -> "QuerySet[IncidentStep]":
    return IncidentStep.objects.filter(incident=incident, kind=StepKind.EXECUTIVE, state=StepState.OPEN)


def _left(incident: Incident, due: datetime) -> list[tuple[datetime, str, tuple[Ring, ...]]]:
    """What is still to be told, and when: after the last that was."""
    told = set(IncidentEvent.objects.filter(incident=incident, source__in=[source for _, source, _ in RINGS])
               .values_list("source", flat=True))
    last = max((number for number, (_, source, _) in enumerate(RINGS, 1) if source in told), default=0)
    return [(due + later, source, rings) for later, source, rings in RINGS[last:]]

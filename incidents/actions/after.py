"""After the resolution: watched for a day, confirmed by the customer, closed; and the three dates of the retrospective.

Its dates are business days after the resolution, as the team counts them (related-facts, playbook stage 8).
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from cadence.queries.facts import holidays, team_day, team_zone
from cadence.rules.days import add_business_days
from incidents.actions.base import Refused, held, record
from incidents.actions.playbook import clear_due_dates, set_due_dates
from incidents.actions.steps import settle
from incidents.choices import RetroState, State, StepState, What
from incidents.models import Incident, IncidentStep, Retrospective
from incidents.queries.settings import bounds
from incidents.rules.words import clean_line
from people.models import Person
from portal.common.timers import cancel_timer, set_timer

WATCHED = "incident.watched"  # rings when the watch is over; its key is the incident's id
DEADLINE = "incident.deadline"  # rings on the morning of the next date of the retrospective; key: the incident's id
CONFIRM = "confirm"  # the step that the customer's confirmation does
MORNING = time(9)  # in the team's zone


def begin_after(*, incident: Incident, by: Person | None, at: datetime) -> Retrospective:
    """A held incident has just been resolved: it is watched, and its retrospective has its dates. What was written
    before a reopening is kept. In the caller's transaction."""
    resolved = incident.resolved_at or at
    day, free = team_day(resolved), holidays()
    hold, draft, send = (add_business_days(day, number, free) for number in (1, 2, 3))
    dates = {"hold_by": hold, "draft_by": draft, "send_by": send, "reminded": {}}
    row, _ = Retrospective.objects.update_or_create(
        incident=incident, defaults=dates, create_defaults=dates | {"at": at}
    )
    set_due_dates(incident=incident, resolved_at=resolved, by=by, at=at)
    hours = bounds().watch
    set_timer(kind=WATCHED, key=str(incident.pk), due_at=resolved + timedelta(hours=hours))
    set_timer(kind=DEADLINE, key=str(incident.pk), due_at=max(morning(hold), at))
    record(What.RETRO, incident=incident, at=at, by=by, words=(
        f"To be watched for {hours} hours; retrospective by {hold:%a %-d %b}, summary drafted by {draft:%a %-d %b}, "
        f"sent to the customer by {send:%a %-d %b}"
    ))
    return row


def end_after(*, incident: Incident) -> None:
    """A held incident was opened again, or merged: nobody is reminded of its dates. What was written stays, and is gone
    through again after the next resolution. In the caller's transaction."""
    for kind in (WATCHED, DEADLINE):
        cancel_timer(kind=kind, key=str(incident.pk))
    clear_due_dates(incident=incident)
    rows = Retrospective.objects.filter(incident=incident)
    rows.filter(version=1, state=RetroState.WAITING).delete()
    rows.update(state=RetroState.WAITING, held_on=None, drafted_at=None, reviewed_by=None, reviewed_at=None,
                version=F("version") + 1)


def tick_step(*, row: Incident, key: str, by: Person | None, at: datetime) -> bool:
    """What was just done is a step of the playbook too: it is done, unless it is settled already. In the caller's
    transaction, on a held row."""
    step = IncidentStep.objects.filter(incident=row, key=key, state=StepState.OPEN).first()
    if step is not None:
        settle(step, StepState.DONE, by=by, at=at)
        record(What.STEP, incident=row, at=at, by=by, step=step, tone="green", words=f"Done: {step.title}")
    return step is not None


def morning(day: date) -> datetime:
    """When people are reminded of something that is due on a day: nine o'clock where the team is."""
    return datetime.combine(day, MORNING, ZoneInfo(team_zone()))


@transaction.atomic
def note_watched(*, incident: Incident, at: datetime) -> bool:
    """The watch is over: said on the timeline, once for each resolution. False where it is not watched any more."""
    row = held(incident)
    if row.state not in (State.WATCHED, State.CONFIRMED) or row.resolved_at is None:
        return False
    made = record(What.WATCHED, incident=row, at=at, by=None, tone="green",
                  source=f"watched:{row.resolved_at.timestamp():.0f}",
                  words=f"Watched for {bounds().watch} hours: it has stayed well")
    if made is not None:
        tick_step(row=row, key="watch", by=None, at=at)
    return made is not None


@transaction.atomic
def confirm(*, incident: Incident, who: str, by: Person, at: datetime) -> None:
    """Somebody at the customer says that it is well. `who`: their name. Raises `Refused` without a name, and for one
    that is not resolved."""
    row, who = held(incident), clean_line(who, 120)
    if row.state != State.WATCHED:
        raise Refused("It is confirmed already." if row.confirmed_at else "Only a resolved incident can be confirmed.")
    if not who:
        raise Refused("Say who confirmed it: the name of somebody at the customer.")
    row.state, row.confirmed_at, row.confirmed_by = State.CONFIRMED, at, who
    row.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    record(What.CONFIRMED, incident=row, at=at, by=by, tone="green", words=f"{who} confirmed that it is well")
    tick_step(row=row, key=CONFIRM, by=by, at=at)


@transaction.atomic
def take_confirmation_back(*, incident: Incident, by: Person, at: datetime) -> None:
    """It was no confirmation after all: the incident is being watched, as before. Raises `Refused` elsewhere."""
    row = held(incident)
    if row.state != State.CONFIRMED:
        raise Refused("It is not confirmed, or it is closed already.")
    row.state, row.confirmed_at, row.confirmed_by = State.WATCHED, None, ""
    row.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    step = IncidentStep.objects.filter(incident=row, key=CONFIRM, state=StepState.DONE).first()
    if step is not None:
        settle(step, StepState.OPEN, by=None, at=None)
    more = f": {step.title} is open again" if step else ""
    record(What.CONFIRMED, incident=row, at=at, by=by, step=step, words=f"The confirmation was taken back{more}")

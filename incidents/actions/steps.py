"""The steps of one incident's playbook: done, skipped with a reason, opened again, given to somebody; its stages."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from incidents.actions.base import Refused, held, record
from incidents.actions.hour import HOUR
from incidents.choices import Kind, PatchStage, PatchState, State, StepKind, StepState, What
from incidents.models import Incident, IncidentEvent, IncidentStage, IncidentStep, PatchStep, Update
from incidents.queries.playbook import parts_of
from incidents.rules.promises import moment_in
from incidents.rules.seen import mark, meanwhile
from incidents.rules.words import clean_line, clean_text
from people.models import Person
from portal.common.timers import cancel_timer
from set_rotation.actions.telling import tell

LONGEST_REASON, LONGEST_NOTE = 300, 4_000
# The steps that are a part of the fix's way: "cherry-pick" is done with the cherry-pick, and the other way round.
PART_OF = {stage.value.replace("_", "-"): stage for stage in PatchStage}
UNAPPROVED = "Say who at the customer approved it: nothing goes to their production without that."


@transaction.atomic
def finish_step(*, incident: Incident, key: str, by: Person | None, at: datetime) -> IncidentStep:
    """A step is done, and with it the part of the fix that goes by its name. Raises `Refused` where it is settled
    already, is not there, or the incident was merged, and for a customer's production that nobody there approved."""
    row, step = _open_step(incident, key)
    parts = _parts(row, step).filter(state__in=(PatchState.WAITING, PatchState.UNDER_WAY))
    if step.key == PatchStage.PRODUCTION and row.kind == Kind.CUSTOMER and parts.filter(approver="").exists():
        raise Refused(UNAPPROVED)
    whose = _whose(row, step, parts)
    parts.update(state=PatchState.DONE, at=at, by=by)
    settle(step, StepState.DONE, by=by, at=at)
    record(What.STEP, incident=row, at=at, by=by, step=step, tone="green", words=f"Done: {step.title}{whose}")
    return step


@transaction.atomic
def skip_step(*, incident: Incident, key: str, reason: str, by: Person, at: datetime) -> IncidentStep:
    """A step is left out, for a reason that stays on the timeline. Raises `Refused` as `finish_step`, and without a
    reason."""
    row, step = _open_step(incident, key)
    why = clean_line(reason, LONGEST_REASON)
    if len(why) < 3:
        raise Refused("Say in a few words why it is skipped: whoever reads the timeline wants to know.")
    begun = _parts(row, step).filter(state__in=(PatchState.WAITING, PatchState.UNDER_WAY))
    whose = _whose(row, step, begun)
    begun.update(state=PatchState.NOT_NEEDED, at=at, by=by)
    settle(step, StepState.SKIPPED, by=by, at=at, reason=why)
    record(What.STEP_SKIPPED, incident=row, at=at, by=by, step=step, text=why, words=f"Skipped: {step.title}{whose}")
    return step


@transaction.atomic
def open_step(*, incident: Incident, key: str, by: Person, at: datetime) -> IncidentStep:
    """A step was not done after all. Raises `Refused` for one that is open."""
    row = _held(incident)
    step = _step(row, key)
    changed = IncidentStep.objects.filter(pk=step.pk).exclude(state=StepState.OPEN).update(
        state=StepState.OPEN, done_at=None, done_by=None, reason="",
    )
    if not changed:
        raise Refused(f"“{step.title}” is open already.")
    over = _parts(row, step).filter(state__in=(PatchState.DONE, PatchState.NOT_NEEDED))
    whose = _whose(row, step, over)
    over.filter(version="", url="", note="", approver="").update(state=PatchState.WAITING, at=at, by=by)
    over.update(state=PatchState.UNDER_WAY, at=at, by=by)
    record(What.STEP_OPENED, incident=row, at=at, by=by, step=step, words=f"Opened again: {step.title}{whose}")
    step.refresh_from_db()
    return step


@transaction.atomic
def change_step(
    *, incident: Incident, key: str, owner: Person | None, due_at: datetime | None, note: str, by: Person,
    at: datetime, seen: str = "",
) -> bool:
    """Say whose a step is, until when it is to be done, and what is known of it. `seen`: `seen_of` the step as it was
    shown; "" where nobody was shown anything. Returns whether anything changed. Raises `Refused` where somebody else
    changed it meanwhile, and where the incident was merged. Whoever it is given to is told."""
    row = _held(incident)
    step = _step(row, key)
    text = clean_text(note, LONGEST_NOTE)
    words = _changes(step, owner=owner, due_at=due_at, note=text, at=at)
    if not words:
        return False
    if seen and seen != seen_of(step):
        if seen == mark(owner.pk if owner else None, due_at, text):
            return False  # they changed nothing of what they were shown
        raise Refused(meanwhile(_stands(step, at)))
    noted, given = text if text != step.note else "", owner if owner != step.owner else None
    step.owner, step.due_at, step.note = owner, due_at, text
    step.save(update_fields=["owner", "due_at", "note"])
    line = record(What.STEP_CHANGED, incident=row, at=at, by=by, step=step, text=noted,
                  words=f"{step.title}: {', '.join(words)}")
    if given is not None and given != by and line is not None:
        tell(given, key=f"incident-step-{line.pk}", subject=f"{row.called}: a step is yours", at=at, by=by,
             purpose="incident", text=f"{row.title}\n\n{step.title}{': ' if text else ''}{text}",
             path=reverse("incidents:step", args=[row.pk, key]))
    return True


@transaction.atomic
def take_step(*, incident: Incident, key: str, by: Person, at: datetime) -> IncidentStep:
    """Whoever asks does it. Raises `Refused` where somebody else does, and as `finish_step` where it is settled."""
    row, step = _open_step(incident, key)
    if step.owner is not None:
        raise Refused(f"“{step.title}” is yours already." if step.owner == by
                      else f"{step.owner.name} does “{step.title}” already: give it to yourself on its page.")
    change_step(incident=row, key=key, owner=by, due_at=step.due_at, note=step.note, by=by, at=at)
    return step


def seen_of(step: IncidentStep) -> str:
    """What somebody saw who changes a step."""
    return mark(step.owner_id, step.due_at, step.note)


@transaction.atomic
def enter_stage(
    *, incident: Incident, number: int, by: Person | None, at: datetime, seen: str = ""
) -> IncidentStage:
    """Work goes on in another stage, a later one or an earlier. What is still open in the one that is left is said.
    `seen`: the number of the stage that was shown as worked on, "" for none. Raises `Refused` for the stage that is
    worked on, for one that there is not, and where somebody else went on meanwhile."""
    row = _held(incident)
    stage = IncidentStage.objects.filter(incident=row, number=number).first()
    if stage is None:
        raise Refused("This playbook has no such stage.")
    if row.stage == number:
        raise Refused(f"Stage {number}, {stage.title}, is the one that is worked on.")
    if seen not in ("", str(row.stage)):
        raise Refused(f"Somebody went on meanwhile: stage {row.stage} is worked on now. Look, and go on from there.")
    move_to(row, stage, by=by, at=at)
    return stage


@transaction.atomic
def settle_replies(
    *, incident: Incident, update: Update, by: Person | None, at: datetime, reply: str = "", expected: bool = True,
    told: bool = True,
) -> IncidentStep | None:
    """An update answers a step that asks for a reply: the one with the key `reply`, or else the open one of the stage
    that is worked on, if it is that reply: it goes to the customer (`told`), and names the expected resolution
    (`expected`) where the stage's replies do. Returns the step; None where none waited."""
    waiting = IncidentStep.objects.filter(incident=incident, kind=StepKind.REPLY, state=StepState.OPEN)
    step = waiting.filter(key=reply).first() if reply else None
    if step is None and told:
        here = waiting.filter(stage__number=incident.stage)
        step = (here if expected else here.filter(stage__timeline=False)).first()
    if step is None:
        return None
    settle(step, StepState.DONE, by=by, at=at)
    record(What.STEP, incident=incident, at=at, by=by, step=step, update=update, tone="green",
           words=f"Done by update {update.number}: {step.title}")
    return step


def settle_sent_back(*, update: Update, back: bool, by: Person, at: datetime) -> None:
    """The reply that an update was is asked for again where its customer's text was sent back (`back`), and done again
    when that text leaves after all. In the caller's transaction."""
    told = IncidentEvent.objects.filter(what=What.STEP, update=update, step__kind=StepKind.REPLY)
    told = told.filter(step__state=StepState.DONE, step__done_at=F("at")) if back else told.filter(
        step__state=StepState.OPEN)
    line = told.select_related("step__incident").order_by("pk").first()
    if line is None or line.step is None:
        return
    step = line.step
    settle(step, StepState.OPEN if back else StepState.DONE, by=None if back else by, at=None if back else at)
    words = f"Open again, update {update.number} was sent back" if back else f"Done by update {update.number}"
    record(What.STEP, incident=step.incident, at=at, by=by, step=step, update=update, tone="amber" if back else "green",
           words=f"{words}: {step.title}")


def settle(step: IncidentStep, state: StepState, *, by: Person | None, at: datetime | None, reason: str = "") -> None:
    """Write that a step is done, skipped or open again; its line is the caller's. In their transaction."""
    step.state, step.done_at, step.done_by, step.reason = state, at, by, reason
    step.save(update_fields=["state", "done_at", "done_by", "reason"])
    if step.kind == StepKind.EXECUTIVE:
        cancel_timer(kind=HOUR, key=str(step.incident_id))


def reach_stage(*, incident: Incident, key: str, by: Person | None, at: datetime) -> bool:
    """A held incident has come as far as the stage with this key: it is entered, unless it is there or further.
    In the caller's transaction."""
    stage = IncidentStage.objects.filter(incident=incident, key=key, number__gt=incident.stage).first()
    if stage is not None:
        move_to(incident, stage, by=by, at=at)
    return stage is not None


def move_to(row: Incident, stage: IncidentStage, *, by: Person | None, at: datetime) -> None:
    """Work of a held incident goes on in another stage, which is a line. In the caller's transaction."""
    old = IncidentStage.objects.get(incident=row, number=row.stage)
    old.left_at, stage.left_at = at, None
    old.save(update_fields=["left_at"])
    stage.entered_at = stage.entered_at or at
    stage.save(update_fields=["entered_at", "left_at"])
    row.stage = stage.number
    row.save(update_fields=["stage"])
    left = old.steps.filter(state=StepState.OPEN).exclude(kind=StepKind.EXECUTIVE)
    loose = list(left.values_list("title", flat=True))
    record(What.STAGE, incident=row, at=at, by=by, tone="blue", words=f"Stage {stage.number}: {stage.title}",
           from_value=f"{old.number}", text=f"Still open in {old.title}: {'; '.join(loose)}" if loose else "")


def _changes(
    step: IncidentStep, *, owner: Person | None, due_at: datetime | None, note: str, at: datetime
) -> list[str]:
    words = []
    if step.owner != owner:
        words.append(f"{owner.name} does it" if owner else "nobody in particular does it")
    if step.due_at != due_at:
        words.append(f"due {moment_in(due_at, step.incident.zone, at)}" if due_at else "without a time")
    if step.note != note:
        words.append("noted" if note else "the note was taken away")
    return words


def _stands(step: IncidentStep, at: datetime) -> str:
    """How a step stands now, in words."""
    due = f"due {moment_in(step.due_at, step.incident.zone, at)}" if step.due_at else "without a time"
    who = step.owner.name if step.owner else "nobody in particular"
    return f"{who} does it; {due}; noted: {step.note or 'nothing'}"


def _parts(row: Incident, step: IncidentStep) -> "QuerySet[PatchStep]":
    """What goes by the name of a step on the way of the fix."""
    return parts_of(row).filter(stage=PART_OF.get(step.key, ""))


def _whose(row: Incident, step: IncidentStep, moving: "QuerySet[PatchStep]") -> str:
    """Whose parts go along with a step, as its line says it; "" where no more than one customer has such a part."""
    whose = dict(_parts(row, step).values_list("pk", "customer__name"))
    return f" ({', '.join(whose[one.pk] or 'our own server' for one in moving)})" if len(whose) > 1 and moving else ""


def _held(incident: Incident) -> Incident:
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged into another incident: go on there.")
    return row


def _step(row: Incident, key: str) -> IncidentStep:
    step = IncidentStep.objects.select_related("owner", "stage", "incident").filter(incident=row, key=key).first()
    if step is None:
        raise Refused("This playbook has no such step.")
    return step


def _open_step(incident: Incident, key: str) -> tuple[Incident, IncidentStep]:
    row = _held(incident)
    step = _step(row, key)
    if step.state != StepState.OPEN:
        raise Refused(f"“{step.title}” is {StepState(step.state).label.lower()} already.")
    return row, step

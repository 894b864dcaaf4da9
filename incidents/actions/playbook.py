"""The playbook in one incident: its stages and steps, from the version that was current when it was declared."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from cadence.queries.facts import holidays, team_day, team_zone
from cadence.rules.days import add_business_days
from cadence.rules.hours import instant
from incidents.actions.base import record
from incidents.actions.handbook import load_incidents
from incidents.actions.hour import begin_hour
from incidents.actions.steps import move_to, reach_stage, settle
from incidents.choices import THEIRS, PatchStage, PatchState, StepKind, StepState, What
from incidents.models import Incident, IncidentCustomer, IncidentStage, IncidentStep, PatchStep, PlaybookVersion
from incidents.queries.playbook import parts_of
from people.models import Person

CLOSES = time(17)  # what is due on a day is due when the office closes
RESOLUTION = "resolution"  # the stage that a resolved incident is in


def current_playbook(at: datetime) -> PlaybookVersion:
    """The version with which incidents begin now; a portal that has none yet gets the handbook's. One query."""
    found = PlaybookVersion.objects.order_by("-number").first()
    if found is None:
        load_incidents(at=at)
        found = PlaybookVersion.objects.order_by("-number").get()
    return found


def begin_playbook(*, incident: Incident, at: datetime) -> None:
    """Write the stages, the steps and the patch's track of a new incident, in the declaring's transaction."""
    told = incident.playbook.stages
    stages = IncidentStage.objects.bulk_create([
        IncidentStage(incident=incident, number=number, key=one["key"], title=one["title"],
                      entry=one.get("entry", ""), exit=one.get("exit", ""), timeline=bool(one.get("timeline")),
                      entered_at=at if number == 1 else None)
        for number, one in enumerate(told, start=1)
    ])
    IncidentStep.objects.bulk_create([
        IncidentStep(
            incident=incident, stage=stage, position=position, key=step["key"], title=step["title"],
            hint=step.get("hint", ""), kind=step.get("kind", StepKind.DO), evidence=step.get("evidence", ""),
            days=step.get("days"), due_at=at + timedelta(minutes=step["minutes"]) if step.get("minutes") else None,
        )
        for stage, one in zip(stages, told, strict=True) for position, step in enumerate(one["steps"])
    ])
    lay_patch(incident=incident, by=None, at=at)
    begin_hour(incident=incident, at=at)


def lay_patch(*, incident: Incident, by: Person | None, at: datetime, come: Collection[int] = ()) -> None:
    """Write the parts of the fix's way that are not there yet; of dev/UAT and production one for each customer whom it
    concerns. A step that was done for those before is open again where it is left to do for one who has just `come`. In
    the caller's transaction."""
    customers = list(IncidentCustomer.objects.filter(incident=incident).values_list("customer", flat=True))
    PatchStep.objects.bulk_create([
        PatchStep(incident=incident, stage=stage, customer_id=one)
        for stage in PatchStage for one in (customers if stage in THEIRS and customers else [None])
    ], ignore_conflicts=True)
    left = parts_of(incident).filter(customer__in=come, state__in=(PatchState.WAITING, PatchState.UNDER_WAY))
    keys = set(left.values_list("stage", flat=True))
    for step in IncidentStep.objects.filter(incident=incident, key__in=keys).exclude(state=StepState.OPEN):
        settle(step, StepState.OPEN, by=None, at=None)
        record(What.STEP_OPENED, incident=incident, at=at, by=by, step=step,
               words=f"Open again, it concerns one more customer: {step.title}")


def set_due_dates(*, incident: Incident, resolved_at: datetime, by: Person | None, at: datetime) -> int:
    """A held incident was resolved: work is in the stage "resolution" from now on, and each step that is due so many
    business days after it gets its time, the end of that day's office hours where the team is. Returns how many did.
    In the caller's transaction."""
    day, free, zone = team_day(resolved_at), holidays(), team_zone()
    steps = list(IncidentStep.objects.filter(incident=incident, days__isnull=False))
    for step in steps:
        step.due_at = instant(add_business_days(day, step.days or 0, free), CLOSES, zone)
    IncidentStep.objects.bulk_update(steps, ["due_at"])
    reach_stage(incident=incident, key=RESOLUTION, by=by, at=at)
    return len(steps)


def clear_due_dates(*, incident: Incident) -> None:
    """A held incident was opened again: what is due after its resolution has no time yet. In the caller's
    transaction."""
    IncidentStep.objects.filter(incident=incident, days__isnull=False).update(due_at=None)


def leave_resolution(*, incident: Incident, by: Person | None, at: datetime) -> list[str]:
    """A held incident was opened again: work is in the stage from which it was resolved, and what was done since the
    resolution is to be done after the next one. Returns the titles of those steps. In the caller's transaction."""
    resolution = IncidentStage.objects.filter(incident=incident, key=RESOLUTION).first()
    if resolution is None:
        return []
    before = IncidentStage.objects.filter(incident=incident, number__lt=resolution.number)
    last = before.filter(left_at__isnull=False).order_by("-left_at", "-number").first()
    if incident.stage >= resolution.number and last is not None:
        move_to(incident, last, by=by, at=at)
    later = IncidentStep.objects.filter(incident=incident, stage__number__gte=resolution.number)
    settled = later.exclude(state=StepState.OPEN).exclude(kind=StepKind.EXECUTIVE)
    titles = list(settled.order_by("stage__number", "position", "pk").values_list("title", flat=True))
    if titles:
        IncidentStep.objects.filter(pk__in=settled.values("pk")).update(
            state=StepState.OPEN, done_at=None, done_by=None, reason="")
        record(What.STEP_OPENED, incident=incident, at=at, by=by, text="; ".join(titles),
               words="What was done after the resolution is open again")
    IncidentStage.objects.filter(incident=incident, number__gte=resolution.number).update(left_at=None)
    return titles

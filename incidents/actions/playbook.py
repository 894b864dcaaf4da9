"""The playbook in one incident: its stages and steps, from the version that was current when it was declared."""

from datetime import datetime, timedelta

from incidents.actions.handbook import load_incidents
from incidents.choices import PatchStage, StepKind
from incidents.models import Incident, IncidentStage, IncidentStep, PatchStep, PlaybookVersion


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
    PatchStep.objects.bulk_create([PatchStep(incident=incident, stage=stage) for stage in PatchStage])

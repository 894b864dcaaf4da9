"""What is known of Jira's workflow, learnt from its own answers."""

from collections.abc import Sequence

from django.db import transaction

from portal.common import clock
from tickets.models import WorkflowStep
from tickets.rules.writes import StepFacts


def keep_steps(*, project: str, kind: str, status: str, steps: Sequence[StepFacts]) -> None:
    """The transitions open to a ticket of this project, type and status: these, and no others any more."""
    here = {"project_key": project, "kind": kind, "status_id": status}
    at = clock.now()
    with transaction.atomic():
        WorkflowStep.objects.filter(**here).exclude(step_id__in=[step.id for step in steps]).delete()
        WorkflowStep.objects.bulk_create(
            [
                WorkflowStep(**here, step_id=step.id, name=step.name, to_status=step.to, to_name=step.to_name,
                             fields=[dict(field) for field in step.fields], read_at=at)
                for step in steps
            ],
            update_conflicts=True, unique_fields=[*here, "step_id"],
            update_fields=["name", "to_status", "to_name", "fields", "read_at"],
        )

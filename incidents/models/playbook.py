"""The playbook, versioned; and the stages and steps of one incident, which keep the version it began with."""

from django.db import models
from django.db.models import Q

from customers.models import Customer
from escalations.models import EscalationFile
from incidents.choices import EvidenceKind, PatchStage, PatchState, StepKind, StepState
from people.models import Person


class PlaybookVersion(models.Model):
    """A version of the playbook; none is ever changed. `shipped`: the handbook's version that wrote it, 0 if made here.

    `stages`: a list of {"key", "title", "entry", "exit", "timeline" (replies name the expected resolution), "steps": a
    list of {"key", "title", "kind" (StepKind), "evidence" (EvidenceKind or ""), "minutes" (due so many minutes after
    the declaring, or null), "days" (due so many business days after the resolution, or null), "hint"}}.
    """

    number = models.PositiveIntegerField(unique=True)
    stages = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    shipped = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"playbook {self.number}"


class IncidentStage(models.Model):
    """A stage of one incident, as its playbook had it; `number` from 1."""

    incident = models.ForeignKey("Incident", on_delete=models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=80)
    entry = models.CharField(max_length=300, blank=True)
    exit = models.CharField(max_length=300, blank=True)
    timeline = models.BooleanField(default=False)
    entered_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="an_incident_has_a_stage_once")]


class IncidentStep(models.Model):
    """A step of one incident. `days`: due so many business days after the resolution; `due_at` is known then."""

    incident = models.ForeignKey("Incident", on_delete=models.CASCADE, related_name="steps")
    stage = models.ForeignKey(IncidentStage, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=160)
    hint = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, choices=StepKind.choices, default=StepKind.DO)
    evidence = models.CharField(max_length=20, choices=EvidenceKind.choices, blank=True)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.OPEN)
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300, blank=True)  # why it was skipped
    note = models.TextField(blank=True)  # Markdown

    class Meta:
        ordering = ["stage__number", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "key"], name="a_step_stands_in_an_incident_once"),
            models.CheckConstraint(condition=~Q(state=StepState.SKIPPED) | ~Q(reason=""),
                                   name="a_skipped_step_says_why"),
            models.CheckConstraint(condition=Q(state=StepState.OPEN) | Q(done_at__isnull=False),
                                   name="a_done_step_says_when"),
        ]


class Evidence(models.Model):
    """What was found out, attached to a step or to the incident: a file (looked through for secrets as those of an
    escalation), a link, or words."""

    incident = models.ForeignKey("Incident", on_delete=models.CASCADE, related_name="evidence")
    step = models.ForeignKey(IncidentStep, null=True, blank=True, on_delete=models.SET_NULL, related_name="attached")
    kind = models.CharField(max_length=20, choices=EvidenceKind.choices)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    url = models.URLField(max_length=500, blank=True)
    file = models.OneToOneField(
        EscalationFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="evidence"
    )
    pinned = models.BooleanField(default=False)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pinned", "at", "pk"]
        verbose_name_plural = "evidence"


class PatchStep(models.Model):
    """How far the fix has come on one part of its way. `version`: which release; `url`: the pull request, the build.
    `customer`: whose dev/UAT or production it is; of all other parts, and of our own server, null."""

    incident = models.ForeignKey("Incident", on_delete=models.CASCADE, related_name="patch")
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=20, choices=PatchStage.choices)
    state = models.CharField(max_length=12, choices=PatchState.choices, default=PatchState.WAITING)
    version = models.CharField(max_length=40, blank=True)
    url = models.URLField(max_length=500, blank=True)
    note = models.CharField(max_length=300, blank=True)
    approver = models.CharField(max_length=120, blank=True)  # who at the customer approved it
    approved_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "stage", "customer"], nulls_distinct=False,
                                               name="a_patch_has_a_stage_once_for_each")]

"""What was promised: the matrix by level and plan, and the clocks that run by it."""

from django.db import models
from django.db.models import F, Q

from escalations.choices import ClockKind, ClockStage, ClockState, Unit
from escalations.models.escalation import Escalation
from people.models import Person


class ClockMatrix(models.Model):
    """A version of what is promised, in force from `at` on; the newest holds for clocks that begin. Never changed.

    `promises`: a list of {"kind", "plan", "level", "amount", "unit"}; plan "" is for customers without one.
    `lead_after`: by level ("1" to "4"), minutes after a missed promise at which the lead is told.
    """

    number = models.PositiveSmallIntegerField(unique=True)
    promises = models.JSONField()
    lead_after = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    shipped = models.PositiveSmallIntegerField(default=0)  # the version of the handbook it came with; 0: edited here

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "clock matrices"

    def __str__(self) -> str:
        return f"version {self.number}"


class Clock(models.Model):
    """One promise of one escalation: it began, it runs or is paused, it was met or not.

    `hours` is the customer's office as it was when it began: {"zone", "opens", "closes", "weekdays", "holidays",
    "customer"}. `runs_since`: when it began or last ran again; `lead_after`: minutes, as its matrix said.
    While it is paused `due_at` is None and `left` says how many seconds of its unit remain. `next_at`: when it enters
    its next stage, for the job that looks each second; None while nothing is to come.
    """

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=20, choices=ClockKind.choices)
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    stage = models.PositiveSmallIntegerField(choices=ClockStage.choices, default=ClockStage.RUNNING)
    matrix = models.ForeignKey(ClockMatrix, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    plan = models.CharField(max_length=20, blank=True)
    amount = models.PositiveIntegerField()  # in `unit`
    unit = models.CharField(max_length=20, choices=Unit.choices)
    hours = models.JSONField()
    lead_after = models.PositiveSmallIntegerField(default=60)
    started_at = models.DateTimeField()
    runs_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    left = models.IntegerField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pauses = models.JSONField(default=list, blank=True)  # those that are over, as [from, until] in their order
    met_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)  # the due time that passed unmet
    ended_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "kind"], condition=Q(state__in=[ClockState.RUNNING, ClockState.PAUSED]),
                name="one_clock_of_a_kind_is_open",
            ),
            models.CheckConstraint(
                condition=~Q(state=ClockState.RUNNING) | Q(due_at__isnull=False), name="a_running_clock_is_due"
            ),
            models.CheckConstraint(
                condition=~Q(state=ClockState.PAUSED) | Q(left__isnull=False, paused_at__isnull=False),
                name="a_paused_clock_says_what_is_left",
            ),
        ]
        indexes = [
            models.Index(F("next_at"), F("id"), condition=Q(next_at__isnull=False), name="clocks_by_next_stage"),
            models.Index(fields=["escalation", "started_at"], name="clocks_of_an_escalation"),
            models.Index(fields=["kind", "met_at"], name="clocks_met"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of E-{self.escalation_id}"

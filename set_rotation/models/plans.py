"""Plans that were asked for, and what came of them."""

from django.db import models
from django.db.models import Q

from people.models import Person
from set_rotation.choices import PlanState, SwapState
from set_rotation.models.rota import Override, Pattern


class Plan(models.Model):
    """The next N rotations, proposed by the solver. `ask` is what was asked for, `proposal` what came of it.

    `seen` is a fingerprint of what the proposal stands on: rotations, roster, absences. A plan that was overtaken is
    not published.
    """

    state = models.CharField(max_length=12, choices=PlanState.choices, default=PlanState.WAITING)
    first_on = models.DateField()
    rotations = models.PositiveSmallIntegerField()
    pattern = models.ForeignKey(Pattern, on_delete=models.PROTECT, related_name="+")
    ask = models.JSONField(default=dict)
    proposal = models.JSONField(null=True, blank=True)
    progress = models.FloatField(default=0)  # 0 to 1
    words = models.CharField(max_length=300, blank=True)
    seen = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    alive_at = models.DateTimeField(null=True, blank=True)  # the worker's last sign of life
    finished_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"plan {self.pk}"


class Swap(models.Model):
    """Somebody asks to be replaced in a seat for a stretch; in return they may offer to serve another one.

    `asked` null asks everybody. When it is accepted it becomes overrides, which undoing cancels.
    """

    state = models.CharField(max_length=10, choices=SwapState.choices, default=SwapState.OPEN)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="swaps")  # who is to be replaced
    seat = models.CharField(max_length=10)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    asked = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="swaps_asked")
    return_seat = models.CharField(max_length=10, blank=True)
    return_starts_at = models.DateTimeField(null=True, blank=True)
    return_ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    taken_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="swaps_taken")
    answered_at = models.DateTimeField(null=True, blank=True)
    overrides = models.ManyToManyField(Override, related_name="swaps", blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="a_swap_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(state=SwapState.ACCEPTED) | Q(answered_at__isnull=False), name="an_accepted_swap_says_when"
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(state=SwapState.OPEN), name="swaps_open")]

    def __str__(self) -> str:
        return f"swap {self.pk}"


class SwapAnswer(models.Model):
    """Somebody who was asked said no; everybody else may still say yes."""

    swap = models.ForeignKey(Swap, on_delete=models.CASCADE, related_name="answers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    words = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["swap", "person"], name="a_person_declines_a_swap_once")]

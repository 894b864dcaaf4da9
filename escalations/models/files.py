"""Files of an escalation: kept apart until they were looked through for secrets."""

from django.db import models
from django.db.models import Q

from escalations.choices import FileState
from escalations.models.escalation import Escalation, IntakeDraft
from people.models import Person


class EscalationFile(models.Model):
    """A log, a support bundle, a profile, a picture. It lies under `stored`, an opaque name, in a folder that no
    address leads to; nobody reads it before its state is `released`.

    `findings`: a list of {"kind", "where", "line", "hint"}; a hint shows no secret. `masked`: how many were masked.
    `masking`: it waits to be rewritten without its secrets, as `asked_by` asked. `tries`: how often somebody began to
    look through it; one that ends its worker each time is given up.
    """

    escalation = models.ForeignKey(Escalation, null=True, blank=True, on_delete=models.CASCADE, related_name="files")
    draft = models.ForeignKey(IntakeDraft, null=True, blank=True, on_delete=models.SET_NULL, related_name="files")
    name = models.CharField(max_length=200)  # cleaned; as it will be downloaded
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=80, blank=True)  # the type that its content shows
    stored = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=12, choices=FileState.choices, default=FileState.QUARANTINE)
    findings = models.JSONField(default=list)
    found = models.PositiveIntegerField(default=0)  # all that were found; `findings` lists the first
    masked = models.PositiveIntegerField(default=0)
    masking = models.BooleanField(default=False)
    asked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)  # why it was refused, what was not looked into
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=120)
    public = models.BooleanField(default=True)  # the reporter may download it
    at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=FileState.RELEASED) | Q(checked_at__isnull=False), name="a_released_file_was_checked"
            ),
        ]
        indexes = [
            models.Index(fields=["escalation", "at"], name="files_of_an_escalation"),
            models.Index(fields=["at"], condition=Q(state=FileState.QUARANTINE), name="files_to_check"),
        ]

    def __str__(self) -> str:
        return self.name

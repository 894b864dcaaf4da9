"""What is on its way from the board to Jira, and what is known of Jira's workflow."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.outbox.models import Delivery
from tickets.choices import Verb
from tickets.models.ticket import Ticket


class TicketWrite(models.Model):
    """A change of a ticket that somebody made here: shown at once, written to Jira by its delivery.

    `base`, `mine` and `theirs` hold columns of `Ticket`: as they were drawn, as they are wanted, and as Jira has them
    since (null: as drawn). While a write is open, the mirror shows `mine` over what Jira says.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="writes")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="ticket_writes")
    verb = models.CharField(max_length=20, choices=Verb.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    base = models.JSONField(default=dict)
    mine = models.JSONField(default=dict)
    theirs = models.JSONField(null=True)
    open = models.BooleanField(default=True)
    batch = models.UUIDField(null=True)  # what one request wrote is undone, and looked at, together

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "ticket"], name="a_delivery_writes_a_ticket_once"),
        ]
        indexes = [
            models.Index(fields=["ticket", "id"], condition=Q(open=True), name="writes_open"),
            models.Index(fields=["ticket", "-at"], name="writes_of_a_ticket"),
            models.Index(fields=["batch", "id"], condition=Q(batch__isnull=False), name="writes_of_a_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.ticket_id}"


class WorkflowStep(models.Model):
    """A transition as Jira offered it last to a ticket of this project, type and status, with what its screen demands.

    A view never asks Jira: it reads here, and the worker keeps this fresh.
    """

    project_key = models.CharField(max_length=40)
    kind = models.CharField(max_length=255)
    status_id = models.CharField(max_length=255)
    step_id = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    to_status = models.CharField(max_length=255)
    to_name = models.CharField(max_length=255)
    fields = models.JSONField(default=list)  # [{id, name, kind, allowed: [[id, name]]}]
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_key", "kind", "status_id", "step_id"], name="a_step_is_known_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_key} {self.name}"

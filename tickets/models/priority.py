"""The priority of work: what the lead says marks a ticket, what other rooms say it weighs, what stands against it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from portal.common.models import Event
from tickets.choices import MarkMeans, MarkOn, PriorityWhat
from tickets.models.ticket import Ticket


class PriorityMarkQuerySet(models.QuerySet["PriorityMark"]):
    def standing(self) -> Self:
        return self.filter(removed_at__isnull=True)


class PriorityMark(models.Model):
    """What a label, component, fix version or type means for the order. A row is never changed: an edit removes one and
    adds another, and what was removed stays as a row, so that a new version of the handbook does not bring it back."""

    means = models.CharField(max_length=20, choices=MarkMeans.choices)
    on = models.CharField(max_length=20, choices=MarkOn.choices)
    pattern = models.CharField(max_length=255)
    shipped = models.PositiveSmallIntegerField(default=0)  # the version of the handbook it came with; 0: added here
    removed_at = models.DateTimeField(null=True)

    objects = PriorityMarkQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("means", "on", Lower("pattern"), name="a_priority_mark_stands_once"),
            models.CheckConstraint(condition=~Q(pattern=""), name="a_priority_mark_has_a_pattern"),
        ]

    def __str__(self) -> str:
        return f"{self.get_on_display()} {self.pattern}"


class PriorityEvent(Event):
    """A change of what marks a ticket: added, removed, by whom."""

    what = models.CharField(max_length=60, choices=PriorityWhat.choices)
    mark = models.ForeignKey(PriorityMark, null=True, on_delete=models.SET_NULL, related_name="events")


class TicketWeight(models.Model):
    """What another room says of a ticket: `escalation:E-12` at level 2 with three customers, `incident:I-7` at Sev1.

    `level` is the source's own scale, 1 the most urgent.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="weights", db_index=False)
    source = models.CharField(max_length=80)
    level = models.PositiveSmallIntegerField()
    customers = models.PositiveIntegerField(default=0)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "source"], name="a_source_weighs_a_ticket_once"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=4), name="a_weight_has_a_level_of_1_to_4"),
            models.CheckConstraint(condition=~Q(source=""), name="a_weight_has_a_source"),
        ]


class OrderExceptionQuerySet(models.QuerySet["OrderException"]):
    def standing(self) -> Self:
        return self.filter(ended_at__isnull=True)


class OrderException(models.Model):
    """Somebody moved a ticket against the order and said why. It holds for a week, then the ticket counts again."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="order_exceptions")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = OrderExceptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(ended_at__isnull=True), name="a_ticket_has_one_standing_exception"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="an_exception_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(ended_at__isnull=True), name="exceptions_by_their_end"),
        ]

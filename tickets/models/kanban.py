"""How SET works its board: limits of work in progress, what blocks a ticket, where it is talked about."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.outbox.models import Delivery
from portal.common.models import Event
from tickets.choices import Column, KanbanWhat, LimitOf
from tickets.models.ticket import Ticket


class WipLimit(models.Model):
    """How many tickets a column may hold, all in all or for each person; `forbids`: more are refused, not only
    warned of."""

    column = models.CharField(max_length=20, choices=Column.choices)
    of = models.CharField(max_length=10, choices=LimitOf.choices)
    most = models.PositiveSmallIntegerField()
    forbids = models.BooleanField(default=False)

    class Meta:
        ordering = ["column", "of"]
        constraints = [
            models.UniqueConstraint(fields=["column", "of"], name="one_limit_of_a_kind_has_a_column"),
            models.CheckConstraint(condition=Q(most__gt=0), name="a_limit_lets_something_in"),
        ]

    def __str__(self) -> str:
        return f"{self.column} {self.of}: {self.most}"


class TicketBlock(models.Model):
    """What keeps a ticket from going on: why, by what, since when. Open while `ended_at` is null."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="blocks")
    why = models.CharField(max_length=500)
    by_what = models.CharField(max_length=200, blank=True)  # a key, a team, a customer: whatever it waits for
    since = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(ended_at__isnull=True), name="a_ticket_is_blocked_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.why}"


class TicketThread(models.Model):
    """The Mattermost thread in which a ticket is talked about: started from here, or linked."""

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="thread")
    url = models.CharField(max_length=500, blank=True)
    post_id = models.CharField(max_length=40, blank=True)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"thread of {self.ticket_id}"


class KanbanEvent(Event):
    """A change of how the board is worked: a limit, a block, a thread."""

    what = models.CharField(max_length=60, choices=KanbanWhat.choices)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE, related_name="kanban_events")

    class Meta:
        indexes = [models.Index(fields=["ticket", "-at"], name="kanban_events_of_a_ticket")]

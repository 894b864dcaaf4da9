"""The cycle of a rotation: its checklist, and the hand-over to the next."""

from django.db import models
from django.db.models import Q

from people.models import Person
from portal.common.models import Shipped
from set_rotation.choices import CyclePhase
from set_rotation.models.rota import Rotation


class ChecklistItem(Shipped):
    """Something to be done in each rotation. `each`: by every person of it, otherwise once.

    Due `days` after the day on which the rotation starts (below 0: before it; for a hand-over: after the day on which
    that is due), at the end of the day in the lead's zone. Without days: when the rotation starts, ends or is handed
    over.
    """

    key = models.SlugField(max_length=60, unique=True)
    phase = models.CharField(max_length=10, choices=CyclePhase.choices)
    words = models.CharField(max_length=300)
    # The page where it is done: an address, the name of one ("set_rotation:reach") or "channel:" and a channel's name.
    path = models.CharField(max_length=300, blank=True)
    each = models.BooleanField(default=False)
    days = models.SmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False)

    class Meta:
        ordering = ["phase", "position", "key"]

    def __str__(self) -> str:
        return self.words


class ChecklistMark(models.Model):
    """An item was done in a rotation, by somebody; `person`: whose item it is, null for the whole rotation's."""

    item = models.ForeignKey(ChecklistItem, on_delete=models.CASCADE, related_name="marks")
    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="marks")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "rotation", "person"], nulls_distinct=False, name="an_item_is_ticked_once"
            ),
        ]


class HandOver(models.Model):
    """What a rotation leaves to the next one. `draft` holds the facts as the portal found them, with when."""

    rotation = models.OneToOneField(Rotation, on_delete=models.CASCADE, related_name="hand_over")
    text = models.TextField(blank=True)  # what is not written down anywhere else (Markdown)
    draft = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    drafted_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    given_at = models.DateTimeField(null=True, blank=True)
    given_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(given_at__isnull=True) | ~Q(draft={}), name="what_is_handed_over_was_drafted"
            ),
        ]

    def __str__(self) -> str:
        return f"hand-over {self.pk}"


class HandOverTicket(models.Model):
    """Who takes a ticket over. `write` is the number of the write that tells Jira, once it is on its way."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.CASCADE, related_name="tickets")
    ticket = models.PositiveBigIntegerField()  # the ticket's id; tickets/ may import this room, not the other way round
    key = models.CharField(max_length=40)
    was_with = models.CharField(max_length=120, blank=True)
    goes_to = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=200, blank=True)
    chosen = models.BooleanField(default=False)  # by a person; a proposal that nobody changed is not
    write = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hand_over", "ticket"], name="a_ticket_is_handed_over_once"),
        ]


class HandOverTaken(models.Model):
    """An incoming person has read the hand-over."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.CASCADE, related_name="taken")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hand_over", "person"], name="a_hand_over_is_taken_once")]

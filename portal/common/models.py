"""What tables of every room are built on: the base of their `<Noun>Event`, and of rows that the handbook brings."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """A state change: who, when, what, from, to, and by which way it came. Written in the change's own transaction."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    what = models.CharField(max_length=60)
    from_value = models.TextField(blank=True)
    to_value = models.TextField(blank=True)
    via = models.CharField(max_length=20, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class Shipped(models.Model):
    """A row that the handbook may bring. `shipped`: the version that last wrote it, 0 if made here; an edited one is
    left alone by later versions."""

    shipped = models.PositiveSmallIntegerField(default=0)
    edited = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Timer(models.Model):
    """Something to be done at a time. In the database and not in the broker: a restart loses nothing.

    Setting it again, or cancelling it, changes the token: whoever claimed it before finds that it is no longer theirs.
    """

    kind = models.CharField(max_length=60)  # which flow: portal.flows.timers
    key = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    token = models.CharField(max_length=32)
    attempts = models.IntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_timer_of_a_kind_has_a_key")]
        indexes = [models.Index(fields=["due_at"], name="timers_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} at {self.due_at:%Y-%m-%d %H:%M:%S}"

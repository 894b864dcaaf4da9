"""The base of every room's `<Noun>Event` table."""

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

"""How the mirror is kept: projects, runs, and the webhooks that arrived."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tickets.choices import DeliveryState, RunKind, RunState


class MirroredProject(models.Model):
    """A Jira project that is mirrored. `watermark` is in Jira's clock: everything updated before it is here."""

    key = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=255, blank=True)
    on_board = models.BooleanField(default=True)
    watermark = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # the end of the last run that Jira answered in full
    census_at = models.DateTimeField(null=True)
    complete = models.BooleanField(default=False)  # a full run has reached its end at least once
    not_before = models.DateTimeField(null=True)  # Jira asked to wait until then (Retry-After)
    notice = models.TextField(blank=True)  # what the lead has to know: a census that was held
    silent_since = models.DateTimeField(null=True)  # Jira has not answered since; null while it does

    class Meta:
        ordering = ["-on_board", "key"]

    def __str__(self) -> str:
        return self.key


class SyncRun(models.Model):
    """One run of the mirror over one project: what it did, or in words why it ended."""

    project = models.ForeignKey(MirroredProject, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=20, choices=RunKind.choices)
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.RUNNING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # A run goes through issues by the time they were created; `reached` is how far it got. A run that was killed
    # is taken up there, and what it began with (`since`, `jira_started_at`) holds for the continuation.
    since = models.DateTimeField(null=True)
    jira_started_at = models.DateTimeField(null=True)
    reached = models.DateTimeField(null=True)
    continues = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    expected = models.IntegerField(null=True)
    seen = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    changes = models.IntegerField(default=0)
    missing = models.IntegerField(default=0)
    requests = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["project", "-started_at"], name="runs_of_a_project"),
            models.Index(fields=["project"], condition=Q(state=RunState.RUNNING), name="runs_under_way"),
        ]


class WebhookDelivery(models.Model):
    """A webhook as it came: stored first, answered at once, applied afterwards by fetching the issue."""

    identifier = models.CharField(max_length=255, unique=True)
    received_at = models.DateTimeField()
    event = models.CharField(max_length=100, blank=True)
    issue_id = models.BigIntegerField(null=True)
    issue_key = models.CharField(max_length=80, blank=True)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.STORED)
    attempts = models.SmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["received_at"], condition=Q(state=DeliveryState.STORED), name="webhooks_waiting"),
            models.Index(fields=["-received_at"], name="webhooks_by_time"),
        ]

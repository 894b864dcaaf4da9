"""A ticket and everything of it that is mirrored."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from people.models import FeatureTeam
from portal.common.models import Event
from tickets.choices import Column, Presence, TicketWhat, WriteState
from tickets.models.mapping import JiraStatus, JiraUser

DONE_FOR = timedelta(days=14)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def present(self) -> "TicketQuerySet":
        return self.filter(presence=Presence.PRESENT)

    def on_board(self, at: datetime) -> "TicketQuerySet":
        """What the board shows: present, of SET's projects, and in Done only what came there in the last 14 days."""
        return self.present().exclude(column=Column.OFF).filter(
            ~Q(column=Column.DONE) | Q(status_since__gte=at - DONE_FOR)
        )


class Ticket(models.Model):
    """A mirrored Jira issue. Its identity is Jira's numeric id: a key changes when an issue moves."""

    id = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=80)
    project_key = models.CharField(max_length=40)
    kind = models.CharField(max_length=255, blank=True)
    status = models.ForeignKey(JiraStatus, null=True, on_delete=models.PROTECT, related_name="tickets")
    column = models.CharField(max_length=20, choices=Column.choices, default=Column.UNMAPPED)
    resolution = models.CharField(max_length=255, blank=True)
    priority = models.CharField(max_length=255, blank=True)
    severity = models.CharField(max_length=255, blank=True)
    labels = ArrayField(models.TextField(), default=list)
    components = ArrayField(models.TextField(), default=list)
    fix_versions = ArrayField(models.TextField(), default=list)
    epic_key = models.CharField(max_length=80, blank=True)
    parent_key = models.CharField(max_length=80, blank=True)
    assignee = models.ForeignKey(JiraUser, null=True, on_delete=models.PROTECT, related_name="assigned")
    reporter = models.ForeignKey(JiraUser, null=True, on_delete=models.PROTECT, related_name="reported")
    rank_position = models.IntegerField(null=True)
    summary = models.TextField(blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField()
    resolved = models.DateTimeField(null=True)
    status_since = models.DateTimeField()
    # Without a change log the status may be older than what was seen: then the age is "at least".
    status_since_is_floor = models.BooleanField(default=False)
    team = models.ForeignKey(FeatureTeam, null=True, on_delete=models.SET_NULL, related_name="tickets")
    is_customer = models.BooleanField(default=False)
    is_community = models.BooleanField(default=False)
    presence = models.CharField(max_length=10, choices=Presence.choices, default=Presence.PRESENT)
    missed_by = models.SmallIntegerField(default=0)
    mirrored_at = models.DateTimeField()
    # What a card shows of a write that is on its way to Jira (`TicketWrite`), of its place in the priority of work
    # (rules.priority), of a move against that order, and of what blocks it: kept here, so that a board of cards is one
    # query whatever is going on.
    write_state = models.CharField(max_length=10, choices=WriteState.choices, blank=True, db_default="")
    write_note = models.TextField(blank=True, db_default="")
    work_class = models.SmallIntegerField(null=True)
    work_key = ArrayField(models.BigIntegerField(), null=True)  # compares as the priority of work does, ascending
    work_reason = models.TextField(blank=True, db_default="")
    order_reason = models.TextField(blank=True, db_default="")
    blocked_since = models.DateTimeField(null=True)
    blocked_why = models.TextField(blank=True, db_default="")
    words = models.GeneratedField(
        expression=SearchVector("summary", config="english"), output_field=SearchVectorField(), db_persist=True
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(presence=Presence.PRESENT), name="one_present_ticket_has_a_key"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="a_ticket_has_a_key"),
        ]
        indexes = [
            # A column's first part is read straight off these, however long the column is.
            models.Index(
                F("column"), Coalesce("rank_position", 2_000_000_000), F("id"),
                condition=Q(presence=Presence.PRESENT), name="column_by_rank",
            ),
            models.Index(
                F("column"), F("status_since").desc(), F("id"),
                condition=Q(presence=Presence.PRESENT), name="column_by_status_since",
            ),
            models.Index(fields=["project_key", "id"], name="tickets_of_a_project"),
            # Each run asks who has a place in To Do: a few, among all that were ever mirrored.
            models.Index(
                fields=["project_key"], condition=Q(rank_position__isnull=False), name="tickets_with_a_rank"
            ),
            models.Index(fields=["assignee", "column"], name="tickets_of_a_person"),
            models.Index(fields=["-updated"], name="tickets_by_update"),
            models.Index(fields=["-created"], name="tickets_by_creation"),
            GinIndex(fields=["labels"], name="tickets_by_label"),
            GinIndex(fields=["words"], name="tickets_by_word"),
            models.Index(F("key"), name="tickets_by_key"),
        ]

    def __str__(self) -> str:
        return self.key


class TicketDetail(models.Model):
    """What only a ticket's own page and a later question need: kept apart so that lists stay narrow."""

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="detail")
    description = models.TextField(blank=True)
    environment = models.TextField(blank=True)
    payload = models.JSONField()
    # Of the payload as fetched; the same digest again means that there is nothing to write.
    digest = models.CharField(max_length=64)
    # Text and jsonb refuse NUL and lone surrogates; real data holds some. They are taken out, and that is said here.
    cleaned = models.BooleanField(default=False)


class TicketKey(models.Model):
    """A former key of a ticket that was moved: old links go on working."""

    key = models.CharField(max_length=80, unique=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="former_keys")


class TicketChange(models.Model):
    """One item of Jira's change log: which field, from what, to what, when, by whom."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="changes")
    history_id = models.BigIntegerField()
    position = models.SmallIntegerField()
    at = models.DateTimeField()
    author = models.ForeignKey(JiraUser, null=True, on_delete=models.PROTECT, related_name="+")
    field = models.CharField(max_length=255)
    field_id = models.CharField(max_length=255, blank=True)
    from_value = models.TextField(null=True)
    from_text = models.TextField(null=True)
    to_value = models.TextField(null=True)
    to_text = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "history_id", "position"], name="a_change_is_kept_once"),
        ]
        indexes = [
            models.Index(fields=["-at"], name="changes_by_time"),
            models.Index(fields=["ticket", "-at"], name="changes_of_a_ticket"),
        ]


class TicketComment(models.Model):
    """A comment, by Jira's id."""

    id = models.BigIntegerField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(JiraUser, null=True, on_delete=models.PROTECT, related_name="+")
    body = models.TextField(blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField()
    is_public = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["ticket", "created"], name="comments_of_a_ticket")]


class TicketLink(models.Model):
    """A link to another issue, read from this ticket's side: "is blocked by MM-12"."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")
    jira_id = models.BigIntegerField()
    phrase = models.CharField(max_length=255)
    other_key = models.CharField(max_length=80)
    other_summary = models.TextField(blank=True)
    other_status = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "jira_id"], name="a_link_is_kept_once_a_side")]


class TicketEvent(Event):
    """What befell a ticket that Jira's own change log does not tell: moved away, archived, gone, deleted, back."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=60, choices=TicketWhat.choices)

    class Meta:
        indexes = [models.Index(fields=["ticket", "-at"], name="events_of_a_ticket")]

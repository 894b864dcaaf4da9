"""What the weekly update is counted from: how each ticket stood over time, and what counts as a bug."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from portal.common.models import Event
from tickets.choices import UpdateState, UpdateWhat
from tickets.models.mapping import JiraStatus
from tickets.models.ticket import Ticket


class BugType(models.Model):
    """An issue type that the weekly update counts as a bug. `shipped`: the handbook's, not edited here."""

    name = models.CharField(max_length=255)
    shipped = models.PositiveSmallIntegerField(default=0)
    # What the lead takes out stays as a row, so that a new start does not bring the handbook's back.
    counts = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="a_bug_type_is_named_once")]

    def __str__(self) -> str:
        return self.name


class ApartResolution(models.Model):
    """A resolution that counts as resolved, and is shown apart: nothing was mended."""

    name = models.CharField(max_length=255)
    shipped = models.PositiveSmallIntegerField(default=0)
    counts = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="a_resolution_apart_is_named_once")]

    def __str__(self) -> str:
        return self.name


class TicketState(models.Model):
    """How a ticket stood from `since` until `until`, replayed from its log: derived, never edited.

    Status, type and labels stand here as Jira has them, not as columns and marks: the mapping is edited, and
    an edit must not ask for all of this to be written again. `before_*` says how it stood just before, so that both
    sides of a crossing are one row.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="states", db_index=False)
    number = models.IntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    project_key = models.CharField(max_length=40)
    # In Jira, and in a mirrored project: what is deleted or moved away counts until then.
    here = models.BooleanField(default=True)
    status = models.ForeignKey(JiraStatus, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=255, blank=True)
    labels = ArrayField(models.TextField(), default=list)
    resolution = models.CharField(max_length=255, blank=True)
    before_here = models.BooleanField(default=False)
    before_status = models.ForeignKey(
        JiraStatus, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    before_kind = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="the_states_of_a_ticket_are_in_order"),
        ]
        indexes = [
            # A window reads what began in it, whatever the years before hold.
            models.Index(fields=["since"], name="states_by_time"),
            # Who stood in a status at a moment: whoever left it later, or never, and had come before; all of it in the
            # index, for of a moment long ago nearly everybody left it later.
            models.Index(fields=["status", "until", "since"], name="states_of_a_status"),
        ]


class DailyCount(models.Model):
    """How many tickets stood so at the beginning of a day (UTC). Days are stored without a gap up to the latest.

    A write that changes the past takes away the days after it, in its own transaction: what is stored is always true.
    """

    day = models.DateField()
    project_key = models.CharField(max_length=40)
    status_id = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=255, blank=True)
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "project_key", "status_id", "kind"], name="a_day_is_counted_once"),
            models.CheckConstraint(condition=Q(count__gt=0), name="a_count_of_none_is_not_kept"),
        ]


class WeeklyUpdate(models.Model):
    """The post that the lead owes after a Tuesday meeting: the text, and the numbers and lists it was written from."""

    meeting_date = models.DateField(unique=True)  # in the team's zone; the post's hashtag
    at = models.DateTimeField()  # the end of the window that was counted
    state = models.CharField(max_length=10, choices=UpdateState.choices, default=UpdateState.DRAFT)
    numbers = models.JSONField(default=dict)
    lists = models.JSONField(default=dict)
    text = models.TextField()
    # Each saved text has a number; saving names the number that was seen, so that two editors do not overwrite.
    version = models.PositiveIntegerField(default=1)
    drafted_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.GeneratedField(
        expression=SearchVector("text", config="english"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        ordering = ["-meeting_date"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=UpdateState.POSTED, posted_at__isnull=False)
                | Q(state=UpdateState.DRAFT, posted_at__isnull=True),
                name="a_posted_update_says_when",
            ),
        ]
        indexes = [GinIndex(fields=["words"], name="updates_by_word")]

    def __str__(self) -> str:
        return f"Update of {self.meeting_date}"

    @property
    def resolved_customers(self) -> int:
        return int(self.numbers.get("resolved-customers", 0))


class WeeklyUpdateVersion(models.Model):
    """A text that an update had. `posted`: it went to the channel, first or as a correction."""

    update = models.ForeignKey(WeeklyUpdate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    posted = models.BooleanField(default=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["update", "number"], name="the_versions_of_an_update_are_numbered"),
        ]


class WeeklyUpdateEvent(Event):
    """What was done with an update, and by whom."""

    update = models.ForeignKey(WeeklyUpdate, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=60, choices=UpdateWhat.choices)

    class Meta:
        indexes = [models.Index(fields=["update", "-at"], name="events_of_an_update")]

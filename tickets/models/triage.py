"""Triage: the list of each meeting, what was decided of each bug, and how common each word is."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from people.models import FeatureTeam
from tickets.choices import TriageVerb
from tickets.models.ticket import Ticket
from tickets.models.writes import TicketWrite


class TriageMeeting(models.Model):
    """The list of a triage meeting, made before it begins and never changed afterwards.

    `since`: bugs that were created from then on count as new. It lies a week before the list before was made: whatever
    the pause between two meetings, and however late the mirror learns of a bug, none falls between two lists. An older
    one that came into triage only since then is told apart by `TriageKnown`.
    """

    at = models.DateTimeField(unique=True)  # when the meeting begins
    made_at = models.DateTimeField()
    since = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=Q(since__lte=models.F("made_at")), name="a_list_reaches_back_in_time"),
        ]

    def __str__(self) -> str:
        return f"Triage of {self.at:%Y-%m-%d %H:%M}"


class TriageItem(models.Model):
    """A bug on a meeting's list. `left`: the meeting before had it, and decided nothing."""

    meeting = models.ForeignKey(TriageMeeting, on_delete=models.CASCADE, related_name="items")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="triage_items")
    position = models.PositiveIntegerField()
    left = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "ticket"], name="a_bug_is_on_a_list_once"),
        ]


class TriageKnown(models.Model):
    """A bug that was in triage when the latest list was made, and too old for it. What is in triage, on no list and not
    here came into triage since: its owner gave it back, or its type is another one."""

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="+")


class TriageDecisionQuerySet(models.QuerySet["TriageDecision"]):
    def taken(self) -> Self:
        """Those that were not taken back, whatever came of the bug later."""
        return self.filter(undone_at__isnull=True)

    def standing(self) -> Self:
        """Those that hold: neither taken back, nor followed by another one."""
        return self.filter(undone_at__isnull=True, over_at__isnull=True)

    def between(self, since: datetime, until: datetime) -> Self:
        """Those of [since, until)."""
        return self.filter(at__gte=since, at__lt=until)


class TriageDecision(models.Model):
    """What somebody decided of a bug in triage, and the writes by which Jira learns of it.

    `to` says where it went, in words that outlive the team or ticket: "Channels", "MM-12", "Won't Do". `over_at`: the
    bug came back into triage later, and was decided anew.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="triage_decisions")
    meeting = models.ForeignKey(TriageMeeting, null=True, on_delete=models.SET_NULL, related_name="decisions")
    verb = models.CharField(max_length=20, choices=TriageVerb.choices)
    team = models.ForeignKey(FeatureTeam, null=True, on_delete=models.SET_NULL, related_name="+")
    other = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="+")
    to = models.CharField(max_length=255, blank=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    came_at = models.DateTimeField()  # when the bug came into triage: how long it waited is counted from then
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    over_at = models.DateTimeField(null=True)
    writes = models.ManyToManyField(TicketWrite, related_name="triage_decisions")

    objects = TriageDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(undone_at__isnull=True, over_at__isnull=True),
                name="a_bug_has_one_standing_decision",
            ),
            models.CheckConstraint(
                condition=~Q(verb__in=[TriageVerb.ROUTE, TriageVerb.DUPLICATE, TriageVerb.CLOSE]) | ~Q(to=""),
                name="a_decision_says_where_a_bug_went",
            ),
        ]
        indexes = [models.Index(fields=["-at"], name="decisions_by_time")]

    def __str__(self) -> str:
        return f"{self.verb} {self.ticket_id}"


class WordCount(models.Model):
    """In how many tickets' summaries a word stands, in the form in which the search stores it; counted nightly."""

    word = models.TextField(primary_key=True)
    tickets = models.IntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tickets__gt=0), name="a_word_of_none_is_not_kept")]

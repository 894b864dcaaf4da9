"""Where duty is seen outside the portal's pages: calendars, the channel's header, reminders."""

from django.db import models
from django.db.models import Q

from people.models import FeatureTeam, Person
from set_rotation.choices import FeedKind


class CalendarFeed(models.Model):
    """A secret address at which a calendar program reads duty. Only its hash is kept; `hint` is its start."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="calendar_feeds")
    kind = models.CharField(max_length=10, choices=FeedKind.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "-made_at"]

    def __str__(self) -> str:
        return f"{self.kind} ({self.hint}…)"


class SprintPlanning(models.Model):
    """When a feature team plans its sprints: every so many weeks from `first_on` on, in the clocks of a zone (empty:
    the team's). Whoever is on SET goes to that of their own team, so it stands in their calendar."""

    team = models.OneToOneField(FeatureTeam, on_delete=models.CASCADE, related_name="sprint_planning")
    first_on = models.DateField()
    weeks = models.PositiveSmallIntegerField(default=2)
    at = models.TimeField()
    zone = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "sprint plannings"
        constraints = [
            models.CheckConstraint(condition=Q(weeks__gte=1, weeks__lte=8), name="sprints_last_1_to_8_weeks"),
        ]

    def __str__(self) -> str:
        return f"every {self.weeks} weeks from {self.first_on}"


class ChannelHeader(models.Model):
    """What we keep in a channel's header. `written`: the texts we wrote or tried to write, newest first: the last that
    is found there is ours to replace. `channel_id` finds a channel again that was renamed."""

    name = models.CharField(max_length=64, unique=True)  # as configured
    channel_id = models.CharField(max_length=40, blank=True)
    found_name = models.CharField(max_length=64, blank=True)  # as Mattermost has it now
    written = models.JSONField(default=list)
    written_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)  # in words; "" when all is well
    trouble_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class NoticeChoice(models.Model):
    """How somebody wants to be told of their duty. Without a row: by both, of everything."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="notice_choice")
    mattermost = models.BooleanField(default=True)
    mail = models.BooleanField(default=True)
    week_before = models.BooleanField(default=True)
    day_before = models.BooleanField(default=True)
    at_start = models.BooleanField(default=True)
    at_end = models.BooleanField(default=True)
    look_at_questions = models.BooleanField(default=True)  # the Ask-R&D channel, twice a day, as primary

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(mattermost=True) | Q(mail=True), name="somebody_is_told_by_some_way"),
        ]

    def __str__(self) -> str:
        return f"notices of {self.person_id}"

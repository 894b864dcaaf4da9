"""Who can be on SET, from when until when; what each feature team owes; who is away; what people wish."""

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import CheckConstraint, F, Func, Q, Value

from people.models import FeatureTeam, Person
from set_rotation.choices import AwaySource, WishKind


class DateRange(Func):
    """`[start, end)` of two dates; without an end it goes on."""

    function = "DATERANGE"
    output_field = DateRangeField()


def only(column: str) -> Func:
    """A range that holds this one number: what `=` would say, in a GiST index without an extension."""
    return Func(F(column), F(column), Value("[]"), function="INT8RANGE")


class MemberQuerySet(models.QuerySet["Member"]):
    def on(self, day: date) -> Self:
        """Those who are members on a day."""
        return self.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gt=day), joins_on__lte=day)

    def between(self, first: date, end: date) -> Self:
        """Those who are members on a day of `[first, end)`."""
        return self.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gt=first), joins_on__lt=end)


class Member(models.Model):
    """Somebody whom a feature team lends to SET, on the days `[joins_on, leaves_on)`."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(FeatureTeam, null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    engineers = models.BooleanField("serves as an engineer", default=True)
    leads = models.BooleanField("can lead", default=False)
    joins_on = models.DateField()
    leaves_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        ordering = ["person__name", "joins_on"]
        constraints = [
            CheckConstraint(condition=Q(leaves_on__gt=F("joins_on")), name="a_member_leaves_after_joining"),
            CheckConstraint(condition=Q(engineers=True) | Q(leads=True), name="a_member_serves_as_something"),
            ExclusionConstraint(
                name="nobody_is_a_member_twice_at_a_time",
                expressions=[
                    (only("person"), RangeOperators.OVERLAPS),
                    (DateRange("joins_on", "leaves_on", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} from {self.joins_on}"


class Commitment(models.Model):
    """What a feature team owes: so many engineers and leads in every `per` rotations, on the days `[starts_on,
    ends_on)`."""

    team = models.ForeignKey(FeatureTeam, on_delete=models.PROTECT, related_name="commitments")
    engineers = models.PositiveSmallIntegerField(default=1)
    leads = models.PositiveSmallIntegerField(default=0)
    per = models.PositiveSmallIntegerField(default=1)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["team__name", "starts_on"]
        constraints = [
            CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="a_commitment_ends_after_it_starts"),
            CheckConstraint(condition=Q(per__gte=1, per__lte=52), name="a_commitment_is_per_1_to_52_rotations"),
            ExclusionConstraint(
                name="a_team_has_one_commitment_at_a_time",
                expressions=[
                    (only("team"), RangeOperators.OVERLAPS),
                    (DateRange("starts_on", "ends_on", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engineers} engineers and {self.leads} leads per {self.per}"


class Wish(models.Model):
    """What somebody would like, on the days `[starts_on, ends_on)`. Met where it can be; named where it cannot."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="wishes")
    kind = models.CharField(max_length=10, choices=WishKind.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_on", "person__name"]
        constraints = [CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="a_wish_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_on} to {self.ends_on}"


class LeaveFeed(models.Model):
    """A calendar that says who is away: somebody's own, or (`person` null) a shared one whose entries name people.

    `address` is a secret: whoever has it reads the calendar. `good` is the last text that could be read, in entries.
    """

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=2000)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="leave_feeds")
    added_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)  # when it was last read well
    etag = models.CharField(max_length=200, blank=True)
    fault = models.CharField(max_length=300, blank=True)  # in words; "" when it was read well
    failures = models.PositiveSmallIntegerField(default=0)  # in a row; the more, the later it is checked again
    unfolded_on = models.DateField(null=True, blank=True)  # the day for which its repeated entries were unfolded
    remarks = models.CharField(max_length=300, blank=True)  # what could not be read of it
    unmatched = models.JSONField(default=list)  # [title, how many] of entries that name nobody we know
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Away(models.Model):
    """Somebody cannot serve, `[starts_at, ends_at)`."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="away")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    all_day = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=10, choices=AwaySource.choices, default=AwaySource.HAND)
    feed = models.ForeignKey(LeaveFeed, null=True, blank=True, on_delete=models.CASCADE, related_name="entries")
    uid = models.CharField(max_length=255, blank=True)  # the entry's own name in its calendar
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)  # the lead was told of a clash with duty

    class Meta:
        ordering = ["starts_at", "person__name"]
        verbose_name_plural = "away"
        constraints = [
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="an_absence_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["feed", "uid", "starts_at", "person"], condition=Q(feed__isnull=False),
                name="an_entry_of_a_calendar_comes_once",
            ),
        ]
        indexes = [models.Index(fields=["person", "ends_at"], name="away_of_a_person")]

    def __str__(self) -> str:
        return f"{self.person_id} away {self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"

"""Holidays, meeting times and the milestones of a release: data that the lead edits."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from cadence.choices import COMPANY, MeetingKind, Weekday, What
from portal.common.models import Event, Shipped


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def observed(self) -> Self:
        """Those that hold: without what was taken out."""
        return self.filter(taken_out=False)


class Holiday(Shipped):
    """A day on which nobody works. `key` is the handbook's name for it, by which a moved one is known again.

    One that was taken out stays as a row, so that the next load does not bring it back.
    """

    calendar = models.SlugField(max_length=40, default=COMPANY)
    day = models.DateField()
    name = models.CharField(max_length=80)
    key = models.SlugField(max_length=60, blank=True)
    taken_out = models.BooleanField(default=False)

    objects = HolidayQuerySet.as_manager()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "day"], condition=Q(taken_out=False), name="a_calendar_has_one_holiday_a_day"
            ),
            models.UniqueConstraint(
                fields=["calendar", "key"], condition=~Q(key=""), name="a_shipped_holiday_comes_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.day})"


class MeetingTime(Shipped):
    """When a meeting is held, in the clocks of its zone; an empty zone is the team's."""

    kind = models.CharField(max_length=20, choices=MeetingKind.choices, unique=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=Weekday.choices))
    at = models.TimeField()
    zone = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekdays__len__gt=0), name="a_meeting_has_a_weekday"),
        ]

    def __str__(self) -> str:
        return MeetingKind(self.kind).label


class ReleaseStep(Shipped):
    """A milestone of every release, `t_minus` working days before its day."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    t_minus = models.PositiveSmallIntegerField(validators=[MaxValueValidator(60)])
    daily_triage = models.BooleanField(default=False)

    class Meta:
        ordering = ["-t_minus", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["daily_triage"], condition=Q(daily_triage=True), name="triage_is_daily_from_one_milestone_on"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CadenceEvent(Event):
    """What somebody changed in the calendar."""

    what = models.CharField(max_length=60, choices=What.choices)
    holiday = models.ForeignKey(Holiday, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    meeting = models.ForeignKey(MeetingTime, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    step = models.ForeignKey(ReleaseStep, null=True, blank=True, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["-at", "-pk"]

"""Rotations, their places and shifts, overrides (what is meant), and duty (what holds).

Shifts and overrides are intent: an override replaces whoever holds a seat for a stretch, and wins. Each edit rewrites
the duty of the rotations it touches in the same transaction (`actions.duty`), and on duty the database forbids that a
seat or a person overlaps. All intervals are `[start, end)` in UTC.
"""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import CheckConstraint, Deferrable, F, Func, Q, UniqueConstraint

from people.models import Person
from portal.common.models import Event, Shipped
from set_rotation.choices import OverrideSource, PlaceRole, Seat, What
from set_rotation.models.roster import only


class Span(Func):
    """`[start, end)` of two moments."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


PERIOD = Span("starts_at", "ends_at", RangeBoundary())
HOLDS = Q(cancelled_at__isnull=True)


class Pattern(Shipped):
    """How the places of a rotation share its seats.

    `shifts`: a list of {"place": 1 to `engineers`, "seat": "primary" or "backup", "week": 1 to `weeks`}. A place
    without any shift is on SET without a seat. The lead holds the lead's seat for the whole rotation.
    """

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    words = models.CharField(max_length=200, blank=True)
    weeks = models.PositiveSmallIntegerField(default=2)
    engineers = models.PositiveSmallIntegerField(default=4)
    shifts = models.JSONField()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """When rotations begin: one row. The next one begins where the last one ends; the very first on `first_on`."""

    weekday = models.PositiveSmallIntegerField(default=0)  # Monday is 0
    at = models.TimeField()
    zone = models.CharField(max_length=64, blank=True)  # IANA; empty: the team's
    pattern = models.ForeignKey(Pattern, on_delete=models.PROTECT, related_name="+")
    hand_over_weekday = models.PositiveSmallIntegerField(default=4)
    hand_over_at = models.TimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(id=1), name="there_is_one_schedule"),
            CheckConstraint(condition=Q(weekday__lte=6, hand_over_weekday__lte=6), name="a_schedule_has_weekdays"),
        ]

    def __str__(self) -> str:
        return f"from weekday {self.weekday} at {self.at:%H:%M}"


class RotationQuerySet(models.QuerySet["Rotation"]):
    def overlapping(self, start: datetime, end: datetime) -> Self:
        """Those that run at a moment of `[start, end)`."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def at(self, at: datetime) -> Self:
        """The one that runs at a moment."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class Rotation(models.Model):
    """Some weeks of SET: four engineers and a lead by the default pattern."""

    number = models.PositiveIntegerField(unique=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    pattern = models.ForeignKey(Pattern, on_delete=models.PROTECT, related_name="rotations")

    objects = RotationQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_rotation_ends_after_it_starts"),
            ExclusionConstraint(
                name="one_rotation_at_a_time", expressions=[(PERIOD, RangeOperators.OVERLAPS)],
                deferrable=Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"Rotation {self.number}"


class Place(models.Model):
    """A place in a rotation, and who has it: `person` null is a gap. Engineers are numbered from 1, the lead is 0."""

    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="places")
    role = models.CharField(max_length=10, choices=PlaceRole.choices)
    number = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="places")

    class Meta:
        ordering = ["rotation", "number"]
        constraints = [
            UniqueConstraint(fields=["rotation", "number"], name="a_rotation_has_a_place_once"),
            UniqueConstraint(
                fields=["rotation", "person"], name="a_person_has_one_place_in_a_rotation",
                deferrable=Deferrable.DEFERRED,
            ),
            CheckConstraint(
                condition=Q(role=PlaceRole.LEAD, number=0) | Q(role=PlaceRole.ENGINEER, number__gte=1),
                name="the_lead_is_place_0",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.number}"


class Shift(models.Model):
    """A seat, held by whoever has the place, for a stretch of its rotation."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="shifts")
    seat = models.CharField(max_length=10, choices=Seat.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "seat"]
        constraints = [
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_shift_ends_after_it_starts"),
            *(
                ExclusionConstraint(
                    name=f"one_shift_of_a_{seat.value}_at_a_time", expressions=[(PERIOD, RangeOperators.OVERLAPS)],
                    condition=Q(seat=seat.value), deferrable=Deferrable.DEFERRED,
                )
                for seat in Seat
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat} from {self.starts_at:%Y-%m-%d %H:%M}"


class OverrideQuerySet(models.QuerySet["Override"]):
    def held(self) -> Self:
        """Those that were not cancelled."""
        return self.filter(HOLDS)


class Override(models.Model):
    """Somebody replaces whoever holds a seat, for a stretch. Of two that overlap, the later made one wins."""

    seat = models.CharField(max_length=10, choices=Seat.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="overrides")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=OverrideSource.choices, default=OverrideSource.HAND)
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="an_override_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=HOLDS, name="overrides_that_hold")]

    def __str__(self) -> str:
        return f"{self.seat} from {self.starts_at:%Y-%m-%d %H:%M}"


class DutyQuerySet(models.QuerySet["Duty"]):
    def held(self) -> Self:
        """Those that hold; cancelled ones are kept for the calendars that people subscribed to."""
        return self.filter(HOLDS)

    def overlapping(self, start: datetime, end: datetime) -> Self:
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def at(self, at: datetime) -> Self:
        """Who is on duty at a moment."""
        return self.held().filter(starts_at__lte=at, ends_at__gt=at)


class Duty(models.Model):
    """What holds: this person in this seat in this time. Written by `actions.duty` alone, never by hand.

    `uid` and `sequence` are the entry's name and version in calendars: a duty whose times change keeps its uid.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0)
    seat = models.CharField(max_length=10, choices=Seat.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    rotation = models.ForeignKey(Rotation, null=True, on_delete=models.SET_NULL, related_name="duties")
    shift = models.ForeignKey(Shift, null=True, on_delete=models.SET_NULL, related_name="duties")
    override = models.ForeignKey(Override, null=True, blank=True, on_delete=models.SET_NULL, related_name="duties")
    changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "seat"]
        verbose_name_plural = "duties"
        constraints = [
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_it_starts"),
            *(
                ExclusionConstraint(
                    name=f"one_{seat.value}_at_a_time", expressions=[(PERIOD, RangeOperators.OVERLAPS)],
                    condition=HOLDS & Q(seat=seat.value), deferrable=Deferrable.DEFERRED,
                )
                for seat in Seat
            ),
            ExclusionConstraint(
                name="nobody_holds_two_seats_at_a_time",
                expressions=[(only("person"), RangeOperators.OVERLAPS), (PERIOD, RangeOperators.OVERLAPS)],
                condition=HOLDS, deferrable=Deferrable.DEFERRED,
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "ends_at"], condition=HOLDS, name="duty_that_holds"),
            models.Index(fields=["person", "ends_at"], name="duty_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.seat} from {self.starts_at:%Y-%m-%d %H:%M}"


class RotationEvent(Event):
    """What somebody changed about rotations, duty, the roster or the hand-over."""

    what = models.CharField(max_length=60, choices=What.choices)
    rotation = models.ForeignKey(Rotation, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="rotation_events")
    override = models.ForeignKey(Override, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["rotation", "-at"], name="events_of_a_rotation")]

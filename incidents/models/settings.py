"""What coordinators edit: the statuses, how often an update is promised, and a few bounds."""

from django.db import models
from django.db.models import Q

from incidents.choices import Phase, SettingsWhat, Severity
from portal.common.models import Event, Shipped


class IncidentStatus(Shipped):
    """What an update says of where things stand. `words`: a customer's sentence for it. `stops`: no next update need be
    promised under it; `resolves`: an update with it ends the outage; `identifies`: the cause is known from it on."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60, unique=True)
    words = models.CharField(max_length=120, blank=True)
    tone = models.CharField(max_length=8, default="amber")
    phase = models.PositiveSmallIntegerField(choices=Phase.choices)
    position = models.PositiveSmallIntegerField()
    stops = models.BooleanField(default=False)
    resolves = models.BooleanField(default=False)
    identifies = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name_plural = "incident statuses"

    def __str__(self) -> str:
        return self.name


class Cadence(Shipped):
    """How soon the first update is promised, and how soon each next one, in minutes, for a severity. `longest`: beyond
    it a promise needs a reason."""

    severity = models.PositiveSmallIntegerField(choices=Severity.choices, unique=True)
    first = models.PositiveSmallIntegerField()
    then = models.PositiveSmallIntegerField()
    longest = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["severity"]
        constraints = [models.CheckConstraint(condition=Q(first__gte=1, then__gte=1), name="a_cadence_has_minutes")]

    def __str__(self) -> str:
        return f"{Severity(self.severity).label}: {self.first}, then {self.then} min"


class IncidentSettings(Shipped):
    """One row. `emoji`: a post of the incident's channel marked with it stands on the timeline. `snooze`: for how many
    minutes a reminder may be snoozed at most. `executive_after`: after how many minutes the executive is to be told.
    `executives`: all executives get the executive's reading of a Sev1. `watch`: for how many hours a resolved incident
    is watched. `link_days`: how long a customer's link lasts."""

    emoji = models.CharField(max_length=40, default="pushpin")
    snooze = models.PositiveSmallIntegerField(default=10)
    executive_after = models.PositiveSmallIntegerField(default=60)
    executives = models.BooleanField(default=True)
    watch = models.PositiveSmallIntegerField(default=24)
    link_days = models.PositiveSmallIntegerField(default=14)

    class Meta:
        verbose_name_plural = "incident settings"


class SettingsEvent(Event):
    """What somebody changed that holds for all incidents. `about`: which one of its kind, in words; `from_value` and
    `to_value`: what was different before and what is now, in words. `list`: of a list of stakeholders, which."""

    what = models.CharField(max_length=60, choices=SettingsWhat.choices)
    about = models.CharField(max_length=120)
    list = models.ForeignKey("StakeholderList", null=True, blank=True, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["-at", "-pk"]

"""What of Jira's is looked up rather than repeated: its people and its statuses."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q

from portal.common.models import Event
from tickets.choices import Category, Column, MappingWhat, Presence


class JiraUser(models.Model):
    """A person as Jira knows them: `accountId` on Cloud, `name` (or `key`) on Data Center."""

    account_id = models.CharField(primary_key=True, max_length=255)
    display_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=320, blank=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.display_name or self.account_id


class StatusQuerySet(models.QuerySet["JiraStatus"]):
    def waiting(self) -> Self:
        """Those in which tickets wait in Unmapped, with `waiting`: how many; most first.

        Tickets off the board wait for nothing.
        """
        shown = Q(tickets__presence=Presence.PRESENT) & ~Q(tickets__column=Column.OFF)
        unmapped = self.filter(column=Column.UNMAPPED).annotate(waiting=Count("tickets", filter=shown))
        return unmapped.filter(waiting__gt=0).order_by("-waiting", "name")


class JiraStatus(models.Model):
    """A status of Jira's and the column it stands in. `column` unmapped: nobody has said yet; `proposed` is a guess."""

    id = models.CharField(primary_key=True, max_length=255)
    name = models.CharField(max_length=255)
    category = models.CharField(max_length=20, choices=Category.choices, default=Category.UNDEFINED)
    column = models.CharField(max_length=20, choices=Column.choices, default=Column.UNMAPPED)

    objects = StatusQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class MappingEvent(Event):
    """A change of the mapping: from which column, to which, by whom."""

    what = models.CharField(max_length=60, choices=MappingWhat.choices)
    status = models.ForeignKey(JiraStatus, null=True, on_delete=models.SET_NULL, related_name="events")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")


class LabelMark(models.Model):
    """A label that marks a ticket as a customer's or the community's. `shipped`: the handbook's, not edited here."""

    class Mark(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        COMMUNITY = "community", "Community"

    label = models.CharField(max_length=255, unique=True)
    mark = models.CharField(max_length=20, choices=Mark.choices)
    shipped = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.label

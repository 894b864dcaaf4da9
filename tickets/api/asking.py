"""What the API can be asked for, and the rows that are meant."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from tickets.choices import Column, Presence
from tickets.models import MirroredProject, Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.queries.listing import searched
from tickets.rules.filters import NOBODY
from tickets.rules.shapes import EARLIEST, LATEST

ORDERS = ["-updated", "updated", "-created", "created", "-status_since", "status_since", "key", "-key"]


class TicketFilter(serializers.Serializer[Any]):
    """The query of the list."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words, a key, a number or a name.")
    project = serializers.CharField(required=False, max_length=40)
    column = serializers.ChoiceField(required=False, choices=Column.choices)
    assignee = serializers.CharField(required=False, max_length=255, help_text=f"A Jira account id, or `{NOBODY}`.")
    label = serializers.CharField(required=False, max_length=255)  # type: ignore[assignment]
    customer = serializers.BooleanField(required=False, default=None, allow_null=True)
    presence = serializers.ChoiceField(required=False, choices=Presence.choices, default=Presence.PRESENT)
    updated_since = serializers.DateTimeField(
        required=False, default_timezone=timezone.get_default_timezone(), help_text="Updated in Jira at or after this."
    )
    ordering = serializers.ChoiceField(required=False, choices=ORDERS, default="-updated")

    def validate_updated_since(self, at: datetime) -> datetime:
        """The first and last years of the calendar are not there in every zone."""
        if not EARLIEST <= at <= LATEST:
            raise serializers.ValidationError(f"Give a moment from {EARLIEST:%Y} to {LATEST:%Y}.")
        return at


class RunFilter(serializers.Serializer[Any]):
    """The query of the list of runs."""

    project = serializers.CharField(required=False, max_length=40)


def asked(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What the query asks for. Raises `ValidationError` (400) with every faulty value."""
    read = form(data=request.query_params)
    read.is_valid(raise_exception=True)
    values: dict[str, Any] = read.validated_data
    return values


def filtered(wanted: dict[str, Any]) -> TicketQuerySet:
    """The tickets that a query asks for."""
    found = Ticket.objects.filter(presence=wanted["presence"])
    if "q" in wanted:
        found = found.filter(searched(wanted["q"], list(MirroredProject.objects.values_list("key", flat=True))))
    if "assignee" in wanted:
        nobody = wanted["assignee"] == NOBODY
        found = found.filter(Q(assignee__isnull=True) if nobody else Q(assignee_id=wanted["assignee"]))
    if wanted["customer"] is not None:
        found = found.filter(is_customer=wanted["customer"])
    if "label" in wanted:
        found = found.filter(labels__contains=[wanted["label"]])
    if "updated_since" in wanted:
        found = found.filter(updated__gte=wanted["updated_since"])
    names = {"project": "project_key", "column": "column"}
    exact = {field: wanted[name] for name, field in names.items() if name in wanted}
    return found.filter(**exact).order_by(wanted["ordering"], "id")

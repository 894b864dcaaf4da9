"""Incidents, for programs: the same rows as the pages show to this person."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import access as room
from incidents.api.declaring import DeclareSerializer, declare_from
from incidents.choices import Kind, Severity, State
from incidents.models import Incident, IncidentCustomer, IncidentRole
from incidents.models.incident import IncidentQuerySet
from incidents.queries.addresses import path_of
from incidents.queries.listing import matching, ordered
from incidents.queries.seen import visible
from incidents.rules.filters import DRILLS, SORTS, ListFilters, Tab
from people import access
from people.choices import Right
from people.models import Person
from portal.common import clock

NUMBER = "[0-9]{1,18}"
ORDERS = [*SORTS, *(f"-{sort}" for sort in SORTS)]


class IncidentFilter(serializers.Serializer[Any]):
    """The query of the list."""

    state = serializers.ChoiceField(choices=[tab.value for tab in Tab], default=Tab.ALL.value,
                                    help_text="open; watched: resolved; past: closed or merged; all.")
    q = serializers.CharField(required=False, max_length=200, help_text="Words, a number or a customer.")
    severity = serializers.ChoiceField(choices=Severity.values, required=False)
    kind = serializers.ChoiceField(choices=Kind.values, required=False)
    customer = serializers.CharField(max_length=120, required=False, help_text="Its slug.")
    drill = serializers.ChoiceField(choices=DRILLS, required=False)
    ordering = serializers.ChoiceField(choices=ORDERS, required=False, default="-began")

    def filters(self) -> ListFilters:
        """What was asked for, as the list has it."""
        told: dict[str, Any] = dict(self.validated_data)
        tab, order = Tab(told.pop("state")), told.pop("ordering")
        values: dict[str, Any] = {name: str(value) for name, value in told.items()}
        return ListFilters(tab=tab, sort=order, **values)


class IncidentPartSerializer(serializers.ModelSerializer[IncidentRole]):
    """Who has which part now."""

    name = serializers.CharField(source="person.name", read_only=True)

    class Meta:
        model = IncidentRole
        fields = ["role", "person", "name", "starts_at"]
        read_only_fields = fields


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """An incident. Moments that have not come are null."""

    number = serializers.SerializerMethodField(help_text="Such as I-7.")
    url = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    severity = serializers.IntegerField(read_only=True, help_text="1 is the most urgent.")
    kind = serializers.CharField(read_only=True)
    status = serializers.CharField(source="status.name", read_only=True)
    customers = serializers.SerializerMethodField(help_text="Slugs; the first heads the updates.")
    ticket = serializers.SlugRelatedField[Any](slug_field="key", read_only=True, allow_null=True)
    escalation = serializers.SerializerMethodField(help_text="Such as E-12.")
    merged_into = serializers.SerializerMethodField(help_text="Such as I-7; empty where that one is not yours to see.")
    parts = IncidentPartSerializer(source="held", many=True, read_only=True)
    cause = serializers.CharField(read_only=True)
    decision = serializers.CharField(read_only=True, help_text="Of our own server: fix, revert or nothing yet.")

    class Meta:
        model = Incident
        fields = [
            "id", "number", "url", "title", "severity", "kind", "state", "status", "status_since", "customers", "known",
            "bridge", "zone", "expected", "private", "drill", "parts", "ticket", "escalation", "page", "merged_into",
            "decision", "decision_reason", "channel", "channel_url", "began_at", "at", "acknowledged_at",
            "identified_at", "resolved_at", "confirmed_at", "closed_at", "next_update_at", "updates", "cause",
            "updated_at",
        ]
        read_only_fields = fields

    def get_number(self, row: Incident) -> str:
        return str(row)

    def get_url(self, row: Incident) -> str:
        return path_of(row.pk)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_customers(self, row: Incident) -> list[str]:
        return [one.customer.slug for one in row.customers.all()]

    def get_escalation(self, row: Incident) -> str:
        return f"E-{row.escalation_id}" if row.escalation_id else ""

    def get_merged_into(self, row: Incident) -> str:
        return f"I-{row.merged_into_id}" if getattr(row, "shows_other", False) else ""


class IncidentsViewSet(viewsets.GenericViewSet[Incident]):
    """What is down, and what was."""

    serializer_class = IncidentSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    queryset = Incident.objects.none()
    lookup_value_regex = NUMBER

    @property
    def right(self) -> Right:
        """What the operation needs; which incidents somebody sees is asked of each row."""
        reads = self.request is not None and self.request.method in {"GET", "HEAD", "OPTIONS"}
        return Right.SEE_INCIDENTS if reads else Right.WORK_INCIDENTS

    @extend_schema(summary="List incidents", parameters=[IncidentFilter], responses=IncidentSerializer(many=True))
    def list(self, request: Request) -> Response:
        asked = IncidentFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        person, filters = _person(request), asked.filters()
        found = ordered(matching(_seen(person), filters, person), filters.order)
        page = self.paginate_queryset(_whole(found, person))
        return self.get_paginated_response(IncidentSerializer(page or [], many=True).data)

    @extend_schema(summary="Show an incident", parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, pk: str) -> Response:
        person = _person(request)
        row = _whole(_seen(person), person).filter(pk=int(pk)).first()
        if row is None:
            raise Http404
        return Response(IncidentSerializer(row).data)

    @extend_schema(
        summary="Declare an incident", request=DeclareSerializer,
        responses={
            201: IncidentSerializer,
            200: OpenApiResponse(IncidentSerializer, description="This submission was there already."),
            409: OpenApiResponse(description="Somebody works on this already; `anyway` declares another one."),
        },
    )
    def create(self, request: Request) -> Response:
        person = _person(request)
        row, made = declare_from(request.data, person, clock.now())
        told = _whole(Incident.objects.filter(pk=row.pk), person).get()
        return Response(IncidentSerializer(told).data, status=201 if made else 200)


def _person(request: Request) -> Person:
    person = request.user
    assert isinstance(person, Person)  # noqa: S101  (the right was asked for)
    return person


def _seen(person: Person) -> IncidentQuerySet:
    return visible(person, room.rights_of(person))


def _whole(found: IncidentQuerySet, person: Person) -> IncidentQuerySet:
    """With what is told of each. `shows_other`: it was merged into one that this person sees too."""
    other = _seen(person).filter(pk=OuterRef("merged_into"))
    held = IncidentRole.objects.filter(ends_at__isnull=True).select_related("person").order_by("pk")
    return found.annotate(shows_other=Exists(other)).select_related("status", "ticket").prefetch_related(
        Prefetch("customers", IncidentCustomer.objects.select_related("customer")),
        Prefetch("roles", held, to_attr="held"),
    )

"""Looking at escalations by a program: the same rows as the pages show to this person, and no more of each."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from customers.choices import Plan
from escalations import access as room
from escalations.choices import Category, Kind, Level, Outcome, Route, Source, Status, TicketState
from escalations.models import Escalation, Message
from escalations.models.escalation import EscalationQuerySet
from escalations.queries.addresses import path_of
from escalations.queries.listing import Reader, in_order, matching, on_duty
from escalations.queries.thread import readable
from escalations.rules.filters import NOBODY, OPEN, SETTLED, SORTS, ListFilters, Tab, day_of, number_like
from people.models import Person
from portal.common import clock

NUMBER = "[0-9]{1,18}"
ORDERS = [*SORTS, *(f"-{sort}" for sort in SORTS)]
DAY = "%Y-%m-%d"


class EscalationFilter(serializers.Serializer[Any]):
    """The query of the list."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words, a number, a customer or a name.")
    status = serializers.ChoiceField(choices=[*Status.values, OPEN, SETTLED], required=False)
    level = serializers.ChoiceField(choices=Level.values, required=False)
    customer = serializers.CharField(max_length=120, required=False, help_text="Its slug.")
    category = serializers.ChoiceField(choices=[*Category.values, NOBODY], required=False)
    kind = serializers.ChoiceField(choices=Kind.values, required=False)
    plan = serializers.ChoiceField(choices=[*Plan.values, NOBODY], required=False)
    source = serializers.ChoiceField(choices=Source.values, required=False)  # type: ignore[assignment]
    outcome = serializers.ChoiceField(choices=[*Outcome.values, NOBODY], required=False)
    owner = serializers.CharField(max_length=18, required=False, help_text=f"A person's id, or `{NOBODY}`.")
    area = serializers.CharField(max_length=18, required=False, help_text=f"An area's id, or `{NOBODY}`.")
    since = serializers.DateField(required=False, input_formats=[DAY],
                                  help_text="Raised on this day of the team's, or later.")
    until = serializers.DateField(required=False, input_formats=[DAY])
    waiting = serializers.BooleanField(required=False, default=False)
    missed = serializers.BooleanField(required=False, default=False)
    ordering = serializers.ChoiceField(choices=ORDERS, required=False, default="age")

    def validate_owner(self, value: str) -> str:
        return _id(value)

    def validate_area(self, value: str) -> str:
        return _id(value)

    def filters(self) -> ListFilters:
        """What was asked for, as the list has it."""
        told: dict[str, Any] = dict(self.validated_data)
        order = told.pop("ordering")
        for name in ("since", "until"):
            if name in told:
                told[name] = day_of(told[name].isoformat())
        return ListFilters(tab=Tab.ALL, sort=order, **{name: _text(value) for name, value in told.items()})


def _id(value: str) -> str:
    if value != NOBODY and number_like(value) is None:
        raise serializers.ValidationError(f"Give a number, or {NOBODY}.")
    return value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class EscalationPersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ["id", "name"]
        read_only_fields = fields


class EscalationSerializer(serializers.ModelSerializer[Escalation]):
    """An escalation, as this person may read it."""

    # What only those read who work on escalations.
    OURS: ClassVar[tuple[str, ...]] = ("route", "route_reason", "ticket_state", "team")

    number = serializers.SerializerMethodField(help_text="Such as E-12.")
    url = serializers.SerializerMethodField()
    customer = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    customer_name = serializers.CharField(source="customer.name", read_only=True)
    level = serializers.IntegerField(read_only=True, help_text="1 is the most urgent.")
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    # Plain text, so that the schema has one name for each list of values: that of what is asked.
    kind = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True, help_text="Empty where none was said.")
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]
    outcome = serializers.CharField(read_only=True, help_text="What it turned out to be; empty while it is not known.")
    owner = EscalationPersonSerializer(read_only=True, allow_null=True)
    area = serializers.SlugRelatedField[Any](slug_field="name", read_only=True, allow_null=True)
    ticket = serializers.SlugRelatedField[Any](slug_field="key", read_only=True, allow_null=True)
    next_due_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the next promise is due; null: none runs.")
    route = serializers.ChoiceField(choices=[("", "None yet"), *Route.choices], read_only=True, required=False)
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True, required=False)
    ticket_state = serializers.ChoiceField(choices=TicketState.choices, read_only=True, required=False)

    class Meta:
        model = Escalation
        fields = [
            "id", "number", "url", "title", "level", "kind", "category", "source", "customer", "customer_name",
            "status", "status_since", "owner", "area", "ticket", "confidential", "reporter_name",
            "support_ticket", "at", "first_reply_at", "next_due_at", "paused", "expected_release", "expected_on",
            "solved_at", "closed_at", "outcome", "customers", "updated_at", "route", "route_reason", "ticket_state",
            "team",
        ]
        read_only_fields = fields

    def get_number(self, row: Escalation) -> str:
        return str(row)

    def get_url(self, row: Escalation) -> str:
        return path_of(row.pk)

    def to_representation(self, instance: Escalation) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(instance)
        if not self.context.get("works"):
            for name in self.OURS:
                told.pop(name, None)
        return told


class MessageSerializer(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = ["id", "author", "by_name", "text", "public", "asks", "at"]
        read_only_fields = fields


class EscalationWholeSerializer(EscalationSerializer):
    deployment = serializers.CharField(read_only=True)
    database = serializers.CharField(read_only=True)
    cloud = serializers.CharField(read_only=True)
    messages = serializers.SerializerMethodField(help_text="In order; internal ones for who works on escalations.")

    class Meta(EscalationSerializer.Meta):
        fields = [
            *EscalationSerializer.Meta.fields, "server_version", "mobile_version", "deployment", "database",
            "database_version", "cloud", "hosting", "affected_people", "happened", "expected", "steps", "tried", "logs",
            "began_at", "began_on", "asking", "workaround", "messages",
        ]
        read_only_fields = fields

    @extend_schema_field(MessageSerializer(many=True))
    def get_messages(self, row: Escalation) -> list[dict[str, Any]]:
        person, works = self.context["request"].user, bool(self.context.get("works"))
        found = readable(row, person, notes=works).order_by("at", "pk")
        return list(MessageSerializer(found, many=True).data)


def reader_of(request: Request) -> Reader:
    """Who asks, now."""
    person, at = request.user, clock.now()
    assert isinstance(person, Person)  # noqa: S101  (narrows the type: HasRight lets nobody else in)
    return Reader(person, room.rights_of(person), at, on_duty(person, at))


@extend_schema_view(
    list=extend_schema(summary="Escalations that you may see", parameters=[EscalationFilter],
                       responses=EscalationSerializer(many=True)),
    retrieve=extend_schema(
        summary="One escalation, with its messages", responses=EscalationWholeSerializer,
        parameters=[OpenApiParameter("id", {"type": "string", "pattern": f"^{NUMBER}$"}, OpenApiParameter.PATH)],
    ),
)
class Looking(viewsets.GenericViewSet[Escalation]):
    """List and retrieve, for the viewset of escalations."""

    lookup_value_regex = NUMBER

    def list(self, request: Request) -> Response:
        asked = EscalationFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        filters, reader = asked.filters(), reader_of(request)
        found = in_order(_whole(matching(filters, reader)), filters.order)
        page = self.paginate_queryset(found)
        told = EscalationSerializer(page or [], many=True, context=self._context(reader))
        return self.get_paginated_response(told.data)

    def retrieve(self, request: Request, pk: str) -> Response:
        reader = reader_of(request)
        row = _whole(reader.sees()).filter(pk=int(pk)).first()
        if row is None:
            raise Http404
        return Response(EscalationWholeSerializer(row, context=self._context(reader)).data)

    def _context(self, reader: Reader) -> dict[str, Any]:
        return {**self.get_serializer_context(), "works": room.reads_notes(reader.person)}


def _whole(found: EscalationQuerySet) -> EscalationQuerySet:
    return found.select_related("customer", "owner", "area", "ticket", "team").defer("words", "ticket__words")

"""Who is on call, for programs. Read only."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from people import access
from people.choices import Right
from people.models import Person
from portal.common import clock
from set_rotation.choices import Seat
from set_rotation.models import Duty, Rotation
from set_rotation.queries.on_call import OnCall, on_call

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
AT = OpenApiParameter("at", OpenApiTypes.DATETIME, description=(
    "The moment that is asked about, with its zone: `2026-11-17T09:00:00-05:00` (write `%2B` for a plus), between the "
    "years 2000 and 2100. Without it: now."
))


class OnCallPersonSerializer(serializers.ModelSerializer[Person]):
    mattermost = serializers.CharField(source="mattermost_name", read_only=True, help_text="Without @; may be empty.")

    class Meta:
        model = Person
        fields = ["id", "name", "zone", "mattermost"]
        read_only_fields = fields


class HeldSeatSerializer(serializers.Serializer[Duty]):
    """Somebody in a seat, in `[starts_at, ends_at)`."""

    seat = serializers.ChoiceField(choices=Seat.choices)
    person = OnCallPersonSerializer()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    by_override = serializers.BooleanField(help_text="They stand in for whoever has the shift.")
    rotation = serializers.IntegerField(allow_null=True, help_text="The rotation's number.")


class SeatsSerializer(serializers.Serializer[Any]):
    """The three seats; null is a gap. `others` serve in the rotation without a seat then."""

    at = serializers.DateTimeField(allow_null=True, help_text="Null: nothing is planned.")
    lead = HeldSeatSerializer(allow_null=True)
    primary = HeldSeatSerializer(allow_null=True)
    backup = HeldSeatSerializer(allow_null=True)
    others = OnCallPersonSerializer(many=True)


class OnCallRotationSerializer(serializers.ModelSerializer[Rotation]):
    class Meta:
        model = Rotation
        fields = ["number", "starts_at", "ends_at"]
        read_only_fields = fields


@extend_schema_serializer(many=False)
class OnCallSerializer(serializers.Serializer[Any]):
    """Who is on call at a moment, and once the next shift begins."""

    rotation = OnCallRotationSerializer(allow_null=True)
    now = SeatsSerializer()
    next = SeatsSerializer()


class OnCallViewSet(viewsets.GenericViewSet[Duty]):
    """Who is on call now and next: what the page says."""

    serializer_class = OnCallSerializer
    pagination_class = None
    filter_backends = ()
    queryset = Duty.objects.none()
    permission_classes = [IsAuthenticated, access.HasRight]
    right = Right.SEE_DUTY

    @extend_schema(operation_id="on_call", summary="Who is on call", parameters=[AT])
    def list(self, request: Request) -> Response:
        at = _moment(request.query_params.get("at"))
        return Response(OnCallSerializer(_told(on_call(at or clock.now()))).data)


def _moment(text: str | None) -> datetime | None:
    """None: none was asked about."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        words = "This is no moment. Write it like 2026-11-17T09:00:00-05:00, with %2B for a plus."
        raise ValidationError({"at": [words]}) from None
    if at.tzinfo is None:
        raise ValidationError({"at": ["A moment needs its zone: add Z, or an offset such as -05:00."]})
    if not FIRST <= at < LAST:
        raise ValidationError({"at": ["Ask about a moment between the years 2000 and 2100."]})
    return at.astimezone(UTC)


def _told(found: OnCall) -> dict[str, Any]:
    return {
        "rotation": found.rotation,
        "now": {"at": found.at, "others": found.others, **_seats(found.now)},
        "next": {"at": found.next_at, "others": found.next_others, **_seats(found.next)},
    }


def _seats(held: dict[Seat, Duty]) -> dict[str, Any]:
    return {seat.value: _seat(held[seat]) if seat in held else None for seat in Seat}


def _seat(duty: Duty) -> dict[str, Any]:
    return {
        "seat": duty.seat, "person": duty.person, "starts_at": duty.starts_at, "ends_at": duty.ends_at,
        "by_override": duty.override_id is not None, "rotation": duty.rotation.number if duty.rotation else None,
    }

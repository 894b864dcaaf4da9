"""Escalations, for programs."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from escalations.api.intake import AskedSerializer, RaisedSerializer, raise_from, told_of
from escalations.api.listing import Looking
from escalations.models import Escalation
from people import access
from people.choices import Right
from people.models import Person
from portal.common import clock


class EscalationsViewSet(Looking):
    """What is escalated."""

    serializer_class: type[Any] = AskedSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    queryset = Escalation.objects.none()

    @property
    def right(self) -> Right:
        """What the operation needs; which escalations somebody sees is asked of each row."""
        reads = self.request is not None and self.request.method in {"GET", "HEAD", "OPTIONS"}
        return Right.SEE_CUSTOMERS if reads else Right.RAISE_ESCALATIONS

    @extend_schema(
        summary="Raise an escalation", request=AskedSerializer,
        responses={
            201: RaisedSerializer,
            200: OpenApiResponse(RaisedSerializer, description="This submission was there already."),
        },
    )
    def create(self, request: Request) -> Response:
        person = request.user
        assert isinstance(person, Person)  # noqa: S101  (the right was asked for)
        row, made = raise_from(request.data, person, clock.now())
        return Response(told_of(row, request.data), status=201 if made else 200)

"""The operations: thin, each behind a right."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from people import access
from people.choices import Right
from tickets.api.answers import (
    ChangeSerializer,
    CommentSerializer,
    SyncRunSerializer,
    TicketSerializer,
    TicketWholeSerializer,
)
from tickets.api.asking import RunFilter, TicketFilter, asked, filtered
from tickets.models import SyncRun, Ticket, TicketChange, TicketComment
from tickets.models.ticket import TicketQuerySet
from tickets.queries.ticket import find_ticket

KEY = "[A-Za-z][A-Za-z0-9_]{0,60}-[0-9]{1,18}"
KEY_SCHEMA = {"type": "string", "pattern": f"^{KEY}$"}
NUMBER = "[0-9]{1,18}"


@extend_schema_view(
    list=extend_schema(summary="Tickets", parameters=[TicketFilter]),
    retrieve=extend_schema(
        summary="One ticket", responses=TicketWholeSerializer,
        description="By its key, in any case. A former key answers with the ticket that had it; its `key` is the "
                    "present one. A ticket that Jira no longer shows answers too: `presence` says so.",
    ),
    changes=extend_schema(
        summary="A ticket's change log", description="Newest first.", responses=ChangeSerializer(many=True)
    ),
    comments=extend_schema(
        summary="A ticket's comments", description="Newest first.", responses=CommentSerializer(many=True)
    ),
)
@extend_schema(parameters=[OpenApiParameter("key", KEY_SCHEMA, OpenApiParameter.PATH, description="Such as MM-123.")])
class TicketsViewSet(viewsets.ReadOnlyModelViewSet[Ticket]):
    """Everything that is mirrored of Jira's issues."""

    serializer_class = TicketSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    right = Right.SEE_TICKETS
    lookup_field = "key"
    lookup_value_regex = KEY
    queryset = Ticket.objects.all()

    def get_queryset(self) -> TicketQuerySet:
        found = filtered(asked(TicketFilter, self.request))
        return found.select_related("status", "assignee", "reporter", "team").defer("words")

    def get_object(self) -> Ticket:
        ticket = find_ticket(self.kwargs["key"])
        if ticket is None:
            raise Http404
        self.check_object_permissions(self.request, ticket)
        return ticket

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(TicketWholeSerializer(self.get_object(), context=self.get_serializer_context()).data)

    @action(detail=True, serializer_class=ChangeSerializer)
    def changes(self, request: Request, key: str) -> Response:
        changes = TicketChange.objects.filter(ticket=self.get_object()).select_related("author")
        return self._paged(changes.order_by("-at", "-history_id", "position"))

    @action(detail=True, serializer_class=CommentSerializer)
    def comments(self, request: Request, key: str) -> Response:
        comments = TicketComment.objects.filter(ticket=self.get_object()).select_related("author")
        return self._paged(comments.order_by("-created", "-id"))

    def _paged(self, rows: Any) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema_view(
    list=extend_schema(summary="Runs of the mirror, newest first", parameters=[RunFilter]),
    retrieve=extend_schema(summary="One run of the mirror"),
)
class SyncRunsViewSet(viewsets.ReadOnlyModelViewSet[SyncRun]):
    """What the mirror did, and how it ended."""

    serializer_class = SyncRunSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    right = Right.SEE_TICKETS
    lookup_value_regex = NUMBER
    queryset = SyncRun.objects.all()

    def get_queryset(self) -> Any:
        runs = SyncRun.objects.order_by("-started_at", "-id")
        if self.action != "list":
            return runs
        wanted = asked(RunFilter, self.request)
        return runs.filter(project=wanted["project"]) if "project" in wanted else runs

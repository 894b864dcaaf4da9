"""Tickets and the mirror's runs, for programs. Read only."""

from typing import Any

from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from people import access
from people.choices import Right
from people.models import FeatureTeam, Person
from tickets.choices import Column, Presence
from tickets.models import (
    JiraStatus,
    JiraUser,
    MirroredProject,
    SyncRun,
    Ticket,
    TicketChange,
    TicketComment,
    TicketDetail,
    TicketLink,
)
from tickets.models.ticket import TicketQuerySet
from tickets.queries.addresses import jira_url, ticket_url
from tickets.queries.listing import searched
from tickets.queries.ticket import find_ticket
from tickets.rules import wiki
from tickets.rules.filters import NOBODY

KEY = "[A-Za-z][A-Za-z0-9_]{0,60}-[0-9]{1,18}"
KEY_SCHEMA = {"type": "string", "pattern": f"^{KEY}$"}
NUMBER = "[0-9]{1,18}"
ORDERS = ["-updated", "updated", "-created", "created", "-status_since", "status_since", "key", "-key"]


# ---- What is answered -----------------------------------------------------------------


class JiraUserSerializer(serializers.ModelSerializer[JiraUser]):
    class Meta:
        model = JiraUser
        fields = ["account_id", "display_name", "active"]
        read_only_fields = fields


class StatusSerializer(serializers.ModelSerializer[JiraStatus]):
    class Meta:
        model = JiraStatus
        fields = ["id", "name", "category"]
        read_only_fields = fields


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    project = serializers.CharField(source="project_key", read_only=True)
    type = serializers.CharField(source="kind", read_only=True)
    status = StatusSerializer(read_only=True, allow_null=True)
    assignee = JiraUserSerializer(read_only=True, allow_null=True)
    reporter = JiraUserSerializer(read_only=True, allow_null=True)
    team = serializers.SlugRelatedField[FeatureTeam](slug_field="slug", read_only=True, allow_null=True)
    url = serializers.SerializerMethodField(help_text="Its page here.")
    jira_url = serializers.SerializerMethodField(help_text="Its page in Jira; empty where no Jira is set.")
    labels = serializers.ListField(child=serializers.CharField(), read_only=True)
    components = serializers.ListField(child=serializers.CharField(), read_only=True)
    fix_versions = serializers.ListField(child=serializers.CharField(), read_only=True)
    status_since_is_floor = serializers.BooleanField(
        read_only=True, help_text="Without a change log: the status is at least as old as `status_since`."
    )

    class Meta:
        model = Ticket
        fields = [
            "id", "key", "project", "type", "summary", "status", "column", "status_since", "status_since_is_floor",
            "resolution", "priority", "severity", "labels", "components", "fix_versions", "epic_key", "parent_key",
            "assignee", "reporter", "team", "is_customer", "is_community", "rank_position", "presence", "created",
            "updated", "resolved", "mirrored_at", "url", "jira_url",
        ]
        read_only_fields = fields

    def get_url(self, ticket: Ticket) -> str:
        return ticket_url(ticket.key)

    def get_jira_url(self, ticket: Ticket) -> str:
        return jira_url(ticket.key)


class LinkSerializer(serializers.ModelSerializer[TicketLink]):
    class Meta:
        model = TicketLink
        fields = ["phrase", "other_key", "other_summary", "other_status"]
        read_only_fields = fields


class TicketWholeSerializer(TicketSerializer):
    former_keys = serializers.SlugRelatedField[Any](slug_field="key", many=True, read_only=True)
    links = LinkSerializer(many=True, read_only=True)
    description = serializers.SerializerMethodField(help_text="As Jira has it, in its wiki markup.")
    description_html = serializers.SerializerMethodField(help_text="Safe HTML, without pictures.")
    environment = serializers.SerializerMethodField()

    class Meta(TicketSerializer.Meta):
        fields = [
            *TicketSerializer.Meta.fields, "former_keys", "links", "description", "description_html", "environment",
        ]
        read_only_fields = fields

    def get_description(self, ticket: Ticket) -> str:
        return _detail(ticket).description

    def get_description_html(self, ticket: Ticket) -> str:
        return wiki.render(_detail(ticket).description)

    def get_environment(self, ticket: Ticket) -> str:
        return _detail(ticket).environment


def _detail(ticket: Ticket) -> TicketDetail:
    found = getattr(ticket, "detail", None)
    return found if isinstance(found, TicketDetail) else TicketDetail()


class ChangeSerializer(serializers.ModelSerializer[TicketChange]):
    author = JiraUserSerializer(read_only=True, allow_null=True)

    class Meta:
        model = TicketChange
        fields = [
            "history_id", "position", "at", "author", "field", "field_id", "from_value", "from_text", "to_value",
            "to_text",
        ]
        read_only_fields = fields


class CommentSerializer(serializers.ModelSerializer[TicketComment]):
    author = JiraUserSerializer(read_only=True, allow_null=True)
    body_html = serializers.SerializerMethodField(help_text="Safe HTML, without pictures.")

    class Meta:
        model = TicketComment
        fields = ["id", "author", "body", "body_html", "created", "updated", "is_public"]
        read_only_fields = fields

    def get_body_html(self, comment: TicketComment) -> str:
        return wiki.render(comment.body)


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    project = serializers.PrimaryKeyRelatedField[MirroredProject](read_only=True)
    by = serializers.PrimaryKeyRelatedField[Person](read_only=True, allow_null=True)
    error = serializers.SerializerMethodField(help_text="In words; empty for whoever may not see errors.")

    class Meta:
        model = SyncRun
        fields = [
            "id", "project", "kind", "state", "by", "started_at", "finished_at", "expected", "seen", "created",
            "updated", "unchanged", "changes", "missing", "requests", "error",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_error(self, run: SyncRun) -> str:
        user = self.context["request"].user
        return run.error if access.may(user, Right.SEE_SYNC_ERRORS) else ""


# ---- What can be asked ----------------------------------------------------------------


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


api_routes: list[tuple[str, type[Any], str]] = [
    ("tickets", TicketsViewSet, "tickets"),
    ("sync-runs", SyncRunsViewSet, "sync-runs"),
]

"""What the API answers of tickets and runs."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from people import access
from people.choices import Right
from people.models import FeatureTeam, Person
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
from tickets.queries.addresses import jira_url, ticket_url
from tickets.rules import wiki


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
    rank_position = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Ascending in the order of To Do; the numbers mean nothing else."
    )
    work_class = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="1 to 5: its class in the priority of work; null until it is placed."
    )
    work_reason = serializers.CharField(read_only=True, help_text="The class and its reason, as its card says them.")
    write_state = serializers.CharField(
        read_only=True, help_text="`pending`, `asks` or `failed` while a change made here is not through; else empty."
    )
    blocked_since = serializers.DateTimeField(read_only=True, allow_null=True)
    blocked_why = serializers.CharField(read_only=True, help_text="What keeps it from going on, or empty.")

    class Meta:
        model = Ticket
        fields = [
            "id", "key", "project", "type", "summary", "status", "column", "status_since", "status_since_is_floor",
            "resolution", "priority", "severity", "labels", "components", "fix_versions", "epic_key", "parent_key",
            "assignee", "reporter", "team", "is_customer", "is_community", "rank_position", "work_class", "work_reason",
            "write_state", "blocked_since", "blocked_why", "presence", "created", "updated", "resolved", "mirrored_at",
            "url", "jira_url",
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

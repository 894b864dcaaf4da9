"""People and teams, for programs. Read only."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from people import access, queries
from people.choices import Right, Role
from people.forms import PeopleFilterForm
from people.models import Component, FeatureTeam, Person, PersonQuerySet
from portal.common import clock

NUMBER = "[0-9]{1,18}"
ROLES = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))


class PersonSerializer(serializers.ModelSerializer[Person]):
    initials = serializers.CharField(read_only=True)
    team = serializers.SlugRelatedField[FeatureTeam](slug_field="slug", read_only=True, allow_null=True)
    roles = serializers.SerializerMethodField(help_text="Held now, those of whoever leads at the moment included.")

    class Meta:
        model = Person
        fields = [
            "id", "name", "initials", "email", "zone", "team", "roles", "jira_account_id", "jira_name",
            "mattermost_name", "is_active", "joined",
        ]
        read_only_fields = fields

    @extend_schema_field(ROLES)
    def get_roles(self, person: Person) -> list[str]:
        return sorted(role.value for role in access.roles(person))


@extend_schema_serializer(many=False)
class MeSerializer(PersonSerializer):
    rights = serializers.SerializerMethodField(help_text="What you may do; docs/permissions.md says it in words.")

    class Meta(PersonSerializer.Meta):
        fields = [*PersonSerializer.Meta.fields, "rights"]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Right.choices)))
    def get_rights(self, person: Person) -> list[str]:
        return sorted(right.value for right in Right if access.may(person, right))


class AreaSerializer(serializers.ModelSerializer[Component]):
    product_manager = serializers.PrimaryKeyRelatedField[Person](read_only=True, allow_null=True)

    class Meta:
        model = Component
        fields = ["id", "name", "product_manager"]
        read_only_fields = fields


class TeamSerializer(serializers.ModelSerializer[FeatureTeam]):
    areas = AreaSerializer(source="components", many=True, read_only=True)

    class Meta:
        model = FeatureTeam
        fields = ["slug", "name", "mattermost_channel", "jira_label", "areas"]
        read_only_fields = fields


class MeViewSet(viewsets.GenericViewSet[Person]):
    """Who this session or token belongs to, and what they may do."""

    serializer_class = MeSerializer
    pagination_class = None
    filter_backends = ()
    queryset = Person.objects.none()
    permission_classes = [IsAuthenticated, access.HasRight]
    right = Right.SEE_PEOPLE

    @extend_schema(operation_id="me", summary="Yourself")
    def list(self, request: Request) -> Response:
        person = request.user
        return Response(MeSerializer(person if isinstance(person, Person) else None).data)


FILTERS = [
    OpenApiParameter("q", str, description="Part of a name or an address; at most 100 characters."),
    OpenApiParameter("role", str, enum=Role.values, description="Who holds this role for good."),
    OpenApiParameter("team", str, description="The slug of a team."),
    OpenApiParameter("state", str, enum=["invited", "gone"], description="Otherwise: everyone who is here."),
]


@extend_schema_view(
    list=extend_schema(summary="People", parameters=FILTERS), retrieve=extend_schema(summary="One person")
)
class PeopleViewSet(viewsets.ReadOnlyModelViewSet[Person]):
    """Everybody, deactivated ones by number only."""

    serializer_class = PersonSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    right = Right.SEE_PEOPLE
    lookup_value_regex = NUMBER
    queryset = Person.objects.all()

    def get_queryset(self) -> PersonQuerySet:
        people = queries.filtered(self._filters()) if self.action == "list" else Person.objects.all()
        return queries.with_roles(people, clock.now()).select_related("team")

    def _filters(self) -> dict[str, str]:
        form = PeopleFilterForm(self.request.query_params)
        if not form.is_valid():
            raise ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
        return form.wanted()


@extend_schema_view(list=extend_schema(summary="Feature teams"), retrieve=extend_schema(summary="One feature team"))
class TeamsViewSet(viewsets.ReadOnlyModelViewSet[FeatureTeam]):
    """Feature teams with the areas they own and the areas' product managers."""

    serializer_class = TeamSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    right = Right.SEE_PEOPLE
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,80}"
    queryset = FeatureTeam.objects.prefetch_related("components")


api_routes: list[tuple[str, type[Any], str]] = [
    ("me", MeViewSet, "me"),
    ("people", PeopleViewSet, "people"),
    ("teams", TeamsViewSet, "teams"),
]

"""Pages, for programs: raise one, look at them, answer them."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from people import access
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.api import Problem
from set_rotation.actions import Refused, paging
from set_rotation.actions.paging import Answered
from set_rotation.choices import PageSource, PageState, Seat, Urgency
from set_rotation.models import Page, PageAttempt
from set_rotation.models.paging import PageQuerySet
from set_rotation.queries.paging import answerers
from set_rotation.rules.page_words import DETAILS, REASON, clean_line, clean_path

NUMBER = "[0-9]{1,18}"
ANSWERED = OpenApiResponse(Problem, description="Somebody was faster, or it is resolved; `detail` says who.")


class NewPageSerializer(serializers.Serializer[Page]):
    """Page whoever is on duty."""

    key = serializers.CharField(
        max_length=120, required=False, help_text="What it is about, such as `E-12`: the same key is the same page. "
                                                  "Without one each request is a page of its own.")
    urgency = serializers.ChoiceField(choices=Urgency.choices, default=Urgency.URGENT)
    reason = serializers.CharField(max_length=REASON, help_text="Why somebody is needed, in a few words.")
    details = serializers.CharField(max_length=DETAILS, required=False, default="", allow_blank=True)
    path = serializers.CharField(max_length=500, required=False, default="", allow_blank=True,
                                 help_text="A page of the portal, such as `/tickets/MM-1/`, or an address.")

    def validate_reason(self, value: str) -> str:
        if not clean_line(value):
            raise serializers.ValidationError("Say in a few words why somebody is needed.")
        return value

    def validate_path(self, value: str) -> str:
        if value and not clean_path(value):
            raise serializers.ValidationError("Give a page of the portal, such as /tickets/MM-1/, or an address.")
        return value


class SnoozeSerializer(serializers.Serializer[Page]):
    minutes = serializers.IntegerField(min_value=1, max_value=1440)


class ReassignSerializer(serializers.Serializer[Page]):
    person = serializers.PrimaryKeyRelatedField[Person](
        queryset=answerers(), pk_field=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        help_text="The person's id; your own takes the page over.",
    )


class PagePersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ["id", "name"]
        read_only_fields = fields


class PageSerializer(serializers.ModelSerializer[Page]):
    by = PagePersonSerializer(read_only=True, allow_null=True)
    acknowledged_by = PagePersonSerializer(read_only=True, allow_null=True)
    resolved_by = PagePersonSerializer(read_only=True, allow_null=True)
    only_to = PagePersonSerializer(read_only=True, allow_null=True, help_text="It goes to this person alone.")
    due_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When the next step comes.")

    class Meta:
        model = Page
        fields = [
            "id", "key", "urgency", "reason", "details", "path", "source", "state", "test", "round", "step", "due_at",
            "at", "by", "from_whom", "only_to", "acknowledged_by", "acknowledged_at", "resolved_by", "resolved_at",
            "snoozed_until",
        ]
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[PageAttempt]):
    person = PagePersonSerializer(read_only=True, allow_null=True)
    seat = serializers.ChoiceField(choices=[*Seat.choices, ("", "the person themself")], read_only=True)
    delivery = serializers.SlugRelatedField[Any](
        slug_field="state", read_only=True, allow_null=True,
        help_text="What became of the message; null: none was sent, and `words` say why.",
    )

    class Meta:
        model = PageAttempt
        fields = ["round", "step", "seat", "person", "kind", "at", "due_at", "delivery", "words"]
        read_only_fields = fields


class PageWholeSerializer(PageSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)

    class Meta(PageSerializer.Meta):
        fields = [*PageSerializer.Meta.fields, "attempts"]
        read_only_fields = fields


class PageFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=PageState.choices, required=False)


ANSWERS = {200: PageSerializer, 409: ANSWERED}


@extend_schema_view(
    list=extend_schema(summary="Pages, newest first", parameters=[PageFilter]),
    retrieve=extend_schema(summary="One page, with every attempt to reach somebody", responses=PageWholeSerializer),
    create=extend_schema(
        summary="Page whoever is on duty", request=NewPageSerializer,
        responses={201: OpenApiResponse(PageSerializer, description="Somebody is called within seconds."),
                   200: OpenApiResponse(PageSerializer, description="This key has been paged before: that page.")},
    ),
    acknowledge=extend_schema(summary="Take care of a page: nobody else is called", request=None, responses=ANSWERS),
    resolve=extend_schema(summary="Say that a page is over", request=None, responses=ANSWERS),
    escalate=extend_schema(summary="Call the next step of a page now", request=None, responses=ANSWERS),
    snooze=extend_schema(summary="Silence a page for some minutes", request=SnoozeSerializer, responses=ANSWERS),
    reassign=extend_schema(summary="Give a page to one person", request=ReassignSerializer, responses=ANSWERS),
)
@extend_schema(parameters=[
    OpenApiParameter("id", {"type": "string", "pattern": f"^{NUMBER}$"}, OpenApiParameter.PATH)
])
class PagesViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Page]):
    """Somebody is needed now."""

    serializer_class = PageSerializer
    permission_classes = [IsAuthenticated, access.HasRight]
    lookup_value_regex = NUMBER
    queryset = Page.objects.all()

    @property
    def right(self) -> Right:
        """What the operation needs; an unknown one needs what an answer does."""
        if self.request is not None and self.request.method in {"GET", "HEAD", "OPTIONS"}:
            return Right.SEE_DUTY
        return Right.SEND_PAGES if self.action == "create" else Right.ANSWER_PAGES

    def get_queryset(self) -> PageQuerySet:
        found = Page.objects.select_related("by", "acknowledged_by", "resolved_by", "only_to")
        if self.action != "list":
            return found
        wanted = PageFilter(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        state = wanted.validated_data.get("state")
        return found.filter(state=state) if state else found

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(PageWholeSerializer(self._page(pk)).data)

    def create(self, request: Request) -> Response:
        asked = NewPageSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        page, made = paging.raise_page(
            key=told.get("key") or f"api-{secrets.token_hex(8)}", urgency=Urgency(told["urgency"]),
            reason=told["reason"], details=told["details"], path=told["path"], source=PageSource.API,
            by=self._reader(request), at=clock.now(),
        )
        return Response(PageSerializer(page).data, status=status.HTTP_201_CREATED if made else status.HTTP_200_OK)

    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        return self._answer(request, pk, paging.acknowledge)

    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        return self._answer(request, pk, paging.resolve)

    @action(detail=True, methods=["post"])
    def escalate(self, request: Request, pk: str) -> Response:
        return self._answer(request, pk, paging.escalate_now)

    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        page, asked = self._page(pk), SnoozeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        until = clock.now() + timedelta(minutes=asked.validated_data["minutes"])
        return self._answer(request, pk, paging.snooze, page=page, until=until)

    @action(detail=True, methods=["post"])
    def reassign(self, request: Request, pk: str) -> Response:
        page, asked = self._page(pk), ReassignSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._answer(request, pk, paging.reassign, page=page, to=asked.validated_data["person"])

    def _answer(
        self, request: Request, pk: str, verb: Callable[..., Page], *, page: Page | None = None, **more: Any
    ) -> Response:
        try:
            done = verb(page=page or self._page(pk), by=self._reader(request), at=clock.now(), way="api", **more)
        except Answered as late:
            return Response({"detail": str(late)}, status=status.HTTP_409_CONFLICT)
        except Refused as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal
        return Response(PageSerializer(done).data)

    def _page(self, pk: str) -> Page:
        found = self.get_queryset().filter(pk=int(pk)).first()
        if found is None:
            raise Http404
        return found

    def _reader(self, request: Request) -> Person:
        person = request.user
        assert isinstance(person, Person)  # noqa: S101  (narrows the type: HasRight lets nobody else in)
        return person

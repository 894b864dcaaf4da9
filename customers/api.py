"""Customers, for programs. Read only."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from customers import access
from customers.choices import Plan
from customers.models import Contact, Customer, CustomerHoliday
from customers.models.customer import CustomerQuerySet
from customers.queries.find import by_slug, remaining
from customers.queries.listing import filtered, in_order
from customers.queries.page import hours_of_customer
from customers.rules import money
from customers.rules.hours import hours_words
from customers.rules.listing import MONEY_SORT, SORTS, read_list_filters
from people.access import HasRight
from people.choices import Right
from people.models import Person

SLUG = "[-a-zA-Z0-9_]{1,120}"
BANDS = ["above $50K", "up to $50K", ""]


class CustomerPersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ["id", "name"]
        read_only_fields = fields


class CustomerContactSerializer(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = ["name", "email", "role", "phone"]
        read_only_fields = fields


class CustomerHolidaySerializer(serializers.ModelSerializer[CustomerHoliday]):
    class Meta:
        model = CustomerHoliday
        fields = ["day", "name"]
        read_only_fields = fields


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer. `arr` is null for whoever may not see what customers pay; `band` is for everybody."""

    plan = serializers.ChoiceField(choices=[*Plan.choices, ("", "not known")], read_only=True)
    arr = serializers.SerializerMethodField(
        help_text="US dollars a year; null where nobody has said, and for whoever may not see what customers pay."
    )
    band = serializers.SerializerMethodField(help_text="On which side of $50,000 the ARR lies; empty: not known.")
    aliases = serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)
    csm = CustomerPersonSerializer(read_only=True, allow_null=True)
    tam = CustomerPersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Customer
        fields = ["slug", "name", "aliases", "plan", "arr", "band", "seats", "zone", "csm", "tam", "confirmed"]
        read_only_fields = fields

    @extend_schema_field(serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True))
    def get_arr(self, customer: Customer) -> str | None:
        sees: bool = self.context.get("sees_money", False)
        return str(customer.arr) if sees and isinstance(customer.arr, Decimal) else None

    @extend_schema_field(serializers.ChoiceField(choices=BANDS))
    def get_band(self, customer: Customer) -> str:
        return money.band(customer.arr)


class CustomerWholeSerializer(CustomerSerializer):
    hours = serializers.SerializerMethodField(help_text="When their office is open, on their own clock, in words.")
    holidays = CustomerHolidaySerializer(many=True, read_only=True)
    contacts = serializers.SerializerMethodField()

    class Meta(CustomerSerializer.Meta):
        fields = [*CustomerSerializer.Meta.fields, "hours", "holidays", "contacts", "notes"]
        read_only_fields = fields

    def get_hours(self, customer: Customer) -> str:
        return hours_words(hours_of_customer(customer))

    @extend_schema_field(CustomerContactSerializer(many=True))
    def get_contacts(self, customer: Customer) -> list[Any]:
        rows = customer.contacts.filter(removed_at=None)
        return list(CustomerContactSerializer(rows, many=True).data)


FILTERS = [
    OpenApiParameter("q", str, description="Part of a name, or of another name."),
    OpenApiParameter("plan", str, enum=Plan.values),
    OpenApiParameter("large", str, enum=["1"], description="Those above $50,000 a year."),
    OpenApiParameter("unconfirmed", str, enum=["1"], description="Those of whom nobody has said who they are."),
    OpenApiParameter("aside", str, enum=["1"], description="Those that were set aside."),
    OpenApiParameter(
        "sort", str, enum=[mark + sort for sort in (*SORTS, MONEY_SORT) for mark in ("", "-")],
        description="`arr` only for who may see what customers pay; others get them by name.",
    ),
]


@extend_schema_view(
    list=extend_schema(summary="Customers", parameters=FILTERS),
    retrieve=extend_schema(summary="One customer", responses=CustomerWholeSerializer),
)
class CustomersViewSet(viewsets.ReadOnlyModelViewSet[Customer]):
    """Customers; a former slug, or that of one that was merged, gives the one that remains."""

    serializer_class = CustomerSerializer
    permission_classes = [IsAuthenticated, HasRight]
    right = Right.SEE_CUSTOMERS
    lookup_field = "slug"
    lookup_value_regex = SLUG
    queryset = Customer.objects.all()

    def get_queryset(self) -> CustomerQuerySet:
        if self.action != "list":
            return Customer.objects.all()
        filters = read_list_filters(self.request.query_params, sees_money=self._sees_money())
        return in_order(filtered(filters), filters.sort).select_related("csm", "tam").prefetch_related("aliases")

    def get_object(self) -> Customer:
        found = by_slug(self.kwargs["slug"])
        if found is None:
            raise Http404
        return remaining(found)

    def get_serializer_class(self) -> type[CustomerSerializer]:
        return CustomerSerializer if self.action == "list" else CustomerWholeSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "sees_money": self._sees_money()}

    def _sees_money(self) -> bool:
        request: Request = self.request
        return isinstance(request.user, Person) and access.sees_money(request.user)


api_routes: tuple[tuple[str, Any, str], ...] = (("customers", CustomersViewSet, "customers"),)

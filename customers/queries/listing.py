"""The list of customers: found by name, filtered, ordered, a page at a time."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Lower

from customers.choices import Plan
from customers.models import Customer
from customers.models.customer import CustomerQuerySet
from customers.queries.find import matching
from customers.queries.page import money_words, number_words, plan_words
from customers.rules import money
from customers.rules.listing import DEFAULT_SORT, MONEY_SORT, SORTS, ListFilters
from people.queries.pages import Mark, mark
from portal.common.tables import SortHead

ROWS = 50
HEADS = (("Customer", "name", False), ("Plan", "plan", False), ("ARR", MONEY_SORT, True), ("Seats", "seats", True),
         ("Zone", "zone", False), ("CSM", "", False), ("TAM", "", False))
PLANS = [*Plan.values]


@dataclass(frozen=True)
class CustomerRow:
    """A line of the list. `money`: the amount or the band, as the reader may see it."""

    slug: str
    name: str
    aliases: str
    plan: str
    money: str
    seats: str
    zone: str
    confirmed: bool
    csm: Mark | None
    tam: Mark | None


@dataclass(frozen=True)
class CustomerList:
    """See templates/customers/customers.html."""

    rows: tuple[CustomerRow, ...]
    page: "Page[Customer]"
    columns: tuple[SortHead, ...]
    filters: ListFilters
    plans: tuple[tuple[str, str], ...]
    unconfirmed: int


def customer_list(filters: ListFilters, *, sees_money: bool) -> CustomerList:
    """A page of the list in four queries. A page beyond the last one is the last one."""
    found = in_order(filtered(filters), filters.sort if sees_money or MONEY_SORT not in filters.sort else DEFAULT_SORT)
    page = Paginator(found.select_related("csm", "tam").prefetch_related("aliases"), ROWS).get_page(filters.page)
    return CustomerList(
        rows=tuple(_row(customer, sees_money=sees_money) for customer in page), page=page,
        columns=_heads(filters.sort, sees_money=sees_money), filters=filters, plans=tuple(Plan.choices),
        unconfirmed=Customer.objects.current().filter(confirmed=False).count(),
    )


def filtered(filters: ListFilters) -> CustomerQuerySet:
    """The customers that the filters ask for; merged ones are never among them."""
    found = Customer.objects.filter(merged_into=None, archived_at__isnull=not filters.aside)
    if filters.q:
        found = found.filter(matching(filters.q))
    if filters.plan:
        found = found.filter(plan=filters.plan)
    if filters.large:
        found = found.filter(arr__gt=money.MARK)
    return found.filter(confirmed=False) if filters.unconfirmed else found


def in_order(found: CustomerQuerySet, sort: str) -> CustomerQuerySet:
    """Ordered by one of `rules.listing.SORTS`, names after that; what nobody has said comes last."""
    field = sort.removeprefix("-")
    by: Any = {"name": Lower("name"), "plan": _plan_order(), "zone": F("zone")}.get(field, F(field))
    order = OrderBy(by, descending=sort.startswith("-"), nulls_last=True)
    return found.order_by(order, Lower("name"), "pk")


def _plan_order() -> Case:
    ranks = [When(plan=plan, then=Value(place)) for place, plan in enumerate(PLANS)]
    return Case(*ranks, default=Value(None))


def _heads(sort: str, *, sees_money: bool) -> tuple[SortHead, ...]:
    sorts = (*SORTS, MONEY_SORT) if sees_money else SORTS
    turned = {sort.removeprefix("-"): "descending" if sort.startswith("-") else "ascending"}
    return tuple(
        SortHead(label, field if field in sorts else "", turned.get(field, ""), num) for label, field, num in HEADS
    )


def _row(customer: Customer, *, sees_money: bool) -> CustomerRow:
    return CustomerRow(
        slug=customer.slug, name=customer.name, aliases=", ".join(alias.name for alias in customer.aliases.all()),
        plan=plan_words(customer.plan), money=money_words(customer, sees_money=sees_money),
        seats=number_words(customer.seats), zone=customer.zone, confirmed=customer.confirmed,
        csm=mark(customer.csm) if customer.csm else None,
        tam=mark(customer.tam) if customer.tam else None,
    )

"""The list of customers, and all of them as a file."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from customers import access
from customers.queries.imports import known_customers
from customers.queries.listing import customer_list
from customers.rules.imports import written
from customers.rules.listing import read_list_filters
from people.access import needs, require
from people.choices import Right
from portal.common import clock


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_CUSTOMERS)
def listing(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.SEE_CUSTOMERS)
    sees = access.sees_money(person)
    filters = read_list_filters(request.GET, sees_money=sees)
    context = {
        "customers": customer_list(filters, sees_money=sees), "can_edit": access.may_edit(person), "now": clock.now(),
    }
    part = request.headers.get("HX-Target") == "results"
    return render(request, "customers/customers.html#results" if part else "customers/customers.html", context)


@require_safe
@needs(Right.SEE_CUSTOMERS)
def export(request: HttpRequest) -> HttpResponse:
    """All current customers, as an import reads them."""
    person = require(request, Right.SEE_CUSTOMERS)
    return as_file(written(known_customers(), sees_money=access.sees_money(person)), "customers.csv")


def as_file(text: str, name: str) -> HttpResponse:
    """A CSV file to download; no cache keeps it, for it may hold what others may not see."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response

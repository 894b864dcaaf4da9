"""The list of tickets, and the search of every page."""

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import needs
from people.choices import Right
from portal.common import clock
from tickets.queries.addresses import ticket_url
from tickets.queries.listing import exported, ticket_list
from tickets.queries.ticket import find_ticket
from tickets.rules.filters import key_like
from tickets.rules.listing import ListFilters, read_list_filters


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def listing(request: HttpRequest) -> HttpResponse:
    at, filters = clock.now(), read_list_filters(request.GET)
    if request.GET.get("format") == "csv":
        return _csv(filters)
    # Enter in the search field with nothing but a key goes to the ticket; typing never takes the reader away.
    if "-" in key_like(filters.q) and "HX-Request" not in request.headers and (found := find_ticket(filters.q)):
        return redirect(ticket_url(found.key))
    page = ticket_list(filters, path=reverse("tickets:list"), at=at)
    part = request.headers.get("HX-Target") == "results"
    template = "tickets/tickets.html#results" if part else "tickets/tickets.html"
    return render(request, template, {"tickets": page, "now": at})


def _csv(filters: ListFilters) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="tickets.csv"'
    csv.writer(response).writerows(exported(filters))
    return response

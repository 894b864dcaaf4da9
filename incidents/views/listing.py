"""The list of incidents."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from incidents import access
from incidents.actions.news import LIVE
from incidents.choices import Kind, Severity
from incidents.queries.here import zone_here
from incidents.queries.listing import export, list_page
from incidents.queries.seen import visible
from incidents.rules.filters import number_like, read_filters
from people.access import needs, require
from people.choices import Right
from people.streams import stream
from portal.common import clock, live

LIST = "incidents/list/list.html"


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_INCIDENTS)
def listing(request: HttpRequest) -> HttpResponseBase:
    person, at, version = require(request, Right.SEE_INCIDENTS), clock.now(), live.current_id(LIVE)
    rows, filters = visible(person, access.rights_of(person)), read_filters(request.GET.dict())
    if request.GET.get("format") == "csv":
        return _csv(export(rows, filters, person=person, at=at))
    number = number_like(filters.q)
    # An address with nothing but a number leads there; the form, which names its tab, never takes the reader away.
    if number and "tab" not in request.GET and rows.filter(pk=number).exists():
        return redirect("incidents:incident", number=number)
    found = list_page(rows, filters, person=person, at=at, path=reverse("incidents:list"))
    context = {
        "found": found, "works": access.works(person), "now": at, "severities": Severity.choices,
        "stamp": {"at": at, "after": f" {zone_here(at)}"}, "kinds": Kind.choices,
        "live": {"url": reverse("incidents:list_live"), "id": version},
    }
    part = request.headers.get("HX-Target") == "results"
    return render(request, f"{LIST}#results" if part else LIST, context)


def _csv(lines: object) -> HttpResponse | StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")  # type: ignore[arg-type]
    response["Content-Disposition"] = 'attachment; filename="incidents.csv"'
    add_never_cache_headers(response)
    return response


@require_GET
async def list_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of every page that lists incidents: it says only that something has changed."""
    return await stream(request, LIVE, Right.SEE_INCIDENTS)

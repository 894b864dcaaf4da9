"""The status page of the house: what is open, with the next updates, for everyone signed in."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from incidents.access import rights_of
from incidents.actions.news import LIVE
from incidents.queries.here import zone_here
from incidents.queries.status import status_page
from people.access import needs, require
from people.choices import Right
from people.streams import stream
from portal.common import clock, live


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_INCIDENTS)
def status(request: HttpRequest) -> HttpResponse:
    version, person, at = live.current_id(LIVE), require(request, Right.SEE_INCIDENTS), clock.now()
    context = {
        "status": status_page(person, rights_of(person), at), "now": at,
        "stamp": {"at": at, "after": f" {zone_here(at)}"},
        "live": {"url": reverse("incidents:status_live"), "id": version},
    }
    part = request.headers.get("HX-Target") == "status"
    return render(request, "incidents/status/status.html#status" if part else "incidents/status/status.html", context)


@require_GET
async def status_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the status page: it says only that something has changed."""
    return await stream(request, LIVE, Right.SEE_INCIDENTS)

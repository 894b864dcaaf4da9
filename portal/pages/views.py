"""The pages that show several rooms, and what stands apart from all rooms."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from portal.pages import visits
from portal.pages.errors import bad_request, broken, csrf_failed, forbidden, not_found
from portal.pages.health import healthz, readyz
from portal.pages.home import home as home_page
from tickets.queries.counts import board_version

__all__ = [
    "bad_request", "broken", "csrf_failed", "forbidden", "healthz", "home", "not_found", "readyz",
]


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def home(request: HttpRequest) -> HttpResponse:
    person, at, version = require(request, Right.SEE_TICKETS), clock.now(), board_version()
    looked = visits.visit(visits.read(request, person.pk), at)
    rights = frozenset(right for right in Right if may(person, right))
    page = home_page(person=person, rights=rights, since=looked.since, version=version, at=at)
    context = {"home": page, "live": {"url": reverse("tickets:board_live"), "id": version}, "now": at}
    # An open page that looks again by itself is nobody looking: the visit does not go on with it.
    if request.headers.get("HX-Target") == "home":
        return render(request, "pages/home.html#home", context)
    response = render(request, "pages/home.html", context)
    visits.write(response, person.pk, looked)
    return response

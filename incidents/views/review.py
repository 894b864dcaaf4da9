"""Monday's incident review."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import access
from incidents.queries.review import review_page
from people.access import needs, require
from people.choices import Right
from portal.common import clock


@require_safe
@needs(Right.SEE_INCIDENTS)
def review(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SEE_INCIDENTS), clock.now()
    page = review_page(request.GET.get("monday", ""), person, access.rights_of(person), at)
    return render(request, "incidents/review/review.html", {"page": page, "now": at})

"""Whether duty is shared fairly."""

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from set_rotation.queries.fairness import csv_lines, fairness_page


@require_safe
@needs(Right.SEE_DUTY)
def fairness(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SEE_DUTY), clock.now()
    page = fairness_page(request.GET.dict(), at=at, reader=person)
    if request.GET.get("format") == "csv":
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="fairness.csv"'
        csv.writer(response).writerows(csv_lines(page))
        return response
    context = {"page": page, "plans": may(person, Right.PLAN_ROTATIONS), "now": at}
    return render(request, "rotations/fairness.html", context)

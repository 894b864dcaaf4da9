"""The figures of incidents."""

import csv

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from incidents import access
from incidents.queries.figures import csv_rows, figures_page
from people.access import needs, require
from people.choices import Right
from portal.common import clock
from portal.common.tables import cell

FIGURES = "incidents/figures/figures.html"


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_INCIDENTS)
def figures(request: HttpRequest) -> HttpResponse:
    person, at, asked = require(request, Right.SEE_INCIDENTS), clock.now(), request.GET.dict()
    rights = access.rights_of(person)
    if name := request.GET.get("csv"):
        return _csv(name, csv_rows(asked, person, rights, at, name))
    context = {"page": figures_page(asked, person, rights, at), "now": at}
    part = request.headers.get("HX-Target") == "figures"
    return render(request, f"{FIGURES}#figures" if part else FIGURES, context)


def _csv(name: str, rows: list[tuple[str, ...]] | None) -> HttpResponse:
    if rows is None:
        raise Http404("There is no such chart.")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="incidents-{name}.csv"'
    csv.writer(response).writerows([cell(value) for value in row] for row in rows)
    return response

"""The figures of incidents."""

import csv

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import access
from incidents.queries.figures import HEADS, csv_rows, figures_page
from people.access import needs, require
from people.choices import Right
from portal.common import clock
from portal.common.tables import cell


@require_safe
@needs(Right.SEE_INCIDENTS)
def figures(request: HttpRequest) -> HttpResponse:
    person, at, asked = require(request, Right.SEE_INCIDENTS), clock.now(), request.GET.dict()
    rights = access.rights_of(person)
    if name := request.GET.get("csv"):
        return _csv(name, csv_rows(asked, person, rights, at, name))
    context = {"page": figures_page(asked, person, rights, at), "heads": HEADS, "now": at}
    return render(request, "incidents/figures/figures.html", context)


def _csv(name: str, rows: list[tuple[str, ...]] | None) -> HttpResponse:
    if rows is None:
        raise Http404("There is no such chart.")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="incidents-{name}.csv"'
    csv.writer(response).writerows([cell(value) for value in row] for row in rows)
    return response

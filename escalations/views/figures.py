"""The figures, and the promises behind them."""

import csv

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from escalations.queries.figures import csv_rows, figures_page, promise_page
from escalations.views.listing import reader_of
from people.access import needs
from people.choices import Right
from portal.common.tables import cell


@require_safe
@needs(Right.SEE_ESCALATIONS)
def figures(request: HttpRequest) -> HttpResponse:
    reader, asked = reader_of(request, Right.SEE_ESCALATIONS), request.GET.dict()
    if name := request.GET.get("csv"):
        return _csv(name, csv_rows(asked, reader, name))
    context = {"page": figures_page(asked, reader), "now": reader.at}
    return render(request, "escalations/figures/figures.html", context)


def _csv(name: str, rows: list[tuple[str, ...]] | None) -> HttpResponse:
    if rows is None:
        raise Http404("There is no such chart.")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="escalations-{name}.csv"'
    csv.writer(response).writerows([cell(value) for value in row] for row in rows)
    return response


@require_safe
@needs(Right.SEE_ESCALATIONS)
def promises(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request, Right.SEE_ESCALATIONS)
    context = {"found": promise_page(request.GET.dict(), reader), "now": reader.at}
    return render(request, "escalations/figures/promises.html", context)

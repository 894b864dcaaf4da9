"""The charts of the weekly update, and what comes of them."""

import csv

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from integrations.outbox.models import Delivery
from integrations.outbox.queries import receipt
from people.access import may, needs, require
from people.choices import Right
from portal import flows
from portal.common import clock
from portal.common.tables import cell
from tickets.queries.addresses import ticket_url
from tickets.queries.weekly.charts import charts
from tickets.queries.weekly.drawn import csv_rows, drawn

RECEIPTS = 3


@require_safe
@needs(Right.SEE_TICKETS)
def charts_page(request: HttpRequest) -> HttpResponse:
    person, now = require(request, Right.SEE_TICKETS), clock.now()
    found = charts(at=now)
    if name := request.GET.get("csv"):
        return _csv(name, csv_rows(found, name))
    made = Delivery.objects.filter(scope__startswith="debt:").order_by("-id")[:RECEIPTS]
    context = {
        "charts": drawn(found), "found": found, "now": now, "may_work": may(person, Right.WORK_TICKETS),
        "doing": [(one, ticket_url(one.key)) for one in found.doing],
        "receipts": [(delivery.title, receipt(delivery)) for delivery in made],
        "has_jira": bool(settings.ENV.jira.projects),
    }
    return render(request, "tickets/weekly/charts.html", context)


def _csv(name: str, rows: list[tuple[str, ...]] | None) -> HttpResponse:
    if rows is None:
        raise Http404("There is no such chart.")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="weekly-{name}.csv"'
    csv.writer(response).writerows([cell(value) for value in row] for row in rows)
    return response


@require_POST
@needs(Right.WORK_TICKETS)
def debt(request: HttpRequest) -> HttpResponse:
    """A technical debt ticket for a component whose bugs keep coming."""
    person, component = require(request, Right.WORK_TICKETS), request.POST.get("component", "").strip()
    if not settings.ENV.jira.base_url or not settings.ENV.jira.projects:
        messages.error(request, "No Jira is set, so there is nowhere to make a ticket. JIRA_BASE_URL names it.")
    elif not component or len(component) > 255 or "\x00" in component:
        messages.error(request, "Name the component.")
    else:
        flows.make_debt_ticket(component=component, at=clock.now(), by=person)
        messages.success(request, f"A technical debt ticket for {component} is on its way to Jira.")
    return redirect(reverse("tickets:weekly_charts") + "#components")

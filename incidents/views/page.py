"""An incident's own page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from incidents import access
from incidents.actions.news import topic_of
from incidents.queries.page import page_of
from people.access import needs
from people.choices import Right
from portal.common import clock, live


@require_safe
@needs(Right.SEE_INCIDENTS)
def incident(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    at, version = clock.now(), live.current_id(topic_of(row.pk))
    context = {
        "page": page_of(row, works=access.works(person), at=at), "incident": row, "now": at, "me": person,
        "live": {"url": reverse("incidents:list"), "id": version},
    }
    return render(request, "incidents/incident.html", context)

"""The promise of the next update: how long is left, who is told when, and what can be done about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import access
from incidents.models import Incident
from incidents.queries.promises import due_of, promise_page
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock

PAGE = "incidents/promises/page.html"


@require_safe
@needs(Right.SEE_INCIDENTS)
def due(request: HttpRequest, number: int) -> HttpResponse:
    """The countdown alone: for a page in a hidden tab, whose stream is closed."""
    _, row = access.found(request, number)
    at = clock.now()
    return render(request, "incidents/promises/both.html", {"due": due_of(row, at=at), "now": at})


@require_safe
@needs(Right.SEE_INCIDENTS)
def promise(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    return _draw(request, row, person)


def _draw(request: HttpRequest, row: Incident, person: Person, *, status: int = 200, **more: object) -> HttpResponse:
    at = clock.now()
    context = {"incident": row, "page": promise_page(row, at=at), "works": access.works(person), "now": at, **more}
    return render(request, PAGE, context, status=status)

"""The list of incidents."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import access
from incidents.queries.seen import visible
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock


@require_safe
@needs(Right.SEE_INCIDENTS)
def listing(request: HttpRequest) -> HttpResponse:
    person = request.user
    if not isinstance(person, Person):
        raise PermissionDenied
    rows = visible(person, access.rights_of(person)).select_related("status")[:50]
    return render(request, "incidents/list.html", {"rows": rows, "now": clock.now()})

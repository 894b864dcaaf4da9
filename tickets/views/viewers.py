"""Who else looks at a ticket."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from people.access import needs, require
from people.choices import Right
from portal.common import clock, seen
from tickets.queries.ticket import find_ticket
from tickets.queries.viewers import viewers


@require_POST
@needs(Right.SEE_TICKETS)
def here(request: HttpRequest, key: str) -> HttpResponse:
    """A page says every few seconds that somebody looks at it, and is told who else does."""
    person, at = require(request, Right.SEE_TICKETS), clock.now()
    ticket = find_ticket(key)
    if ticket is None:
        raise Http404
    if request.POST.get("left") == "1":
        seen.left(f"ticket:{ticket.id}", person.pk)
        return HttpResponse(status=204)
    others = seen.look(f"ticket:{ticket.id}", person.pk, at)
    return render(request, "tickets/viewers.html", {"viewers": viewers(others)})

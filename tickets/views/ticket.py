"""One ticket."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs
from people.choices import Right
from portal.common import clock, live
from tickets.queries.addresses import ticket_url
from tickets.queries.kanban import work_on
from tickets.queries.ticket import find_ticket, ticket_page
from tickets.queries.timeline import ALL, SHOWS
from tickets.queries.work import write_lines


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def ticket(request: HttpRequest, key: str) -> HttpResponse:
    at, version = clock.now(), live.current_id("board")
    found = find_ticket(key)
    if found is None:
        return render(request, "404.html", {"searched": key.replace("\x00", "")[:80]}, status=404)
    if found.key != key:
        query = request.META.get("QUERY_STRING", "")
        return redirect(ticket_url(found.key) + (f"?{query}" if query else ""))
    show = request.GET.get("show", ALL)
    page = ticket_page(found, show=show if show in SHOWS else ALL, everything=request.GET.get("all") == "1", at=at)
    part = request.headers.get("HX-Target", "") in {"ticket", "activity"}
    live_from = {"url": reverse("tickets:board_live"), "id": version}
    work = work_on(found.id, can_work=may(request.user, Right.WORK_TICKETS))
    context = {
        "ticket": page, "work": work, "writes": write_lines(found.id), "cannot_work": not work.can_work,
        "live": live_from, "now": at, "can_respond": may(request.user, Right.WORK_ESCALATIONS),
    }
    return render(request, "tickets/ticket.html#ticket" if part else "tickets/ticket.html", context)

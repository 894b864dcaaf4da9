"""The Kanban."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from tickets.choices import Column
from tickets.queries import board as boards
from tickets.queries.counts import board_version
from tickets.rules.filters import read_filters


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def board(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.SEE_TICKETS)
    at, version, path = clock.now(), board_version(), reverse("tickets:board")
    filters = read_filters(request.GET, request.GET.getlist("more"))
    target = request.headers.get("HX-Target", "")
    more = target.removeprefix("more-") if target.startswith("more-") else ""
    if more in Column.values and more != Column.OFF:
        column = boards.more_of(column=more, filters=filters, person=person, at=at, path=path)
        return render(request, "tickets/board.html#more", {"column": column})
    page = boards.board(
        filters=filters, person=person, at=at, version=version, path=path,
        can_accept=may(person, Right.ACCEPT_MAPPINGS),
        refresh_url=reverse("tickets:sync_run") if may(person, Right.RUN_SYNC) else "",
    )
    template = "tickets/board.html#board" if target == "board" else "tickets/board.html"
    live = {"url": reverse("tickets:board_live"), "id": version}
    can_work = may(person, Right.WORK_TICKETS)
    return render(request, template, {"board": page, "can_work": can_work, "live": live, "now": at})

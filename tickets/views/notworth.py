"""Bugs that are not worth the work: choose, preview, close, and see how far it is."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from portal.flows import notworth as flows
from tickets.actions.notworth import NotClosed, check, chosen
from tickets.queries.notworth import batch_mark, candidates, closings, progress, resolutions
from tickets.rules.notworth import AT_ONCE, COMMENT, DAYS, PLACEHOLDERS, days_asked

PAGE = "tickets/priority/notworth.html"


@dataclass(frozen=True)
class Asked:
    """What the form says."""

    ids: tuple[int, ...]
    days: int
    resolution: str
    comment: str
    fault: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def not_worth(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.WORK_TICKETS if request.method == "POST" else Right.SEE_TICKETS)
    at, can_close = clock.now(), may(person, Right.WORK_TICKETS)
    if request.method != "POST":
        batch, asked = progress(request.GET.get("batch", "")), _asked(request.GET)
        if request.headers.get("HX-Target") == "progress":
            return render(request, f"{PAGE}#progress", {"batch": batch, "asked": asked, "now": at})
        return render(request, PAGE, _context(asked, at, can_close=can_close) | {"batch": batch})
    asked = _asked(request.POST)
    if request.POST.get("step") == "back":
        return render(request, PAGE, _context(asked, at, can_close=can_close) | {"batch": None})
    try:
        if request.POST.get("step") != "close":
            return _preview(request, asked, at)
        writes = flows.close_not_worth(
            ids=asked.ids, days=asked.days, resolution=asked.resolution, comment=asked.comment, by=person, at=at
        )
    except NotClosed as error:
        context = _context(asked, at, can_close=can_close) | {"fault": str(error), "batch": None}
        return render(request, PAGE, context, status=422)
    if not writes:
        messages.warning(request, "All of these changed meanwhile, so nothing was closed.")
        return redirect("tickets:not_worth")
    return redirect(f"{reverse('tickets:not_worth')}?batch={batch_mark(writes)}&days={asked.days}")


def _preview(request: HttpRequest, asked: Asked, at: datetime) -> HttpResponse:
    """What would be written, ticket by ticket. Nothing is."""
    check(ids=asked.ids, resolution=asked.resolution, comment=asked.comment)
    tickets = chosen(ids=asked.ids, days=asked.days, at=at)
    if not tickets:
        raise NotClosed("All of these changed meanwhile.")
    lines = closings(tickets, resolution=asked.resolution, comment=asked.comment)
    ids = [ticket.id for ticket in tickets]
    context = {"asked": asked, "lines": lines, "ids": ids, "left_out": len(asked.ids) - len(ids), "now": at}
    return render(request, "tickets/priority/notworth_preview.html", context)


def _asked(form: QueryDict) -> Asked:
    given = dict.fromkeys(text for text in form.getlist("ticket") if text.isascii() and text.isdigit())
    return Asked(
        ids=tuple(int(text) for text in given if len(text) < 19), days=days_asked(form.get("days", str(DAYS))),
        resolution=form.get("resolution", "")[:255],
        comment=form.get("comment", COMMENT).replace("\x00", "").replace("\r\n", "\n"),
    )


def _context(asked: Asked, at: datetime, *, can_close: bool) -> dict[str, object]:
    rows, total = candidates(days=asked.days, at=at)
    return {
        "asked": asked, "rows": rows, "total": total, "resolutions": resolutions(), "can_close": can_close,
        "at_once": AT_ONCE, "placeholders": ["{" + name + "}" for name in PLACEHOLDERS], "now": at,
    }

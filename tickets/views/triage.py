"""Triage: the queue, its verbs, taking one back, similar tickets, and the numbers."""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from integrations.outbox.actions import NotOpen
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal import flows
from portal.common import clock, live
from portal.common.answers import toasted, told, with_script
from portal.common.templatetags.parts import ago_text
from tickets.actions import triage as actions
from tickets.actions.writes import NotThere
from tickets.models import TriageDecision
from tickets.queries.similar import similar_words
from tickets.queries.ticket import find_ticket
from tickets.queries.triage.decisions import said
from tickets.queries.triage.numbers import csv_lines, numbers, read_period
from tickets.queries.triage.page import Asked, triage_page
from tickets.queries.triage.queue import in_triage
from tickets.queries.triage.reading import manager_mention
from tickets.rules.triage import Unfit, read_choice
from tickets.views.live import stream

PARTS = {
    "triage": "tickets/triage/page.html#triage", "triage-queue": "tickets/triage/page.html#queue",
    "triage-verbs": "tickets/triage/verbs.html",
}


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def triage(request: HttpRequest) -> HttpResponse:
    return _page(request, require(request, Right.SEE_TICKETS), _asked(request.GET))


@require_POST
@needs(Right.WORK_TICKETS)
def decide(request: HttpRequest) -> HttpResponse:
    """One verb on one bug; then the next is there. With a script the answer is the page's part, without a redirect."""
    by, at, asked = require(request, Right.WORK_TICKETS), clock.now(), _asked(request.POST)
    ticket = find_ticket(asked.ticket)
    if ticket is None:
        return _answer(request, by, asked, tone="red", text="There is no such ticket here.")
    try:
        choice = replace(read_choice(request.POST), manager=manager_mention(request.POST.get("manager", "")))
        made = actions.decide(ticket_id=ticket.id, choice=choice, by=by, at=at)
    except Unfit as unfit:
        return _answer(request, by, asked, tone="red", text=str(unfit))
    except actions.AlreadyDecided as already:
        ago = ago_text((at - already.decision.at).total_seconds())
        text = f"Nothing was changed: {said(already.decision)} {ago}."
        return _answer(request, by, _next(asked), tone="amber", text=text)
    except (actions.NotInTriage, NotThere) as refused:
        return _answer(request, by, _next(asked), tone="amber", text=refused.words)
    flows.tell_cards([ticket.id], at)
    live.publish("triage", "stale", "")
    undo = reverse("tickets:triage_undo", args=[made.pk])
    return _answer(request, by, _next(asked), tone="green", text=f"{said(made)}.", undo=undo)


@require_POST
@needs(Right.WORK_TICKETS)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.WORK_TICKETS), clock.now()
    decision = get_object_or_404(TriageDecision.objects.select_related("ticket"), pk=pk)
    here = Asked(decision.ticket.key)
    try:
        actions.undo(decision=decision, by=by, at=at)
    except NotOpen:
        text = f"{decision.ticket.key} has left for Jira already. Change it on the ticket's own page."
        return _answer(request, by, here, tone="amber", text=text)
    except NotThere as refused:
        return _answer(request, by, here, tone="amber", text=refused.words)
    flows.tell_cards([decision.ticket_id], at)
    live.publish("triage", "stale", "")
    return _answer(request, by, here, tone="grey", text=f"{decision.ticket.key} is in triage again.")


@require_POST
@needs(Right.WORK_TICKETS)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.WORK_TICKETS), clock.now()
    decision = get_object_or_404(TriageDecision.objects.select_related("ticket"), pk=pk)
    try:
        for write in actions.retry(decision=decision, by=by, at=at):
            flows.queue_delivery(write.delivery)
    except (NotOpen, NotThere) as refused:
        return _answer(request, by, Asked(), tone="amber", text=refused.words)
    flows.tell_cards([decision.ticket_id], at)
    live.publish("triage", "stale", "")
    return _answer(request, by, Asked(), tone="grey", text=f"{decision.ticket.key} is on its way to Jira again.")


@require_safe
@needs(Right.SEE_TICKETS)
def similar(request: HttpRequest) -> HttpResponse:
    """What sounds like the words that are being typed, or has the key that is."""
    asked = _asked(request.GET)
    ticket, keyed = find_ticket(asked.ticket), find_ticket(asked.q)
    found = similar_words(asked.q, without=ticket.id if ticket else 0) if asked.q else ()
    context = {"similar": found, "keyed": keyed if keyed != ticket else None, "q": asked.q}
    return render(request, "tickets/triage/similar.html", context)


@require_GET
async def follow(request: HttpRequest) -> HttpResponseBase:
    """The stream of the page: somebody has decided, or a bug came."""
    return await stream(request, "triage")


@require_safe
@needs(Right.SEE_TICKETS)
def counts(request: HttpRequest) -> HttpResponse:
    """What came in, where it went, how long it took; each count opens its list."""
    at = clock.now()
    page = numbers(read_period(request.GET, at), at)
    if request.GET.get("format") == "csv":
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="triage.csv"'
        csv.writer(response).writerows(csv_lines(page))
        return response
    return render(request, "tickets/triage/numbers.html", {"numbers": page, "now": at})


def _asked(given: Mapping[str, str]) -> Asked:
    def text(name: str) -> str:
        return given.get(name, "").replace("\x00", "").strip()[:200]

    return Asked(
        ticket=text("ticket").upper()[:80], verb=text("verb"), q=text("q"), next=text("next").upper()[:80],
        everything=text("show") == "all", as_list=text("view") == "list",
    )


def _next(asked: Asked) -> Asked:
    """The bug after the one that was decided; the first, if that is gone too."""
    found = find_ticket(asked.next)
    still = found is not None and in_triage().filter(id=found.id).exists()
    return Asked(asked.next if still else "", everything=asked.everything)


def _page(request: HttpRequest, reader: Person, asked: Asked) -> HttpResponse:
    version, at = live.current_id("triage"), clock.now()
    page = triage_page(asked=asked, reader=reader, can_work=may(reader, Right.WORK_TICKETS), at=at)
    template = PARTS.get(request.headers.get("HX-Target", ""), "tickets/triage/page.html")
    context = {"triage": page, "live": {"url": reverse("tickets:triage_live"), "id": version}, "now": at}
    return render(request, template, context)


def _answer(
    request: HttpRequest, by: Person, asked: Asked, *, tone: str, text: str, undo: str = ""
) -> HttpResponse:
    """What was done, in a toast; and the page as the address says that comes with it."""
    url = asked.url(asked.ticket, asked.verb)
    if not with_script(request):
        return told(request, text, tone=tone, to=url)
    if tone == "red":
        # The form stays as it is: what was typed is not lost over a sentence.
        response = HttpResponse()
        response["HX-Reswap"] = "none"
    elif request.headers.get("HX-Target") == "triage":
        response = _page(request, by, asked)
        response["HX-Push-Url"] = url
    else:
        # A toast's Undo has no place of its own: the page goes to the bug that it was about.
        response = HttpResponse()
        place = {"target": "#triage", "select": "#triage", "swap": "outerHTML"}
        response["HX-Location"] = json.dumps({"path": url, **place})
    return toasted(response, text, tone=tone, undo=undo)

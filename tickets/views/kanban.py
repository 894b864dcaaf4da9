"""Pulling, limits, blocks, threads, and the meeting."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.access import may, needs, require
from people.choices import Right
from portal import flows
from portal.common import clock
from portal.flows.writes import pull_card
from tickets.actions import kanban
from tickets.actions.writes import NotThere
from tickets.choices import KanbanWhat
from tickets.models import KanbanEvent, Ticket
from tickets.queries.addresses import ticket_url
from tickets.queries.kanban import limit_rows
from tickets.queries.meeting import meeting_page
from tickets.queries.ticket import find_ticket
from tickets.views.sheets import over_words

EARLIEST = datetime(2000, 1, 1).astimezone()


@require_POST
@needs(Right.WORK_TICKETS)
def pull(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.WORK_TICKETS), clock.now()
    try:
        done = pull_card(by=person, at=at)
    except NotThere as fault:
        messages.error(request, fault.words)
        return _back(request, reverse("tickets:board"))
    if not done.writes:
        messages.info(request, "To do holds nothing that is free. Feature-team work is free to take.")
        return _back(request, reverse("tickets:board"))
    ticket = done.writes[0].ticket
    messages.success(request, f"{ticket.key} is yours: {ticket.summary}"[:200])
    for words in over_words(done):
        messages.warning(request, words)
    return _back(request, ticket_url(ticket.key))


@require_POST
@needs(Right.WORK_TICKETS)
def block(request: HttpRequest, key: str) -> HttpResponse:
    person, at, ticket = require(request, Right.WORK_TICKETS), clock.now(), _ticket(key)
    try:
        kanban.block_ticket(ticket_id=ticket.id, why=request.POST.get("why", ""), by_what=request.POST.get("by", ""),
                            by=person, at=at)
    except (NotThere, ValueError) as fault:
        messages.error(request, getattr(fault, "words", str(fault)))
    else:
        flows.tell_cards([ticket.id], at)
        messages.success(request, f"{ticket.key} is marked as blocked.")
    return _back(request, ticket_url(ticket.key))


@require_POST
@needs(Right.WORK_TICKETS)
def unblock(request: HttpRequest, key: str) -> HttpResponse:
    person, at, ticket = require(request, Right.WORK_TICKETS), clock.now(), _ticket(key)
    try:
        if kanban.unblock_ticket(ticket_id=ticket.id, by=person, at=at):
            flows.tell_cards([ticket.id], at)
            messages.success(request, f"{ticket.key} goes on.")
    except NotThere as fault:
        messages.error(request, fault.words)
    return _back(request, ticket_url(ticket.key))


@require_POST
@needs(Right.WORK_TICKETS)
def thread(request: HttpRequest, key: str) -> HttpResponse:
    """Start the thread of a ticket, or link the one whose address is given."""
    person, at, ticket = require(request, Right.WORK_TICKETS), clock.now(), _ticket(key)
    chat, url = settings.ENV.mattermost, request.POST.get("url", "").strip()
    try:
        if url:
            kanban.link_thread(ticket_id=ticket.id, url=url, allowed=chat.base_url, by=person, at=at)
        elif not chat.base_url:
            messages.error(request, "No Mattermost is configured, so there is nowhere to start a thread.")
        else:
            link = f"{settings.ENV.base_url}{ticket_url(ticket.key)}"
            made = kanban.start_thread(ticket_id=ticket.id, channel=chat.set_channel, link=link, by=person, at=at)
            if made.delivery is not None:
                flows.queue_delivery(made.delivery)
    except (NotThere, ValueError) as fault:
        messages.error(request, getattr(fault, "words", str(fault)))
    return _back(request, ticket_url(ticket.key))


@require_safe
@needs(Right.SEE_TICKETS)
def meeting(request: HttpRequest) -> HttpResponse:
    at = clock.now()
    told = request.GET.get("since", "")
    try:
        since = parse_datetime(told) if told else None
    except ValueError:
        since = None
    if since is not None and (since.tzinfo is None or not EARLIEST < since < at):
        since = None
    if told and since is None:
        raise BadRequest("`since` is a moment in the past with its offset, such as 2026-11-17T14:00-05:00.")
    page = meeting_page(at, since)
    return render(request, "tickets/meeting.html", {"meeting": page, "now": at, "chosen": since is not None})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_TICKETS)
def limits(request: HttpRequest) -> HttpResponse:
    can_edit = may(require(request, Right.SEE_TICKETS), Right.EDIT_MAPPINGS)
    rows, faults = limit_rows(), {}
    if request.method == "POST":
        person = require(request, Right.EDIT_MAPPINGS)
        wanted: dict[tuple[str, str], tuple[int, bool] | None] = {}
        for row in rows:
            told = request.POST.get(row.field, "").strip()
            if told and not (told.isascii() and told.isdigit() and len(told) <= 3 and int(told) > 0):
                faults[row.field] = "A number from 1 to 999, or nothing."
                continue
            forbids = request.POST.get(f"{row.field}-forbids") == "1"
            wanted[row.column, row.of] = (int(told), forbids) if told else None
        if not faults:
            changed = kanban.set_limits(wanted=wanted, by=person, at=clock.now())
            flows.look_again()
            messages.success(request, "Saved." if changed else "Nothing was changed.")
            return redirect("tickets:limits")
    told_rows = [(row, request.POST.get(row.field, row.most), faults.get(row.field, "")) for row in rows]
    events = KanbanEvent.objects.filter(what=KanbanWhat.LIMIT).select_related("by").order_by("-id")[:10]
    context = {"rows": told_rows, "can_edit": can_edit, "events": events, "now": clock.now()}
    return render(request, "tickets/limits.html", context, status=422 if faults else 200)


def _ticket(key: str) -> Ticket:
    found = find_ticket(key)
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Where the person came from, if that is ours."""
    wanted = request.POST.get("next", "")
    good = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if good and wanted.startswith("/") else otherwise)

"""What the views of writes answer: with a script the card as all boards draw it now and a toast, or the content of the
one dialog; without one a message on the page it came from, or a page of its own."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from portal.common import clock
from portal.common.answers import back, toasted, told, with_script
from portal.flows.writes import Done
from tickets.models import Ticket, TicketWrite
from tickets.queries.addresses import ticket_url
from tickets.queries.cards import card_news
from tickets.queries.kanban import over_with
from tickets.queries.ticket import find_ticket
from tickets.queries.work import question_of

WANTED = ("to", "drawn", "before", "after")


def ticket_of(key: str) -> Ticket:
    """The ticket of an address. Raises `Http404`."""
    found = find_ticket(key)
    if found is None:
        raise Http404("No ticket has this key.")
    return found


def write_of(pk: int) -> TicketWrite:
    """The write of an address. Raises `Http404`."""
    return get_object_or_404(TicketWrite.objects.select_related("delivery", "ticket"), pk=pk)


def answered(request: HttpRequest, ticket: Ticket, done: Done, words: str, *, undoable: bool = True) -> HttpResponse:
    """It is done: the card, a toast with Undo, and the dialog where something is asked before it can leave."""
    asking, over = done.asking, over_words(done)
    if not with_script(request):
        if asking is not None:
            return redirect(reverse("tickets:question", args=[asking.pk]))
        return told(request, " ".join([words, *over]), tone="amber" if over else "green", to=_page(request, ticket))
    response = HttpResponse("".join(done.cards))
    if asking is not None:
        return _triggers(response, {"sheet": {"url": reverse("tickets:question", args=[asking.pk])}})
    last = done.writes[-1] if done.writes and undoable else None
    undo = reverse("tickets:write_undo", args=[last.pk]) if last else ""
    tone = "amber" if over else "green" if done.writes else "grey"
    return toasted(response, " ".join([words, *over]), tone=tone, undo=undo)


def over_words(done: Done) -> list[str]:
    """The limits of work in progress that a move, or another owner, passes."""
    write = next((write for write in done.writes if {"column", "assignee_id"} & set(write.mine)), None)
    if write is None:
        return []
    column = write.mine.get("column", write.ticket.column)
    comes, owned = column != write.base.get("column", column), "assignee_id" in write.mine
    owner = write.mine.get("assignee_id", write.ticket.assignee_id)
    found = over_with(column=column, ticket_id=write.ticket_id, owner=owner, comes=comes) if comes or owned else []
    return [over.words for over in found]


def refused(request: HttpRequest, ticket: Ticket, words: str) -> HttpResponse:
    """It cannot be done, for this reason; the card goes back to how it stands."""
    if with_script(request):
        return toasted(cards_of(ticket), words, tone="red")
    return told(request, words, tone="red", to=_page(request, ticket))


def cards_of(ticket: Ticket) -> HttpResponse:
    """The card as it stands."""
    return HttpResponse("".join(card_news([(ticket.id, "")], clock.now())))


def _page(request: HttpRequest, ticket: Ticket) -> str:
    """Where a form without a script goes back to: not to a page that only asks."""
    came_from = back(request, "tickets:board")
    asks = any(part in came_from for part in ("/actions/", "/writes/", "/move/"))
    return ticket_url(ticket.key) if asks else came_from


def ask(
    request: HttpRequest, write: TicketWrite, given: dict[str, str], faults: dict[str, str], status: int = 200
) -> HttpResponse:
    found = question_of(write, given, faults)
    if found is None:
        return redirect(reverse("tickets:actions", args=[write.ticket.key]))
    return sheet(request, "tickets/question.html", {"question": found}, status=status)


def reason_first(request: HttpRequest, ticket: Ticket, words: str) -> HttpResponse:
    """The card goes back, and the dialog asks why it is to stand there."""
    if not with_script(request):
        return ask_reason(request, ticket, words, {})
    response = cards_of(ticket)
    wanted = {name: request.POST[name][:255] for name in WANTED if request.POST.get(name)}
    query = urlencode({**wanted, "words": words})
    return _triggers(response, {"sheet": {"url": f"{reverse('tickets:move', args=[ticket.key])}?{query}"}})


def ask_reason(request: HttpRequest, ticket: Ticket, words: str, faults: dict[str, str]) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    wanted = [(name, given.get(name, "")[:255]) for name in WANTED if given.get(name)]
    context = {
        "key": ticket.key, "url": ticket_url(ticket.key), "summary": ticket.summary, "words": words, "wanted": wanted,
        "reason": given.get("reason", ""), "errors": list(faults.values()),
    }
    return sheet(request, "tickets/reason.html", context, status=422 if faults else 200)


def sheet(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A dialog's content with a script, a page of its own without."""
    if not with_script(request):
        return render(request, template, {**context, "now": clock.now()}, status=status)
    response = render(request, f"{template}#sheet", {**context, "now": clock.now(), "in_dialog": True}, status=status)
    if request.method == "POST":  # the form swaps nothing by itself
        response["HX-Retarget"], response["HX-Reswap"] = "#sheet", "innerHTML"
    return response


def _triggers(response: HttpResponse, events: dict[str, Any]) -> HttpResponse:
    response["HX-Trigger"] = json.dumps(events)
    return response

"""Answering with a template: in a thread, about a ticket, or about nothing in particular."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from escalations import access
from escalations.actions.base import Refused
from escalations.actions.responses import take_for
from escalations.actions.thread import Meanwhile, keep_draft
from escalations.models import Escalation
from escalations.queries import composing as queries
from escalations.queries.composing import Composer
from escalations.queries.seen import visible
from escalations.rules import markdown
from escalations.rules.composing import Typed
from escalations.rules.pasted import mask_text, masked_words
from escalations.rules.ways import Way
from escalations.views.typed import chosen_of, typed_of
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import toasted, told, with_script
from portal.flows import writes
from portal.flows.escalations.sending import Reply, reply
from tickets.actions.writes import NotThere, comment_ticket
from tickets.models import Ticket
from tickets.queries.addresses import ticket_url
from tickets.queries.ticket import find_ticket

SHOWS = frozenset({"preview", "copy"})


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_ESCALATIONS)
def compose(request: HttpRequest, number: int) -> HttpResponse:
    """The composer of a thread. `do`: choose a template, draw anew, preview, copy, keep, send."""
    person, row = access.found(request, number, Right.WORK_ESCALATIONS)
    if request.method != "POST":
        return _draw(request, queries.for_escalation(row, person, at=clock.now(), typed=_asked(request)), row)
    do, typed = request.POST.get("do", ""), _typed(request)
    kind = "note" if request.POST.get("kind") == "note" else ""
    if do == "send":
        return _send(request, person, row, typed, note=kind == "note")
    at = clock.now()
    drawn = queries.for_escalation(row, person, at=at, typed=typed, kind=kind)
    if do not in SHOWS:
        begun = queries.kept(typed) if drawn.text.strip() or typed.template else None
        keep_draft(escalation=row, person=person, text=drawn.text, at=at, values=begun)
    return HttpResponse(status=204) if do == "keep" else _draw(request, drawn, row, shows=do)


def _send(request: HttpRequest, person: Person, row: Escalation, typed: Typed, *, note: bool) -> HttpResponse:
    at, kind = clock.now(), "note" if note else ""
    drawn = queries.for_escalation(row, person, at=at, typed=typed, kind=kind)
    if drawn.why:
        return _draw(request, drawn, row, refused=f"{drawn.why}.", status=422)
    given = Reply(
        text=drawn.filled.text, key=drawn.key, note=note, asks=drawn.asks and not note, template=drawn.version,
        ways=tuple(Way(door.way) for door in drawn.doors if door.chosen),
        seen=None if request.POST.get("anyway") == "1" else typed.seen,
    )
    try:
        message = reply(escalation=row, given=given, by=person, at=at)
    except Meanwhile as meanwhile:
        missed = tuple(meanwhile.messages)
        drawn = queries.for_escalation(row, person, at=at, typed=typed, kind=kind, missed=missed)
        return _draw(request, drawn, row, refused=str(meanwhile), status=422)
    except Refused as refused:
        return _draw(request, drawn, row, refused=str(refused), status=422)
    if drawn.template and not note:
        take_for(escalation=row, outcome=drawn.template.outcome, by=person, at=at)
    words = "The note is in the thread." if note else "Sent." if given.ways else "It is in the thread."
    words = f"{words} {masked_words(mask_text(given.text)[1])}".strip()
    if not with_script(request):
        return told(request, words, tone="green", to=f"{_thread(row)}#message-{message.pk}")
    fresh = queries.for_escalation(row, person, at=at, typed=Typed(ways=typed.ways))
    return toasted(_draw(request, fresh, row), words, tone="green")


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_ESCALATIONS)
def compose_any(request: HttpRequest) -> HttpResponse:
    """The composer about a ticket (`?ticket=MM-1`), or a text to copy."""
    person, ticket = require(request, Right.WORK_ESCALATIONS), _ticket(request)
    do = request.POST.get("do", "")
    typed = _typed(request) if request.method == "POST" else _asked(request) or Typed()
    if ticket is None:
        return _draw(request, queries.for_nobody(typed=typed), None, shows=do)
    may_comment = may(person, Right.WORK_TICKETS)
    drawn = queries.for_ticket(ticket, at=clock.now(), typed=typed, may_comment=may_comment)
    if do != "send":
        return _draw(request, drawn, None, ticket=ticket, shows=do)
    return _comment(request, person, ticket, drawn)


def _comment(request: HttpRequest, person: Person, ticket: Ticket, drawn: Composer) -> HttpResponse:
    """Post it to the ticket in Jira; the same form sent twice is one comment."""
    why = f"{drawn.why}." if drawn.why else next((f"{door.why}." for door in drawn.doors if door.why), "")
    if why:
        return _draw(request, drawn, None, ticket=ticket, refused=why, status=422)
    said, masked = mask_text(drawn.filled.text)
    at, text, once = clock.now(), markdown.wiki(said), f"respond-{ticket.pk}-{drawn.key}"[:64]
    try:
        writes.write_ticket(
            lambda: [comment_ticket(ticket_id=ticket.pk, text=text, by=person, at=at, key=once)],
            ticket=ticket.pk, by=person, at=at,
        )
    except (NotThere, ValueError) as fault:
        refused = str(getattr(fault, "words", fault))
        return _draw(request, drawn, None, ticket=ticket, refused=refused, status=422)
    words = f"The comment is on its way to {ticket.key}. {masked_words(masked)}".strip()
    to = ticket_url(ticket.key)
    if not with_script(request):
        return told(request, words, tone="green", to=to)
    response = told(request, words, tone="green", to=to)
    away = HttpResponse(status=204)
    away["HX-Redirect"] = response["Location"]
    return away


def _thread(row: Escalation) -> str:
    return reverse("escalations:escalation", args=[row.pk])


def _typed(request: HttpRequest) -> Typed:
    return chosen_of(request.POST) if request.POST.get("do") == "choose" else typed_of(request.POST)


def _asked(request: HttpRequest) -> Typed | None:
    """A template chosen by a link; without one the draft that was begun."""
    return typed_of(request.GET) if "template" in request.GET else None


def _ticket(request: HttpRequest) -> Ticket | None:
    key = request.GET.get("ticket", "").replace("\x00", "")[:80]
    found = find_ticket(key) if key else None
    if key and found is None:
        raise Http404("The portal knows no such ticket.")
    return found


def _draw(
    request: HttpRequest, composer: Composer, row: Escalation | None, *, ticket: Ticket | None = None, shows: str = "",
    refused: str = "", status: int = 200,
) -> HttpResponse:
    """The composer alone where htmx asks for it, else a page around it."""
    context = {"composer": composer, "escalation": row, "ticket": ticket, "shows": shows, "refused": refused,
               "about": _threads(request, ticket), "now": clock.now()}
    part = request.headers.get("HX-Target", "") == "composer"
    name = "composer" if part else "compose"
    return render(request, f"escalations/responses/{name}.html", context, status=status)


def _threads(request: HttpRequest, ticket: Ticket | None) -> list[Escalation]:
    """The escalations that wait for this ticket, as far as the reader sees them: they are answered in their threads."""
    person = request.user
    if ticket is None or not isinstance(person, Person):
        return []
    rows = visible(person, access.rights_of(person), clock.now()).open().filter(ticket=ticket)
    return list(rows.select_related("customer")[:10])

"""An escalation's own page: the conversation, and what stands beside it. The reporter's view is the same with less."""

import uuid
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from escalations import access
from escalations.actions.base import Refused, topic_of
from escalations.actions.people import path_of
from escalations.actions.thread import keep_draft, publish
from escalations.choices import Author
from escalations.models import Escalation, Message
from escalations.queries.beside import alike, customer_side
from escalations.queries.composing import for_escalation
from escalations.queries.page import page_of
from escalations.queries.routing import side_of
from escalations.queries.thread import draft_of, writing
from escalations.rules.pasted import mask_text, masked_words
from people.access import may, needs, require, to_sign_in
from people.choices import Right
from people.models import Person
from people.streams import stream
from portal.common import clock, live
from portal.common.answers import told
from portal.flows.escalations.sending import answer

MOST_KEY = 64


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_CUSTOMERS)
def escalation(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    return draw(request, person, row)


def draw(
    request: HttpRequest, person: Person, row: Escalation, *, begun: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page. `begun`: what somebody wrote and could not send, with the words why; it stands in the composer."""
    at, version = clock.now(), live.current_id(topic_of(row.pk))
    notes = access.reads_notes(person)
    drawn = page_of(row, person, notes=notes, may_write=may(person, Right.RAISE_ESCALATIONS),
                    everything=request.GET.get("all") == "1", at=at)
    draft = draft_of(row, person) if drawn.may_write else None
    begun = begun or {"text": draft.text if draft and not notes else ""}
    composer = for_escalation(row, person, at=at) if notes and drawn.may_write else None
    context = {
        "page": drawn, "customer": customer_side(row, person, access.rights_of(person), at),
        "side": side_of(row) if notes else None, "escalation": row, "notes": notes,
        "begun": begun, "key": begun.get("key") or uuid.uuid4().hex,
        "composer": composer, "now": at, "me": person,
        "live": {"url": reverse("escalations:live", args=[row.pk]), "id": version},
    }
    part = request.headers.get("HX-Target", "") == "escalation"
    name = "escalations/thread/escalation.html"
    return render(request, f"{name}#escalation" if part else name, context, status=status)


@require_safe
@needs(Right.SEE_CUSTOMERS)
def similar(request: HttpRequest, number: int) -> HttpResponse:
    """What sounds alike, for the side of the page: fetched once that stands."""
    person, row = access.found(request, number)
    at = clock.now()
    found = alike(row, person, access.rights_of(person), at)
    context = {"found": found, "escalation": row, "works": access.reads_notes(person)}
    part = request.headers.get("HX-Target", "") == "similar"
    name = "escalations/thread/similar.html"
    return render(request, f"{name}#similar" if part else name, context)


@require_GET
async def escalation_live(request: HttpRequest, number: int) -> HttpResponseBase:
    refusal = await sync_to_async(_refusal)(request, number)
    return refusal or await stream(request, topic_of(number), Right.SEE_CUSTOMERS)


def _refusal(request: HttpRequest, number: int) -> HttpResponseBase | None:
    """Who does not see the escalation (404 by exception) hears nothing of it. The connection goes back at once."""
    try:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        require(request, Right.SEE_CUSTOMERS)
        access.found(request, number)
        return None
    finally:
        connections.close_all()


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def reply(request: HttpRequest, number: int) -> HttpResponse:
    """The answer of whoever asked, or of somebody beside them; those who work on it answer with the composer."""
    person, row = access.found(request, number)
    text, key = request.POST.get("text", ""), request.POST.get("key", "").replace("\x00", "")
    key = key[:MOST_KEY] or uuid.uuid4().hex
    try:
        message = answer(escalation=row, text=text, key=key, by=person, at=clock.now())
    except Refused as refused:
        begun = {"text": text, "key": key, "refused": str(refused)}
        return draw(request, person, row, begun=begun, status=422)
    words = f"Sent. {masked_words(mask_text(text)[1])}".strip()
    return told(request, words, tone="green", to=f"{path_of(row)}#message-{message.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.RAISE_ESCALATIONS)
def who_writes(request: HttpRequest, number: int) -> HttpResponse:
    """What somebody types is kept, and they are told who else types."""
    person, row = access.found(request, number)
    at = clock.now()
    if request.method == "POST":
        keep_draft(escalation=row, person=person, text=request.POST.get("text", ""), at=at)
    names = writing(row, person, at, notes=access.reads_notes(person))
    return render(request, "escalations/thread/writing.html", {"names": names})


@require_POST
@needs(Right.WORK_ESCALATIONS)
def show(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Show the reporter a comment from Jira, or no longer."""
    person, row = access.found(request, number)
    message = Message.objects.select_related("escalation").filter(escalation=row, author=Author.JIRA, pk=pk).first()
    if message is None:
        return told(request, "This comment is gone.", tone="amber", to=path_of(row))
    public = request.POST.get("public") == "1"
    publish(message=message, public=public, by=person, at=clock.now())
    words = "The reporter reads this comment now." if public else "The reporter no longer sees this comment."
    return told(request, words, tone="green", to=f"{path_of(row)}#message-{pk}")



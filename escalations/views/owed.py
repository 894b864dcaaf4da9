"""Replies that are owed since a fix is out: the queue, one of them, all of one escalation."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from escalations import access
from escalations.actions.base import LIVE, Refused
from escalations.actions.owed import skip
from escalations.choices import Status
from escalations.models import Escalation, OwedReply
from escalations.queries.owed import owed_of, owed_page
from escalations.queries.seen import visible
from escalations.rules.ways import Way
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock, live
from portal.common.answers import told
from portal.flows.escalations.owed import send_all, send_owed

QUEUE, ONE = "escalations/routing/owed.html", "escalations/routing/reply.html"


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_ESCALATIONS)
def owed(request: HttpRequest) -> HttpResponse:
    person = _reader(request)
    at, version = clock.now(), live.current_id(LIVE)
    context = {"page": owed_page(person, access.rights_of(person), at), "now": at,
               "live": {"url": reverse("escalations:list_live"), "id": version}}
    part = request.headers.get("HX-Target") == "owed"
    return render(request, f"{QUEUE}#owed" if part else QUEUE, context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_ESCALATIONS)
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """One reply: read, edited, sent; or left out with a reason."""
    person, row = _found(request, pk)
    if request.method != "POST":
        return _draw(request, row)
    at = clock.now()
    try:
        if request.POST.get("do") == "skip":
            skip(owed=row, note=request.POST.get("note", ""), by=person, at=at)
            words = f"{row.affected.customer} is left out."
        else:
            ways = [Way(way) for way in request.POST.getlist("ways") if way in set(Way)]
            send_owed(owed=row, text=request.POST.get("text", ""), ways=ways, by=person, at=at)
            words = f"{row.affected.customer} was told."
    except Refused as refused:
        return _draw(request, row, refused=str(refused), typed=request.POST, status=422)
    return told(request, words + _closed(row.escalation), tone="green", to=reverse("escalations:owed"))


def _draw(request: HttpRequest, row: OwedReply, status: int = 200, **more: Any) -> HttpResponse:
    context = {"row": row, "one": owed_of(row), "escalation": row.escalation, "now": clock.now(), **more}
    return render(request, ONE, context, status=status)


@require_POST
@needs(Right.WORK_ESCALATIONS)
def send(request: HttpRequest, number: int) -> HttpResponse:
    """All that is owed of one escalation, as it is prefilled."""
    person, row = access.found(request, number)
    sent, faults = send_all(escalation=row, by=person, at=clock.now())
    words = f"{len(sent)} customer{'' if len(sent) == 1 else 's'} told." + _closed(row)
    tone = "amber" if faults or not sent else "green"
    return told(request, " ".join([words, *faults]), tone=tone, to=reverse("escalations:owed"))


def _closed(row: Escalation) -> str:
    row.refresh_from_db(fields=["status"])
    return f" All were told: {row} is closed." if row.status == Status.CLOSED else ""


def _found(request: HttpRequest, pk: int) -> tuple[Person, OwedReply]:
    """The reader and a reply of an escalation that they see; 404 else, also for one that was taken back."""
    person = _reader(request)
    seen = visible(person, access.rights_of(person), clock.now())
    found = OwedReply.objects.select_related(
        "escalation__ticket", "escalation__customer", "affected__customer", "affected__reporter", "settled_by"
    ).filter(pk=pk, escalation__in=seen.values("pk")).first()
    if found is None:
        raise Http404("Nothing is owed here, or it is not yours to see.")
    return person, found


def _reader(request: HttpRequest) -> Person:
    person = request.user
    if not isinstance(person, Person):
        raise Http404
    return person

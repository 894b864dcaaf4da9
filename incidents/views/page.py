"""An incident's own page: its head, its three panes, and its live stream."""

from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from incidents import access
from incidents.actions.news import topic_of
from incidents.choices import State
from incidents.forms.notes import NoteForm
from incidents.models import Incident
from incidents.queries.composing import composer_of
from incidents.queries.here import zone_here
from incidents.queries.offered import offered_for
from incidents.queries.panes import EVERYTHING, panes_of
from incidents.queries.seen import may_see, visible
from incidents.queries.timeline import timeline_of
from incidents.rules.hiding import mark_of
from people.access import needs, require, to_sign_in
from people.choices import Right
from people.models import Person
from people.streams import stream
from portal.common import clock, live
from portal.common.answers import with_script

PARTS = {"incident": "incident", "entries": "timeline", "timeline": "timeline"}  # HX-Target -> the part that is drawn
LONGEST = 18  # digits of an id


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_INCIDENTS)
def incident(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    return draw(request, person, row)


def draw(
    request: HttpRequest, person: Person, row: Incident, *, status: int = 200, note: NoteForm | None = None
) -> HttpResponse:
    """The page, or the part of it that is asked for. `note`: one that could not be written, with the words why."""
    at, version = clock.now(), live.current_id(topic_of(row.pk))
    works, part = access.works(person), PARTS.get(request.headers.get("HX-Target", ""))
    parts = () if part == "timeline" else EVERYTHING
    offered = offered_for(row.severity) if parts and (works or row.state == State.OPEN) else None
    panes, composer = panes_of(row, parts, works=works, at=at, offered=offered), None
    if works and parts:
        composer = composer_of(row, person=person, at=at, reply=request.GET.get("reply", "")[:40], offered=offered,
                               replies=panes["playbook"].replies)
    context = panes | {
        "me": person, "goes_on": goes_on(person, row), "zone_here": zone_here(at), "note": note or note_form(request),
        "composer": composer,
        "timeline": timeline_of(row, topic=request.GET.get("topic", ""), before=_id(request, "before"),
                                around=_id(request, "entry")),
        "live": {"url": reverse("incidents:live", args=[row.pk]), "id": version},
    }
    name = "incidents/incident.html"
    return render(request, f"{name}#{part}" if part else name, context, status=status)


def goes_on(person: Person, row: Incident) -> Incident | None:
    """The incident into which this one was merged, for whoever sees that one too. A query where it is private."""
    other = row.merged_into
    return other if other is not None and may_see(person, other) else None


def note_form(request: HttpRequest) -> NoteForm:
    """An empty note, or what was sent, in the clocks of the reader."""
    zone = timezone.get_current_timezone_name()
    sent = request.POST if request.method == "POST" else None
    return NoteForm(sent, zone=zone, today=clock.now().astimezone(ZoneInfo(zone)))


def _id(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST else None


@require_safe
@vary_on_headers("HX-Request")
@needs(Right.SEE_INCIDENTS)
def of_escalation(request: HttpRequest, number: int) -> HttpResponse:
    """The incidents that were declared from an escalation, for its page; those that the reader sees."""
    person = require(request, Right.SEE_INCIDENTS)
    rows = visible(person, access.rights_of(person)).filter(escalation=number).select_related("status")
    name = "incidents/of_escalation.html"
    context = {"rows": list(rows), "number": number, "now": clock.now()}
    return render(request, f"{name}#incidents" if with_script(request) else name, context)


@require_safe
@needs(Right.SEE_INCIDENTS)
def behind(request: HttpRequest, key: str) -> HttpResponse:
    """From a page, which tells no number, to the private incident that it is about; 404 for whoever does not see it."""
    person = require(request, Right.SEE_INCIDENTS)
    for row in visible(person, access.rights_of(person)).filter(private=True):
        if mark_of(row.submission) == key:
            return redirect("incidents:incident", number=row.pk)
    raise Http404("There is no such incident, or it is not yours to see: acknowledge its page first.")


@require_GET
async def incident_live(request: HttpRequest, number: int) -> HttpResponseBase:
    refusal = await sync_to_async(_refusal)(request, number)
    return refusal or await stream(request, topic_of(number), Right.SEE_INCIDENTS)


def _refusal(request: HttpRequest, number: int) -> HttpResponseBase | None:
    """Who does not see the incident (404 by exception) hears nothing of it. The connection goes back at once."""
    try:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        require(request, Right.SEE_INCIDENTS)
        access.found(request, number)
        return None
    finally:
        connections.close_all()

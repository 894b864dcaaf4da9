"""The timeline's own verbs: noting, taking a note back, pinning."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from incidents import access
from incidents.actions import notes
from incidents.actions.base import Refused
from incidents.choices import What
from incidents.forms.notes import NoteForm
from incidents.models import Incident, IncidentEvent
from incidents.queries.timeline import entry_of
from incidents.views.page import draw, note_form
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import toasted, told, with_script


@require_POST
@needs(Right.WORK_INCIDENTS)
def note(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    form = note_form(request)
    if not form.is_valid():
        return _refused(request, person, row, form)
    given = form.cleaned_data
    try:
        made = notes.note(incident=row, text=given["text"], key=given["key"], by=person, at=clock.now(),
                          when=form.when, pinned=given["pinned"])
    except Refused as refused:
        form.add_error("time" if form.when else "text", str(refused))
        return _refused(request, person, row, form)
    undo = reverse("incidents:note_back", args=[row.pk, made.pk])
    if not with_script(request):
        return told(request, "Noted.", tone="green", to=_there(made), undo=undo)
    fresh = {"note": NoteForm(zone=form.zone, today=form.today), "incident": row}
    response = render(request, "incidents/timeline/note.html", fresh)
    return toasted(response, "Noted.", tone="green", undo=undo, line={"id": made.pk, "there": True})


def _refused(request: HttpRequest, person: Person, row: Incident, form: NoteForm) -> HttpResponse:
    if with_script(request):
        context = {"note": form, "incident": row}
        return render(request, "incidents/timeline/note.html", context, status=422)
    return draw(request, person, row, status=422, note=form)


@require_POST
@needs(Right.WORK_INCIDENTS)
def note_back(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Take a note back, or (`again`) put it back."""
    person, row = access.found(request, number)
    event, again = _line(row, pk), request.POST.get("again") == "1" or request.GET.get("again") == "1"
    here = reverse("incidents:note_back", args=[row.pk, pk])
    if again:
        done = notes.put_back(event=event, by=person, at=clock.now())
        words, undo = ("The note stands again.", here) if done else ("It stands on the timeline already.", "")
    else:
        done = notes.take_back(event=event, by=person, at=clock.now())
        words, undo = ("The note is taken back.", f"{here}?again=1") if done else (
            "Only whoever wrote a note takes it back, and only once.", "")
    return _answer(request, event, words, undo, done=done)


@require_POST
@needs(Right.WORK_INCIDENTS)
def pin(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Pin a line, or (`pinned` is 0) no longer."""
    person, row = access.found(request, number)
    event, pinned = _line(row, pk), request.POST.get("pinned", "1") != "0"
    done = notes.pin(event=event, pinned=pinned, by=person, at=clock.now())
    return _answer(request, event, "Pinned." if pinned else "No longer pinned.", "", done=done)


@require_safe
@needs(Right.SEE_INCIDENTS)
def line(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    person, row = access.found(request, number)
    found = _line(row, pk)
    if found.removed_at:
        raise Http404("This note was taken back.")
    mine = found.what == What.NOTE and found.by_id == person.pk
    context = {"entry": entry_of(found), "incident": row, "works": access.works(person), "mine": mine,
               "now": clock.now()}
    return render(request, "incidents/timeline/line.html", context)


def _answer(request: HttpRequest, event: IncidentEvent, words: str, undo: str, *, done: bool) -> HttpResponse:
    tone = "green" if done else "amber"
    if not with_script(request):
        return told(request, words, tone=tone, to=_there(event), undo=undo)
    event.refresh_from_db(fields=["removed_at"])
    there = event.removed_at is None
    return toasted(HttpResponse(status=204), words, tone=tone, undo=undo, line={"id": event.pk, "there": there})


def _line(row: Incident, pk: int) -> IncidentEvent:
    found = IncidentEvent.objects.select_related("by", "update", "incident").filter(incident=row, pk=pk).first()
    if found is None:
        raise Http404("There is no such line on this timeline.")
    return found


def _there(event: IncidentEvent) -> str:
    if event.removed_at:
        return f"{reverse('incidents:incident', args=[event.incident_id])}#timeline"
    return f"{reverse('incidents:incident', args=[event.incident_id])}?entry={event.pk}#entry-{event.pk}"

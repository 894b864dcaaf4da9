"""Knowledge notes: looked for, read, written, set aside; what the docs lack."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from escalations import access as room
from escalations.actions import knowledge as actions
from escalations.actions.base import Refused
from escalations.forms.knowledge import NoteForm
from escalations.models import KnowledgeNote
from escalations.queries.knowledge import deficient_notes, note_page, one_note
from escalations.rules.filters import LONGEST, number_like
from escalations.rules.markdown import html
from escalations.views.listing import reader_of
from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from portal.common.answers import told


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_CUSTOMERS)
def knowledge(request: HttpRequest) -> HttpResponse:
    person, get = require(request, Right.SEE_CUSTOMERS), request.GET
    page = note_page(
        q=get.get("q", "").replace("\x00", "").strip()[:LONGEST], category=get.get("category", ""),
        archived=get.get("show") == "archived", number=number_like(get.get("page", "")) or 1,
    )
    context = {"found": page, "writes": may(person, Right.WORK_ESCALATIONS), "show": get.get("show", ""),
               "now": clock.now()}
    part = request.headers.get("HX-Target") == "notes"
    name = "escalations/knowledge/list.html"
    return render(request, f"{name}#notes" if part else name, context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_ESCALATIONS)
def note_new(request: HttpRequest) -> HttpResponse:
    person, form = require(request, Right.WORK_ESCALATIONS), NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note = actions.add_note(note=form.note(), by=person, at=clock.now())
        return told(request, "The note is there, and is found from now on.", tone="green", to=_url(note))
    return render(request, "escalations/knowledge/edit.html", {"form": form},
                  status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_CUSTOMERS)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note; with `?edit` its form. POST keeps what was written."""
    reader = reader_of(request, Right.WORK_ESCALATIONS if request.method == "POST" else Right.SEE_CUSTOMERS)
    row, writes = _note_or_404(pk), Right.WORK_ESCALATIONS in reader.rights
    if request.method == "POST":
        return _edit(request, row)
    if "edit" in request.GET and writes:
        return render(request, "escalations/knowledge/edit.html", {"form": NoteForm.of(row), "note": row})
    context = {"one": one_note(row, reader), "answer": html(row.answer), "writes": writes, "now": reader.at,
               "asked_url": f"{reverse('escalations:list')}?tab=all&note={row.pk}"}
    return render(request, "escalations/knowledge/note.html", context)


def _edit(request: HttpRequest, row: KnowledgeNote) -> HttpResponse:
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            actions.edit_note(row=row, note=form.note(), at=clock.now(), seen=form.cleaned_data["seen"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return told(request, "Kept.", tone="green", to=_url(row))
    return render(request, "escalations/knowledge/edit.html", {"form": form, "note": row}, status=422)


@require_POST
@needs(Right.WORK_ESCALATIONS)
def note_archive(request: HttpRequest, pk: int) -> HttpResponse:
    row = _note_or_404(pk)
    actions.archive_note(row=row, at=clock.now())
    return told(request, "Set aside: it is found no longer.", tone="green", to=reverse("escalations:knowledge"),
                undo=reverse("escalations:note_back", args=[row.pk]))


@require_POST
@needs(Right.WORK_ESCALATIONS)
def note_back(request: HttpRequest, pk: int) -> HttpResponse:
    row = _note_or_404(pk)
    actions.bring_back_note(row=row)
    return told(request, "It is found again.", tone="green", to=_url(row))


@require_safe
@needs(Right.SEE_CUSTOMERS)
def docs(request: HttpRequest) -> HttpResponse:
    """Which docs lack what."""
    person = require(request, Right.SEE_CUSTOMERS)
    context = {"notes": deficient_notes(), "writes": may(person, Right.WORK_ESCALATIONS), "now": clock.now()}
    return render(request, "escalations/knowledge/docs.html", context)


@require_POST
@needs(Right.WORK_ESCALATIONS)
def docs_mended(request: HttpRequest, pk: int) -> HttpResponse:
    row = _note_or_404(pk)
    actions.docs_mended(row=row, at=clock.now())
    return told(request, f"Off the list: {row.question}", tone="green", to=reverse("escalations:note_docs"))


@require_POST
@needs(Right.WORK_ESCALATIONS)
def note_of(request: HttpRequest, number: int) -> HttpResponse:
    """Make a note of a solved escalation, and open it to be looked over."""
    person, row = room.found(request, number, Right.WORK_ESCALATIONS)
    try:
        made, new = actions.note_from(escalation=row, by=person, at=clock.now())
    except Refused as refused:
        return told(request, str(refused), tone="amber", to=reverse("escalations:escalation", args=[row.pk]))
    return redirect(f"{_url(made)}?edit" if new else _url(made))


def _url(note: KnowledgeNote) -> str:
    return reverse("escalations:note", args=[note.pk])


def _note_or_404(pk: int) -> KnowledgeNote:
    found = KnowledgeNote.objects.select_related("by").defer("words").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such note.")
    return found

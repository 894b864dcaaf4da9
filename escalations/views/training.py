"""Training sessions for support: those to come, those that were, with their notes."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalations.actions.knowledge import remove_session, save_session
from escalations.forms.knowledge import SessionForm
from escalations.models import TrainingSession
from escalations.queries.knowledge import note_line, sessions_at
from escalations.rules.markdown import html
from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from portal.common.answers import told


@require_safe
@needs(Right.SEE_CUSTOMERS)
def training(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SEE_CUSTOMERS), clock.now()
    ahead, past = sessions_at(at)
    context = {"ahead": ahead, "past": past, "writes": may(person, Right.WORK_ESCALATIONS), "now": at}
    return render(request, "escalations/knowledge/training.html", context)


@require_safe
@needs(Right.SEE_CUSTOMERS)
def session(request: HttpRequest, pk: int) -> HttpResponse:
    person, row = require(request, Right.SEE_CUSTOMERS), _session_or_404(pk)
    notes = [note_line(note) for note in row.notes.filter(archived_at__isnull=True)]
    context = {"session": row, "text": html(row.text), "notes": notes, "now": clock.now(),
               "writes": may(person, Right.WORK_ESCALATIONS)}
    return render(request, "escalations/knowledge/session.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_ESCALATIONS)
def session_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    person, at = require(request, Right.WORK_ESCALATIONS), clock.now()
    row = _session_or_404(pk) if pk else None
    form = SessionForm(request.POST or None, zone=person.zone, row=row, initial=_said(row, person.zone))
    if request.method == "POST" and form.is_valid():
        kept = save_session(row=row, session=form.session(), by=person, at=at)
        return told(request, "Kept." if row else "The session is listed.", tone="green",
                    to=reverse("escalations:session", args=[kept.pk]))
    return render(request, "escalations/knowledge/session_edit.html", {"form": form, "session": row, "now": at},
                  status=422 if request.method == "POST" else 200)


def _said(row: TrainingSession | None, zone: str) -> dict[str, object]:
    if row is None:
        return {}
    local = row.starts_at.astimezone(ZoneInfo(zone))
    return {"title": row.title, "day": local.date(), "time": local.time(), "link": row.link, "text": row.text,
            "which": "second" if local.fold else "first", "notes": list(row.notes.values_list("pk", flat=True))}


@require_POST
@needs(Right.WORK_ESCALATIONS)
def session_remove(request: HttpRequest, pk: int) -> HttpResponse:
    remove_session(row=_session_or_404(pk))
    return told(request, "The session is off the list.", tone="green", to=reverse("escalations:training"))


def _session_or_404(pk: int) -> TrainingSession:
    found = TrainingSession.objects.select_related("by").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such session.")
    return found

"""The playbook: read by everybody, edited by coordinators as a new version."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions.base import Refused
from incidents.actions.playbook import current_playbook
from incidents.actions.versions import write_playbook
from incidents.forms.versions import WHATS, PlaybookForm
from incidents.models import PlaybookVersion
from incidents.queries.versions import playbook_page
from incidents.rules.playbook import differences, faults
from incidents.rules.words import clean_line
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock


@require_safe
@needs(Right.SEE_INCIDENTS)
def playbook(request: HttpRequest) -> HttpResponse:
    page = playbook_page(request.GET.get("version", ""))
    context = {"page": page, "can_edit": may(request.user, Right.EDIT_PLAYBOOK), "now": clock.now()}
    return render(request, "incidents/playbook/versions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_PLAYBOOK)
def edit(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.EDIT_PLAYBOOK), clock.now()
    held = current_playbook(at)
    if request.method != "POST":
        return _page(request, PlaybookForm(None, stages=held.stages, number=held.number), held)
    form = PlaybookForm(request.POST.dict(), stages=held.stages, number=held.number)
    form.errors += faults(form.stages)
    if not form.is_valid():
        return _page(request, form, held)
    changes = differences(held.stages, form.stages)
    if request.POST.get("step") != "save":
        return _page(request, form, held, changes=changes, checked=True)
    saved = _saved(request, form, by)
    return saved or _page(request, form, current_playbook(at), changes=changes, meanwhile=_meanwhile(form, held))


def _saved(request: HttpRequest, form: PlaybookForm, by: Person) -> HttpResponse | None:
    """The way on after saving; None when it was refused, which the form then says."""
    try:
        made = write_playbook(stages=form.stages, seen=form.seen, note=clean_line(form.note), by=by, at=clock.now())
    except Refused as refused:
        form.errors.append(str(refused))
        return None
    messages.success(request, f"Version {made.number} holds for incidents that are declared from now on.")
    return redirect("incidents:playbook")


def _meanwhile(form: PlaybookForm, held: PlaybookVersion) -> tuple[str, ...]:
    """What others changed since the form was opened; from now on it is seen, and saving again means it."""
    seen = PlaybookVersion.objects.filter(number=form.seen).first()
    form.seen = held.number
    return differences(seen.stages, held.stages) if seen else ()


def _page(
    request: HttpRequest, form: PlaybookForm, held: PlaybookVersion, *, changes: tuple[str, ...] = (),
    checked: bool = False, meanwhile: tuple[str, ...] = (),
) -> HttpResponse:
    context = {"form": form, "number": held.number, "changes": changes, "checked": checked, "meanwhile": meanwhile,
               "whats": WHATS}
    return render(request, "incidents/playbook/edit.html", context, status=200 if form.is_valid() else 422)

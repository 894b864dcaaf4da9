"""The way of a fix, part by part."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from incidents import access
from incidents.actions.base import Refused
from incidents.actions.patch import Moved, move_patch
from incidents.choices import PatchStage
from incidents.forms.patch import PatchForm
from incidents.models import Incident
from incidents.queries.playbook import PatchLine, patch_of
from people.access import needs, require
from people.choices import Right
from portal.common import clock
from portal.common.answers import told


@require_safe
@needs(Right.SEE_INCIDENTS)
def patch(request: HttpRequest, number: int) -> HttpResponse:
    """All of it, with who approved what and when."""
    person, row = access.found(request, number)
    context = {"incident": row, "patch": patch_of(row), "works": access.works(person), "now": clock.now()}
    return render(request, "incidents/playbook/patch.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_INCIDENTS)
def part(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """Move one part on; of several that of a customer (?customer=…), nobody's (?customer=), or else the first that is
    left to do."""
    person = require(request, Right.WORK_INCIDENTS)
    _, row = access.found(request, number)
    line = _line(row, name.replace("-", "_"), request.GET.get("customer"))
    if line is None:
        raise Http404("A fix has no such part of its way.")
    zone, at = timezone.get_current_timezone_name(), clock.now()
    form = PatchForm(request.POST if request.method == "POST" else None, line=line, zone=zone)
    context = {"incident": row, "line": line, "form": form, "now": at, "seen": _shown(line).mark}
    if request.method != "POST" or not form.is_valid():
        return render(request, "incidents/playbook/patch_part.html", context, status=422 if form.errors else 200)
    try:
        changed = move_patch(incident=row, stage=PatchStage(line.stage), moved=form.moved, by=person, at=at,
                             seen=request.POST.get("seen", ""), customer=None if line.alone else line.customer)
    except Refused as refused:
        form.add_error(None, str(refused))
        return render(request, "incidents/playbook/patch_part.html", context, status=422)
    words = f"{line.label}: saved." if changed else "Nothing was different."
    return told(request, words, tone="green" if changed else "grey", to=reverse("incidents:patch", args=[row.pk]))


def _line(row: Incident, stage: str, slug: str | None) -> PatchLine | None:
    lines = [one for one in patch_of(row) if one.stage == stage]
    if slug is not None:
        return next((one for one in lines if (one.customer.slug if one.customer else "") == slug), None)
    return next((one for one in lines if not one.settled), lines[0] if lines else None)


def _shown(line: PatchLine) -> Moved:
    return Moved(line.state, line.version, line.url, line.note, line.approver, line.approved_at)

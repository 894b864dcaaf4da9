"""One step of an incident's playbook: what it asks for, whose it is, and what was found."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from incidents import access
from incidents.actions import steps as verbs
from incidents.actions.base import Refused
from incidents.forms.playbook import StepForm
from incidents.models import Incident, IncidentStep
from incidents.queries.choosing import helpers
from incidents.queries.playbook import asks_approver, patch_of
from incidents.views.evidence import panel
from incidents.views.playbook import done_words, path_of, undo_of
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_INCIDENTS)
def step(request: HttpRequest, number: int, key: str) -> HttpResponse:
    if request.method == "POST":
        require(request, Right.WORK_INCIDENTS)
    person, row = access.found(request, number)
    found = row.steps.select_related("stage", "owner", "done_by").filter(key=key).first()
    if found is None:
        raise Http404("This playbook has no such step.")
    at = clock.now()
    if request.method != "POST":
        return _page(request, person, row, found, None)
    form = StepForm(request.POST, step=found, people=helpers(row, at), zone=timezone.get_current_timezone_name())
    if not form.is_valid():
        return _page(request, person, row, found, form)
    do = request.POST.get("do", "")
    try:
        with transaction.atomic():
            changed = verbs.change_step(
                incident=row, key=key, owner=person if do == "mine" else form.owner, due_at=form.due_at,
                note=form.cleaned_data["note"], by=person, at=at, seen=request.POST.get("seen", ""),
            )
            if do == "done":
                verbs.finish_step(incident=row, key=key, by=person, at=at)
            if do == "skip":
                verbs.skip_step(incident=row, key=key, reason=request.POST.get("why", ""), by=person, at=at)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, person, row, found, form)
    return _went(request, row, found, do, changed)


def _went(request: HttpRequest, row: Incident, found: IncidentStep, do: str, changed: bool) -> HttpResponse:
    """Where it goes on: on the incident's page once the step is settled, in the composer, at the part of the fix."""
    if do in ("done", "skip"):
        words = done_words(found) if do == "done" else f"Skipped: {found.title}"
        return told(request, words, tone="green", to=path_of(row), undo=undo_of(row, found.key))
    if do == "reply":
        return redirect(f"{reverse('incidents:incident', args=[row.pk])}?reply={found.key}#update")
    if do == "approve":
        return redirect("incidents:patch_part", row.pk, found.key)
    words = f"Saved: {found.title}" if changed else "Nothing was different."
    return told(request, words, tone="green" if changed else "grey", to=step_path(row, found.key))


def step_path(row: Incident, key: str) -> str:
    """The page of a step."""
    return reverse("incidents:step", args=[row.pk, key])


def _page(
    request: HttpRequest, person: Person, row: Incident, found: IncidentStep, form: StepForm | None
) -> HttpResponse:
    at, works = clock.now(), access.works(person)
    status = 422 if form is not None else 200
    if form is None and works:
        form = StepForm(step=found, people=helpers(row, at), zone=timezone.get_current_timezone_name())
    context = panel(row, person, found) | {"incident": row, "step": found, "form": form, "works": works, "now": at}
    context |= {"seen": verbs.seen_of(found), "asks": asks_approver(row, found, patch_of(row)),
                "skipping": request.POST.get("why", "")}
    return render(request, "incidents/playbook/step_page.html", context, status=status)

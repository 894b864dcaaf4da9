"""Where the updates of an incident go."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from incidents import access
from incidents.actions import targets as verbs
from incidents.actions.base import Refused
from incidents.forms.targets import ListForm, TargetForm
from incidents.models import Incident, Target
from incidents.queries.targets import targets_of
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_INCIDENTS)
def targets(request: HttpRequest, number: int) -> HttpResponse:
    """All of them, and one more."""
    if request.method == "POST":
        require(request, Right.WORK_INCIDENTS)  # before it is looked for: whether it exists is told to nobody
    person, row = access.found(request, number)
    if request.method != "POST":
        return _page(request, row, None)
    form = (ListForm if "list" in request.POST else TargetForm)(request.POST, incident=row)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        made = verbs.add_target(incident=row, by=person, at=clock.now(), **form.wanted())
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, row, form)
    return told(request, f"Updates go to {made.label} too.", tone="green", to=_path(row))


@require_POST
@needs(Right.WORK_INCIDENTS)
def change(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Take a target off, or have it back (`back`)."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    target = Target.objects.select_related("incident", "customer").filter(pk=pk, incident=row).first()
    if target is None:
        raise Http404("There is no such target.")
    if request.POST.get("back"):
        try:
            done = verbs.restore_target(target=target, by=person, at=clock.now())
        except Refused as refused:
            return told(request, str(refused), tone="amber", to=_path(row))
        return told(request, f"Updates go to {target.label} again." if done else "They go there already.",
                    tone="green" if done else "grey", to=_path(row))
    done = verbs.remove_target(target=target, by=person, at=clock.now())
    return told(request, f"Updates go to {target.label} no longer." if done else "It was off already.",
                tone="green" if done else "grey", to=_path(row))


def _path(row: Incident) -> str:
    return reverse("incidents:targets", args=[row.pk])


def _page(request: HttpRequest, row: Incident, form: TargetForm | ListForm | None) -> HttpResponse:
    works = isinstance(request.user, Person) and access.works(request.user)
    status = 200 if form is None else 422
    context = {
        "incident": row, "places": targets_of(row, off=True), "works": works, "now": clock.now(),
        "form": form if isinstance(form, TargetForm) else TargetForm(incident=row),
        "lists": form if isinstance(form, ListForm) else ListForm(incident=row),
    }
    return render(request, "incidents/updates/targets_page.html", context, status=status)

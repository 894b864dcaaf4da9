"""The playbook in an incident: its pane, its steps, its stages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from incidents import access
from incidents.actions import steps as verbs
from incidents.actions.base import Refused
from incidents.choices import StepKind
from incidents.models import Incident, IncidentStep
from incidents.queries.playbook import playbook_of
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import toasted, told, with_script

PANE = "incidents/playbook/pane.html"


@require_safe
@vary_on_headers("HX-Request")
@needs(Right.SEE_INCIDENTS)
def playbook(request: HttpRequest, number: int) -> HttpResponse:
    """The pane alone, for pages that follow; or a page with nothing else."""
    person, row = access.found(request, number)
    if with_script(request):
        return _pane(request, person, row)
    return render(request, "incidents/playbook/of_incident.html", _context(person, row))


@require_POST
@needs(Right.WORK_INCIDENTS)
def done(request: HttpRequest, number: int, key: str) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        return done_words(verbs.finish_step(incident=row, key=key, by=person, at=clock.now()))

    return answered(request, person, row, act, undo=undo_of(row, key))


@require_POST
@needs(Right.WORK_INCIDENTS)
def skip(request: HttpRequest, number: int, key: str) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        why = request.POST.get("why", "")
        return f"Skipped: {verbs.skip_step(incident=row, key=key, reason=why, by=person, at=clock.now()).title}"

    return answered(request, person, row, act, undo=undo_of(row, key))


@require_POST
@needs(Right.WORK_INCIDENTS)
def mine(request: HttpRequest, number: int, key: str) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        return f"Yours: {verbs.take_step(incident=row, key=key, by=person, at=clock.now()).title}"

    return answered(request, person, row, act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def reopen(request: HttpRequest, number: int, key: str) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        return f"Open again: {verbs.open_step(incident=row, key=key, by=person, at=clock.now()).title}"

    return answered(request, person, row, act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def stage(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    back = row.stage

    def act() -> str:
        seen = request.POST.get("seen", "")
        entered = verbs.enter_stage(incident=row, number=pk, by=person, at=clock.now(), seen=seen)
        return f"Stage {entered.number}: {entered.title}"

    response = answered(request, person, row, act, undo=reverse("incidents:stage", args=[row.pk, back]))
    if with_script(request):
        # The stage that was left closes above the button: its reader is shown where the next one begins.
        response["HX-Reswap"] = f"outerHTML show:#stage-{pk}:top"
    return response


def done_words(step: IncidentStep) -> str:
    """What is said to whoever did a step: of one of evidence also that there is none."""
    bare = step.kind == StepKind.EVIDENCE and not step.attached.filter(removed_at=None).exists()
    return f"Done: {step.title}" + (". Nothing is attached to it." if bare else "")


def answered(
    request: HttpRequest, person: Person, row: Incident, act: Callable[[], str], *, undo: str = "", to: str = ""
) -> HttpResponse:
    """Do it, and answer with the pane as it is then and a toast; without a script with a message on the page `to`, or
    on the incident's."""
    tone = "green"
    try:
        words = act()
    except Refused as refused:
        words, tone, undo = str(refused), "red", ""
    if not with_script(request):
        return told(request, words, tone=tone, to=to or path_of(row), undo=undo)
    row.refresh_from_db()
    return toasted(_pane(request, person, row), words, tone=tone, undo=undo)


def path_of(row: Incident) -> str:
    """The incident's page, at its playbook."""
    return reverse("incidents:incident", args=[row.pk]) + "#playbook"


def undo_of(row: Incident, key: str) -> str:
    """Where a step that is settled is opened again."""
    return reverse("incidents:step_open", args=[row.pk, key])


def _context(person: Person, row: Incident) -> dict[str, object]:
    at = clock.now()
    return {"playbook": playbook_of(row, works=access.works(person), at=at), "incident": row, "now": at}


def _pane(request: HttpRequest, person: Person, row: Incident) -> HttpResponse:
    response = render(request, PANE, _context(person, row))
    # A toast's Undo asks from outside of the pane, and for no answer of its own.
    response["HX-Retarget"], response["HX-Reswap"] = "#playbook", "outerHTML"
    return response

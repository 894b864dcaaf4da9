"""Evidence of an incident: what was found, attached, pinned, downloaded."""

from collections.abc import Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from escalations.actions import files
from escalations.actions.base import Refused as FileRefused
from escalations.actions.files.keeping import opened
from escalations.choices import FileState
from incidents import access
from incidents.actions import evidence as verbs
from incidents.actions.base import Refused
from incidents.actions.evidence import Given
from incidents.choices import EvidenceKind
from incidents.forms.evidence import EvidenceForm
from incidents.models import Evidence, Incident, IncidentStep
from incidents.queries.evidence import evidence_at, evidence_of
from incidents.rules.evidence import PICTURES
from people.access import needs, require, to_sign_in
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import toasted, told, with_script
from portal.common.downloads import saved, shown

LIST = "incidents/playbook/evidence_list.html"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_INCIDENTS)
def evidence(request: HttpRequest, number: int) -> HttpResponse:
    """All of it, or that of one step (?step=…), and more of it."""
    if request.method == "POST":
        require(request, Right.WORK_INCIDENTS)
    person, row = access.found(request, number)
    step = _step(row, (request.POST if request.method == "POST" else request.GET).get("step", ""))
    if request.method == "POST":
        return _take(request, person, row, step)
    if with_script(request):
        return render(request, LIST, panel(row, person, step))
    return render(request, "incidents/playbook/evidence.html", panel(row, person, step) | {"incident": row})


def panel(row: Incident, person: Person, step: IncidentStep | None, form: EvidenceForm | None = None) -> dict[str, Any]:
    """What the panel of evidence draws, on a page of its own and on a step's."""
    works, door = access.works(person), reverse("incidents:evidence", args=[row.pk])
    begun = form or EvidenceForm()
    return {
        "evidence": evidence_of(row, person, works=works, step=step), "evidence_form": begun, "door": door,
        "list_url": f"{door}?step={step.key}" if step else door, "largest": files.LARGEST, "now": clock.now(),
        "largest_mb": files.LARGEST // 1_000_000, "kinds": EvidenceKind.choices,
    }


def _take(request: HttpRequest, person: Person, row: Incident, step: IncidentStep | None) -> HttpResponse:
    form = EvidenceForm(request.POST)
    uploads = [upload for upload in request.FILES.getlist("files") if isinstance(upload, UploadedFile)]
    back = _page_of(row, step)
    if not form.is_valid():
        wrong = [str(error) for errors in form.errors.values() for error in errors]
        return _answer(request, [], wrong, back)
    given = form.cleaned_data | {"step": step.key if step else ""}
    taken, refused = _files(uploads, given, row, person)
    if not uploads:
        try:
            taken.append(verbs.attach(incident=row, given=Given(**given), by=person, at=clock.now()))
        except Refused as error:
            refused.append(str(error))
    return _answer(request, taken, refused, back)


def _files(
    uploads: "Sequence[UploadedFile[bytes]]", given: dict[str, Any], row: Incident, person: Person
) -> tuple[list[Evidence], list[str]]:
    """Take each file into quarantine and attach it; one title is for one file."""
    taken, refused = list[Evidence](), list[str]()
    told = given if len(uploads) == 1 else given | {"title": ""}
    for upload in uploads:
        try:
            at = clock.now()
            file = files.receive(upload=upload, at=at, by=person, by_name=person.name, public=False)
            taken.append(verbs.attach(incident=row, given=Given(**told, file=file), by=person, at=at))
        except (FileRefused, Refused) as error:
            refused.append(str(error))
    return taken, refused


def _answer(request: HttpRequest, taken: list[Evidence], refused: list[str], back: str) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        listed = [{"id": one.pk, "name": one.title} for one in taken]
        return JsonResponse({"files": listed, "refused": refused}, status=422 if refused and not taken else 201)
    words = [*refused, *(f"Attached: {one.title}." for one in taken)]
    return told(request, " ".join(words), tone="red" if refused else "green", to=back)


def _page_of(row: Incident, step: IncidentStep | None) -> str:
    if step is not None:
        return reverse("incidents:step", args=[row.pk, step.key])
    return reverse("incidents:evidence", args=[row.pk])


def _step(row: Incident, key: str) -> IncidentStep | None:
    """The step of this key; None for ""."""
    if not key:
        return None
    found = row.steps.select_related("stage").filter(key=key[:40].replace("\x00", "")).first()
    if found is None:
        raise Http404("This playbook has no such step.")
    return found


# ---- One piece ---------------------------------------------------------------


@require_POST
@needs(Right.WORK_INCIDENTS)
def change(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """`do`: pin, unpin, kind, remove, restore, mask or release."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    found = evidence_at(row, pk)
    if found is None:
        raise Http404("There is no such piece of evidence.")
    do, why, at = request.POST.get("do", ""), request.POST.get("why", ""), clock.now()
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "pin": (lambda: verbs.pin(evidence=found, pinned=True, by=person, at=at), "Pinned"),
        "unpin": (lambda: verbs.pin(evidence=found, pinned=False, by=person, at=at), "No longer pinned"),
        "kind": (lambda: verbs.retype(evidence=found, kind=request.POST.get("kind", ""), by=person, at=at), "Saved"),
        "remove": (lambda: verbs.take_off(evidence=found, by=person, at=at), "Taken off"),
        "restore": (lambda: verbs.bring_back(evidence=found, by=person, at=at), "Attached again"),
        "mask": (lambda: found.file and files.ask_to_mask(file=found.file, by=person, at=at), "Being masked"),
        "release": (lambda: verbs.release(evidence=found, why=why, by=person, at=at), "Released"),
    }
    if do not in acts:
        raise Http404("There is nothing of this kind to be done.")
    return _done(request, person, row, found, *acts[do], gone=do == "remove" and found.file_id is None)


def _done(
    request: HttpRequest, person: Person, row: Incident, found: Evidence, act: Callable[[], object], word: str, *,
    gone: bool,
) -> HttpResponse:
    words, tone = f"{word}: {found.title}", "green"
    try:
        act()
    except (FileRefused, Refused) as error:
        words, tone, gone = str(error), "red", False
    step = found.step if request.POST.get("of") == "step" else None
    undo = reverse("incidents:evidence_restore", args=[row.pk, found.pk]) if gone else ""
    if not with_script(request):
        return told(request, words, tone=tone, to=_page_of(row, step), undo=undo)
    response = render(request, LIST, panel(row, person, step))
    return toasted(response, words, tone=tone, undo=undo)


@require_POST
@needs(Right.WORK_INCIDENTS)
def restore(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """The way back of a toast: it asks with nothing but its address."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    found = evidence_at(row, pk)
    if found is None:
        raise Http404("There is no such piece of evidence.")
    response = _done(request, person, row, found, lambda: verbs.bring_back(evidence=found, by=person, at=clock.now()),
                     "Attached again", gone=False)
    response["HX-Retarget"], response["HX-Reswap"] = "#evidence-list", "outerHTML"
    return response


@require_GET
async def download(request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """A file that was looked through, for those who take part: to be saved, never to be shown by the browser."""
    return await sync_to_async(_download)(request, number, pk)


@require_GET
async def picture(request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """A picture that was looked through, for those who take part: to be looked at in place."""
    return await sync_to_async(_download)(request, number, pk, to_look_at=True)


def _download(request: HttpRequest, number: int, pk: int, *, to_look_at: bool = False) -> HttpResponseBase:
    if not isinstance(request.user, Person):
        return to_sign_in(request)
    require(request, Right.WORK_INCIDENTS)
    _, row = access.found(request, number)
    found = evidence_at(row, pk)
    if found is None or found.file is None or found.removed_at or found.file.state != FileState.RELEASED:
        raise Http404("There is no such file, or it is not released.")
    media = PICTURES.get(found.file.kind, "")
    if to_look_at and not media:
        raise Http404("This is no picture that a browser shows.")
    try:
        content = opened(found.file.stored)
    except FileNotFoundError:
        raise Http404("Its content is not there any more.") from None
    if to_look_at:
        return shown(content, name=found.file.name, size=found.file.size, media=media)
    return saved(content, name=found.file.name, size=found.file.size)

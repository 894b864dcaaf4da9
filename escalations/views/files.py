"""The door for files, and what is done with those that came. A partner's form has the same door behind its link."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from escalations import access
from escalations.actions import files as verbs
from escalations.actions.base import Refused
from escalations.actions.drafts import draft_for_files
from escalations.actions.files.keeping import opened
from escalations.choices import FileState
from escalations.models import Escalation, EscalationFile, FormLink, IntakeDraft
from escalations.queries.files import file_at
from escalations.queries.intake import raised_as
from escalations.queries.links import link_of
from escalations.templatetags.files import panel_of, panel_of_draft
from people.access import needs, require, to_sign_in
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import back, toasted, told, with_script
from portal.common.downloads import saved

LIST = "escalations/files/list.html"


@dataclass(frozen=True)
class Place:
    """Where files go: beside a form, or to an escalation."""

    by: Person | None
    by_name: str
    draft: IntakeDraft | None = None
    escalation: Escalation | None = None
    public: bool = True


# ---- The door ---------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_CUSTOMERS)
def door(request: HttpRequest) -> HttpResponse:
    """Files of a form or an escalation: the list of them, and more of them."""
    person = require(request, Right.RAISE_ESCALATIONS if request.method == "POST" else Right.SEE_CUSTOMERS)
    if request.method != "POST":
        return render(request, LIST, _asked(request, person))
    return _take(request, _place(request, person))


@require_http_methods(["GET", "HEAD", "POST"])
def partners_door(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever holds the link of a partner's form."""
    link = _link(token)
    key = _key(request.GET if request.method != "POST" else request.POST)
    if request.method != "POST":
        return render(request, LIST, panel_of_draft(key, person=None, link=link, token=token))
    draft = draft_for_files(key=key, at=clock.now(), link=link)
    if draft is None:
        raise Http404
    return _take(request, Place(by=None, by_name=link.name, draft=draft))


def receive_all(uploads: Sequence["UploadedFile[bytes]"], place: Place) -> tuple[list[EscalationFile], list[str]]:
    """Take what came: the files that were taken, and why others were not."""
    taken, refused = list[EscalationFile](), list[str]()
    for upload in uploads:
        try:
            taken.append(verbs.receive(
                upload=upload, at=clock.now(), by=place.by, by_name=place.by_name, draft=place.draft,
                escalation=place.escalation, public=place.public,
            ))
        except Refused as error:
            refused.append(str(error))
    return taken, refused


def _take(request: HttpRequest, place: Place) -> HttpResponse:
    uploads = [upload for upload in request.FILES.getlist("files") if isinstance(upload, UploadedFile)]
    taken, refused = receive_all(uploads, place)
    if not uploads:
        refused = ["No file came with this. Choose one first."]
    if "application/json" in request.headers.get("Accept", ""):
        files = [{"id": row.pk, "name": row.name, "state": row.state} for row in taken]
        return JsonResponse({"files": files, "refused": refused}, status=422 if refused and not taken else 201)
    words = [*refused, *(f"{row.name} came, and is being checked." for row in taken)]
    return told(request, " ".join(words), tone="red" if refused else "green", to=back(request))


def _place(request: HttpRequest, person: Person) -> Place:
    if request.POST.get("escalation"):
        _, escalation = access.found(request, _number(request.POST["escalation"]))
        internal = request.POST.get("internal") == "1" and access.reads_notes(person)
        return Place(by=person, by_name=person.name, escalation=escalation, public=not internal)
    key = _key(request.POST)
    draft = draft_for_files(key=key, at=clock.now(), person=person)
    if draft is not None:
        return Place(by=person, by_name=person.name, draft=draft)
    raised = raised_as(key)  # while the file was on its way
    if raised is None or raised.reporter_id != person.pk:
        raise Http404
    return Place(by=person, by_name=person.name, escalation=raised)


def _asked(request: HttpRequest, person: Person) -> dict[str, Any]:
    if request.GET.get("escalation"):
        return panel_of(access.found(request, _number(request.GET["escalation"]))[1], person)
    return panel_of_draft(_key(request.GET), person=person)


def _number(given: str) -> int:
    digits = given.removeprefix("E-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 18):
        raise Http404
    return int(digits)


def _key(values: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(values.get("draft", "")))
    except ValueError:
        raise Http404 from None


def _link(token: str) -> FormLink:
    link = link_of(token, clock.now())
    if link is None:
        raise Http404
    return link


# ---- One file ---------------------------------------------------------------


@require_GET
async def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file that was checked, for whoever sees its escalation: to be saved, never to be shown by the browser."""
    return await sync_to_async(_download)(request, pk)


def _download(request: HttpRequest, pk: int) -> HttpResponseBase:
    if not isinstance(request.user, Person):
        return to_sign_in(request)
    require(request, Right.SEE_CUSTOMERS)
    row, _, _ = _found(request, pk)
    if row.state != FileState.RELEASED:
        raise Http404("This file is not released.")
    try:
        content = opened(row.stored)
    except FileNotFoundError:
        raise Http404("Its content is not there any more.") from None
    return saved(content, name=row.name, size=row.size)


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def mask(request: HttpRequest, pk: int) -> HttpResponse:
    """Have its secrets masked."""
    at = clock.now()
    return _do(request, pk, lambda row, person: verbs.ask_to_mask(file=row, by=person, at=at), "is being masked")


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it be read as it is."""
    why = request.POST.get(f"why-{pk}") or request.POST.get("why", "")
    at = clock.now()
    return _do(request, pk, lambda row, person: verbs.release(file=row, by=person, at=at, why=why), "is released")


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete it."""
    return _do(request, pk, lambda row, person: verbs.remove(file=row, by=person, at=clock.now()), "was removed")


@require_POST
def partner_mask(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The same at a partner's form."""
    return _do_partners(request, token, pk, verbs.ask_to_mask, "is being masked")


@require_POST
def partner_remove(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The same at a partner's form."""
    return _do_partners(request, token, pk, verbs.remove, "was removed")


def _found(request: HttpRequest, pk: int) -> tuple[EscalationFile, Person, bool]:
    """The file, who asks, and whether it is theirs to decide about. 404 for what they do not see."""
    row, person = file_at(pk), request.user
    if row is None or not isinstance(person, Person):
        raise Http404
    mine = row.by_id == person.pk
    if row.escalation_id is None:
        if row.draft is None or row.draft.person_id != person.pk:
            raise Http404
        return row, person, True
    access.found(request, row.escalation_id)
    works = access.reads_notes(person)
    if not (row.public or works or mine):
        raise Http404
    return row, person, works or mine


def _do(
    request: HttpRequest, pk: int, verb: Callable[[EscalationFile, Person], EscalationFile], words: str
) -> HttpResponse:
    row, person, decides = _found(request, pk)
    if not decides:
        raise PermissionDenied("This is for whoever sent the file, and for those who work on it.")
    return _done(request, lambda: verb(row, person), f"{row.name} {words}.", lambda: _panel(row, person))


def _panel(row: EscalationFile, person: Person) -> dict[str, Any]:
    if row.escalation:
        return panel_of(row.escalation, person)
    return panel_of_draft(row.draft.key if row.draft else uuid.uuid4(), person=person)


def _do_partners(request: HttpRequest, token: str, pk: int, verb: Any, words: str) -> HttpResponse:
    link, row = _link(token), file_at(pk)
    key = _partners_key(row, link, request.GET.get("of", "")) if row else None
    if row is None or key is None:
        raise Http404
    return _done(request, lambda: verb(file=row, by=None, at=clock.now()), f"{row.name} {words}.",
                 lambda: panel_of_draft(key, person=None, link=link, token=token))


def _partners_key(row: EscalationFile, link: FormLink, given: str) -> uuid.UUID | None:
    """The key of the form with which a partner sent this file; None where it is not theirs. Once the form was sent, its
    key must be given: who has it has sent it."""
    if row.draft is not None:
        return row.draft.key if row.draft.link_id == link.pk and row.escalation_id is None else None
    sent = row.escalation
    theirs = sent is not None and sent.reporter_id is None and row.by_id is None and row.public
    return sent.submission if theirs and sent and str(sent.submission) == given else None


def _done(
    request: HttpRequest, act: Callable[[], object], words: str, drawn: Callable[[], dict[str, Any]]
) -> HttpResponse:
    tone = "green"
    try:
        act()
    except Refused as error:
        words, tone = str(error), "red"
    if with_script(request):
        return toasted(render(request, LIST, drawn()), words, tone=tone)
    return told(request, words, tone=tone, to=back(request))

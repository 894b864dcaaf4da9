"""The form by which something is escalated, what follows while it is filled, and its drafts."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.queries.find import by_slug, search
from escalations import access as room
from escalations.actions.base import Refused
from escalations.actions.drafts import bring_back_draft, discard_draft, draft_for_files, save_draft
from escalations.actions.filing import Form, file_form
from escalations.choices import Level, Source
from escalations.forms.intake import IntakeForm
from escalations.models import Escalation, IntakeDraft
from escalations.queries.files import files_words
from escalations.queries.intake import Reader, draft_of, drafts_of, files_of, raised_as, side
from escalations.rules.drafts import kept
from escalations.rules.intake import GROUP_OF, MEANINGS, level_of, missing
from escalations.rules.pasted import masked_words
from escalations.views.files import Place, receive_all
from people import access
from people.access import needs, require, to_sign_in
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told, with_script
from tickets.models import Ticket

NEW = "escalations:new"
SALT = "escalations.intake"
SIGNED_FOR = 30 * 24 * 3600  # seconds for which a page that stayed open may still save what is typed
PREFILLED = frozenset(GROUP_OF) - {"confidential", "logs", "reporter_name", "reporter_email"}
LONGEST = 2_000  # characters of a field that come in an address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _raise(request) if request.user.is_authenticated else _to_sign_in(request)
    return _begin(request)


@needs(Right.RAISE_ESCALATIONS)
def _begin(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.RAISE_ESCALATIONS)
    key = uuid_of(request.GET.get("draft")) or uuid.uuid4()
    raised = raised_as(key) if "draft" in request.GET else None
    if raised is not None and raised.reporter_id == person.pk:
        return redirect("escalations:escalation", number=raised.pk)
    draft = draft_of(key, person) if "draft" in request.GET else None
    if raised is not None or (draft is None and IntakeDraft.objects.filter(key=key).exists()):
        key = uuid.uuid4()  # somebody else's
    values = {**proposed(person), **_from_address(request), **(draft.values if draft else {})}
    return page(request, person, key=key, values=values, saved_at=draft.updated_at if draft else None)


@needs(Right.RAISE_ESCALATIONS)
def _raise(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.RAISE_ESCALATIONS), clock.now()
    key = uuid_of(request.POST.get("submission")) or uuid.uuid4()
    take_files(request, draft_for_files(key=key, at=at, person=person) if request.FILES else None, person=person)
    if request.POST.get("do") == "save":
        save_draft(key=key, values=request.POST.dict(), person=person, at=at)
        messages.success(request, "The draft is saved. It waits for you on this page.")
        return redirect(draft_url(key))
    return filed(request, person, key, form_of(request, person, key, at), at)


def filed(
    request: HttpRequest, person: Person, key: uuid.UUID, form: IntakeForm, at: datetime, *,
    ticket: Ticket | None = None,
) -> HttpResponse:
    """Raise what a form says, and go to it; or show the form again with what holds it back."""
    if not form.is_valid():
        return refused(request, person, key, form, at)
    asked = Form(customer=form.cleaned_data["customer"], values=form.asked_values, submission=key, reporter=person,
                 reporter_name=person.name, reporter_email=person.email, ticket=ticket)
    try:
        row, made = file_form(form=asked, at=at)
    except Refused as no:
        form.add_error(None, str(no))
        return refused(request, person, key, form, at)
    messages.success(request, said(row, form, made=made))
    return redirect("escalations:escalation", number=row.pk)


def said(row: Escalation, form: IntakeForm, *, made: bool) -> str:
    """What the reporter is told at once."""
    if not made:
        return f"This form was sent before: it is E-{row.pk}."
    paged = " Whoever is on duty is paged." if row.level == Level.L1 else ""
    wanted = form.missing.words
    asks = f" What still helps: {wanted}." if wanted else ""
    linked = f" It is linked to {row.ticket.key}." if row.ticket else ""
    hidden = f" {masked_words(form.masked)}" if form.masked else ""
    files = files_words(row)
    return " ".join(f"E-{row.pk} is raised.{paged}{linked}{hidden} {files}{asks}".split())


def refused(request: HttpRequest, person: Person, key: uuid.UUID, form: IntakeForm, at: datetime) -> HttpResponse:
    """The form again, with what holds it back; it is kept as a draft too."""
    draft = save_draft(key=key, values=request.POST.dict(), person=person, at=at)
    return page(request, person, key=key, values=request.POST.dict(), form=form, saved_at=at if draft else None,
                status=422)


def page(
    request: HttpRequest, person: Person, *, key: uuid.UUID, values: Mapping[str, str], form: IntakeForm | None = None,
    saved_at: datetime | None = None, status: int = 200,
) -> HttpResponse:
    """The page with a form, empty, prefilled or refused."""
    at, reader = clock.now(), reader_of(person)
    files = files_of(key)
    if form is None:
        form = IntakeForm(None, at=at, zone=person.zone, files=files, initial={**values})
    drafts = [draft for draft in drafts_of(person) if draft.key != key]
    context = {
        "form": form, "key": key, "values": values, "saved_at": saved_at, "drafts": drafts, "now": at, "me": person,
        "side": side({**values, "files": files}, reader, faulty=form.errors if form.is_bound else ()),
        "whose": signing.dumps(person.pk, salt=SALT), "meanings": MEANINGS.values(),
        "level": level_of(values.get("level")), "held": held_back(form),
    }
    return render(request, "escalations/intake/new.html", context, status=status)


def held_back(form: IntakeForm) -> list[tuple[str, str, str]]:
    """What holds a form back, in the order of the page: the field's id, its label, and why."""
    if not form.is_bound:
        return []
    return [(form[name].id_for_label or f"id_{name}", str(form[name].label), str(form.errors[name][0]))
            for name in GROUP_OF if name in form.fields and name in form.errors]


@never_cache
@require_POST
def follow(request: HttpRequest) -> HttpResponseBase:
    """What is typed is saved, and what stands beside it follows."""
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    return _follow(request)


@needs(Right.RAISE_ESCALATIONS)
def _follow(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.RAISE_ESCALATIONS), clock.now()
    key = uuid_of(request.POST.get("submission"))
    if key is None:
        raise Http404("This form has no key.")
    values = kept(request.POST.dict())
    draft = save_draft(key=key, values=values, person=person, at=at)
    if not with_script(request):
        return redirect(draft_url(key))
    context = {
        "side": side({**values, "files": files_of(key)}, reader_of(person)), "saved_at": draft and at, "key": key,
        "now": at, "signed_out": False, "raised": raised_as(key) if draft is None else None,
    }
    return render(request, "escalations/intake/follow.html", context)


@require_safe
@needs(Right.RAISE_ESCALATIONS)
def options(request: HttpRequest) -> HttpResponse:
    """The customers that a name may mean."""
    typed = request.GET.get("customer", "")[:120]
    return render(request, "escalations/intake/options.html", {"found": search(typed), "typed": typed})


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def discard(request: HttpRequest, key: str) -> HttpResponse:
    draft = _draft_or_404(request, key)
    discard_draft(draft=draft, at=clock.now())
    back = reverse("escalations:draft_bring_back", args=[draft.key])
    return told(request, "The draft is discarded.", to=NEW, undo=back)


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def bring_back(request: HttpRequest, key: str) -> HttpResponse:
    draft = _draft_or_404(request, key)
    bring_back_draft(draft=draft, at=clock.now())
    return told(request, "The draft is here again.", tone="green", to=draft_url(draft.key))


# ---- What the views share ------------------------------------------------------------


def form_of(
    request: HttpRequest, person: Person, key: uuid.UUID, at: datetime, *, ticket_tells: bool = False
) -> IntakeForm:
    """The form that was sent."""
    return IntakeForm(request.POST, at=at, zone=person.zone, files=files_of(key), ticket_tells=ticket_tells,
                      initial=proposed(person))


def take_files(request: HttpRequest, draft: IntakeDraft | None, *, person: Person | None, by_name: str = "") -> None:
    """Without a script files come with the form itself; why one was not taken is said."""
    uploads = [each for each in request.FILES.getlist("files") if isinstance(each, UploadedFile)]
    if draft is None or not uploads:
        return
    _, no = receive_all(uploads, Place(by=person, by_name=person.name if person else by_name, draft=draft))
    for words in no:
        messages.error(request, words)


def reader_of(person: Person) -> Reader:
    """For whom the side is drawn."""
    return Reader(person, room.rights_of(person), clock.now())


def proposed(person: Person) -> dict[str, str]:
    """What is chosen before anybody chose: where it comes from, by who writes."""
    account = access.may(person, Right.EDIT_CUSTOMERS) and not access.may(person, Right.SEE_SUPPORTS)
    return {"source": Source.ACCOUNT if account else Source.SUPPORT, "kind": "problem"}


def draft_url(key: uuid.UUID) -> str:
    """Where a draft is gone on with."""
    return f"{reverse(NEW)}?{urlencode({'draft': str(key)})}"


def uuid_of(text: str | None) -> uuid.UUID | None:
    """A key from outside; None for anything that is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def _from_address(request: HttpRequest) -> dict[str, str]:
    """What a link fills in: /escalations/new/?customer=initech&title=…"""
    given = {name: value[:LONGEST] for name, value in kept(request.GET.dict()).items() if name in PREFILLED}
    customer = by_slug(given["customer"]) if "customer" in given else None
    return given | ({"customer": customer.name} if customer else {})


def _draft_or_404(request: HttpRequest, key: str) -> IntakeDraft:
    person, found = require(request, Right.RAISE_ESCALATIONS), uuid_of(key)
    draft = draft_of(found, person) if found else None
    if draft is None:
        raise Http404("There is no such draft, or it is not yours.")
    return draft


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Somebody's session ended while they wrote: what they wrote is kept for them, and stands there again once they
    are back. The page they have is signed with whose it is; without that, nothing is kept."""
    key, person = uuid_of(request.POST.get("submission")), _whose(request.POST.get("whose", ""))
    if key is None or person is None:
        return to_sign_in(request)
    at = clock.now()
    draft = save_draft(key=key, values=request.POST.dict(), person=person, at=at)
    if not with_script(request):
        return redirect_to_login(draft_url(key))
    values = kept(request.POST.dict())
    context = {"signed_out": True, "saved_at": draft and at, "now": at, "key": key, "missing": missing(values),
               "sign_in": redirect_to_login(draft_url(key))["Location"]}
    return render(request, "escalations/intake/follow.html", context)


def _whose(signed: str) -> Person | None:
    try:
        number = signing.loads(signed, salt=SALT, max_age=SIGNED_FOR)
    except signing.BadSignature:
        return None
    return Person.objects.active().filter(pk=number).first()

"""The retrospective: written, held, drafted, reviewed, sent, exported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Contact
from escalations.rules import markdown
from incidents import access
from incidents.actions import retrospective as actions
from incidents.actions.base import Refused
from incidents.choices import Cause, RetroState, State
from incidents.forms.followups import day_of
from incidents.models import Incident, Retrospective
from incidents.paper import NoPaper, as_pdf
from incidents.queries.editions import customer_document, internal_document
from incidents.queries.retrospective import RetroPage, retro_page
from incidents.rules.documents import Document, as_markdown
from incidents.views.after import done
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from portal.flows.incidents.after import To, send_retro

LONGEST_ID = 18
QUESTIONS = (
    ("root_cause", "Root cause"), ("issue", "What was the issue?"),
    ("improve", "What might improve outcomes next time?"), ("change", "What changes in process or documentation?"),
)


@dataclass(frozen=True)
class Question:
    """A field of the page: what stands in it, and what stands in the database where that is something else."""

    name: str
    label: str
    value: str
    now: str

    @property
    def html(self) -> SafeString:
        """For who reads it only."""
        return markdown.html(self.value)


def _retro(row: Incident) -> Retrospective:
    found = Retrospective.objects.select_related("reviewed_by", "sent_by", "edited_by").filter(incident=row).first()
    if found is None or row.state in (State.OPEN, State.MERGED):
        raise Http404("Its retrospective begins when it is resolved.")
    return found


def _page(row: Incident, retro: Retrospective, at: datetime) -> RetroPage:
    return retro_page(row, retro, lacking=actions.what_lacks(row, retro), at=at)


def _seen(request: HttpRequest) -> int:
    given = request.POST.get("seen", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST_ID else 0


def _questions(retro: Retrospective, typed: Mapping[str, str]) -> list[Question]:
    return [Question(name, label, typed.get(name, kept), kept if typed.get(name, kept) != kept else "")
            for name, label in QUESTIONS for kept in (str(getattr(retro, name)),)]


def _draw(
    request: HttpRequest, person: Person, row: Incident, *, refused: str = "", typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; with what was typed where it could not be kept."""
    at, retro = clock.now(), _retro(row)
    page = _page(row, retro, at)
    context = {
        "page": page, "incident": row, "retro": retro, "now": at, "me": person, "works": access.works(person),
        "refused": refused, "typed": typed or {}, "questions": _questions(retro, typed or {}),
        "causes": Cause.choices, "states": RetroState,
        "customer_html": markdown.html(page.customer_text), "summary_html": markdown.html(page.summary),
        "people": Person.objects.filter(is_active=True).order_by("name") if access.works(person) else (),
    }
    return render(request, "incidents/after/retrospective.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_INCIDENTS)
def retrospective(request: HttpRequest, number: int) -> HttpResponse:
    if request.method != "POST":
        return _draw(request, *access.found(request, number))
    require(request, Right.WORK_INCIDENTS)  # before it is looked for: whether it exists is told to nobody
    person, row = access.found(request, number)
    texts = {name: request.POST.get(name, "") for name in actions.TEXTS}
    cause = request.POST.get("cause", row.cause)
    try:
        actions.save_texts(incident=row, texts=texts, cause=cause, seen=_seen(request), by=person, at=clock.now())
    except Refused as refused:
        row.refresh_from_db()
        return _draw(request, person, row, refused=str(refused), typed={**texts, "cause": cause},
                     status=409 if isinstance(refused, actions.Meanwhile) else 422)
    return told(request, "Saved.", tone="green", to=_path(number))


def _path(number: int, part: str = "") -> str:
    return reverse("incidents:retrospective", args=[number]) + part


@require_POST
@needs(Right.WORK_INCIDENTS)
def customer(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    text = request.POST.get("customer_text", "")
    try:
        actions.save_customer_text(incident=row, text=text, seen=_seen(request), by=person, at=clock.now())
    except Refused as refused:
        row.refresh_from_db()
        return _draw(request, person, row, refused=str(refused), typed={"customer_text": text},
                     status=409 if isinstance(refused, actions.Meanwhile) else 422)
    return told(request, "Saved. Somebody else reads it before it leaves.", tone="green", to=_path(number, "#customer"))


@require_POST
@needs(Right.WORK_INCIDENTS)
def hold(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        actions.hold_retro(incident=row, on=day_of(request.POST.get("on", "")), by=person, at=clock.now())
        return "It was held. The summary is next."

    return done(request, _path(number), act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def drafted(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        actions.draft_retro(incident=row, by=person, at=clock.now())
        return "The summary is drafted. The customer's edition is next."

    return done(request, _path(number, "#customer"), act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def review(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    fine = request.POST.get("verdict") == "fine"

    def act() -> str:
        actions.review_customer_text(incident=row, fine=fine, why=request.POST.get("why", ""), seen=_seen(request),
                                     by=person, at=clock.now())
        return "Reviewed: it may leave." if fine else "Sent back."

    return done(request, _path(number, "#customer"), act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def send(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    chosen = [one for one in request.POST.getlist("to") if one.isascii() and one.isdigit() and len(one) <= LONGEST_ID]
    to = To(tuple(Contact.objects.filter(pk__in=chosen).select_related("customer")), bool(request.POST.get("thread")))

    def act() -> str:
        send_retro(incident=row, to=to, seen=_seen(request), by=person, at=clock.now())
        return "On its way to the customer: the receipts say when it arrived."

    return done(request, _path(number, "#customer"), act)


@require_safe
@needs(Right.SEE_INCIDENTS)
def export(request: HttpRequest, number: int) -> HttpResponse:
    _, row = access.found(request, number)
    whose = "customer" if request.GET.get("edition") == "customer" else "internal"
    document = _document(_page(row, _retro(row), clock.now()), whose)
    name = f"{row}-{'incident-report' if whose == 'customer' else 'retrospective'}"
    if request.GET.get("as") != "pdf":
        return _file(as_markdown(document).encode(), "text/markdown; charset=utf-8", f"{name}.md")
    try:
        return _file(as_pdf(document), "application/pdf", f"{name}.pdf")
    except NoPaper as fault:
        return told(request, str(fault), tone="amber", to=_path(number))


def _document(page: RetroPage, whose: str) -> Document:
    return customer_document(page) if whose == "customer" else internal_document(page)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response

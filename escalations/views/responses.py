"""The response templates: a list, each with its versions; whoever leads edits, orders and sets them aside."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalations import access
from escalations.actions import responses as actions
from escalations.actions.base import Refused
from escalations.forms.responses import ResponseForm
from escalations.models import Escalation, ResponseTemplate
from escalations.queries import responses as queries
from escalations.queries.composing import preview_of
from escalations.queries.seen import visible
from escalations.rules.composing import clean_value
from escalations.rules.responses import fill
from escalations.views.typed import left_out_of, number_of, values_of
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told

MADE_UP = {
    "reporter name": "Rafael", "pm name": "Paula Hart", "ticket link": "https://jira.example.org/browse/MM-61100",
    "link": "https://docs.example.org/ldap",
    "list of troubleshooting steps": "Run a test sync\nLook at the group filter",
    "other needs": "The LDAP filter", "release": "10.5", "release date": "16 December", "customer": "Initech",
    "workaround": "Sign in by mail", "what is new": "We can reproduce it, and look for the cause.",
    "escalation": "E-12",
}


@require_safe
@needs(Right.RAISE_ESCALATIONS)
def responses(request: HttpRequest) -> HttpResponse:
    text, archived = request.GET.get("q", "").replace("\x00", "")[:200], request.GET.get("aside") == "1"
    lines = queries.responses(text=text, archived=archived)
    context = {
        "lines": lines, "q": text, "archived": archived, "leads": may(request.user, Right.LEAD_ESCALATIONS),
        "aside": ResponseTemplate.objects.exclude(archived_at=None).count(), "now": clock.now(),
    }
    return render(request, "escalations/responses/list.html", context)


@require_safe
@needs(Right.RAISE_ESCALATIONS)
def response(request: HttpRequest, slug: str) -> HttpResponse:
    person = require(request, Right.RAISE_ESCALATIONS)
    row = get_object_or_404(ResponseTemplate, slug=slug)
    return draw(request, person, row)


def draw(
    request: HttpRequest, person: Person, row: ResponseTemplate, *, form: ResponseForm | None = None, status: int = 200
) -> HttpResponse:
    """A template's page; `form`: what could not be saved stands in it."""
    page, leads = queries.template_page(row), may(person, Right.LEAD_ESCALATIONS)
    if form is None and leads:
        form = ResponseForm(initial={
            "title": row.title, "when": row.when, "body": page.line.version.body, "outcome": row.outcome,
            "asks": row.asks, "seen": page.line.version.number,
        })
    context = {
        "page": page, "line": page.line, "leads": leads, "form": form, "editing": bool(form and form.is_bound),
        "parts": fill(page.line.version.body, {}).parts, "now": clock.now(),
        "trial": trial(request, person, page), "works": may(person, Right.WORK_ESCALATIONS),
    }
    return render(request, "escalations/responses/response.html", context, status=status)


def trial(request: HttpRequest, person: Person, page: queries.TemplatePage) -> dict[str, Any]:
    """The text tried with what an escalation tells (`?escalation=12`), or with made-up values; what is typed goes
    before both."""
    asked, words = request.GET.get("escalation", "").strip().upper().removeprefix("E-"), ""
    number = number_of(asked)
    values: dict[str, str] = {one.key: MADE_UP.get(one.key, f"({one.name})") for one in page.placeholders}
    if asked:
        row = _found(person, number)
        words = f"E-{row.pk}: {row.title}" if row else "There is no such escalation, or it is not yours to see."
        values = dict(queries.known_values(row, at=clock.now()).values) if row else {}
    values |= values_of(request.GET)
    left_out = left_out_of(request.GET)
    fields = [
        {"key": one.key, "name": one.name, "value": clean_value(values.get(one.key, "")), "many": one.many,
         "optional": one.optional, "left_out": one.key in left_out}
        for one in page.placeholders
    ]
    filled = fill(page.line.version.body, values, left_out)
    preview = preview_of(page.line.version.body, values, left_out)
    return {"escalation": asked, "words": words, "fields": fields, "filled": filled, "preview": preview}


def _found(person: Person, number: int | None) -> Escalation | None:
    rows = visible(person, access.rights_of(person), clock.now()).select_related("customer", "ticket", "area")
    return rows.filter(pk=number).first() if number is not None else None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.LEAD_ESCALATIONS)
def add(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.LEAD_ESCALATIONS)
    form = ResponseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        row = actions.add_response(said=form.said(), by=person, at=clock.now())
        return told(request, f"“{row.title}” is offered from now on.", tone="green",
                    to=reverse("escalations:response", args=[row.slug]))
    status = 422 if form.is_bound else 200
    return render(request, "escalations/responses/new.html", {"form": form}, status=status)


@require_POST
@needs(Right.LEAD_ESCALATIONS)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    person, row = require(request, Right.LEAD_ESCALATIONS), get_object_or_404(ResponseTemplate, slug=slug)
    form = ResponseForm(request.POST)
    if not form.is_valid():
        return draw(request, person, row, form=form, status=422)
    try:
        seen = form.cleaned_data["seen"] or 0
        version = actions.edit_response(template=row, said=form.said(), by=person, at=clock.now(), seen=seen)
    except Refused as refused:
        form.add_error(None, str(refused))
        return draw(request, person, row, form=form, status=409)
    said = "Nothing changed." if version.number == seen else f"Version {version.number} holds from now on."
    return told(request, said, tone="green", to=_page(row))


@require_POST
@needs(Right.LEAD_ESCALATIONS)
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    person, row = require(request, Right.LEAD_ESCALATIONS), get_object_or_404(ResponseTemplate, slug=slug)
    number = number_of(request.POST.get("number")) or 0
    try:
        version = actions.restore_response(template=row, number=number, by=person, at=clock.now())
    except Refused as refused:
        return told(request, str(refused), tone="red", to=_page(row))
    return told(request, f"The text of version {number} holds again, as version {version.number}.", tone="green",
                to=_page(row))


@require_POST
@needs(Right.LEAD_ESCALATIONS)
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Set it aside, or (`back`) offer it again; each takes the other back."""
    row, back = get_object_or_404(ResponseTemplate, slug=slug), request.POST.get("back") == "1"
    if back:
        actions.bring_back_response(template=row)
        return told(request, f"“{row.title}” is offered again.", tone="green", to=_page(row))
    actions.archive_response(template=row, at=clock.now())
    return told(request, f"“{row.title}” is set aside. What was written with it stays.", tone="green", to=_page(row))


@require_POST
@needs(Right.LEAD_ESCALATIONS)
def order(request: HttpRequest) -> HttpResponse:
    """One template (`slug`) a place up or down (`to`)."""
    row = get_object_or_404(ResponseTemplate, slug=request.POST.get("slug", "").replace("\x00", "")[:80])
    moved = actions.move_response(template=row, up=request.POST.get("to") == "up")
    words = f"“{row.title}” is one place further {'up' if request.POST.get('to') == 'up' else 'down'}."
    return told(request, words if moved else "It stands at the end already.", tone="green" if moved else "grey",
                to=reverse("escalations:responses"))


def _page(row: ResponseTemplate) -> str:
    return reverse("escalations:response", args=[row.slug])

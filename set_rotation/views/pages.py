"""Pages (the paging kind): the list, a new one, one with its ladder and timeline, the policies."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from people.streams import stream
from portal.common import clock, live
from portal.common.answers import told
from set_rotation.actions import Refused, paging
from set_rotation.choices import PageSource, PageState, Urgency
from set_rotation.forms.pages import NewPageForm, PolicyForm, ReassignForm, SnoozeForm
from set_rotation.models import Page, PagePolicy
from set_rotation.queries.paging import (
    answerers,
    counted,
    page_lines,
    page_view,
    page_whole,
    pages_of,
    policy_changes,
    preview,
    seen_of,
)

PER_PAGE = 50
SHOWS = (
    ("", "All"), ("unresolved", "Unresolved"), *((state.value, state.label) for state in PageState), ("tests", "Tests"),
)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_DUTY)
def pages(request: HttpRequest) -> HttpResponse:
    """The list; `?state=` of one state, unresolved, or tests."""
    person, version = require(request, Right.SEE_DUTY), live.current_id("pages")
    state = request.GET.get("state", "")
    state = state if state in dict(SHOWS) else ""
    found = Paginator(pages_of(state), PER_PAGE).get_page(request.GET.get("page"))
    numbers = counted()
    context = {
        "page": found, "lines": page_lines(list(found.object_list)), "state": state, "now": clock.now(),
        "shows": [(value, label, numbers[value]) for value, label in SHOWS], "unresolved": numbers["unresolved"],
        "can_page": may(person, Right.SEND_PAGES), "live": {"url": reverse("set_rotation:pages_live"), "id": version},
    }
    part = request.headers.get("HX-Target") == "pages"
    return render(request, "rotations/pages/list.html" + ("#pages" if part else ""), context)


@require_GET
async def pages_live(request: HttpRequest) -> HttpResponseBase:
    return await stream(request, "pages", Right.SEE_DUTY)


@require_GET
async def page_live(request: HttpRequest, pk: int) -> HttpResponseBase:
    return await stream(request, f"page:{pk}", Right.SEE_DUTY)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEND_PAGES)
def page_new(request: HttpRequest) -> HttpResponse:
    """Page whoever is on duty. `?reason=`, `?path=`, `?urgency=` and `?key=` fill the form in."""
    person, at = require(request, Right.SEND_PAGES), clock.now()
    given = {name: request.GET[name] for name in ("reason", "path", "urgency", "key", "details") if name in request.GET}
    form = NewPageForm(request.POST if request.method == "POST" else None,
                       initial={"key": f"button-{secrets.token_hex(8)}", **given})
    if form.is_valid():
        asked = form.cleaned_data
        page, made = paging.raise_page(
            key=asked["key"] or f"button-{secrets.token_hex(8)}", urgency=Urgency(asked["urgency"]),
            reason=asked["reason"], details=asked["details"], path=asked["path"], source=PageSource.BUTTON, by=person,
            at=at,
        )
        words = "Paging: the first message leaves now." if made else "This has been paged already: here it is."
        return told(request, words, tone="green" if made else "amber", to=reverse("set_rotation:page", args=[page.pk]))
    previews = [preview(urgency, at) for urgency in Urgency]
    status = 422 if form.is_bound else 200
    return render(request, "rotations/pages/new.html", {"form": form, "previews": previews, "now": at}, status=status)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_DUTY)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    person, version, row = require(request, Right.SEE_DUTY), live.current_id(f"page:{pk}"), _page(pk)
    at = clock.now()
    answers = may(person, Right.ANSWER_PAGES)
    context = {
        "view": page_view(row, at), "answers": answers, "now": at, "mine": row.acknowledged_by_id == person.pk,
        "people": answerers() if answers and row.state != PageState.RESOLVED else [],
        "live": {"url": reverse("set_rotation:page_live", args=[pk]), "id": version},
        "can_retry": may(person, Right.WORK_TICKETS), "declares": declares(row, person),
    }
    part = request.headers.get("HX-Target") == "page"
    return render(request, "rotations/pages/page.html" + ("#page" if part else ""), context)


def declares(row: Page, person: Person) -> bool:
    """Whether the reader may declare an incident from it. One of an incident is about that one; a test about none."""
    fits = not row.test and row.source != PageSource.INCIDENT and row.state != PageState.RESOLVED
    return fits and may(person, Right.WORK_INCIDENTS)


@require_POST
@needs(Right.ANSWER_PAGES)
def page_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """`verb`: acknowledge, resolve, escalate, snooze (with `minutes`), reassign (with `to`), take."""
    person, row = require(request, Right.ANSWER_PAGES), _page(pk)
    words, tone = answer(request, row, person, clock.now())
    return told(request, words, tone=tone, to=reverse("set_rotation:page", args=[pk]))


def answer(request: HttpRequest, row: Page, person: Person, at: datetime, way: str = "") -> tuple[str, str]:
    """Do what the form asks; the words that say so, and their tone. A form about how it stood before does nothing."""
    verb = request.POST.get("verb", "")
    do = VERBS.get(verb)
    # A link that went astray cannot have somebody else woken by name.
    if do is None or (way == "link" and verb == "reassign"):
        return "Nothing here is called that: use the buttons of the page.", "red"
    seen = request.POST.get("seen", "")
    if verb == "escalate" and seen and seen != seen_of(row):
        return "It has moved on meanwhile: look at where it stands now.", "amber"
    try:
        return do(request, row, person, at, way), "green"
    except Refused as refusal:
        return str(refusal), "amber"


def _acknowledge(request: HttpRequest, row: Page, person: Person, at: datetime, way: str) -> str:
    paging.acknowledge(page=row, by=person, at=at, way=way)
    if row.test:
        return "The test page has reached you, and is over."
    return "You have acknowledged it: nobody else is called."


def _resolve(request: HttpRequest, row: Page, person: Person, at: datetime, way: str) -> str:
    paging.resolve(page=row, by=person, at=at, way=way)
    return "Resolved."


def _escalate(request: HttpRequest, row: Page, person: Person, at: datetime, way: str) -> str:
    paging.escalate_now(page=row, by=person, at=at, way=way)
    return "Escalated: the next step is called now."


def _snooze(request: HttpRequest, row: Page, person: Person, at: datetime, way: str) -> str:
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        raise Refused("Say for how many minutes, 1 to 1,440 (24 hours).")
    minutes = form.cleaned_data["minutes"]
    paging.snooze(page=row, until=at + timedelta(minutes=minutes), by=person, at=at, way=way)
    return f"Snoozed for {minutes} min: then it pages again."


def _reassign(request: HttpRequest, row: Page, person: Person, at: datetime, way: str) -> str:
    form = ReassignForm(request.POST)
    if not form.is_valid():
        raise Refused("Choose who takes it.")
    to: Person = form.cleaned_data["to"]
    paging.reassign(page=row, to=to, by=person, at=at, way=way)
    return "It is yours now." if to.pk == person.pk else f"{to.name} is called now, and nobody else."


def _take(request: HttpRequest, row: Page, person: Person, at: datetime, way: str) -> str:
    paging.reassign(page=row, to=person, by=person, at=at, way=way)
    return "It is yours now."


VERBS: dict[str, Callable[[HttpRequest, Page, Person, datetime, str], str]] = {
    "acknowledge": _acknowledge, "resolve": _resolve, "escalate": _escalate, "snooze": _snooze,
    "reassign": _reassign, "take": _take,
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_DUTY)
def page_policies(request: HttpRequest) -> HttpResponse:
    """Who is paged when; a POST changes the policy that its `urgency` names."""
    person, at = require(request, Right.SEE_DUTY), clock.now()
    stored = {row.urgency: row for row in PagePolicy.objects.all()}
    forms = {urgency: PolicyForm(policy=stored[urgency]) for urgency in Urgency if urgency in stored}
    status = 200
    if request.method == "POST":
        require(request, Right.EDIT_POLICIES)
        asked = request.POST.get("urgency", "")
        if asked not in stored:
            raise Http404("There is no such policy.")
        urgency = Urgency(asked)
        forms[urgency] = form = PolicyForm(request.POST, policy=stored[asked])
        if form.is_valid():
            paging.save_policy(urgency=urgency, by=person, at=at, **form.policy())
            words = f"New {urgency.label.lower()} pages follow this now; those under way keep theirs."
            return told(request, words, tone="green", to=reverse("set_rotation:page_policies"))
        status = 422
    context = {
        "policies": [(urgency, forms[urgency], stored[urgency], preview(urgency, at)) for urgency in forms],
        "can_edit": may(person, Right.EDIT_POLICIES), "changes": policy_changes(), "now": at,
    }
    return render(request, "rotations/pages/policies.html", context, status=status)


def _page(pk: int) -> Page:
    row = page_whole(pk)
    if row is None:
        raise Http404("There is no such page.")
    return row

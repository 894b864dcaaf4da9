"""Calendars to subscribe to: the addresses that somebody makes and revokes, and what a calendar program reads there."""

import hashlib

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from people.queries import number
from portal.common import clock
from set_rotation.actions import Refused
from set_rotation.actions import calendars as actions
from set_rotation.choices import FeedKind
from set_rotation.forms.calendars import FeedForm, SprintForm
from set_rotation.models import CalendarFeed
from set_rotation.queries.calendars import feed_of, feed_text, kinds, sprints


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Whoever has the address may read: it is the key. A wrong and a revoked one look the same."""
    at = clock.now()
    found = feed_of(token, at)
    if found is None:
        raise Http404("There is no calendar at this address.")
    text = feed_text(found, at)
    etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    actions.feed_used(feed=found, at=at)
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        text, content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Disposition"] = 'inline; filename="set.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@never_cache
@needs(Right.SEE_DUTY)
def calendars(request: HttpRequest) -> HttpResponse:
    return _page(request, require(request, Right.SEE_DUTY))


@require_POST
@never_cache
@needs(Right.SEE_DUTY)
def make(request: HttpRequest) -> HttpResponse:
    person, form = require(request, Right.SEE_DUTY), FeedForm(request.POST)
    if not form.is_valid():
        return _page(request, person, refusal="Choose one of the calendars below.", status=422)
    kind = FeedKind(form.cleaned_data["kind"])
    try:
        made, token = actions.make_feed(person=person, kind=kind, at=clock.now())
    except Refused as refused:
        return _page(request, person, refusal=str(refused), status=422)
    # Shown in the answer itself: the address is written neither to the session nor to a log.
    path = reverse("set_rotation:calendar_feed", args=[token])
    return _page(request, person, new={"id": made.pk, "kind": made.kind, "url": settings.PORTAL_BASE_URL + path})


@require_POST
@needs(Right.SEE_DUTY)
def revoke(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.SEE_DUTY)
    mine = get_object_or_404(CalendarFeed, pk=number(request.POST.get("feed")), person=person)
    if actions.revoke_feed(feed=mine, at=clock.now()):
        messages.success(request, "Revoked: programs that ask there get nothing any more.")
    return redirect("set_rotation:calendars")


@require_POST
@never_cache
@needs(Right.SERVE)
def sprint(request: HttpRequest, slug: str) -> HttpResponse:
    """When a team plans its sprints: one's own team, or any for whoever plans rotations."""
    person, at = require(request, Right.SERVE), clock.now()
    rows = sprints(person, everyone=may(person, Right.PLAN_ROTATIONS), at=at)
    row = next((row for row in rows if row.team.slug == slug), None)
    if row is None:
        raise Http404("That is not a team whose sprint planning you set.")
    form = SprintForm(request.POST, row=row)
    if not form.is_valid():
        return _page(request, person, form=form, slug=slug, status=422)
    actions.set_sprint_planning(
        team=row.team, first_on=form.cleaned_data["first_on"], weeks=form.cleaned_data["weeks"],
        begins_at=form.cleaned_data["at"], zone=form.cleaned_data["zone"], by=person, at=at,
    )
    messages.success(request, f"Saved: it stands in the calendars of the engineers of {row.team.name}.")
    return redirect("set_rotation:calendars")


def _page(
    request: HttpRequest, person: Person, *, new: dict[str, object] | None = None, refusal: str = "",
    form: SprintForm | None = None, slug: str = "", status: int = 200,
) -> HttpResponse:
    at = clock.now()
    serves, plans = may(person, Right.SERVE), may(person, Right.PLAN_ROTATIONS)
    rows = sprints(person, everyone=plans, at=at) if serves else ()
    context = {
        "kinds": kinds(person), "new": new, "refusal": refusal, "now": at,
        "sprints": [(row, form if form is not None and row.team.slug == slug else SprintForm(row=row)) for row in rows],
        "open": slug,
    }
    return render(request, "rotations/calendars.html", context, status=status)

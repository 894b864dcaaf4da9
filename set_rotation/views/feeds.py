"""Calendars that leave is read from: added, checked now, taken out and brought back."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from portal.flows.leave import check_feed_soon
from set_rotation import actions
from set_rotation.actions.feeds import add_feed, bring_back_feed, remove_feed
from set_rotation.forms.away import FeedForm
from set_rotation.models import LeaveFeed

LATER = "The worker does not answer now; it is read within the hour."


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def feed_new(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    form = FeedForm(request.POST or None, person=by, others=may(by, Right.PLAN_ROTATIONS))
    if request.method == "POST" and form.is_valid():
        try:
            made = add_feed(name=form.cleaned_data["name"], address=form.cleaned_data["address"], person=form.owner,
                            by=by, at=at)
        except actions.Refused as refused:
            form.add_error("address", str(refused))
        else:
            soon = check_feed_soon(feed_id=made.pk)
            text = f"{made.name} is added. " + ("It is being read; this page says what came of it." if soon else LATER)
            return told(request, text, tone="green", to="set_rotation:away")
    return render(request, "rotations/away_calendar.html", {"form": form, "shared": may(by, Right.PLAN_ROTATIONS)},
                  status=422 if request.method == "POST" else 200)


@require_POST
@needs(Right.SERVE)
def feed_check(request: HttpRequest, pk: int) -> HttpResponse:
    feed = _own_or_404(pk, require(request, Right.SERVE))
    soon = check_feed_soon(feed_id=feed.pk)
    return told(request, f"{feed.name} is being read." if soon else LATER, tone="grey" if soon else "amber",
                to="set_rotation:away")


@require_POST
@needs(Right.SERVE)
def feed_remove(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    feed = _own_or_404(pk, by)
    try:
        remove_feed(feed=feed, by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="amber", to="set_rotation:away")
    return told(request, f"{feed.name} is no longer read, and what it said of the time ahead is gone.", tone="green",
                to="set_rotation:away", undo=reverse("set_rotation:feed_bring_back", args=[feed.pk]))


@require_POST
@needs(Right.SERVE)
def feed_bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    feed = _own_or_404(pk, by, gone=True)
    try:
        bring_back_feed(feed=feed, by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="amber", to="set_rotation:away")
    soon = check_feed_soon(feed_id=feed.pk)
    return told(request, f"{feed.name} is read again." if soon else LATER, tone="green", to="set_rotation:away")


def _own_or_404(pk: int, by: Person, *, gone: bool = False) -> LeaveFeed:
    """A calendar that the reader may change: their own, or any for whoever plans."""
    feed = LeaveFeed.objects.filter(pk=pk, removed_at__isnull=not gone).first()
    if feed is None or (feed.person_id != by.pk and not may(by, Right.PLAN_ROTATIONS)):
        raise Http404("There is no such calendar.")
    return feed

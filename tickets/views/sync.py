"""The mirror: how it stands, run it now, say which status stands in which column."""

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from portal import flows
from portal.common import clock, live
from portal.common.answers import back
from portal.common.jobs import queue
from tickets.actions.mapping import NoSuchColumn
from tickets.choices import RunKind
from tickets.queries.sync_page import sync_page
from tickets.tasks import census_confirmed, sync_now

FIELD = "status_"
ASKED = {RunKind.INCREMENTAL: "Jira is asked for what changed.", RunKind.FULL: "Every ticket is read again."}
ASKED_FOR = 10  # seconds in which a second press is the same wish


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def sync(request: HttpRequest) -> HttpResponse:
    person, version, at = require(request, Right.SEE_TICKETS), live.current_id("sync"), clock.now()
    page = sync_page(
        at=at, can_run=may(person, Right.RUN_SYNC), can_see_errors=may(person, Right.SEE_SYNC_ERRORS),
        can_accept=may(person, Right.ACCEPT_MAPPINGS), can_map=may(person, Right.EDIT_MAPPINGS),
    )
    part = request.headers.get("HX-Target") == "sync"
    context = {
        "sync": page, "live": {"url": reverse("tickets:sync_live"), "id": version}, "now": at,
        "sees_outbox": may(person, Right.SEE_OUTBOX),
    }
    return render(request, "tickets/sync.html#sync" if part else "tickets/sync.html", context)


@require_POST
@needs(Right.RUN_SYNC)
def run(request: HttpRequest) -> HttpResponse:
    person, kind = require(request, Right.RUN_SYNC), request.POST.get("kind", RunKind.INCREMENTAL)
    if kind not in ASKED:
        messages.error(request, "The mirror knows no such run.")
    elif not settings.ENV.jira.base_url:
        messages.error(request, "No Jira is set, so there is nothing to read. JIRA_BASE_URL names it.")
    elif not cache.add(f"sync:asked:{kind}", person.pk, ASKED_FOR):
        messages.info(request, "That was asked for a moment ago, and is under way.")
    elif queue(sync_now, kind, person.pk):
        messages.success(request, ASKED[RunKind(kind)])
    else:
        cache.delete(f"sync:asked:{kind}")
        messages.error(request, "The portal's worker cannot be reached at the moment. Try again in a minute.")
    return redirect(back(request, "tickets:sync"))


@require_POST
@needs(Right.EDIT_MAPPINGS)
def confirm_census(request: HttpRequest) -> HttpResponse:
    """A census that was stopped because too much is missing: the lead has looked, and it is truly gone."""
    person, key = require(request, Right.EDIT_MAPPINGS), request.POST.get("project", "")
    if key not in settings.ENV.jira.all_projects:
        messages.error(request, "That project is not mirrored.")
    elif queue(census_confirmed, key, person.pk):
        messages.success(request, f"Counting {key} again; what Jira does not show leaves the board.")
    else:
        messages.error(request, "The portal's worker cannot be reached at the moment. Try again in a minute.")
    return redirect("tickets:sync")


@require_POST
@needs(Right.EDIT_MAPPINGS)
def save_mapping(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.EDIT_MAPPINGS)
    wanted = {
        name.removeprefix(FIELD): str(column) for name, column in request.POST.items()
        if name.startswith(FIELD) and column and "\x00" not in name
    }
    try:
        changed = flows.map_statuses(wanted=wanted, by=person, at=clock.now())
    except NoSuchColumn:
        messages.error(request, "One of the columns does not exist. Nothing was changed.")
    else:
        words = f"{changed} status{'es' if changed > 1 else ''} moved." if changed else "Nothing was changed."
        messages.success(request, words)
    return redirect(reverse("tickets:sync") + "#mapping")


@require_POST
@needs(Right.ACCEPT_MAPPINGS)
def accept_mapping(request: HttpRequest) -> HttpResponse:
    accepted = flows.accept_proposed(by=require(request, Right.ACCEPT_MAPPINGS), at=clock.now())
    if accepted:
        words = f"{accepted} status{'es have' if accepted > 1 else ' has'} a column now."
        messages.success(request, words)
    else:
        messages.info(request, "Every status has a column already.")
    return redirect(back(request, "tickets:sync"))

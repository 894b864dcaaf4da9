"""Plans: asked for, watched, changed, published, discarded."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from cadence.queries import team_day
from people.access import needs, require
from people.choices import Right
from people.streams import stream
from portal.common import clock, live
from portal.common.answers import told
from portal.flows.planning import queue_plan
from set_rotation.actions import Refused, planning
from set_rotation.choices import PlanState
from set_rotation.forms.planning import PlanForm
from set_rotation.models import Plan
from set_rotation.queries import schedule
from set_rotation.queries.planning.page import choices, plan_page, recent_plans
from set_rotation.queries.planning.slots import first_days
from set_rotation.queries.roster import roster_page

PLACE = re.compile(r"[0-9]{1,3}-[0-9]{1,3}")
NOT_QUEUED = "The portal's worker cannot be reached at the moment. The plan is kept, and begins once it can."


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.PLAN_ROTATIONS)
def plans(request: HttpRequest) -> HttpResponse:
    """Ask for a plan; below the last ones."""
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    roster = roster_page(team_day(at))
    form = PlanForm(
        request.POST if request.method == "POST" else None, days=first_days(at), pattern=schedule().pattern,
        skills=[skill for skill, _ in roster.skills],
    )
    if request.method == "POST" and form.is_valid():
        told_ = form.cleaned_data
        try:
            plan = planning.ask_plan(first_on=form.first_day, rotations=told_["rotations"], pattern=told_["pattern"],
                                     ask=form.ask, by=by, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if not queue_plan(plan.pk):
                return told(request, NOT_QUEUED, tone="amber", to=reverse("set_rotation:plan_of", args=[plan.pk]))
            return redirect("set_rotation:plan_of", plan.pk)
    context = {"form": form, "recent": recent_plans(), "roster": roster, "now": at}
    return render(request, "rotations/plans.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.PLAN_ROTATIONS)
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Right.PLAN_ROTATIONS)
    version = live.current_id(planning.LIVE)
    part = "#plan" if request.headers.get("HX-Target") == "plan" else ""
    return render(request, f"rotations/plan.html{part}", _context(_plan(pk), version))


def _context(row: Plan, version: str) -> dict[str, Any]:
    return {"page": plan_page(row), "now": clock.now(),
            "live": {"url": reverse("set_rotation:plan_live"), "id": version}}


def _plan(pk: int) -> Plan:
    return get_object_or_404(Plan.objects.select_related("pattern", "by"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.PLAN_ROTATIONS)
def place(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Who could take a place of a proposal ("2-0": its third rotation, the lead); then one of them does."""
    row = _plan(pk)
    if not PLACE.fullmatch(name):
        raise Http404("The proposal has no such place.")
    rotation, place = (int(part) for part in name.split("-"))
    to = reverse("set_rotation:plan_of", args=[pk])
    if request.method == "POST":
        return _change(request, row, rotation, place, to)
    if row.state != PlanState.READY:
        raise Http404("This plan has no proposal that can be changed.")
    page = plan_page(row)
    if rotation >= len(page.columns) or place >= len(page.columns[rotation].cells):
        raise Http404("The proposal has no such place.")
    context = {"page": page, "cell": page.columns[rotation].cells[place], "column": page.columns[rotation],
               "label": page.rows[place].label, "choices": choices(row, (rotation, place)), "back": to,
               "now": clock.now()}
    return render(request, "rotations/plan_place.html", context)


def _change(request: HttpRequest, row: Plan, rotation: int, place: int, to: str) -> HttpResponse:
    by, who = require(request, Right.PLAN_ROTATIONS), request.POST.get("person", "")
    if not who.isdecimal() or len(who) > 18:
        return told(request, "Choose somebody.", tone="red", to=to)
    try:
        done = planning.change_proposal(plan=row, rotation=rotation, place=place, person=int(who), by=by,
                                        at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=to)
    words = f"{done.name} takes the place of {done.before}."
    return told(request, " ".join([words, *(f"{fault}." for fault in done.faults[:2])]),
                tone="amber" if done.faults else "green", to=to)


@require_POST
@needs(Right.PLAN_ROTATIONS)
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    by, row = require(request, Right.PLAN_ROTATIONS), _plan(pk)
    try:
        done = planning.publish_plan(plan=row, by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=reverse("set_rotation:plan_of", args=[pk]))
    words = f"{done.rotations} rotation{'s' if done.rotations != 1 else ''} published; " \
            f"{done.told} {'people are' if done.told != 1 else 'person is'} told."
    return told(request, words, tone="green", to="set_rotation:rotations")


@require_POST
@needs(Right.PLAN_ROTATIONS)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    by, row = require(request, Right.PLAN_ROTATIONS), _plan(pk)
    try:
        planning.discard_plan(plan=row, by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=reverse("set_rotation:plan_of", args=[pk]))
    return told(request, "The plan is put aside.", to="set_rotation:plan")


@require_GET
async def plan_live(request: HttpRequest) -> HttpResponseBase:
    return await stream(request, planning.LIVE, Right.PLAN_ROTATIONS)

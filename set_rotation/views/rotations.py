"""The timeline, one rotation, a new one, the schedule, and the timeline as a table for spreadsheets."""

import csv
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from portal.common import clock, live
from portal.common.answers import told
from set_rotation import actions
from set_rotation.actions.schedule import change_schedule
from set_rotation.forms.rotations import NewRotationForm, ScheduleForm
from set_rotation.models import Rotation
from set_rotation.queries import schedule as schedule_row
from set_rotation.queries.timeline.export import exported
from set_rotation.queries.timeline.page import timeline
from set_rotation.queries.timeline.rotation import new_page, rotation_page, schedule_changes
from set_rotation.rules.changes import Add, Remove, pack


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_DUTY)
def rotations(request: HttpRequest) -> HttpResponse:
    person, version, at = require(request, Right.SEE_DUTY), live.current_id("duty"), clock.now()
    plans = may(person, Right.PLAN_ROTATIONS)
    page = timeline(request.GET.dict(), at=at, reader=person, zone=zone_of(), bench=plans)
    as_list = request.GET.get("view") == "list"
    context = {"page": page, "plans": plans, "serves": may(person, Right.SERVE), "as_list": as_list,
               "live": {"url": reverse("set_rotation:on_call_live"), "id": version}, "now": at}
    part = request.headers.get("HX-Target") == "timeline"
    return render(request, "rotations/timeline.html" + ("#timeline" if part else ""), context)


@require_safe
@needs(Right.SEE_DUTY)
def export(request: HttpRequest) -> HttpResponse:
    """Who holds which seat in the span of the timeline, stretch by stretch."""
    at = clock.now()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rotations.csv"'
    csv.writer(response).writerows(exported(request.GET.dict(), at=at))
    return response


@require_safe
@needs(Right.SEE_DUTY)
def rotation(request: HttpRequest, number: int) -> HttpResponse:
    person, at = require(request, Right.SEE_DUTY), clock.now()
    row = Rotation.objects.select_related("pattern").filter(number=number).first()
    if row is None:
        raise Http404("There is no such rotation.")
    page = rotation_page(row, at=at, reader=person, zone=zone_of())
    context = {"page": page, "plans": may(person, Right.PLAN_ROTATIONS), "serves": may(person, Right.SERVE),
               "remove": pack(Remove(row.pk)), "now": at}
    return render(request, "rotations/timeline_rotation.html", context)


@require_safe
@needs(Right.PLAN_ROTATIONS)
def new(request: HttpRequest) -> HttpResponse:
    """A rotation by hand: what is chosen goes to the preview."""
    at, asked = clock.now(), request.GET
    page = new_page(pattern=asked.get("pattern", ""), first_on=_day(asked.get("first_on", "")), at=at)
    chosen = "place_0" in asked
    form = NewRotationForm(asked if chosen else None, pattern=page.pattern, weekday=page.begins.weekday,
                           offered=page.offered, initial={"first_on": page.first_on})
    if chosen and form.is_valid():
        change = Add(form.cleaned_data["first_on"], page.pattern.pk, form.people())
        return redirect(reverse("set_rotation:rotation_change") + "?" + urlencode({"change": pack(change)}))
    context = {"page": page, "form": form, "now": at}
    return render(request, "rotations/timeline_new.html", context, status=422 if chosen else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.PLAN_ROTATIONS)
def schedule(request: HttpRequest) -> HttpResponse:
    person, row = require(request, Right.PLAN_ROTATIONS), schedule_row()
    form = ScheduleForm(request.POST if request.method == "POST" else None, schedule=row)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_schedule(changes=form.cleaned_data, by=person, at=clock.now())
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            words = "Saved. It holds for rotations that are made from now on; those that stand stay as they are."
            return told(request, words if changed else "Nothing was changed.", tone="green" if changed else "grey",
                        to=reverse("set_rotation:rotation_schedule"))
    context = {"form": form, "changes": schedule_changes(), "now": clock.now()}
    return render(request, "rotations/timeline_schedule.html", context, status=422 if form.errors else 200)


def zone_of() -> str:
    """The reader's zone."""
    return timezone.get_current_timezone_name()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2099 else None

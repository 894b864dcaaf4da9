"""The calendar's page, and what the lead edits there."""

from datetime import date

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadence import actions
from cadence.access import holiday_or_404, meeting_or_404, step_or_404
from cadence.forms import HolidayForm, MeetingForm, StepForm
from cadence.queries import calendar_page
from people.access import may, needs, require
from people.choices import Right
from portal.common import clock


@require_safe
@needs(Right.SEE_TICKETS)
def calendar(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SEE_TICKETS), clock.now()
    page = calendar_page(at=at, month=request.GET.get("month", ""))
    context = {"calendar": page, "can_edit": may(person, Right.EDIT_CALENDAR), "now": at}
    return render(request, "cadence/calendar.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CALENDAR)
def holiday_new(request: HttpRequest) -> HttpResponse:
    by, form = require(request, Right.EDIT_CALENDAR), HolidayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_holiday(**form.cleaned_data, by=by, at=clock.now())
        except actions.Refused as refused:
            form.add_error("day", str(refused))
        else:
            messages.success(request, f"{made.name} is a holiday now.")
            return redirect(_back(made.day))
    return _edit(request, form, title="New holiday", back=_back())


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CALENDAR)
def holiday(request: HttpRequest, pk: int) -> HttpResponse:
    by, shown = require(request, Right.EDIT_CALENDAR), holiday_or_404(pk)
    form = HolidayForm(request.POST or None, holiday=shown)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.change_holiday(holiday=shown, **form.cleaned_data, by=by, at=clock.now())
        except actions.Refused as refused:
            form.add_error("day", str(refused))
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect(_back(saved.day))
    take_out = reverse("cadence:holiday_take_out", args=[shown.pk])
    return _edit(request, form, title=shown.name, back=_back(shown.day), take_out=take_out)


@require_POST
@needs(Right.EDIT_CALENDAR)
def holiday_take_out(request: HttpRequest, pk: int) -> HttpResponse:
    by, shown = require(request, Right.EDIT_CALENDAR), holiday_or_404(pk)
    actions.take_out_holiday(holiday=shown, by=by, at=clock.now())
    messages.success(request, f"{shown.name} is a working day now.")
    return redirect(_back(shown.day))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CALENDAR)
def meeting(request: HttpRequest, slug: str) -> HttpResponse:
    by, shown = require(request, Right.EDIT_CALENDAR), meeting_or_404(slug)
    form = MeetingForm(request.POST or None, meeting=shown)
    if request.method == "POST" and form.is_valid():
        actions.change_meeting(meeting=shown, changes=form.cleaned_data, by=by, at=clock.now())
        messages.success(request, f"{shown} is saved.")
        return redirect(reverse("cadence:calendar") + "#meetings")
    return _edit(request, form, title=str(shown), back=reverse("cadence:calendar") + "#meetings")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CALENDAR)
def milestone(request: HttpRequest, slug: str) -> HttpResponse:
    by, shown = require(request, Right.EDIT_CALENDAR), step_or_404(slug)
    form = StepForm(request.POST or None, step=shown)
    if request.method == "POST" and form.is_valid():
        actions.change_step(step=shown, changes=form.cleaned_data, by=by, at=clock.now())
        messages.success(request, f"{form.cleaned_data['name']} is saved, for every release.")
        return redirect("cadence:calendar")
    return _edit(request, form, title=shown.name, back=reverse("cadence:calendar"))


def _back(day: date | None = None) -> str:
    """The holidays of the year of this day; without one, those that the page shows by itself."""
    return reverse("cadence:calendar") + (f"?month={day:%Y-%m}" if day else "") + "#holidays"


def _edit(request: HttpRequest, form: Form, *, title: str, back: str, take_out: str = "") -> HttpResponse:
    context = {"title": title, "form": form, "back": back, "take_out": take_out}
    return render(request, "cadence/edit.html", context, status=422 if request.method == "POST" else 200)

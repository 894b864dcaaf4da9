"""Take it now: a colleague takes a seat of a running shift at once, and gives it back."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from set_rotation import actions
from set_rotation.actions.take import give_back, take_over
from set_rotation.choices import OverrideSource, Seat
from set_rotation.forms.swaps import TakeForm
from set_rotation.models import Member, Override
from set_rotation.queries.take import RunningSeat, running_seats
from set_rotation.rules.local import stretch_words


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def take_now(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    plans = may(by, Right.PLAN_ROTATIONS)
    seats = running_seats(reader=by, may_plan=plans, at=at)
    form = TakeForm(request.POST if request.method == "POST" else None, zone=by.zone, at=at,
                    others=_roster(at) if plans else ())
    refused = ""
    if request.method == "POST":
        asked = next((each for each in seats if each.seat.value == request.POST.get("seat")), None)
        until = _until(form, asked, request.POST.get("until", "")) if asked and form.is_valid() else None
        try:
            if asked is None:
                raise actions.Refused("No shift of that seat runs now.")
            if until is not None:
                person = form.cleaned_data["person"] or by
                made, _ = take_over(seat=asked.seat, person=person, until=until, by=by, at=at)
                return _taken(request, made, by, at)
        except actions.Refused as refusal:
            refused = str(refusal)
    context = {"seats": seats, "form": form, "refused": refused, "plans": plans, "now": at,
               "asked": request.POST.get("seat", ""), "wanted": request.GET.get("seat", "primary")}
    return render(request, "rotations/swaps_take.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Right.SERVE)
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    override = Override.objects.filter(pk=pk, source=OverrideSource.TAKE).select_related("person").first()
    if override is None or (by.pk not in {override.person_id, override.by_id} and not may(by, Right.PLAN_ROTATIONS)):
        raise Http404("There is nothing to give back.")
    try:
        give_back(override=override, by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="red", to="set_rotation:take_over")
    return told(request, "It is given back. Everybody whose duty moves is told.", tone="green",
                to="set_rotation:on_call")


def _until(form: TakeForm, seat: RunningSeat, chosen: str) -> datetime | None:
    """Until when; None where an error at the form says what is wrong."""
    if chosen == "own":
        return form.own()
    found = next((each.ends_at for each in seat.choices if each.key == chosen), None)
    if found is None:
        form.add_error(None, "Choose until when.")
    return found


def _taken(request: HttpRequest, made: Override, by: Person, at: datetime) -> HttpResponse:
    who = "You are" if made.person_id == by.pk else f"{made.person.name} is"
    text = f"{who} {Seat(made.seat).label.lower()}, {stretch_words(made.starts_at, made.ends_at, by.zone, at.year)}."
    return told(request, text, tone="green", to="set_rotation:on_call",
                undo=reverse("set_rotation:take_back", args=[made.pk]))


def _roster(at: datetime) -> list[Person]:
    rows = Member.objects.on(at.date()).filter(person__is_active=True).select_related("person")
    return [row.person for row in rows.order_by("person__name")]

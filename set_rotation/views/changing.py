"""Changing the rota: a place opened, a change previewed, done, and taken back. Works as pages and in the dialog."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import toasted, told, with_script
from set_rotation import actions
from set_rotation.actions.changes import Done, Overtaken, do_change, try_change
from set_rotation.choices import Seat
from set_rotation.forms.rotations import ReplaceForm
from set_rotation.models import Place, Shift
from set_rotation.queries.timeline.preview import preview_of
from set_rotation.queries.timeline.rotation import place_of
from set_rotation.queries.timeline.sheet import Sheet, place_sheet
from set_rotation.rules.changes import Cancel, Change, Give, StandIn, pack, unpack
from set_rotation.views.rotations import zone_of

OVERTAKEN = "Somebody changed this meanwhile, so nothing was done. This is what it would do now."


@require_safe
@vary_on_headers("HX-Request")
@needs(Right.SEE_DUTY)
def place(request: HttpRequest, pk: int) -> HttpResponse:
    person, at = require(request, Right.SEE_DUTY), clock.now()
    return _sheet(request, _place(pk), person, at)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@needs(Right.PLAN_ROTATIONS)
def change(request: HttpRequest) -> HttpResponse:
    """GET tries a change and takes it back, to show what it would do; POST does it as it was seen."""
    person, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    if request.method == "POST":
        return _do(request, person, at)
    if "how" in request.GET or "zone" in request.GET:
        return _from_form(request, person, at)
    return _preview(request, _asked(request, at), person, at)


# ---- What is asked ----------------------------------------------------------------------


def _asked(request: HttpRequest, at: datetime) -> Change:
    """A change from the address: whole, or a place with somebody, or with another place."""
    asked = request.GET
    found = unpack(asked.get("change", ""))
    if found is not None:
        return found
    if (override := _number(asked.get("cancel", ""))) is not None:
        return Cancel(override)
    here = _place(_number(asked.get("place", "")) or 0)
    if (other := _number(asked.get("with", ""))) is not None:
        there = _place(other)
        return Give({here.pk: there.person_id, there.pk: here.person_id})
    person = _number(asked.get("person", ""))
    if person is None:
        raise Http404("There is nothing to change.")
    return _given(here, _number(asked.get("shift", "")) or 0, person, at)


def _given(place: Place, shift: int, person: int, at: datetime) -> Change:
    """Somebody gets a place; of a rotation that has begun, what is left of the shift."""
    if place.rotation.starts_at > at:
        return _whole(place, person)
    row = Shift.objects.filter(pk=shift, place=place, ends_at__gt=at).first()
    if row is None or not person:
        raise Http404("There is nothing left of it to change.")
    starts_at = max(row.starts_at, at.replace(second=0, microsecond=0))
    return StandIn(Seat(row.seat), person, starts_at, row.ends_at)


def _whole(place: Place, person: int) -> Give:
    """Somebody gets a place, 0 nobody; whoever has another one in the same rotation swaps."""
    other = Place.objects.filter(rotation=place.rotation_id, person=person).exclude(pk=place.pk).first()
    return Give({place.pk: person or None} | ({other.pk: place.person_id} if other else {}))


def _from_form(request: HttpRequest, person: Person, at: datetime) -> HttpResponse:
    asked = request.GET
    here = _place(_number(asked.get("place", "")) or 0)
    shift = _number(asked.get("shift", "")) or 0
    sheet = place_sheet(here, shift, at=at, reader=person, zone=zone_of(), plans=True)
    form = _form(request, sheet)
    if not form.is_valid():
        return _sheet(request, here, person, at, sheet, form, status=422)
    chosen = form.cleaned_data
    if chosen["how"] == "whole":
        return _preview(request, _whole(here, chosen["person"]), person, at)
    if sheet.seat is None or form.starts_at is None or form.ends_at is None:
        raise Http404("There is no seat to replace somebody in.")
    asks = StandIn(sheet.seat, chosen["person"], form.starts_at, form.ends_at, chosen["reason"])
    return _preview(request, asks, person, at)


def _form(request: HttpRequest, sheet: Sheet) -> ReplaceForm:
    zone = zone_of()
    starts, ends = (each.astimezone(ZoneInfo(zone)) for each in (sheet.starts_at, sheet.ends_at))
    initial = {"how": "whole" if sheet.whole else "stretch", "zone": zone, "starts_on": starts.date(),
               "starts_time": starts.time(), "ends_on": ends.date(), "ends_time": ends.time()}
    people = [choice.mark.id for choice in sheet.choices] + ([0] if sheet.whole else [])
    asked = request.GET if "how" in request.GET or "zone" in request.GET else None
    return ReplaceForm(asked, people=people, whole=sheet.whole, zone=zone, initial=initial)


# ---- What is shown ----------------------------------------------------------------------


def _sheet(
    request: HttpRequest, place: Place, person: Person, at: datetime, sheet: Sheet | None = None,
    form: ReplaceForm | None = None, status: int = 200,
) -> HttpResponse:
    plans = may(person, Right.PLAN_ROTATIONS)
    shift = _number(request.GET.get("shift", "")) or 0
    shown = sheet or place_sheet(place, shift, at=at, reader=person, zone=zone_of(), plans=plans)
    context = {
        "sheet": shown, "form": form or _form(request, shown) if plans else None, "plans": plans, "now": at,
        "serves": may(person, Right.SERVE), "in_dialog": with_script(request), "can": _picked(shown, can=True),
        "cannot": _picked(shown, can=False), "chosen": request.GET.get("person", ""),
    }
    return render(request, _template(request, "rotations/timeline_place.html"), context, status=status)


def _picked(sheet: Sheet, *, can: bool) -> list[object]:
    return [choice for choice in sheet.choices if choice.can == can]


@dataclass(frozen=True)
class Notice:
    """What stands above a preview."""

    tone: str
    title: str
    text: str = ""


def _preview(
    request: HttpRequest, change: Change, person: Person, at: datetime, notice: Notice | None = None, status: int = 200
) -> HttpResponse:
    """What a change would do, with the button that does it; or why it cannot be done."""
    context: dict[str, object] = {"now": at, "in_dialog": with_script(request), "notice": notice, "back": _back(change)}
    try:
        tried = try_change(change, by=person, at=at)
    except actions.Refused as refused:
        context["refused"] = str(refused)
        status = 422
    else:
        context |= {
            "preview": preview_of(tried.before, tried.after, tried.done.moved, at=at, reader=person, zone=zone_of()),
            "change": pack(change), "seen": tried.seen,
        }
    response = render(request, _template(request, "rotations/timeline_change.html"), context, status=status)
    if status == 422 and request.method == "POST" and with_script(request):
        response["HX-Retarget"] = "#sheet"  # an answer without it closes the dialog
    return response


def _template(request: HttpRequest, name: str) -> str:
    return f"{name}#sheet" if with_script(request) else name


def _back(change: Change) -> str:
    """Where the change came from."""
    if isinstance(change, Give):
        return reverse("set_rotation:rotation_place", args=[next(iter(change.people))])
    return reverse("set_rotation:rotations")


# ---- What is done -----------------------------------------------------------------------


def _do(request: HttpRequest, person: Person, at: datetime) -> HttpResponse:
    wanted = unpack(request.POST.get("change", "") or request.GET.get("change", ""))
    seen = request.POST.get("seen", "") or request.GET.get("seen", "")
    if wanted is None:
        raise Http404("There is nothing to change.")
    undoing = "undo" in request.GET
    try:
        done = do_change(wanted, seen=seen, by=person, at=at)
    except Overtaken:
        if undoing:
            words = "It was changed again meanwhile, so it was not taken back. Look at what stands there now."
            return _answer(request, words, tone="amber")
        return _preview(request, wanted, person, at, Notice("amber", OVERTAKEN), status=422)
    except actions.Refused as refused:
        if undoing:
            return _answer(request, str(refused), tone="red")
        return _preview(request, wanted, person, at, status=422)
    words = "Taken back." if undoing else done.words
    return _answer(request, words, tone="green", undo="" if undoing else _undo(done))


def _undo(done: Done) -> str:
    asked = {"change": pack(done.undo), "seen": done.undo_seen, "undo": "1"}
    return f"{reverse('set_rotation:rotation_change')}?{urlencode(asked)}"


def _answer(request: HttpRequest, words: str, *, tone: str, undo: str = "") -> HttpResponse:
    if with_script(request):
        return toasted(HttpResponse(), words, tone=tone, undo=undo, rotations={})
    return told(request, words, tone=tone, to=reverse("set_rotation:rotations"), undo=undo)


def _place(pk: int) -> Place:
    found = place_of(pk)
    if found is None:
        raise Http404("There is no such place: its rotation was taken back.")
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

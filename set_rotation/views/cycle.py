"""The cycle of a rotation: its checklist, ticked off and changed."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock, live
from portal.common.answers import toasted, told, with_script
from set_rotation.actions import Refused
from set_rotation.actions import cycle as actions
from set_rotation.choices import CyclePhase
from set_rotation.models import ChecklistItem, Rotation
from set_rotation.queries.cycle import cycle_page, present_rotation


@require_safe
@needs(Right.SEE_DUTY)
def present(request: HttpRequest) -> HttpResponse:
    """The rotation that runs, or the next one."""
    rotation = present_rotation(clock.now())
    if rotation is None:
        return render(request, "rotations/cycle.html", {"cycle": None, "now": clock.now()})
    return redirect("set_rotation:cycle", rotation.number)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_DUTY)
def cycle(request: HttpRequest, number: int) -> HttpResponse:
    rotation = get_object_or_404(Rotation, number=number)
    part = "#cycle" if request.headers.get("HX-Target") == "cycle" else ""
    return _draw(request, rotation, clock.now(), part=part)


def _draw(
    request: HttpRequest, rotation: Rotation, at: datetime, *, part: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    person, version = require(request, Right.SEE_DUTY), live.current_id(actions.LIVE)
    plans = may(person, Right.PLAN_ROTATIONS)
    page = cycle_page(rotation=rotation, me=person, at=at, may_serve=may(person, Right.SERVE), may_plan=plans)
    context = {
        "cycle": page, "now": at, "may_plan": plans, "phases": CyclePhase.choices,
        "live": {"url": reverse("hand_over_live"), "id": version}, **more,
    }
    return render(request, f"rotations/cycle.html{part}", context, status=status)


@require_POST
@needs(Right.SERVE)
def tick(request: HttpRequest, number: int) -> HttpResponse:
    """`item`, `person` for a box of somebody's own, `done`: 1 ticks it, 0 takes the tick back."""
    me, rotation = require(request, Right.SERVE), get_object_or_404(Rotation, number=number)
    given = request.POST if "item" in request.POST else request.GET  # an Undo names all of it in its address
    item = get_object_or_404(ChecklistItem, pk=_number(given.get("item", "")))
    person = get_object_or_404(Person, pk=_number(given["person"])) if given.get("person") else None
    if person is not None and person != me and not may(me, Right.PLAN_ROTATIONS):
        raise PermissionDenied(f"What is {person.name}'s to do, they tick off, or the lead.")
    at, done = clock.now(), given.get("done") == "1"
    act = actions.tick_item if done else actions.open_item
    try:
        changed = act(item=item, rotation=rotation, person=person, by=me, at=at)
    except Refused as refused:
        return _answered(request, rotation, str(refused), "amber")
    whose = f" for {person.name}" if person not in {None, me} and person else ""
    if not changed:
        return _answered(request, rotation, "It stood so already.", "grey")
    words = f"Ticked off{whose}: {item.words}" if done else f"Open again{whose}: {item.words}"
    undo = {"item": item.pk, "person": person.pk if person else "", "done": 0 if done else 1}
    return _answered(request, rotation, words, "green", f"{request.path}?{urlencode(undo)}")


def _answered(request: HttpRequest, rotation: Rotation, words: str, tone: str, undo: str = "") -> HttpResponse:
    """The checklist as it stands now with a toast, or back to the page with a message."""
    if not with_script(request):
        page = reverse("set_rotation:cycle", args=[rotation.number])
        return told(request, words, tone=tone, to=page, undo=undo)
    response = toasted(_draw(request, rotation, clock.now(), part="#cycle"), words, tone=tone, undo=undo)
    # An Undo stands in a toast, and swaps nothing by itself.
    response["HX-Retarget"], response["HX-Reswap"] = "#cycle", "outerHTML"
    return response


@require_POST
@needs(Right.PLAN_ROTATIONS)
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Put something on the checklist of every rotation."""
    me, rotation = require(request, Right.PLAN_ROTATIONS), get_object_or_404(Rotation, number=number)
    given = {name: value.replace("\x00", "") for name, value in request.POST.items() if isinstance(value, str)}
    phase, days = given.get("phase", ""), given.get("days", "").strip()
    try:
        if phase not in CyclePhase.values:
            raise Refused("Choose the part of the cycle in which it is done.")
        item = actions.add_item(
            phase=CyclePhase(phase), words=given.get("words", ""), each=given.get("each") == "1", days=_days(days),
            path=given.get("path", ""), by=me, at=clock.now(),
        )
    except Refused as refused:
        return _draw(request, rotation, clock.now(), status=422, given=given, fault=str(refused))
    page = reverse("set_rotation:cycle", args=[rotation.number])
    undo = reverse("set_rotation:cycle_retire", args=[rotation.number]) + f"?item={item.pk}"
    return told(request, f"On the checklist: {item.words}", tone="green", to=page, undo=undo)


@require_POST
@needs(Right.PLAN_ROTATIONS)
def retire(request: HttpRequest, number: int) -> HttpResponse:
    """Take `item` off the checklist, or with `back` put it on it again."""
    me, rotation = require(request, Right.PLAN_ROTATIONS), get_object_or_404(Rotation, number=number)
    given = request.POST if "item" in request.POST else request.GET
    item, back = get_object_or_404(ChecklistItem, pk=_number(given.get("item", ""))), given.get("back") == "1"
    act = actions.restore_item if back else actions.retire_item
    changed = act(item=item, by=me, at=clock.now())
    words = f"{'Back on' if back else 'No longer on'} the checklist: {item.words}"
    undo = f"{request.path}?{urlencode({'item': item.pk, 'back': 0 if back else 1})}"
    return _answered(request, rotation, words if changed else "It stood so already.", "green" if changed else "grey",
                     undo if changed else "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _days(text: str) -> int | None:
    """Days, or None for none. Raises `Refused`."""
    if not text:
        return None
    sign, digits = (-1, text[1:]) if text[:1] in "-−" else (1, text)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 4):
        raise Refused("Days are a number: 0 is the first day, −3 is three days before it.")
    return sign * int(digits)

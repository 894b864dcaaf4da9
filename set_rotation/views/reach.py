"""How somebody is reached: their own page, and what a planner sees of somebody else's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import needs, require
from people.choices import Right
from people.models import Person
from people.queries.pages import mark
from portal.common import clock, live
from portal.common.answers import toasted, told, with_script
from portal.flows.reach import add_contact
from set_rotation.actions import Refused, cycle
from set_rotation.actions import contacts as actions
from set_rotation.actions.readiness import send_test_page
from set_rotation.choices import CyclePhase, Urgency
from set_rotation.forms.contacts import NoticeForm, StepForm, WayForm
from set_rotation.models import ChecklistItem, ContactMethod, NoticeChoice
from set_rotation.queries.contacts import own_ladder
from set_rotation.queries.reach import own_rungs, reach_page, targets, usual_rungs
from set_rotation.queries.readiness import next_place
from set_rotation.rules.addresses import SERVICES
from set_rotation.rules.contacts import Rung, ladder_words, read_rungs, rungs_text

PARTS = {"reach": "#reach", "reach-now": "#reach"}


@needs(Right.SERVE)
@never_cache
@vary_on_headers("HX-Request", "HX-Target")
@require_safe
def reach(request: HttpRequest) -> HttpResponse:
    part = PARTS.get(request.headers.get("HX-Target", ""), "")
    return _draw(request, require(request, Right.SERVE), clock.now(), part=part)


def _draw(
    request: HttpRequest, person: Person, at: datetime, *, part: str = "", status: int = 200, **forms: Any
) -> HttpResponse:
    version, page = live.current_id("pages"), reach_page(person, at)
    offered = [(way.target, way.label) for way in page.ways]
    steps = [(ladder, forms.get(ladder.urgency) or StepForm(targets=offered, prefix=ladder.urgency))
             for ladder in page.ladders]
    context = {
        "reach": page, "now": at, "services": SERVICES, "steps": steps, "most": actions.MOST_METHODS,
        "way_form": forms.get("way") or WayForm(),
        "live": {"url": reverse("set_rotation:readiness_live"), "id": version},
        "notice_form": forms.get("notice") or NoticeForm(choice=page.notices),
    }
    return render(request, f"rotations/reach.html{part}", context, status=status)


@needs(Right.SERVE)
@never_cache
@sensitive_post_parameters("address")
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """The address is looked at by the library that will use it, which takes a second or two."""
    person, at, form = require(request, Right.SERVE), clock.now(), WayForm(request.POST)
    if form.is_valid():
        try:
            made = add_contact(person=person, label=form.cleaned_data["label"], address=form.cleaned_data["address"],
                               by=person, at=at)
        except Refused as refused:
            form.add_error("address", str(refused))
        else:
            words = f"“{made.label}” is there. Put it into a ladder, then send yourself a test page."
            return _answered(request, person, words, undo=reverse("set_rotation:reach_remove", args=[made.pk]))
    if not with_script(request):
        return _draw(request, person, at, status=422, way=form)
    # What was typed stays in the browser's field: the answer brings the words alone.
    response = render(request, "rotations/reach_refusal.html", {"form": form}, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#reach-refusal", "innerHTML"
    return response


@needs(Right.SERVE)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    person, at = require(request, Right.SERVE), clock.now()
    method = _own(person, pk)
    undo = reverse("set_rotation:reach_back", args=[method.pk])
    return _did(request, person, f"“{method.label}” is removed.", undo,
                lambda: actions.remove_method(method=method, by=person, at=at))


@needs(Right.SERVE)
@require_POST
def back(request: HttpRequest, pk: int) -> HttpResponse:
    person, at = require(request, Right.SERVE), clock.now()
    method = _own(person, pk)
    undo = reverse("set_rotation:reach_remove", args=[method.pk])
    return _did(request, person, f"“{method.label}” is back.", undo,
                lambda: actions.bring_back(method=method, by=person, at=at))


def _own(person: Person, pk: int) -> ContactMethod:
    return get_object_or_404(ContactMethod.objects.select_related("person"), pk=pk, person=person)


@needs(Right.SERVE)
@require_POST
def ladder(request: HttpRequest, name: str) -> HttpResponse:
    """One step more (`target`, `minutes`), one less (`less`), the usual ladder (`usual`), or this one (`rungs`)."""
    person, at = require(request, Right.SERVE), clock.now()
    if name not in Urgency.values:
        raise Http404
    urgency = Urgency(name)
    before = own_rungs(person, urgency)
    try:
        wanted = _wanted(request, person, before)
    except ValueError as error:
        return _answered(request, person, str(error), tone="red")
    if isinstance(wanted, StepForm):
        part = "#reach" if with_script(request) else ""
        response = _draw(request, person, at, part=part, status=422, **{urgency: wanted})
        return _aimed(response)
    undo = f"{request.path}?{urlencode({'rungs': rungs_text(before)})}"
    return _did(request, person, lambda: f"{urgency.label} pages: {ladder_words(own_ladder(person.pk, urgency))}.",
                undo, lambda: actions.set_rules(person=person, urgency=urgency, rungs=wanted, by=person, at=at))


def _wanted(request: HttpRequest, person: Person, before: tuple[Rung, ...]) -> tuple[Rung, ...] | StepForm:
    """The ladder that is asked for; the form where what was typed is none. ValueError for what no form sends."""
    if "rungs" in request.GET:
        return read_rungs(request.GET["rungs"])
    if "usual" in request.POST:
        return usual_rungs(person)
    if "less" in request.POST:
        less = set(read_rungs(request.POST["less"]))
        return tuple(rung for rung in before if rung not in less)
    form = StepForm(request.POST, targets=targets(person))
    if not form.is_valid():
        return form
    return tuple(sorted({*before, form.rung}))


@needs(Right.SERVE)
@require_POST
def test(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SERVE), clock.now()
    return _did(request, person, "A test page is on its way to you: acknowledge it where it comes.", "",
                lambda: send_test_page(person=person, by=person, at=at))


@needs(Right.SERVE)
@require_POST
def tick(request: HttpRequest) -> HttpResponse:
    """Tick off an `item` of what comes before my next rotation; with `open` take that back."""
    person, at = require(request, Right.SERVE), clock.now()
    given = request.GET if "item" in request.GET else request.POST
    number, place = given.get("item", ""), next_place(person, at)
    known = number.isascii() and number.isdigit() and len(number) < 12
    item = get_object_or_404(ChecklistItem, pk=number if known else 0, phase=CyclePhase.BEFORE, each=True)
    if place is None:
        return _answered(request, person, "No coming rotation has a place for you.", tone="red")
    opens = "open" in given
    act = cycle.open_item if opens else cycle.tick_item
    words = f"{'Open again' if opens else 'Ticked off'}: {item.words}"
    undo = f"{request.path}?{urlencode({'item': item.pk} | ({} if opens else {'open': 1}))}"
    return _did(request, person, words, undo,
                lambda: act(item=item, rotation=place.rotation, person=person, by=person, at=at))


@needs(Right.SERVE)
@require_POST
def notices(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SERVE), clock.now()
    form = NoticeForm(request.POST, choice=NoticeChoice())
    if not form.is_valid():
        part = "#reach" if with_script(request) else ""
        return _aimed(_draw(request, person, at, part=part, status=422, notice=form))
    return _did(request, person, "Saved: that is what you are told.", "",
                lambda: actions.choose_notices(person=person, choices=form.cleaned_data, by=person, at=at))


def _did(
    request: HttpRequest, person: Person, words: str | Callable[[], str], undo: str, act: Callable[[], object]
) -> HttpResponse:
    """Do it and say so, or say why not; `words` may be known only afterwards."""
    try:
        act()
    except Refused as refused:
        return _answered(request, person, str(refused), tone="red")
    return _answered(request, person, words if isinstance(words, str) else words(), undo=undo)


def _answered(
    request: HttpRequest, person: Person, words: str, *, tone: str = "green", undo: str = ""
) -> HttpResponse:
    """The page as it stands now with a toast, or back to it with a message."""
    if not with_script(request):
        return told(request, words, tone=tone, to=reverse("set_rotation:reach"), undo=undo)
    return _aimed(toasted(_draw(request, person, clock.now(), part="#reach"), words, tone=tone, undo=undo))


def _aimed(response: HttpResponse) -> HttpResponse:
    """An Undo stands in a toast, and swaps nothing by itself."""
    response["HX-Retarget"], response["HX-Reswap"] = "#reach", "outerHTML"
    return response


@needs(Right.PLAN_ROTATIONS)
@never_cache
@require_safe
def reach_of(request: HttpRequest, pk: int) -> HttpResponse:
    """How somebody else is reached, without what is theirs alone."""
    at, person = clock.now(), get_object_or_404(Person, pk=pk)
    context = {"person": mark(person), "reach": reach_page(person, at), "now": at}
    return render(request, "rotations/reach_of.html", context)

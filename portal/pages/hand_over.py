"""The hand-over from one rotation to the next: read by everybody, written by whoever serves, given by the lead."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock, live
from portal.common.answers import toasted, told, with_script
from portal.flows import hand_over as flows
from portal.pages.handing import HandOverPage, Reader, hand_over_page, may_give
from set_rotation.actions import Refused
from set_rotation.actions import hand_over as actions
from set_rotation.actions.cycle import LIVE
from set_rotation.models import HandOver, Rotation
from set_rotation.queries.cycle import present_rotation
from set_rotation.queries.hand_over import crews, hand_over_of
from tickets.rules.weekly.shown import shown
from tickets.views.live import stream

EACH = 30  # past hand-overs on a page


@require_safe
@needs(Right.SEE_DUTY)
def present(request: HttpRequest) -> HttpResponse:
    """The hand-over of the rotation that runs, or comes next."""
    rotation = present_rotation(clock.now())
    if rotation is None:
        return render(request, "pages/hand_over.html", {"hand_over": None, "now": clock.now()})
    return redirect("hand_over", rotation.number)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_DUTY)
def page(request: HttpRequest, number: int) -> HttpResponse:
    """`?edit=1` opens the editor of the text."""
    part = "#hand_over" if request.headers.get("HX-Target") == "hand-over" else ""
    return _draw(request, _rotation(number), part=part)


@require_safe
@needs(Right.SEE_DUTY)
def past(request: HttpRequest) -> HttpResponse:
    """All that were drafted, the latest first."""
    found = HandOver.objects.select_related("rotation", "given_by").order_by("-rotation__starts_at")
    context = {"page": Paginator(found, EACH).get_page(request.GET.get("page")), "now": clock.now()}
    return render(request, "pages/hand_over_past.html", context)


@require_GET
async def hand_over_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of these pages, and of the cycle's."""
    return await stream(request, LIVE, Right.SEE_DUTY)


def _rotation(number: int) -> Rotation:
    return get_object_or_404(Rotation, number=number)


def _draw(
    request: HttpRequest, rotation: Rotation, *, part: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    person, at, version = require(request, Right.SEE_DUTY), clock.now(), live.current_id(LIVE)
    found: HandOverPage = hand_over_page(rotation=rotation, reader=_reader(person), at=at)
    # A part that is drawn anew keeps the editor that stands on the page: what is typed in it is not saved yet.
    edits = "edit" in request.GET or (bool(part) and "edit=1" in request.headers.get("HX-Current-URL", ""))
    edits = edits and found.may_edit and found.draft is not None
    context = {
        "hand_over": found, "now": at, "can_act": may(person, Right.WORK_TICKETS), "edits": edits,
        # The answer to a form stands at an address that cannot be asked for again.
        "live": {"url": reverse("hand_over_live"), "id": version} if status == 200 else None, **more,
    }
    return render(request, f"pages/hand_over.html{part}", context, status=status)


def _reader(person: Person) -> Reader:
    return Reader(person, serves=may(person, Right.SERVE), plans=may(person, Right.PLAN_ROTATIONS))


@require_POST
@needs(Right.SERVE)
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """Draft it now, or again; people's words and choices stay."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    again = hand_over_of(rotation) is not None
    words = "Drafted again; your words and choices are as they were." if again else "Drafted."

    def act(at: datetime) -> str:
        flows.draft_hand_over(rotation=rotation, by=person, at=at)
        return words

    return _do(request, rotation, act)


@require_POST
@needs(Right.SERVE)
def text(request: HttpRequest, number: int) -> HttpResponse:
    """Save what is not written down; where somebody saved another text meanwhile, both are shown."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    held, given = _held(rotation), request.POST.get("text", "").replace("\x00", "")
    try:
        changed = actions.save_text(hand_over=held, text=given, seen=_number(request.POST.get("version", "")),
                                    by=person, at=clock.now())
    except actions.Newer as newer:
        theirs = newer.theirs
        conflict = {"text": theirs.text, "html": shown(theirs.text), "at": theirs.changed_at}
        return _draw(request, rotation, status=422, edits=True, typed=given, version=theirs.version, conflict=conflict,
                     typed_html=shown(given))
    except Refused as refused:
        return _draw(request, rotation, status=422, edits=True, typed=given, fault=str(refused),
                     typed_html=shown(given[:actions.LONGEST]))
    return _answered(request, rotation, "Saved." if changed else "Nothing was changed.", "green" if changed else "grey")


@require_POST
@needs(Right.SERVE)
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """The text as it will be read; nothing is kept."""
    require(request, Right.SERVE)
    html = shown(request.POST.get("text", "").replace("\x00", "")[:actions.LONGEST])
    return render(request, "pages/hand_over_text.html", {"html": html, "rotation": _rotation(number)})


@require_POST
@needs(Right.SERVE)
def choose(request: HttpRequest, number: int) -> HttpResponse:
    """`to-<ticket>`: the person's number, or nothing to leave it as it is; `had-<ticket>`: what stood there."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    held, both = _held(rotation), crews(rotation)
    takers = {str(one.pk): one for one in both.taking}
    changed = [(name.removeprefix("to-"), str(value)) for name, value in request.POST.items()
               if name.startswith("to-") and value != request.POST.get(name.replace("to-", "had-", 1))]

    def act(at: datetime) -> str:
        rows = []
        for ticket, value in changed:
            if value and value not in takers:
                raise Refused("Choose somebody of the next crew.")
            rows.append(actions.choose_owner(hand_over=held, ticket=_number(ticket), person=takers.get(value),
                                             by=person, at=at))
        made = [row for row in rows if row is not None]
        said = ", ".join(f"{row.key} to {row.goes_to.name}" if row.goes_to else f"{row.key} stays" for row in made)
        return f"{said}. Jira learns of it when you write them." if made else ""

    return _do(request, rotation, act)


@require_POST
@needs(Right.SERVE)
def write(request: HttpRequest, number: int) -> HttpResponse:
    """Write the new owners to Jira, in one go; each ticket once."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    require(request, Right.WORK_TICKETS)
    done = flows.write_owners(hand_over=_held(rotation), by=person, at=clock.now())
    parts = [
        f"{done.sent} on the way to Jira" if done.sent else "", f"{done.already} already so" if done.already else "",
        f"without a Jira account: {', '.join(done.without)}" if done.without else "", *done.refused,
    ]
    words = "; ".join(filter(None, parts)) or "Somebody was quicker: all of them are on their way already"
    amber = bool(done.without or done.refused)
    return _answered(request, rotation, f"{words}.", "amber" if amber else "green" if done.sent else "grey")


@require_POST
@needs(Right.SERVE)
def give(request: HttpRequest, number: int) -> HttpResponse:
    """Hand over: the outgoing lead, whoever leads now, a coordinator."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    _require_giver(person, rotation)
    held = _held(rotation)
    return _do(request, rotation, lambda at: "Handed over; whoever is on SET next is told." if actions.give_hand_over(
        hand_over=held, by=person, at=at) else "It was handed over already.")


@require_POST
@needs(Right.SERVE)
def take(request: HttpRequest, number: int) -> HttpResponse:
    """An incoming person has read it."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    held, words = _held(rotation), request.POST.get("words", "")
    return _do(request, rotation, lambda at: "You have taken over." if actions.take_hand_over(
        hand_over=held, person=person, words=words, at=at) else "You have taken over already.")


@require_POST
@needs(Right.SERVE)
def note(request: HttpRequest, number: int) -> HttpResponse:
    """Something that came up after it was handed over."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    held, given = _held(rotation), request.POST.get("text", "")

    def act(at: datetime) -> str:
        actions.add_note(hand_over=held, text=given, by=person, at=at)
        return "Added, with its date."

    return _do(request, rotation, act)


@require_POST
@needs(Right.SERVE)
def post(request: HttpRequest, number: int) -> HttpResponse:
    """Say in the SET channel who is on SET next."""
    person, rotation = require(request, Right.SERVE), _rotation(number)
    _require_giver(person, rotation)
    held = _held(rotation)
    return _do(request, rotation, lambda at: "On its way to the channel." if flows.post_hand_over(
        hand_over=held, by=person, at=at) else "Somebody posted it a moment ago; there is one post.")


def _held(rotation: Rotation) -> HandOver:
    return get_object_or_404(HandOver.objects.select_related("rotation"), rotation=rotation)


def _require_giver(person: Person, rotation: Rotation) -> None:
    if not may_give(_reader(person), crews(rotation)):
        raise PermissionDenied("The lead of the rotation hands over, or a coordinator.")


def _do(request: HttpRequest, rotation: Rotation, act: Callable[[datetime], str]) -> HttpResponse:
    """Do it at this moment, and say its words; a refusal is said in its own."""
    try:
        words = act(clock.now())
    except Refused as refused:
        return _answered(request, rotation, str(refused), "amber")
    return _answered(request, rotation, words or "Nothing was changed.", "green" if words else "grey")


def _answered(request: HttpRequest, rotation: Rotation, words: str, tone: str) -> HttpResponse:
    """The page as it stands now with a toast, or back to it with a message."""
    if with_script(request):
        return toasted(_draw(request, rotation, part="#hand_over"), words, tone=tone)
    return told(request, words, tone=tone, to=reverse("hand_over", args=[rotation.number]))


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0

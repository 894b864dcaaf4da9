"""Who of a rotation is ready for it; the lead sends test pages and reminds."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from people.streams import stream
from portal.common import clock, live
from portal.common.answers import toasted, told, with_script
from set_rotation.actions import Refused
from set_rotation.actions import readiness as actions
from set_rotation.models import Rotation
from set_rotation.queries.readiness import (
    PersonReadiness,
    RotationReadiness,
    neighbours,
    readiness_of,
    rotation_shown,
)


@needs(Right.SERVE)
@vary_on_headers("HX-Request", "HX-Target")
@require_safe
def readiness(request: HttpRequest) -> HttpResponse:
    """Of the next rotation, or of `?rotation=` its number. Other pages load the badge alone."""
    given = request.GET.get("rotation", "")
    number = _number(given)
    rotation = rotation_shown(number, clock.now()) if number is not None or not given else None
    if rotation is None and given:
        raise Http404("There is no such rotation.")
    target = request.headers.get("HX-Target")
    if target == "readiness-badge" and rotation is not None:
        found = readiness_of(rotation, clock.now())
        return render(request, "rotations/readiness_badge.html", {"readiness": found})
    return _draw(request, rotation, part="#readiness" if target == "readiness" else "")


def _draw(request: HttpRequest, rotation: Rotation | None, *, part: str = "") -> HttpResponse:
    me, version, at = require(request, Right.SERVE), live.current_id("pages"), clock.now()
    found = readiness_of(rotation, at) if rotation else None
    before, after = neighbours(rotation) if rotation else (None, None)
    context = {
        "readiness": found, "now": at, "before": before, "after": after, "me": me.pk,
        "may_act": found is not None and _may_act(me, found) and found.rotation.ends_at > at,
        "may_look": may(me, Right.PLAN_ROTATIONS), "may_plan": may(me, Right.PLAN_ROTATIONS),
        "live": {"url": reverse("set_rotation:readiness_live"), "id": version},
    }
    return render(request, f"rotations/readiness.html{part}", context)


@require_GET
async def readiness_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the pages that show what became of test pages."""
    return await stream(request, "pages", Right.SERVE)


@needs(Right.SERVE)
@require_POST
def page_untested(request: HttpRequest) -> HttpResponse:
    """A test page to `person`, or to everybody of `rotation` who has not acknowledged one lately."""
    me, at = require(request, Right.SERVE), clock.now()
    found, rows = _asked(request, me)
    if not request.POST.get("person"):
        sent = actions.page_untested(readiness=found, by=me, at=at)
        words = f"Test pages are on their way to {_people(sent)}." if sent else "Nobody lacks one, or it waits."
        return _answered(request, found, words, "green" if sent else "grey")
    person = Person.objects.get(pk=rows[0].person.id)
    try:
        actions.send_test_page(person=person, by=me, at=at)
    except Refused as refused:
        return _answered(request, found, str(refused), "red")
    return _answered(request, found, f"A test page is on its way to {person.name}.", "green")


@needs(Right.SERVE)
@require_POST
def remind(request: HttpRequest) -> HttpResponse:
    """Tell `person`, or everybody of `rotation` who is not ready, what is left."""
    me = require(request, Right.SERVE)
    found, rows = _asked(request, me)
    count = actions.remind(readiness=found, rows=rows, by=me, at=clock.now())
    words = f"{_people(count)} told what is left, once a day." if count else "Everybody is ready: nobody was told."
    return _answered(request, found, words[:1].upper() + words[1:], "green" if count else "grey")


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _asked(request: HttpRequest, me: Person) -> tuple[RotationReadiness, list[PersonReadiness]]:
    """The rotation that was asked about, and the people. 404 for what is not there, 403 for who neither leads it nor
    plans rotations."""
    number = _number(request.POST.get("rotation", ""))
    rotation = rotation_shown(number, clock.now()) if number is not None else None
    if rotation is None:
        raise Http404("There is no such rotation.")
    found = readiness_of(rotation, clock.now())
    if not _may_act(me, found):
        raise PermissionDenied(f"Whoever leads {rotation}, or plans rotations, does this.")
    who = request.POST.get("person", "")
    rows = [row for row in found.rows if not who or str(row.person.id) == who]
    if who and not rows:
        raise Http404("They are not of this rotation.")
    return found, rows


def _may_act(me: Person, found: RotationReadiness) -> bool:
    return may(me, Right.PLAN_ROTATIONS) or me == found.lead


def _answered(request: HttpRequest, found: RotationReadiness, words: str, tone: str) -> HttpResponse:
    if not with_script(request):
        return told(request, words, tone=tone, to=found.path)
    response = toasted(_draw(request, found.rotation, part="#readiness"), words, tone=tone)
    response["HX-Retarget"], response["HX-Reswap"] = "#readiness", "outerHTML"
    return response


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

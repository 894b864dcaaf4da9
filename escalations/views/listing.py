"""The list of escalations, what somebody raised, and what one customer has with us."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from customers.choices import Plan
from customers.models import Customer
from escalations import access as room
from escalations.actions import bulk
from escalations.actions.base import LIVE, Refused
from escalations.choices import Category, Kind, Level, Status
from escalations.models import Escalation
from escalations.queries.listing import Reader, export, list_page, on_duty
from escalations.queries.mine import of_customer, raised_by
from escalations.rules.filters import NOBODY, Tab, number_like, read_list_filters
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from people.streams import stream
from portal.common import clock, live
from portal.common.answers import back, told

MOST = 200  # of one bulk move: more than a page holds
CHOICES = {
    "status": (("open", "All open"), *Status.choices, ("settled", "Solved or closed")), "level": Level.choices,
    "kind": Kind.choices,
    "category": ((NOBODY, "No category"), *Category.choices), "plan": ((NOBODY, "No plan"), *Plan.choices),
}


def reader_of(request: HttpRequest, right: Right = Right.SEE_CUSTOMERS) -> Reader:
    """Who looks, now."""
    person, at = require(request, right), clock.now()
    return Reader(person, room.rights_of(person), at, on_duty(person, at))


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_CUSTOMERS)
def listing(request: HttpRequest) -> HttpResponseBase:
    version, reader = live.current_id(LIVE), reader_of(request)
    works = Right.WORK_ESCALATIONS in reader.rights
    filters = read_list_filters(request.GET, Tab.MINE if works else Tab.TEAM)
    if request.GET.get("format") == "csv":
        return _csv(export(filters, reader), "escalations.csv")
    number = number_like(filters.q)
    # An address with nothing but a number leads there; the form, which names its tab, never takes the reader away.
    if number and "tab" not in request.GET and (one := reader.sees().filter(pk=number).first()):
        return redirect("escalations:escalation", one.pk)
    part = request.headers.get("HX-Target") == "results"
    path = reverse("escalations:list")
    context = {
        "found": list_page(filters, reader, path=path), "stamp": {"at": reader.at}, "now": reader.at, "works": works,
        "statuses": Status.choices, "raises": Right.RAISE_ESCALATIONS in reader.rights, "choices": _choices(),
        "live": {"url": reverse("escalations:list_live"), "id": version}, "me": reader.person,
    }
    name = "escalations/list/list.html"
    return render(request, f"{name}#results" if part else name, context)


def _choices() -> dict[str, list[tuple[str, str]]]:
    """The filters' options; their values as an address writes them."""
    return {name: [(str(value), str(label)) for value, label in options] for name, options in CHOICES.items()}


def _csv(lines: Any, name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    add_never_cache_headers(response)
    return response


@require_GET
async def list_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of every page that lists escalations: it says only that something has changed."""
    return await stream(request, LIVE, Right.SEE_CUSTOMERS)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.RAISE_ESCALATIONS)
def mine(request: HttpRequest) -> HttpResponse:
    version, reader = live.current_id(LIVE), reader_of(request, Right.RAISE_ESCALATIONS)
    others = Right.SEE_SUPPORTS in reader.rights and Right.SEE_ESCALATIONS not in reader.rights
    asked = raised_by(reader, everybody=others and request.GET.get("whose") == "support")
    context = {"mine": asked, "now": reader.at, "others": others,
               "live": {"url": reverse("escalations:list_live"), "id": version}}
    part = request.headers.get("HX-Target") == "mine"
    return render(request, "escalations/list/mine.html#mine" if part else "escalations/list/mine.html", context)


@require_safe
@needs(Right.SEE_CUSTOMERS)
def customers(request: HttpRequest, slug: str) -> HttpResponse:
    """A part of the customer's page."""
    reader, customer = reader_of(request), get_object_or_404(Customer, slug=slug)
    context = {"of": of_customer(reader, slug), "customer": customer, "now": reader.at,
               "raises": may(reader.person, Right.RAISE_ESCALATIONS)}
    return render(request, "escalations/list/of_customer.html", context)


@require_POST
@needs(Right.WORK_ESCALATIONS)
def bulk_move(request: HttpRequest) -> HttpResponse:
    """What the bar under the list does with those that are ticked."""
    reader, verb = reader_of(request, Right.WORK_ESCALATIONS), request.POST.get("do", "")
    to = back(request, "escalations:list")
    rows = _picked(request, reader)
    if not rows:
        return told(request, "Tick the escalations that are meant first.", tone="amber", to=to)
    if verb not in VERBS:
        return told(request, "Choose what is to be done with them.", tone="amber", to=to)
    try:
        done, words = VERBS[verb](request, rows, reader)
    except Refused as refused:
        return told(request, str(refused), tone="amber", to=to)
    return _say(request, done, words, to)


def _picked(request: HttpRequest, reader: Reader) -> list[Escalation]:
    numbers = [int(text) for text in request.POST.getlist("pick")[:MOST] if number_like(text)]
    return list(reader.sees().filter(pk__in=numbers).order_by("pk"))


Verb = Callable[[HttpRequest, list[Escalation], Reader], tuple[bulk.Done, str]]


def _give(request: HttpRequest, rows: list[Escalation], reader: Reader) -> tuple[bulk.Done, str]:
    text = request.POST.get("owner", "")
    if not text:
        raise Refused("Choose whom they are given to.")
    owner = Person.objects.active().filter(pk=number_like(text) or 0).first()
    if owner is None and text != "nobody":
        raise Refused("Nobody here has that name any more.")
    done = bulk.give_all(escalations=rows, owner=owner, by=reader.person, at=reader.at)
    return done, f"given to {owner.name}" if owner else "given to nobody"


def _follow(request: HttpRequest, rows: list[Escalation], reader: Reader) -> tuple[bulk.Done, str]:
    return bulk.follow_all(escalations=rows, by=reader.person, at=reader.at), "followed"


def _move(request: HttpRequest, rows: list[Escalation], reader: Reader) -> tuple[bulk.Done, str]:
    if request.POST.get("status") not in Status.values:
        raise Refused("Choose where they are moved to.")
    status = Status(request.POST["status"])
    return bulk.move_all(escalations=rows, to=status, by=reader.person, at=reader.at), f"moved: {status.label.lower()}"


VERBS: dict[str, Verb] = {"owner": _give, "follow": _follow, "status": _move}


def _say(request: HttpRequest, done: bulk.Done, words: str, to: str) -> HttpResponse:
    shown = done.refused[:4] + ((f"and {len(done.refused) - 4} more were refused.",) if len(done.refused) > 4 else ())
    text = " ".join([f"{done.changed} {words}." if done.changed else f"None was {words}.", *shown])
    undo = reverse("escalations:bulk_undo", args=[done.undo]) if done.undo else ""
    return told(request, text, tone="amber" if done.refused else "green", to=to, undo=undo)


@require_POST
@needs(Right.WORK_ESCALATIONS)
def bulk_undo(request: HttpRequest, token: str) -> HttpResponse:
    reader, to = reader_of(request, Right.WORK_ESCALATIONS), back(request, "escalations:list")
    try:
        done = bulk.give_back(token=token, seen=lambda ids: reader.sees().filter(pk__in=ids), by=reader.person,
                              at=reader.at)
    except Refused as refused:
        return told(request, str(refused), tone="amber", to=to)
    return _say(request, done, "given back", to)

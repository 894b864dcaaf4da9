"""What waits to leave the portal, what failed, and the receipt of one delivery."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from incidents.queries.hidden import Hidden, hidden_from
from integrations.outbox.actions import NotOpen
from integrations.outbox.choices import ON_ITS_WAY
from integrations.outbox.models import Delivery
from integrations.outbox.queries import DOORS, SHOWN, Door, Line, Receipt, doors, lines, receipt
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal import flows
from portal.common import clock, live
from portal.common.answers import back, toasted, told, with_script
from portal.common.timers import failing_since, failing_timers
from tickets.actions.writes import NotThere
from tickets.views.live import stream

A_PRIVATE_ONE, ITS_PAGE = "Something of a private incident", "A page of a private incident"
TIMERS = "incident."  # how the kinds of an incident's timers begin
SHOWS = {"": "Open", "stuck": "Stuck", "sent": "Sent"}


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Failing:
    """A timer that could not be done, and is tried again at `again_at`."""

    what: str
    words: str
    since: datetime
    again_at: datetime
    attempts: int


@dataclass(frozen=True)
class OutboxPage:
    """See templates/pages/outbox.html."""

    failing: tuple[Failing, ...]
    lines: tuple[Line, ...]
    doors: tuple[Door, ...]
    shows: tuple[Choice, ...]
    only: tuple[Choice, ...]
    show: str
    most: int


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_OUTBOX)
def page(request: HttpRequest) -> HttpResponse:
    """What is open; `?show=stuck` what waits for a person, `?show=sent` the latest, `?door=jira` of one system."""
    person, version = require(request, Right.SEE_OUTBOX), live.current_id("outbox")
    show, door = request.GET.get("show", ""), request.GET.get("door", "")
    show, door = show if show in SHOWS else "", door if door in DOORS else ""
    hidden = hidden_from(person)
    told = lines(door=door, stuck=show == "stuck", sent=show == "sent")
    found = OutboxPage(
        failing=_failing(hidden), lines=tuple(_may_drop(person, _veiled(line, hidden)) for line in told),
        doors=doors(), show=show, most=SHOWN,
        shows=tuple(Choice(words, _url(one, door), one == show) for one, words in SHOWS.items()),
        only=(Choice("All", _url(show, ""), not door),
              *(Choice(words, _url(show, one), one == door) for one, words in DOORS.items())),
    )
    template = "pages/outbox.html#outbox" if request.headers.get("HX-Target") == "outbox" else "pages/outbox.html"
    context = {"outbox": found, "live": {"url": reverse("outbox_live"), "id": version}, "now": clock.now()}
    return render(request, template, context)


def _failing(hidden: Hidden) -> tuple[Failing, ...]:
    """A timer of incidents names one, or something of it: to whoever does not see all of them it names none."""
    found = []
    for timer in failing_timers():
        what, words = f"{timer.kind} {timer.key}", timer.fault
        if hidden.incidents and timer.kind.startswith(TIMERS):
            what, words = timer.kind, "Why stands in the worker's log."
        found.append(Failing(what, words, failing_since(timer), timer.due_at, timer.attempts))
    return tuple(found)


# ---- What leads to a private incident that the reader does not see ---------------------


def _veiled(line: Line, hidden: Hidden) -> Line:
    """A line that says nothing of an incident which its reader does not see. It was written while more saw it, or says
    whom it goes to."""
    if not hidden.has(line.path):
        return line
    shown = _veiled_receipt(line.receipt, hidden)
    if hidden.has_page(line.path):
        return replace(line, receipt=shown, title=shown.title)
    return replace(line, receipt=shown, title=shown.title, path="", by="", technical="", by_id=None)


def _veiled_receipt(shown: Receipt, hidden: Hidden) -> Receipt:
    if not hidden.has(shown.path):
        return shown
    if hidden.has_page(shown.path):
        return replace(shown, title=ITS_PAGE)
    words = {"failed": "It failed: its people see why.", "asks": "It waits for one of its people."}
    return replace(shown, title=A_PRIVATE_ONE, words=words.get(shown.tone, "On its way, or there."), detail="", url="",
                   path="", can_retry=False, can_drop=False, may_be_there=False)


def _seen(pk: int, person: Person) -> Delivery:
    """A delivery that this person may decide on. 404 for one of an incident that they do not see."""
    delivery, hidden = get_object_or_404(Delivery, pk=pk), hidden_from(person)
    if hidden.has(delivery.path) and not hidden.has_page(delivery.path):
        raise Http404
    return delivery


def _may_drop(person: Person, line: Line) -> Line:
    """Drop is offered only to whoever would not be refused."""
    if line.by_id == person.pk or may(person, Right.DROP_OUTBOX):
        return line
    return replace(line, receipt=replace(line.receipt, can_drop=False))


def _url(show: str, door: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in (("show", show), ("door", door)) if value)
    return reverse("outbox") + (f"?{asked}" if asked else "")


@require_GET
async def outbox_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the page."""
    return await stream(request, "outbox", Right.SEE_OUTBOX)


@require_safe
@needs(Right.SEE_TICKETS)
def receipt_of(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery as it stands now: what `parts/receipt.html` asks for while it moves."""
    delivery = get_object_or_404(Delivery, pk=pk)
    response = _receipt(request, delivery)
    if delivery.state not in ON_ITS_WAY:
        response["HX-Trigger"] = "receipt-settled"  # what else the page says of it asks for itself again
    return response


@require_POST
@needs(Right.WORK_TICKETS)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try again now."""
    person = require(request, Right.WORK_TICKETS)
    delivery = _seen(pk, person)
    if delivery.by_id != person.pk and not may(person, Right.SEE_OUTBOX):
        raise PermissionDenied(f"This needs the right: {Right.SEE_OUTBOX.label}.")
    return _act(request, pk, "retry")


@require_POST
@needs(Right.WORK_TICKETS)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back before it leaves: one's own, or anybody's with the right to."""
    person = require(request, Right.WORK_TICKETS)
    delivery = _seen(pk, person)
    if delivery.by_id != person.pk and not may(person, Right.DROP_OUTBOX):
        raise PermissionDenied(f"This needs the right: {Right.DROP_OUTBOX.label}.")
    return _act(request, pk, "drop")


def _act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    person, delivery = require(request, Right.WORK_TICKETS), get_object_or_404(Delivery, pk=pk)
    words = ("green", "On its way again.") if verb == "retry" else ("grey", "Taken back; it will not be sent.")
    try:
        # Giving up what may be there is for whoever looks after the outbox.
        anyway = request.POST.get("anyway") == "1" and may(person, Right.DROP_OUTBOX)
        flows.answer_delivery(delivery=delivery, by=person, at=clock.now(), verb=verb, anyway=anyway)
    except (NotOpen, NotThere) as refusal:
        words = ("amber", refusal.words)
    delivery.refresh_from_db()
    if with_script(request):
        return toasted(_receipt(request, delivery), words[1], tone=words[0])
    return told(request, words[1], tone=words[0], to=back(request, "home"))


def _receipt(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    shown = receipt(delivery)
    if isinstance(request.user, Person):
        shown = _veiled_receipt(shown, hidden_from(request.user))
    if delivery.by_id != request.user.pk and not may(request.user, Right.DROP_OUTBOX):
        shown = replace(shown, can_drop=False)
    if not may(request.user, Right.DROP_OUTBOX):
        shown = replace(shown, may_be_there=False)
    context = {
        "receipt": shown, "titled": request.GET.get("titled") == "1",
        "can_act": may(request.user, Right.WORK_TICKETS), "now": clock.now(),
    }
    return render(request, "parts/receipt.html", context)

"""Declaring an incident: a title and a customer, and it is open."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Customer
from customers.queries.find import by_name, search
from incidents import access as room
from incidents.actions.base import Refused
from incidents.actions.declaring import customers_of, declare
from incidents.choices import Kind, Role
from incidents.forms.declaring import AUTO, MEANINGS, DeclareForm
from incidents.models import Incident
from incidents.queries.addresses import path_of
from incidents.queries.seen import visible
from incidents.queries.sources import Sources, on_it, sources_of, ticket_key
from incidents.queries.suggesting import choices, seats_now, suggested, twins
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from set_rotation.choices import PageSource
from tickets.models import Ticket

NEW = "incidents/declaring/new.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_INCIDENTS)
def new(request: HttpRequest) -> HttpResponseBase:
    person, at = require(request, Right.WORK_INCIDENTS), clock.now()
    rights = room.rights_of(person)
    given = (request.POST if request.method == "POST" else request.GET).dict()
    if request.method == "POST":
        given.pop("customer", None)  # a name there, a slug in an address
    sources = sources_of(given, person=person, rights=rights, at=at)
    seats = seats_now(at)
    offered = choices(at, seats, sources.customers)
    if request.method != "POST":
        parts = suggested(by=person, at=at, customers=sources.customers, seats=seats,
                          first=on_it(sources.page))
        initial = sources.initial | _parts(parts) | ({"drill": True} if "drill" in request.GET else {})
        form = DeclareForm(at=at, zone=person.zone, offered=offered, initial=initial)
        return _page(request, person, form, sources, there=_there(person, sources.customers, sources))
    form = DeclareForm(request.POST, at=at, zone=person.zone, offered=offered)
    if not form.is_valid():
        return _page(request, person, form, sources, status=422)
    typed, ticket = _typed(request, form), sources.ticket
    if typed:
        ticket = sources_of({"ticket": typed}, person=person, rights=rights, at=at).ticket
    if typed and ticket is None:
        form.add_error(None, "No such ticket is known here: check its key, or link it once the incident is open.")
        return _page(request, person, form, sources, status=422)
    known = [*filter(None, map(by_name, form.theirs))]
    there = [] if "anyway" in request.POST or form.cleaned_data["drill"] else _there(
        person, known, sources, form.cleaned_data["kind"])
    if there and not Incident.objects.filter(submission=_submission(request)).exists():
        return _page(request, person, form, sources, there=there, status=409)
    return _declared(request, person, form, sources, ticket)


def _typed(request: HttpRequest, form: DeclareForm) -> str:
    """The ticket of our own server as it was typed: the field is shown for that alone."""
    ours = form.cleaned_data["kind"] == Kind.COMMUNITY
    return ticket_key(request.POST.get("typed_ticket", "")) if ours else ""


def _parts(found: dict[Role, Person]) -> dict[str, object]:
    proposed: dict[str, object] = {f"role_{role}": str(person.pk) for role, person in found.items()}
    return {f"role_{Role.CUSTOMER_CONTACT}": AUTO} | proposed


def _there(person: Person, customers: Sequence[Customer], sources: Sources, kind: str = "") -> list[Incident]:
    """What is open already, and may be the same: two who declare it at once are two who do not know it."""
    return twins(visible(person, room.rights_of(person)), customers, kind=kind, page=sources.page)


def _declared(
    request: HttpRequest, person: Person, form: DeclareForm, sources: Sources, ticket: Ticket | None
) -> HttpResponse:
    try:
        with transaction.atomic():
            customers = customers_of(form.theirs, by=person, at=form.at)
            asked = form.declared(submission=_submission(request), escalation=sources.escalation, page=sources.page,
                                  ticket=ticket, customers=customers)
            row, made = declare(told=asked, by=person, at=form.at)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, person, form, sources, status=422)
    return told(request, said(row, made=made), tone="green", to=path_of(row.pk))


def said(row: Incident, *, made: bool) -> str:
    """What whoever declared it is told at once."""
    if not made:
        return f"This form was sent before: it is {row}."
    who, words = on_it(row.page), ""
    if row.page is not None and row.page.source == PageSource.INCIDENT:
        words = " Whoever is on duty is paged."
    elif who is not None and row.acknowledged_at is not None and row.acknowledged_at < row.at:
        words = f" {who.name} answered the page and leads it."
    return f"{row} is open.{words} The first update is promised; the countdown runs."


def _submission(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return uuid.uuid4()


def _page(
    request: HttpRequest, person: Person, form: DeclareForm, sources: Sources, *, there: Sequence[Incident] = (),
    status: int = 200,
) -> HttpResponse:
    names = form.names if form.is_bound else [one.name for one in sources.customers]
    context: dict[str, Any] = {
        "form": form, "sources": sources, "there": there, "now": form.at, "me": person,
        "submission": _submission(request), "meanings": MEANINGS.items(), "names": [*names, ""] if names else ["", ""],
        "ticket": request.POST.get("typed_ticket", "")[:200], "severity": str(form["severity"].value() or 1),
        "kind": form["kind"].value() or "customer",
    }
    return render(request, NEW, context, status=status)


@require_safe
@needs(Right.WORK_INCIDENTS)
def customer_options(request: HttpRequest) -> HttpResponse:
    """The customers that a name may mean, for the browser's own list."""
    typed = request.GET.get("customer", "").replace("\x00", "")[:120]
    return render(request, "incidents/declaring/options.html", {"found": search(typed)})

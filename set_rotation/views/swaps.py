"""Swaps: asked for, answered, withdrawn and undone; for oneself, or by whoever plans for somebody else."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from set_rotation import actions
from set_rotation.actions.swaps import accept_swap, ask_swap, decline_swap, own_span, undo_swap, withdraw_swap
from set_rotation.choices import Seat
from set_rotation.forms.swaps import SwapForm, WordsForm
from set_rotation.models import Member, Swap
from set_rotation.queries.moved import moved_lines
from set_rotation.queries.replace import stand_ins
from set_rotation.queries.swaps import Held, duty_ahead, return_words, swap_list
from set_rotation.rules.local import stretch_words

TO = "set_rotation:swaps"


@require_safe
@needs(Right.SERVE)
def swaps(request: HttpRequest) -> HttpResponse:
    person, at = require(request, Right.SERVE), clock.now()
    plans = may(person, Right.PLAN_ROTATIONS)
    lines = swap_list(reader=person, may_plan=plans, at=at)
    context = {"open": [line for line in lines if line.state == "open"], "now": at, "plans": plans, "me": person,
               "settled": [line for line in lines if line.state != "open"],
               "mine": duty_ahead(at=at, zone=person.zone, people=[person.pk])}
    return render(request, "rotations/swaps.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def swap_ask(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    plans = may(by, Right.PLAN_ROTATIONS)
    offered = duty_ahead(at=at, zone=by.zone, people=None if plans else [by.pk])
    duty = next((each for each in offered if str(each.pk) == request.GET.get("duty")), None)
    if duty is None:
        context: dict[str, object] = {"offered": offered, "plans": plans, "me": by, "now": at}
        return render(request, "rotations/swaps_choose.html", context)
    whose = Person.objects.get(pk=duty.person)
    form = _form(request, duty, by, at)
    if request.method == "POST" and form.is_valid() and form.span:
        asked = form.asked_person
        try:
            ask_swap(person=whose, span=form.span, asked=asked, in_return=form.back, by=by, at=at,
                     reason=form.cleaned_data["reason"])
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            return told(request, f"{asked.name if asked else 'Everybody who can'} is asked.", tone="green", to=TO)
    others = stand_ins(duty.seat, max(duty.starts_at, at), duty.ends_at, at, besides=[duty.person])
    context = {"form": form, "duty": duty, "whose": whose, "mine": whose == by, "zone": by.zone, "now": at,
               "notes": {str(each.person.pk): each for each in others}}
    return render(request, "rotations/swaps_ask.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def swap_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it oneself; whoever plans chooses who does, and sees before it is done whose duty moves."""
    by, at = require(request, Right.SERVE), clock.now()
    swap = _seen_or_404(pk, by)
    plans = may(by, Right.PLAN_ROTATIONS)
    asked = request.POST if request.method == "POST" else request.GET
    person = _person(asked.get("person", "")) if plans and asked.get("person") else by
    if request.method == "POST":
        try:
            accept_swap(swap=swap, person=person, by=by, at=at)
        except actions.Refused as refused:
            return told(request, str(refused), tone="red", to=TO)
        return told(request, f"{person.name if person != by else 'You'} {'takes' if person != by else 'take'} it. "
                    "Everybody whose duty moves is told.", tone="green", to=TO,
                    undo=reverse("set_rotation:swap_undo", args=[swap.pk]))
    return _accept_page(request, swap, person if asked.get("person") or not plans else None, by, at)


@require_POST
@needs(Right.SERVE)
def swap_decline(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    swap, form = _seen_or_404(pk, by), WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    try:
        over = decline_swap(swap=swap, person=by, by=by, at=at, words=words)
    except actions.Refused as refused:
        return told(request, str(refused), tone="red", to=TO)
    text = f"{swap.person.name} is told that you cannot." if over else "You declined; it stays open for the others."
    return told(request, text, tone="green", to=TO)


@require_POST
@needs(Right.SERVE)
def swap_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    swap = _seen_or_404(pk, by)
    if swap.person_id != by.pk and not may(by, Right.PLAN_ROTATIONS):
        raise Http404("There is no such swap.")
    try:
        withdraw_swap(swap=swap, by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="red", to=TO)
    return told(request, "It is withdrawn.", tone="green", to=TO)


@require_POST
@needs(Right.SERVE)
def swap_undo(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    swap = _seen_or_404(pk, by)
    if by.pk not in {swap.person_id, swap.taken_by_id} and not may(by, Right.PLAN_ROTATIONS):
        raise Http404("There is no such swap.")
    try:
        undo_swap(swap=swap, by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="red", to=TO)
    return told(request, "The swap is taken back, as far as it lies ahead. Everybody whose duty moves is told.",
                tone="green", to=TO)


def _form(request: HttpRequest, duty: Held, by: Person, at: datetime) -> SwapForm:
    others = stand_ins(duty.seat, max(duty.starts_at, at), duty.ends_at, at, besides=[duty.person])
    can = [each for each in others if each.can or each.busy]
    theirs = [each for each in duty_ahead(at=at, zone=by.zone, people=[each.person.pk for each in can])
              if each.starts_at > at]
    return SwapForm(request.POST if request.method == "POST" else None, duty=duty, others=can, theirs=theirs,
                    zone=by.zone, at=at)


def _accept_page(
    request: HttpRequest, swap: Swap, person: Person | None, by: Person, at: datetime
) -> HttpResponse:
    own = own_span(swap)
    context: dict[str, object] = {
        "swap": swap, "chosen": person, "refused": "", "now": at, "in_return": return_words(swap, by.zone, at),
        "what": f"{Seat(swap.seat).label}, {stretch_words(own.starts_at, own.ends_at, by.zone, at.year)}",
        "others": [each for each in stand_ins(own.seat, own.starts_at, own.ends_at, at, besides=[swap.person_id])
                   if swap.asked_id in {None, each.person.pk}] if may(by, Right.PLAN_ROTATIONS) else [],
    }
    if person is not None:
        try:
            moved = actions.preview(lambda: accept_swap(swap=swap, person=person, by=by, at=at))
            context["moved"] = moved_lines(moved, by.zone, at)
        except actions.Refused as refused:
            context["refused"] = str(refused)
    return render(request, "rotations/swaps_accept.html", context, status=422 if context["refused"] else 200)


def _seen_or_404(pk: int, by: Person) -> Swap:
    """A swap that concerns the reader, or any for whoever plans."""
    swap = Swap.objects.select_related("person", "asked").filter(pk=pk).first()
    concerned = swap is not None and (swap.asked_id is None or by.pk in {swap.person_id, swap.asked_id})
    if swap is None or not (concerned or swap.taken_by_id == by.pk or may(by, Right.PLAN_ROTATIONS)):
        raise Http404("There is no such swap.")
    return swap


def _person(text: str) -> Person:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    member = Member.objects.filter(person_id=number).select_related("person").first()
    if member is None:
        raise Http404("Nobody on the roster is meant.")
    return member.person

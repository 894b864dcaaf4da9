"""The promise of the next update: how long is left, who is told when, and what can be done about it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from incidents import access
from incidents.actions.asking import ask_for_update
from incidents.actions.base import Refused
from incidents.actions.promises import promise_again, stop_updates
from incidents.actions.snoozing import snooze as snooze_reminder
from incidents.models import Incident
from incidents.queries.addresses import path_of
from incidents.queries.promises import due_of, promise_page
from incidents.rules.promises import moment_in
from incidents.rules.updates.promised import Unreadable, read_time
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told

PAGE = "incidents/promises/page.html"


@require_safe
@needs(Right.SEE_INCIDENTS)
def due(request: HttpRequest, number: int) -> HttpResponse:
    """The countdown alone: for a page in a hidden tab, whose stream is closed."""
    _, row = access.found(request, number)
    at = clock.now()
    return render(request, "incidents/promises/both.html", {"due": due_of(row, at=at), "now": at})


@require_safe
@needs(Right.SEE_INCIDENTS)
def promise(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    return _draw(request, row, person)


@require_POST
@needs(Right.SEE_INCIDENTS)
def ask(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)

    def act() -> str:
        heard = ask_for_update(incident=row, by=person, at=clock.now(), note=request.POST.get("note", ""))
        return "Asked: the commander is told." if heard else "Asked: it stands on the timeline."

    return _tried(request, row, person, "ask", act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def snooze(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        minutes, at = request.POST.get("minutes", ""), clock.now()
        if not minutes.isdecimal() or not 1 <= len(minutes) <= 4:
            raise Refused("Say for how many minutes.")
        found = snooze_reminder(incident=row, minutes=int(minutes), by=person, at=at,
                                reason=request.POST.get("reason", ""))
        until = moment_in(found.snoozed_until or at, row.zone, at)
        return f"Quiet until {until}. The update stays promised for {moment_in(found.due_at, row.zone, at)}."

    return _tried(request, row, person, "snooze", act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def stop(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        stop_updates(incident=row, by=person, at=clock.now(), reason=request.POST.get("reason", ""))
        return "No next update is promised."

    return _tried(request, row, person, "stop", act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def again(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        at = clock.now()
        try:
            due_at = read_time(request.POST.get("due", "")[:60], at=at, zone=row.zone)
        except Unreadable as wrong:
            raise Refused(str(wrong)) from wrong
        promise_again(incident=row, due_at=due_at, by=person, at=at, reason=request.POST.get("reason", ""))
        return f"Next update promised for {moment_in(due_at, row.zone, at)}."

    return _tried(request, row, person, "again", act)


def _tried(
    request: HttpRequest, row: Incident, person: Person, form: str, act: Callable[[], str]
) -> HttpResponse:
    """Do it and go back to the incident, or show the page again with the words why not and what was typed."""
    try:
        words = act()
    except Refused as refused:
        return _draw(request, row, person, status=422, refused=str(refused), form=form, typed=request.POST)
    return told(request, words, tone="green", to=path_of(row.pk))


def _draw(request: HttpRequest, row: Incident, person: Person, *, status: int = 200, **more: object) -> HttpResponse:
    at = clock.now()
    context = {"incident": row, "page": promise_page(row, at=at), "works": access.works(person), "now": at, **more}
    return render(request, PAGE, context, status=status)

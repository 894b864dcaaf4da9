"""After the resolution: the customer confirms, the incident is closed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from incidents import access
from incidents.actions import after as actions
from incidents.actions import retrospective
from incidents.actions.base import Refused
from people.access import needs
from people.choices import Right
from portal.common import clock
from portal.common.answers import told


def done(request: HttpRequest, to: str, act: Callable[[], str]) -> HttpResponse:
    """Do it, and say so on the page that it leads to, or say there why not."""
    try:
        words = act()
    except Refused as refused:
        return told(request, str(refused), tone="amber", to=to)
    return told(request, words, tone="green", to=to)


@require_POST
@needs(Right.WORK_INCIDENTS)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        actions.confirm(incident=row, who=request.POST.get("who", ""), by=person, at=clock.now())
        return f"{row} is confirmed."

    return done(request, reverse("incidents:incident", args=[number]), act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def confirm_back(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        actions.take_confirmation_back(incident=row, by=person, at=clock.now())
        return "The confirmation was taken back."

    return done(request, reverse("incidents:incident", args=[number]), act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def close(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        retrospective.close(incident=row, cause=request.POST.get("cause", ""), why=request.POST.get("why", ""),
                            by=person, at=clock.now())
        return f"{row} is closed: it is in Monday's review."

    return done(request, reverse("incidents:retrospective", args=[number]), act)

"""The actions that follow from an incident."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from incidents import access
from incidents.actions import followups
from incidents.choices import ActionState
from incidents.forms.followups import given_action
from incidents.models import Incident, RetroAction
from incidents.views.after import done
from people.access import needs
from people.choices import Right
from portal.common import clock
from portal.flows.incidents.tickets_of_actions import change_action, create_ticket


def _page(number: int) -> str:
    return f"{reverse('incidents:retrospective', args=[number])}#actions"


def _mine(row: Incident, pk: int) -> RetroAction:
    found = RetroAction.objects.filter(incident=row, pk=pk).first()
    if found is None:
        raise Http404("There is no such action.")
    return found


def _answered(request: HttpRequest, number: int, act: Callable[[], str]) -> HttpResponse:
    return done(request, _page(number), act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def add(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)

    def act() -> str:
        made = followups.add_action(incident=row, given=given_action(request.POST), by=person, at=clock.now())
        if request.POST.get("ticket"):
            create_ticket(action=made, by=person, at=clock.now())
            return "Written down; its ticket is on its way to Jira."
        return "Written down."

    return _answered(request, number, act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def change(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    action = _mine(row, pk)

    def act() -> str:
        left = change_action(action=action, given=given_action(request.POST), by=person, at=clock.now())
        return f"Changed. {left}".strip()

    return _answered(request, number, act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def settle(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    action, given = _mine(row, pk), request.POST.get("state", "")
    state = ActionState(given) if given in ActionState.values else ActionState.DONE

    def act() -> str:
        followups.settle_action(action=action, state=state, by=person, at=clock.now())
        return f"{state.label}: {action.title}"

    return _answered(request, number, act)


@require_POST
@needs(Right.WORK_INCIDENTS)
def ticket(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    action = _mine(row, pk)

    def act() -> str:
        made = create_ticket(action=action, by=person, at=clock.now())
        return "Its ticket is on its way to Jira." if made else "It has a ticket."

    return _answered(request, number, act)

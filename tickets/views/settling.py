"""What becomes of a write: the menu of a card, what a write asks, and answering, trying again, taking back."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from integrations.outbox.actions import NotOpen
from integrations.outbox.choices import State
from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from portal.flows import writes as flows
from tickets.actions import writes
from tickets.actions.writes import NotThere, NotYours
from tickets.models import TicketWrite
from tickets.queries.work import waiting_write, work_of
from tickets.rules.writes import BadAnswer
from tickets.views.sheets import answered, ask, refused, sheet, ticket_of, write_of


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_TICKETS)
def actions(request: HttpRequest, key: str) -> HttpResponse:
    """Everything that can be done to a ticket: the one menu of all cards, and a page without a script."""
    person, ticket = require(request, Right.WORK_TICKETS), ticket_of(key)
    return sheet(request, "tickets/actions.html", {"work": work_of(ticket, person)})


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_TICKETS)
def asked(request: HttpRequest, key: str) -> HttpResponse:
    """What the card of a ticket asks: its oldest question, else what of it is not through."""
    ticket = ticket_of(key)
    write = waiting_write(ticket.id, [State.ASKING])
    return ask(request, write, {}, {}) if write else redirect(reverse("tickets:actions", args=[ticket.key]))


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_TICKETS)
def question(request: HttpRequest, pk: int) -> HttpResponse:
    return ask(request, write_of(pk), {}, {})


@require_POST
@needs(Right.WORK_TICKETS)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The fields that Jira demands, or "mine" or "theirs" for each that changed meanwhile."""
    person, write, at = require(request, Right.WORK_TICKETS), write_of(pk), clock.now()
    given = {name: str(value).replace("\x00", "")[:32_000] for name, value in request.POST.items()
             if name != "csrfmiddlewaretoken"}
    try:
        done = flows.write_ticket(
            lambda: [writes.answer_write(write=write, answers=given, by=person, at=at)], ticket=write.ticket_id,
            by=person, at=at, quiet=True,
        )
    except BadAnswer as bad:
        return ask(request, write, given, bad.faults, status=422)
    except (NotOpen, NotThere) as fault:
        return refused(request, write.ticket, fault.words)
    gone = not TicketWrite.objects.filter(pk=pk, open=True).exists()
    words = "Jira's value stands." if gone else "Answered; on its way to Jira."
    return answered(request, write.ticket, done, words, undoable=False)


@require_POST
@needs(Right.WORK_TICKETS)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    return _retry(request, write_of(pk))


@require_POST
@needs(Right.WORK_TICKETS)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    return _undo(request, write_of(pk))


@require_POST
@needs(Right.WORK_TICKETS)
def retry_refused(request: HttpRequest, key: str) -> HttpResponse:
    """Retry on a card: of the write that Jira refused."""
    return _of_card(request, key, _retry)


@require_POST
@needs(Right.WORK_TICKETS)
def undo_refused(request: HttpRequest, key: str) -> HttpResponse:
    """Undo on a card: of the write that Jira refused, or that asks."""
    return _of_card(request, key, _undo)


def _of_card(
    request: HttpRequest, key: str, act: Callable[[HttpRequest, TicketWrite], HttpResponse]
) -> HttpResponse:
    ticket = ticket_of(key)
    write = waiting_write(ticket.id, [State.FAILED]) or waiting_write(ticket.id, [State.ASKING])
    return act(request, write) if write else refused(request, ticket, "That has been settled already.")


def _retry(request: HttpRequest, write: TicketWrite) -> HttpResponse:
    person, at = require(request, Right.WORK_TICKETS), clock.now()

    def again() -> list[TicketWrite]:
        writes.retry_write(write=write, by=person, at=at)
        write.delivery.refresh_from_db()
        return [write]

    return _settle(request, write, again, "On its way again.")


def _undo(request: HttpRequest, write: TicketWrite) -> HttpResponse:
    person, at = require(request, Right.WORK_TICKETS), clock.now()
    try:
        done, left = flows.undo_write(write=write, by=person, at=at, others=may(person, Right.DROP_OUTBOX))
    except NotYours as not_yours:
        raise PermissionDenied(f"This needs the right: {Right.DROP_OUTBOX.label}.") from not_yours
    except (NotOpen, NotThere) as fault:
        return refused(request, write.ticket, fault.words)
    words = f"Part of it is taken back. {left}" if left else f"{write.ticket.key} is as it was."
    return answered(request, write.ticket, done, words, undoable=False)


def _settle(
    request: HttpRequest, write: TicketWrite, act: Callable[[], list[TicketWrite]], words: str
) -> HttpResponse:
    person, at = require(request, Right.WORK_TICKETS), clock.now()
    try:
        done = flows.write_ticket(act, ticket=write.ticket_id, by=person, at=at, quiet=True)
    except (NotOpen, NotThere) as fault:
        return refused(request, write.ticket, fault.words)
    return answered(request, write.ticket, done, words, undoable=False)

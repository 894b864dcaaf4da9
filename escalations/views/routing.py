"""Who does what next is decided here, and an escalation gets its ticket."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from escalations import access
from escalations.actions.base import Refused
from escalations.actions.level import change_asked
from escalations.actions.people import path_of
from escalations.actions.routing import Decision
from escalations.actions.tickets import unlink_ticket
from escalations.choices import Fix, Outcome, Route, TicketState
from escalations.models import Escalation
from escalations.queries.routing import area_of, deciding, facts_of, side_of
from escalations.rules.routing import HANDED_OVER, QUESTIONS, WITH_TICKET, propose
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from portal.flows.escalations import routing as flows
from portal.flows.escalations import tickets

ROUTE, TICKET = "escalations/routing/route.html", "escalations/routing/ticket.html"
LONGEST_KEY = 300  # characters; an address in Jira may be pasted


def _said(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_ESCALATIONS)
def route(request: HttpRequest, number: int) -> HttpResponse:
    """The proposal, by the answers in the address; POST takes it, or decides otherwise with a reason."""
    person, row = access.found(request, number)
    given = request.POST if request.method == "POST" else request.GET
    answers = {name: given.get(name, "") for name in QUESTIONS}
    if "area" in given:
        row.area = area_of(given["area"])  # the proposal follows what is chosen; it is kept with the decision
    if request.method != "POST":
        return _draw(request, row, answers)
    try:
        words = _decide(request, person, row, answers, clock.now())
    except Refused as refused:
        return _draw(request, row, answers, refused=str(refused), typed=request.POST, status=422)
    return told(request, words, tone="green", to=path_of(row))


def _draw(
    request: HttpRequest, row: Escalation, answers: dict[str, str], status: int = 200, **more: Any
) -> HttpResponse:
    context = {"escalation": row, "deciding": deciding(row, answers), "answers": answers, **more}
    part = request.headers.get("HX-Target") == "decision"
    return render(request, f"{ROUTE}#decision" if part else ROUTE, context, status=status)


def _decide(request: HttpRequest, person: Person, row: Escalation, answers: dict[str, str], at: datetime) -> str:
    """Do what was decided. Returns what was done, in words. Raises `Refused`."""
    chosen = _said(request, "route")
    if chosen not in Route.values:
        raise Refused("Choose who does what next.")
    change_asked(escalation=row, values={"area": row.area}, by=person, at=at)
    proposal = propose(facts_of(row, answers))
    decision = Decision(Route(chosen), proposal.route, proposal.reason, _said(request, "why"))
    if decision.route == Route.ANSWER:
        outcome = _said(request, "outcome")
        if outcome not in Outcome.values:
            raise Refused("Say what it turned out to be: the figures count by it.")
        flows.answered(escalation=row, decision=decision, outcome=Outcome(outcome), by=person, at=at)
        return f"{row} is solved, without a ticket."
    ticket = _wanted(request, row, decision.route)
    if decision.route in HANDED_OVER:
        _, whom = flows.hand_over(escalation=row, decision=decision, ticket=ticket, by=person, at=at)
        return f"Handed over. {_heard(whom)} SET still tells the reporter how it stands."
    fix = _said(request, "fix")
    if fix not in Fix.values:
        raise Refused("Say whether it is a hotfix, or for the next release.")
    taken = flows.accept(escalation=row, decision=decision, fix=Fix(fix), ticket=ticket, by=person, at=at)
    return _taken_words(taken)


def _heard(whom: tuple[str, ...]) -> str:
    if not whom:
        return "Nobody could be told: tell them."
    return f"{', '.join(whom)} {'was' if len(whom) == 1 else 'were'} told."


def _taken_words(row: Escalation) -> str:
    whose = f"{row.owner.name} has it" if row.owner else "It is accepted"
    if row.ticket_state == TicketState.LINKED:
        return f"{whose}, and {row.ticket} is its ticket."
    return f"{whose}. The ticket is on its way to Jira."


def _wanted(request: HttpRequest, row: Escalation, route: Route) -> flows.Ticket:
    """The ticket that it is to have: where it has one, that stays."""
    if row.ticket_state == TicketState.LINKED or route not in WITH_TICKET:
        return flows.Ticket()
    wanted, key = _said(request, "ticket"), _said(request, "key")[:LONGEST_KEY]
    if wanted == "link" or (key and wanted != "none"):
        if not key:
            raise Refused("Write the key of the ticket to link.")
        return flows.Ticket(key=key)
    if wanted == "none" and route != Route.SET:
        return flows.Ticket()
    return flows.Ticket(new=True)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_ESCALATIONS)
def ticket(request: HttpRequest, number: int) -> HttpResponse:
    """Its ticket: create one, link one, take it off."""
    person, row = access.found(request, number)
    if request.method != "POST":
        return render(request, TICKET, {"escalation": row, "side": side_of(row)})
    try:
        words = _settle(request, person, row, clock.now())
    except Refused as refused:
        row.refresh_from_db()
        context = {"escalation": row, "side": side_of(row), "refused": str(refused), "typed": request.POST}
        return render(request, TICKET, context, status=422)
    return told(request, words, tone="green", to=path_of(row))


def _settle(request: HttpRequest, person: Person, row: Escalation, at: datetime) -> str:
    verb, why = _said(request, "do"), _said(request, "why")
    if verb == "create":
        tickets.create_ticket(escalation=row, by=person, at=at)
        return "On its way to Jira."
    if verb == "link":
        found = tickets.link_ticket(escalation=row, key=_said(request, "key")[:LONGEST_KEY], by=person, at=at,
                                    replaces=why)
        return f"{found.key} is its ticket."
    if verb == "unlink":
        unlink_ticket(escalation=row, why=why, by=person, at=at)
        return "Its ticket is taken off. In Jira it stays."
    raise Refused("Choose what to do.")

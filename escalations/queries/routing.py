"""What the decision about an escalation stands on, and how its ticket stands: for its page, and for the dialog."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from customers.rules.money import is_large
from escalations.choices import OPEN, Fix, Kind, Level, Outcome, OwedState, Route, Status, TicketState
from escalations.models import Escalation
from escalations.queries.addresses import incident_path
from escalations.rules.routing import HANDED_OVER, QUESTIONS, Facts, Proposal, implied, propose
from integrations.outbox.queries import Receipt, receipt
from people.models import Component
from people.queries import number
from tickets.choices import Column
from tickets.models import Ticket
from tickets.queries.addresses import ticket_url
from tickets.queries.ordering import todo
from tickets.rules.tones import status_tone

ANSWERS: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}


@dataclass(frozen=True)
class Question:
    """One of the three. `value`: "yes", "no" or "" while it is open; `matters`: the proposal hangs on it next."""

    name: str
    text: str
    value: str
    matters: bool


@dataclass(frozen=True)
class Choice:
    """A route to choose: whether it is the proposed one, and what follows from it."""

    value: str
    label: str
    proposed: bool
    implies: tuple[str, ...]


@dataclass(frozen=True)
class Deciding:
    """See templates/escalations/routing/route.html. `asked`: the questions, none where what is asked tells already;
    `areas`: what may be chosen where none is said, or another one."""

    proposal: Proposal
    route: str
    asked: tuple[Question, ...]
    areas: tuple[tuple[str, str], ...]
    choices: tuple[Choice, ...]
    fixes: tuple[tuple[str, str], ...]
    outcomes: tuple[tuple[str, str], ...]
    has_ticket: bool
    answered: bool
    incident: str


def facts_of(row: Escalation, answers: Mapping[str, str]) -> Facts:
    """What the rule reads of an escalation, with the answers given ("yes", "no", or "")."""
    area, arr = row.area, row.customer.arr
    manager = area.product_manager if area else None
    given = {name: ANSWERS.get(answers.get(name, "")) for name in QUESTIONS}
    return Facts(
        kind=Kind(row.kind), level=Level(row.level), large=None if arr is None else is_large(arr),
        product=given["product"], code=given["code"], design=given["design"], category=row.category,
        area=area.name if area else "", team=area.team.name if area and area.team else "",
        manager=manager.name if manager else "", sre=settings.ENV.jira.sre_project,
    )


def deciding(row: Escalation, answers: Mapping[str, str]) -> Deciding:
    """The proposal with its reasons, and everything that can be decided instead. Three queries at most."""
    facts = facts_of(row, answers)
    proposal = propose(facts)
    blank = Facts(facts.kind, facts.level, facts.large, area=facts.area, team=facts.team, manager=facts.manager)
    questions = tuple(
        Question(name, text, answers.get(name, "") if answers.get(name, "") in ANSWERS else "", name in proposal.asks)
        for name, text in QUESTIONS.items()
    )
    return Deciding(
        proposal=proposal, route=proposal.route.label, asked=questions if propose(blank).asks else (),
        areas=tuple((str(pk), name) for pk, name in Component.objects.order_by("name").values_list("pk", "name")),
        choices=tuple(
            Choice(route.value, route.label, route == proposal.route, implied(route, facts)) for route in Route
        ),
        fixes=tuple((fix.value, fix.label) for fix in Fix),
        outcomes=tuple((outcome.value, outcome.label) for outcome in Outcome),
        has_ticket=bool(row.ticket_state), answered=row.first_reply_at is not None, incident=incident_path(row),
    )


def area_of(text: str) -> Component | None:
    """The area of a choice; None for none, and for one that is not there. One query."""
    return Component.objects.select_related("team", "product_manager").filter(pk=number(text)).first()


# ---- Beside the thread ----------------------------------------------------------------


@dataclass(frozen=True)
class TicketSide:
    """A linked ticket as the side of the page shows it. `place`: in To Do, counted from 1; 0 elsewhere."""

    key: str
    url: str
    summary: str
    status: str
    tone: str
    column: str
    place: int
    owner: str
    customers: int


@dataclass(frozen=True)
class Side:
    """See templates/escalations/routing/side.html. `receipt`: of a ticket that is asked for or was refused."""

    route: str
    reason: str
    fix: str
    handed: bool
    open: bool
    state: str
    ticket: TicketSide | None
    receipt: Receipt | None
    owed: int
    told: int
    affected: int
    incident: str


def side_of(row: Escalation) -> Side:
    """Who does what, and how its ticket stands. Four queries at most."""
    linked = row.ticket_state == TicketState.LINKED
    asked = row.ticket_delivery if row.ticket_state in {TicketState.PENDING, TicketState.FAILED} else None
    owed = list(row.owed.values_list("state", flat=True)) if row.released_at else []
    return Side(
        route=Route(row.route).label if row.route else "", reason=row.route_reason,
        fix=Fix(row.fix).label if row.fix else "", open=row.status in OPEN,
        handed=row.status == Status.HANDED_OVER and row.route in HANDED_OVER, state=row.ticket_state,
        ticket=_ticket(row.ticket_id, row.customers) if linked and row.ticket_id else None,
        receipt=receipt(asked) if asked else None, owed=owed.count(OwedState.WAITING), told=owed.count(OwedState.SENT),
        affected=row.customers, incident=incident_path(row) if row.status in OPEN else "",
    )


def _ticket(ticket_id: int, customers: int) -> TicketSide:
    ticket = Ticket.objects.select_related("status", "assignee").get(pk=ticket_id)
    place = 0
    if ticket.column == Column.TODO:
        order = list(todo().values_list("id", flat=True))
        place = order.index(ticket.pk) + 1 if ticket.pk in order else 0
    return TicketSide(
        key=ticket.key, url=ticket_url(ticket.key), summary=ticket.summary or ticket.key,
        status=ticket.status.name if ticket.status else "", tone=status_tone(ticket.column) or "",
        column=Column(ticket.column).label, place=place, owner=str(ticket.assignee) if ticket.assignee else "",
        customers=customers,
    )

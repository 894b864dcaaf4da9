"""Clocks as the rules see them, and the terms by which a new one is measured."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from customers.models import Customer
from customers.rules.hours import hours_of
from escalations.choices import ClockKind, ClockStage, ClockState, OwedState, Status, Unit
from escalations.models import Clock, ClockMatrix, Escalation
from escalations.rules.clocks.clock import OPEN, ClockFact, Terms
from escalations.rules.clocks.matrix import promised, promises_from_json
from escalations.rules.clocks.promises import Office, Promise, office_from_json
from escalations.rules.clocks.settling import Facts, TermsOf

BACK = timedelta(days=400)  # a clock is counted back too, when its terms change


def fact_of(row: Clock) -> ClockFact:
    """A stored clock."""
    terms = Terms(Promise(row.amount, Unit(row.unit)), office_from_json(row.hours), row.level, row.plan, row.matrix_id,
                  row.lead_after)
    return ClockFact(
        kind=ClockKind(row.kind), terms=terms, started_at=row.started_at, runs_since=row.runs_since, due_at=row.due_at,
        state=ClockState(row.state), stage=ClockStage(row.stage), left=row.left, paused_at=row.paused_at,
        pauses=tuple((datetime.fromisoformat(stopped), datetime.fromisoformat(again)) for stopped, again in row.pauses),
        met_at=row.met_at, missed_at=row.missed_at, ended_at=row.ended_at,
        next_at=row.next_at, pk=row.pk,
    )


def open_clocks(escalation: Escalation) -> list[ClockFact]:
    """The escalation's clocks that run or stand still. One query."""
    return [fact_of(row) for row in Clock.objects.filter(escalation=escalation, state__in=OPEN)]


def facts_of(escalation: Escalation) -> Facts:
    """What the escalation says of its clocks; reads its customer, whom it owes a reply where one is owed, and what was
    replied while it waits for the reporter."""
    owed = escalation.status == Status.REPLY_OWED
    return Facts(
        status=Status(escalation.status), status_since=escalation.status_since, level=int(escalation.level),
        plan=escalation.customer.plan, customer=escalation.customer_id, first_reply_at=escalation.first_reply_at,
        last_reply_at=escalation.last_reply_at, last_asked_at=escalation.last_asked_at,
        merged=escalation.merged_into_id is not None, released=escalation.released_at is not None,
        owing=owed and escalation.owed.filter(state=OwedState.WAITING).exists(), told=_told(escalation),
    )


def _told(escalation: Escalation) -> bool:
    """Whether we said something while it waits for the reporter, and asked nothing. One query if we said anything."""
    reply = escalation.last_reply_at
    if escalation.status != Status.REPORTER or reply is None or reply <= escalation.status_since:
        return False
    return not escalation.messages.filter(at=reply, asks=True).exists()


def office_of(customer: Customer, at: datetime) -> Office:
    """The customer's office as it is now, with the holidays that a clock of now can touch. One query."""
    hours = hours_of(zone=customer.zone, opens=customer.opens, closes=customer.closes, weekdays=customer.weekdays)
    days = customer.holidays.filter(day__gte=(at - BACK).date()).values_list("day", flat=True)
    return Office(hours, frozenset(days), customer.pk)


def terms_for(
    kind: ClockKind, *, level: int, customer: Customer, office: Office, matrix: ClockMatrix
) -> Terms | None:
    """The terms by which a clock of this kind is measured; None where nothing is promised."""
    promise = promised(promises_from_json(matrix.promises), kind, customer.plan, level)
    if promise is None:
        return None
    return Terms(promise, office, level, customer.plan, matrix.pk, int(matrix.lead_after.get(str(level), 60)))


def terms_of(escalation: Escalation, at: datetime, matrix: Callable[[datetime], ClockMatrix]) -> TermsOf:
    """What is promised for each kind of clock, by the version that `matrix` gives. Asks nothing until it is asked, and
    three queries at most then, however often."""
    customer = escalation.customer

    @cache
    def measure() -> tuple[ClockMatrix, Office]:
        return matrix(at), office_of(customer, at)

    def of(kind: ClockKind) -> Terms | None:
        found, office = measure()
        return terms_for(kind, level=int(escalation.level), customer=customer, office=office, matrix=found)

    return of

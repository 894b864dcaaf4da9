"""Who does what next: decided, accepted, handed over, answered at once; an L1 pages whoever is on duty."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from escalations.actions.base import Refused, held, record
from escalations.actions.clocks import settle_clocks
from escalations.actions.states import change_status
from escalations.choices import OPEN, Fix, Level, Outcome, Route, Status, What
from escalations.models import Escalation, EscalationEvent
from escalations.queries.addresses import path_of
from escalations.rules.routing import HANDED_OVER, at_once
from escalations.rules.states import may_move, why_not
from people.models import FeatureTeam, Person
from set_rotation.actions.paging import raise_page
from set_rotation.choices import PageSource, Seat, Urgency
from set_rotation.queries.facts import holders

LONGEST_REASON = 1_000


@dataclass(frozen=True)
class Decision:
    """What somebody decided: the route, the one that was proposed with its reasons, and why not that one."""

    route: Route
    proposed: Route
    reasons: str
    why: str = ""

    @property
    def overrides(self) -> bool:
        return self.route != self.proposed

    @property
    def words(self) -> str:
        """The reason that is kept: the proposal's, or the person's own with what was proposed instead."""
        if not self.overrides:
            return self.reasons
        return f"{self.why} (Proposed was: {self.proposed.label}. {self.reasons})"


def decide(row: Escalation, decision: Decision, *, by: Person, at: datetime) -> None:
    """Write on a held row who does what next, and why. Raises `Refused` for an override without a reason, and for one
    that is over."""
    if row.status not in OPEN:
        raise Refused(f"It is {Status(row.status).label.lower()}: open it again first.")
    if decision.overrides and not decision.why.strip():
        raise Refused(f"Say why not: {decision.proposed.label}.")
    if len(decision.why) > LONGEST_REASON:
        raise Refused(f"Say it in {LONGEST_REASON:,} characters.")
    old = row.route
    row.route, row.route_reason = decision.route, decision.words
    row.save(update_fields=["route", "route_reason"])
    record(What.ROUTED, escalation=row, at=at, by=by, from_value=Route(old).label if old else "",
           to_value=f"{decision.route.label}: {decision.words}", internal=True)


@transaction.atomic
def accept(*, escalation: Escalation, decision: Decision, fix: Fix, by: Person, at: datetime) -> Escalation:
    """SET takes it, as a hotfix or for the next release. L1, L2 and hotfixes get the primary as their owner, others
    whoever accepts. Accepted again with the same changes nothing but who does what. Raises `Refused`."""
    row = held(escalation)
    decide(row, decision, by=by, at=at)
    again = row.accepted_at is not None and row.fix == fix
    _give(row, owner_for(row, fix, by=by, at=at), by=by, at=at)
    row.fix, row.accepted_at, row.team = fix, row.accepted_at or at, None
    row.save(update_fields=["fix", "accepted_at", "team"])
    if not again:
        record(What.ACCEPTED, escalation=row, at=at, by=by, to_value=fix.label)
    if row.status in {Status.NEW, Status.HANDED_OVER}:
        change_status(row, Status.OURS, by=by, at=at)
    settle_clocks(escalation=row, at=at)
    return row


@transaction.atomic
def give_to_primary(*, escalation: Escalation, by: Person, at: datetime) -> Escalation:
    """What SET had accepted has become more urgent: it is the primary's now, as if it were accepted so."""
    row = held(escalation)
    _give(row, owner_for(row, row.fix, by=by, at=at), by=by, at=at)
    return row


def _give(row: Escalation, owner: Person, *, by: Person, at: datetime) -> None:
    """A held row is somebody's; the same again changes nothing."""
    if row.owner_id == owner.pk:
        return
    old = row.owner.name if row.owner else ""
    row.owner = owner
    row.save(update_fields=["owner"])
    record(What.OWNER, escalation=row, at=at, by=by, from_value=old, to_value=owner.name)


def owner_for(row: Escalation, fix: str, *, by: Person, at: datetime) -> Person:
    """Whose it becomes: of what goes In Progress the primary on duty's (the lead's where the seat is empty), else
    whoever had it or accepts it."""
    if at_once(Level(row.level), fix):
        seats = holders(at)
        seated = next((seats[seat].person for seat in (Seat.PRIMARY, Seat.LEAD) if seat in seats), None)
        return seated or row.owner or by
    return row.owner or by


@transaction.atomic
def hand_over(
    *, escalation: Escalation, decision: Decision, team: FeatureTeam | None, whom: str, by: Person, at: datetime
) -> Escalation:
    """Somebody else does it; SET still owns the communication. `whom`: who, by name. Raises `Refused`."""
    row = held(escalation)
    if decision.route not in HANDED_OVER:
        raise Refused(f"{decision.route.label} is no hand-over.")
    decide(row, decision, by=by, at=at)
    row.team, row.owner = (team if decision.route == Route.TEAM else None), row.owner or by
    row.save(update_fields=["team", "owner"])
    if row.status != Status.HANDED_OVER:
        if not may_move(Status(row.status), Status.HANDED_OVER):
            raise Refused(why_not(Status(row.status), Status.HANDED_OVER))
        change_status(row, Status.HANDED_OVER, by=by, at=at, why=f"{whom}. SET still tells you how it stands")
    settle_clocks(escalation=row, at=at)
    return row


@transaction.atomic
def answer(
    *, escalation: Escalation, decision: Decision, outcome: Outcome, by: Person, at: datetime
) -> Escalation:
    """It was answered in under an hour: solved, without a ticket. Raises `Refused` for one that has a ticket, or was
    not answered."""
    row = held(escalation)
    if row.ticket_state:
        raise Refused("It has a ticket: take that off first, or let SET take it.")
    if row.first_reply_at is None:
        raise Refused("Nobody has answered the reporter yet: send the answer first.")
    if not may_move(Status(row.status), Status.SOLVED):
        raise Refused(why_not(Status(row.status), Status.SOLVED))
    decide(row, decision, by=by, at=at)
    row.owner = row.owner or by
    row.save(update_fields=["owner"])
    return change_status(row, Status.SOLVED, by=by, at=at, outcome=outcome, why=outcome.label)


# ---- An L1 pages ----------------------------------------------------------------------


def page_urgent(*, escalation: Escalation, at: datetime) -> bool:
    """Page whoever is on duty for an open L1, once for each time that it became one, unless somebody accepted it since.
    Returns whether this paged."""
    with transaction.atomic():
        row = held(escalation)
        raised = _last_level(row)
        since = raised.at if raised else row.at
        taken = row.accepted_at is not None and row.accepted_at >= since
        if row.level != Level.L1 or row.status not in OPEN or row.merged_into_id or taken:
            return False
        key = f"escalation-E{row.pk}" + (f"-{raised.pk}" if raised else "")
        whose = "a customer" if row.confidential else row.customer.name
        page, new = raise_page(
            key=key, urgency=Urgency.URGENT, source=PageSource.ESCALATION, at=at, path=path_of(row.pk),
            reason=f"L1: {'a confidential escalation' if row.confidential else row.title}"[:200],
            from_whom=row.reporter_name, details=f"E-{row.pk} of {whose}, raised by {row.reporter_name}.",
        )
        if new:
            record(What.PAGED, escalation=row, at=at, by=None, to_value=f"Page {page.pk}", internal=True)
    return new


def _last_level(row: Escalation) -> EscalationEvent | None:
    """The event by which it got the level that it has; None for one that was raised so."""
    return row.events.filter(what=What.LEVEL).order_by("-at", "-pk").first()

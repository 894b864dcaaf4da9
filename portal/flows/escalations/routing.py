"""Who does what next is decided: accepted with a ticket, handed over with whoever has it told, or answered at once."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from escalations.actions import level as levels
from escalations.actions import routing as actions
from escalations.actions.base import Refused
from escalations.actions.level import set_release
from escalations.actions.people import PURPOSE, entitled, follow, tell_all, tell_owner
from escalations.actions.routing import Decision
from escalations.choices import Fix, Level, Outcome, Route
from escalations.models import Escalation
from escalations.queries.addresses import link_of, path_of
from escalations.queries.fixes import next_release
from escalations.rules.routing import URGENT
from integrations.outbox import actions as outbox
from people.choices import Role
from people.models import FeatureTeam, Person
from people.queries import leading
from portal.flows.delivery import queue_delivery
from portal.flows.escalations.changed import escalation_changed
from portal.flows.escalations.tickets import begun, create_ticket, known_ticket, link_ticket, place_accepted


@dataclass(frozen=True)
class Ticket:
    """Which ticket it gets: a new one, the one of `key`, or none. `replaces`: why another one's place is taken."""

    new: bool = False
    key: str = ""
    replaces: str = ""


def raised(*, escalation: Escalation, at: datetime) -> None:
    """An escalation was raised, or has become more urgent: an L1 pages at once. Again it does nothing; the tick comes
    to it anyway."""
    escalation_changed(escalation=escalation, at=at)


def accept(
    *, escalation: Escalation, decision: Decision, fix: Fix, ticket: Ticket, by: Person, at: datetime
) -> Escalation:
    """SET takes it, with exactly one ticket: L1, L2 and hotfixes are the primary's, In Progress, others go to To Do at
    their priority. While Jira is down it is accepted all the same, and the ticket follows. Raises `Refused`, and
    nothing is done."""
    if ticket.key:
        known_ticket(ticket.key, at)  # Jira is asked before anything is written
    with transaction.atomic():
        row = actions.accept(escalation=escalation, decision=decision, fix=fix, by=by, at=at)
        _tell_new_owner(row, escalation.owner_id, by, at)
        if fix == Fix.NEXT_RELEASE and not (row.expected_release or row.expected_on):
            set_release(escalation=row, release="the next release", on=next_release(at), by=None, at=at)
        if not ticket.key:
            create_ticket(escalation=row, by=by, at=at)
    row.refresh_from_db()
    if ticket.key:
        link_ticket(escalation=row, key=ticket.key, by=by, at=at, replaces=ticket.replaces)
    place_accepted(escalation=row, by=by, at=at)
    escalation_changed(escalation=row, at=at)
    row.refresh_from_db()
    return row


def change_level(*, escalation: Escalation, level: Level, reason: str, by: Person, at: datetime) -> Escalation:
    """Make it more or less urgent. What SET has accepted and is L1 or L2 now is the primary's, its ticket In Progress,
    unless somebody works on that already; an L1 pages. Raises `Refused`."""
    with transaction.atomic():
        row = levels.change_level(escalation=escalation, level=level, reason=reason, by=by, at=at)
        urgent = level in URGENT and row.accepted_at is not None and row.route == Route.SET and not begun(row)
        if urgent:
            row = actions.give_to_primary(escalation=row, by=by, at=at)
            _tell_new_owner(row, escalation.owner_id, by, at)
    if urgent:
        place_accepted(escalation=row, by=by, at=at)
    escalation_changed(escalation=row, at=at)
    return row


def hand_over(
    *, escalation: Escalation, decision: Decision, ticket: Ticket, by: Person, at: datetime
) -> tuple[Escalation, tuple[str, ...]]:
    """Another team does it; SET still owns the communication. Whoever has it is told. Returns it, and who was told in
    words; nobody where nobody is known. Raises `Refused`, and nothing is done."""
    if ticket.key:
        known_ticket(ticket.key, at)
    team = escalation.area.team if escalation.area else None
    with transaction.atomic():
        row = actions.hand_over(escalation=escalation, decision=decision, by=by, at=at, team=team,
                                whom=whom(escalation, decision.route))
        if ticket.new:
            create_ticket(escalation=row, by=by, at=at)
        told = _tell(row, decision, by, at)
    if ticket.key:
        link_ticket(escalation=row, key=ticket.key, by=by, at=at, replaces=ticket.replaces)
    escalation_changed(escalation=row, at=at)
    row.refresh_from_db()
    return row, told


def whom(escalation: Escalation, route: Route) -> str:
    """Who has it after a hand-over, by name."""
    area = escalation.area
    if route == Route.TEAM and area and area.team:
        return f"Team {area.team}"
    if route == Route.PRODUCT and area and area.product_manager:
        return f"{area.product_manager.name}, product manager of {area}"
    return str(route.label)


def answered(
    *, escalation: Escalation, decision: Decision, outcome: Outcome, by: Person, at: datetime
) -> Escalation:
    """Answered in under an hour: solved, without a ticket. Raises `Refused`."""
    return actions.answer(escalation=escalation, decision=decision, outcome=outcome, by=by, at=at)


# ---- Telling whoever has it -----------------------------------------------------------


def _tell_new_owner(row: Escalation, before: int | None, by: Person, at: datetime) -> None:
    if row.owner is not None and row.owner_id != before:
        tell_owner(row, row.owner, by=by, at=at)


def _tell(row: Escalation, decision: Decision, by: Person, at: datetime) -> tuple[str, ...]:
    if decision.route == Route.TEAM:
        return _tell_channel(row, row.team, by, at)
    people = [one for one in _people(row, decision.route, at) if one != by]
    for person in people:
        _follow(row, person, by, at)
    tell_all(
        people, row, key=f"esc-over-{row.pk}-{at:%y%m%d%H%M}", by=by, at=at,
        subject=entitled(f"{row} is handed to you", row),
        text=f"{decision.words}\n\nSET still tells the reporter how it stands.",
    )
    return tuple(person.name for person in people)


def _people(row: Escalation, route: Route, at: datetime) -> list[Person]:
    match route:
        case Route.PRODUCT:
            manager = row.area.product_manager if row.area else None
            return [manager] if manager and manager.is_active else []
        case Route.DEPLOYMENT:
            return list(leading(at, Role.DEPLOYMENT_ENGINEER))
        case Route.SUPPORT:
            return [row.reporter] if row.reporter else []
        case _:
            return []


def _follow(row: Escalation, person: Person, by: Person, at: datetime) -> None:
    """Whoever has it sees it, though it is confidential. Whose role sees no escalations is told all the same."""
    if person == row.reporter:
        return
    try:
        follow(escalation=row, person=person, by=by, at=at)
    except Refused:
        return


def _tell_channel(row: Escalation, team: FeatureTeam | None, by: Person, at: datetime) -> tuple[str, ...]:
    if team is None or not team.mattermost_channel or not settings.ENV.mattermost.base_url:
        return ()
    title = "a confidential escalation" if row.confidential else row.title
    message = (f"**[{row}]({link_of(row.pk)}) is handed to {team}: {title}** ({row.get_level_display()})\n"
               f"{by.name} of SET decided so. SET still tells the reporter how it stands.")
    queue_delivery(outbox.enqueue(
        topic="mattermost.post", scope=f"mattermost:{team.mattermost_channel}", path=path_of(row.pk), at=at, by=by,
        title=f"Tell ~{team.mattermost_channel} of {row}", purpose=PURPOSE,
        payload={"channel": team.mattermost_channel, "message": message, "root": ""},
        key=f"esc-over-{row.pk}-{team.pk}-{at:%y%m%d%H%M}",
    ))
    return (f"~{team.mattermost_channel}",)

"""The meeting's page: person by person, what moved since the last meeting, what is blocked, what nobody has."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from cadence.queries import MeetingKind, calendar_now, holidays, meeting
from cadence.rules import next_set_meeting
from people.choices import Role
from people.models import ActingRole, Person
from people.rules import initials
from tickets.choices import Column, Presence
from tickets.models import Ticket, TicketChange
from tickets.queries.addresses import ticket_url
from tickets.rules.marks import is_routed

LOOKED_BACK = timedelta(days=21)  # over which the last meeting is looked for: a fortnight of holidays lies between
UNDER_WAY = (Column.IN_PROGRESS, Column.SUBMITTED)
Moves = dict[int, list[tuple[str, datetime]]]  # of each ticket, in words and when, oldest first
SHOWN = 60  # moves of one person; more is said


@dataclass(frozen=True)
class Line:
    """A ticket in the meeting; `moves` in words, oldest first; `team`: the feature team that it belongs to."""

    key: str
    url: str
    summary: str
    column: str
    since: datetime
    least: bool
    blocked_since: datetime | None
    blocked_why: str
    team: str
    moves: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True)
class Round:
    """One person's turn."""

    account: str
    name: str
    initials: str
    on_set: bool
    moved: tuple[Line, ...]
    still: tuple[Line, ...]  # under way, and where it was
    under_way: int
    blocked: int
    for_team: int


@dataclass(frozen=True)
class MeetingPage:
    last: datetime
    next: datetime
    rounds: tuple[Round, ...]
    ownerless: tuple[Line, ...]
    blocked: tuple[Line, ...]
    moved_total: int
    for_team: int


def last_meeting(at: datetime) -> datetime:
    """When SET met last before this moment, by the calendar; a week ago where it did not in three weeks."""
    free, ours, weekly = holidays(), meeting(MeetingKind.SET), meeting(MeetingKind.WEEKLY)
    found, looked = None, at - LOOKED_BACK
    while (moment := next_set_meeting(looked, ours, weekly, free)) < at:
        found, looked = moment, moment + timedelta(minutes=1)
    return found or at - timedelta(days=7)


def people_on_set(at: datetime) -> list[Person]:
    """Who is on SET now: whom a rotation makes engineer or lead; where nothing is planned, all who hold such a role."""
    acting = ActingRole.objects.filter(role__in=[Role.ENGINEER, Role.LEAD], starts_at__lte=at, ends_at__gt=at)
    planned = Person.objects.joined().filter(id__in=acting.values("person_id"))
    found = planned if planned.exists() else Person.objects.joined().filter(
        groups__name__in=[Role.ENGINEER.value, Role.LEAD.value]
    )
    return list(found.distinct().order_by("name"))


def meeting_page(at: datetime, since: datetime | None = None) -> MeetingPage:
    """The page as of this moment, over what moved since the last meeting (or since then). Constant in its queries."""
    last = since or last_meeting(at)
    moves = _moves(last, at)
    tickets = _tickets(set(moves))
    lines = {ticket.id: _line(ticket, moves.get(ticket.id, [])) for ticket in tickets}
    members = {person.jira_account_id: person for person in people_on_set(at) if person.jira_account_id}
    rounds = _rounds(tickets, lines, members, moves)
    under_way = [ticket for ticket in tickets if ticket.column in UNDER_WAY and ticket.kind.lower() != "epic"]
    return MeetingPage(
        last=last, next=calendar_now(at).next_set_meeting, rounds=rounds,
        ownerless=tuple(lines[ticket.id] for ticket in under_way if ticket.assignee_id is None),
        blocked=tuple(lines[ticket.id] for ticket in tickets if ticket.blocked_since),
        moved_total=len(moves), for_team=sum(each.for_team for each in rounds),
    )


def _moves(since: datetime, at: datetime) -> Moves:
    """Each ticket that changed its status since then, with its moves in words."""
    changes = (
        TicketChange.objects.filter(at__gte=since, at__lt=at, ticket__presence=Presence.PRESENT)
        .filter(Q(field_id="status") | Q(field__iexact="status")).exclude(ticket__column=Column.OFF)
        .order_by("at", "id").values_list("ticket_id", "from_text", "to_text", "at")
    )
    found: Moves = defaultdict(list)
    for ticket_id, before, after, moment in changes:
        found[ticket_id].append((f"{before or '?'} → {after or '?'}", moment))
    return found


def _tickets(moved: Iterable[int]) -> list[Ticket]:
    here = Q(column__in=UNDER_WAY) | Q(id__in=list(moved)) | Q(blocked_since__isnull=False)
    return list(
        Ticket.objects.present().exclude(column=Column.OFF).filter(here).select_related("assignee", "team")
        .defer("words").order_by("column", "-status_since", "id")
    )


def _rounds(
    tickets: Sequence[Ticket], lines: dict[int, Line], members: dict[str, Person], moves: Moves
) -> tuple[Round, ...]:
    own: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        if ticket.assignee_id:
            own[ticket.assignee_id].append(ticket)
    names = {ticket.assignee_id: ticket.assignee.display_name for ticket in tickets if ticket.assignee}
    accounts = sorted({*own, *members}, key=lambda one: (one not in members, _name(one, members, names).casefold()))
    return tuple(_round(one, own[one], lines, members, _name(one, members, names), moves) for one in accounts)


def _name(account: str, members: dict[str, Person], names: dict[str | None, str]) -> str:
    return members[account].name if account in members else names.get(account) or account


def _round(
    account: str, tickets: Sequence[Ticket], lines: dict[int, Line], members: dict[str, Person], name: str, moves: Moves
) -> Round:
    under_way = [ticket for ticket in tickets if ticket.column in UNDER_WAY]
    doing = [lines[ticket.id] for ticket in under_way]
    moved = [lines[ticket.id] for ticket in tickets if ticket.id in moves][:SHOWN]
    still = [lines[ticket.id] for ticket in under_way if ticket.id not in moves]
    return Round(
        account=account, name=name, initials=initials(name), on_set=account in members, moved=tuple(moved),
        still=tuple(still), under_way=len(doing), blocked=sum(1 for line in doing if line.blocked_since),
        for_team=sum(1 for line in doing if line.team) if account in members else 0,
    )


def _line(ticket: Ticket, moves: Sequence[tuple[str, datetime]]) -> Line:
    return Line(
        key=ticket.key, url=ticket_url(ticket.key), summary=ticket.summary or ticket.key,
        column=Column(ticket.column).label, since=ticket.status_since, least=ticket.status_since_is_floor,
        blocked_since=ticket.blocked_since, blocked_why=ticket.blocked_why,
        team=ticket.team.name if ticket.team and is_routed(ticket.labels, ticket.team.jira_label) else "",
        moves=tuple(moves),
    )

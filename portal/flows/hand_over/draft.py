"""What a rotation leaves to the next one, as the rooms know it.

A room whose open things belong into a hand-over adds a `Source` to `SOURCES`: its lines are then part of every draft.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from escalations.choices import Status
from escalations.models import Escalation
from escalations.queries.addresses import path_of
from people.models import Person
from set_rotation.actions import hand_over as actions
from set_rotation.choices import PageState, PlaceRole
from set_rotation.models import HandOver, Page, Rotation
from set_rotation.queries.cycle import cycle_facts
from set_rotation.queries.hand_over import Crews, crews
from set_rotation.rules.hand_over import OpenTicket, Taker, propose
from tickets.choices import Column
from tickets.models import Ticket, WeeklyUpdate

MOST = 400  # tickets of a draft, and lines of each of its sources
ORDER = (Column.IN_PROGRESS, Column.SUBMITTED, Column.TODO)


@dataclass(frozen=True)
class SourceLine:
    """Something that the next crew should know of. `tone`: red for what is open, else "" or green."""

    text: str
    url: str
    note: str
    at: datetime
    tone: str = ""


@dataclass(frozen=True)
class Source:
    """A part of the draft: what a room has to say of `[start, end)`."""

    key: str
    title: str
    icon: str
    empty: str  # what stands there when there is nothing
    find: Callable[[datetime, datetime], Sequence[SourceLine]]


def pages_of(start: datetime, end: datetime) -> list[SourceLine]:
    """Pages (the paging kind): why, who answered after how long, and what is still open. One query."""
    found = Page.objects.filter(at__gte=start, at__lt=end, test=False).select_related("acknowledged_by")
    return [SourceLine(page.reason, reverse("set_rotation:page", args=[page.pk]), _page_note(page), page.at,
                       "" if page.state == PageState.RESOLVED else "red") for page in found.order_by("at", "pk")[:MOST]]


def _page_note(page: Page) -> str:
    still = "" if page.state == PageState.RESOLVED else f"still open: {PageState(page.state).label.lower()}"
    if page.acknowledged_at is None:
        return still or "resolved without an answer"
    who = page.acknowledged_by.name if page.acknowledged_by else "somebody"
    minutes = max(int((page.acknowledged_at - page.at).total_seconds() // 60), 0)
    answered = f"{who} acknowledged after {minutes} min" if minutes else f"{who} acknowledged at once"
    return " · ".join(filter(None, [answered, still]))


def updates_of(start: datetime, end: datetime) -> list[SourceLine]:
    """The weekly updates that were posted. One query."""
    found = WeeklyUpdate.objects.filter(posted_at__gte=start, posted_at__lt=end).select_related("posted_by")
    return [
        SourceLine(f"Weekly update of {one.meeting_date.day} {one.meeting_date:%B}",
                   reverse("tickets:weekly_of", args=[one.meeting_date.isoformat()]),
                   f"posted by {one.posted_by.name}" if one.posted_by else "posted", one.posted_at, "green")
        for one in found.order_by("meeting_date") if one.posted_at is not None
    ]


def escalations_of(start: datetime, end: datetime) -> list[SourceLine]:
    """The escalations that are open, the most urgent first; who hands over is read by everybody, so of confidential
    ones only how many they are. Two queries."""
    found = Escalation.objects.open().filter(at__lt=end)
    rows = found.filter(confidential=False).select_related("customer", "owner").defer("words").order_by("level", "at")
    lines = [SourceLine(f"{row} {row.title}", path_of(row.pk), _escalation_note(row), row.at,
                        "red" if row.next_due_at is not None and row.next_due_at < end else "") for row in rows[:MOST]]
    secret = list(found.filter(confidential=True).order_by("at").values_list("at", flat=True))
    if secret:
        words = "A confidential one" if len(secret) == 1 else f"{len(secret)} confidential ones"
        lines.append(SourceLine(words, reverse("escalations:list"), "their people, leads and who is on duty see them",
                                secret[0]))
    return lines


def _escalation_note(row: Escalation) -> str:
    owner = row.owner.name if row.owner else "nobody has it"
    return " · ".join([f"L{row.level}", row.customer.name, Status(row.status).label.lower(), owner])


SOURCES: tuple[Source, ...] = (
    Source("escalations", "Open escalations", "escalation", "No escalation is open.", escalations_of),
    Source("pages", "Pages of the fortnight", "bell", "Nobody was paged.", pages_of),
    Source("updates", "Weekly updates", "update", "No weekly update was posted.", updates_of),
)


def draft_hand_over(*, rotation: Rotation, by: Person | None, at: datetime) -> HandOver:
    """Draft what a rotation leaves to the next one, as it stands now; again, people's words and choices stay.

    Raises `Refused` once it was given.
    """
    both = crews(rotation)
    rows, people = _open_tickets(both)
    found = [_open(row, people, both) for row in rows]
    proposals = {one.ticket: one for one in propose(
        found, outgoing={place.person_id or 0 for place in both.outgoing},
        incoming={person.pk for person in both.taking}, takers=_takers(both),
    )}
    outside = {one.id for one in found if one.outside}
    tickets = [
        actions.Proposed(row.id, row.key, str(row.assignee) if row.assignee else "", proposals[row.id].person,
                         proposals[row.id].why)
        for row in rows if row.id not in outside
    ]
    draft = {
        "at": at.isoformat(), "tickets": [_facts(row, outside=row.id in outside) for row in rows],
        "sections": [_section(source, rotation, at) for source in SOURCES],
    }
    due = cycle_facts(rotation, both.outgoing).handed_over_at
    return actions.draft_hand_over(rotation=rotation, draft=draft, tickets=tickets, due_at=due, by=by, at=at)


def _open_tickets(both: Crews) -> tuple[list[Ticket], dict[str, Person]]:
    """The tickets under way, and those of To Do that the outgoing crew has; and the people who have them, by account.
    Two queries."""
    accounts = [place.person.jira_account_id for place in both.outgoing
                if place.person and place.person.jira_account_id]
    which = Q(column__in=[Column.IN_PROGRESS, Column.SUBMITTED]) | Q(column=Column.TODO, assignee_id__in=accounts)
    found = Ticket.objects.present().filter(which).exclude(kind__iexact="epic").select_related("assignee", "team")
    rows = sorted(found.order_by("status_since", "id")[:MOST], key=lambda row: ORDER.index(Column(row.column)))
    owners = {row.assignee_id for row in rows if row.assignee_id}
    return rows, {one.jira_account_id: one for one in Person.objects.filter(jira_account_id__in=owners)}


def _open(row: Ticket, people: Mapping[str, Person], both: Crews) -> OpenTicket:
    owner = people.get(row.assignee_id or "")
    ours = {place.person_id for place in (*both.outgoing, *both.incoming)}
    outside = bool(row.assignee_id) and (owner is None or owner.pk not in ours)
    return OpenTicket(row.id, owner.pk if owner else None, row.team_id, row.team.name if row.team else "", outside)


def _takers(both: Crews) -> list[Taker]:
    return [Taker(place.person.pk, place.person.team_id) for place in both.incoming
            if place.person and place.role == PlaceRole.ENGINEER]


def _facts(row: Ticket, *, outside: bool) -> dict[str, Any]:
    return {
        "id": row.id, "key": row.key, "summary": row.summary[:300], "column": row.column,
        "account": row.assignee_id or "", "owner": str(row.assignee) if row.assignee else "",
        "since": row.status_since.isoformat(), "least": row.status_since_is_floor, "outside": outside,
        "blocked_since": row.blocked_since.isoformat() if row.blocked_since else "",
        "blocked_why": row.blocked_why[:300],
    }


def _section(source: Source, rotation: Rotation, at: datetime) -> dict[str, Any]:
    lines = source.find(rotation.starts_at, min(max(at, rotation.starts_at), rotation.ends_at))
    return {
        "key": source.key, "title": source.title, "icon": source.icon, "empty": source.empty,
        "lines": [{"text": line.text, "url": line.url, "note": line.note, "at": line.at.isoformat(), "tone": line.tone}
                  for line in lines],
    }

"""The home page: what needs the reader now, the board in numbers, what changed, who has what."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from cadence.queries import calendar_now
from integrations.outbox.queries import stuck_count
from people.choices import Right
from people.models import Person
from portal.common.templatetags.parts import day_text, near_text
from portal.pages.called import paging_needs
from portal.pages.changed import Since, changed_since
from portal.pages.duty_needs import duty_line, duty_needs
from portal.pages.escalation_needs import escalation_needs
from portal.pages.incident_needs import incident_needs
from portal.pages.leave_needs import leave_needs
from portal.pages.needs import (
    REVIEWED,
    STUCK,
    Addresses,
    Counts,
    Held,
    Need,
    OwedHandOver,
    OwedUpdate,
    most_urgent_first,
    needs,
)
from portal.pages.sev1 import Sev1, sev1_of
from set_rotation.queries.hand_over import owed_hand_overs
from tickets.choices import Column, DeliveryState
from tickets.models import Ticket, WebhookDelivery
from tickets.queries.addresses import ticket_url
from tickets.queries.counts import kept_counts
from tickets.queries.marks import JiraMark, mark_of
from tickets.queries.sync import MirrorState, mirror_state
from tickets.queries.triage.queue import count_waiting, kept_waiting
from tickets.queries.weekly.page import owed_update
from tickets.rules.columns import BOARD
from tickets.rules.freshness import Stamp
from tickets.rules.tones import URGENT

HELD = 500  # tickets in somebody's hands that are looked at, the oldest first
EACH = 3  # tickets named for one person
PEOPLE = 12
DAY = timedelta(days=1)
EPIC = Q(kind__iexact="epic")  # a heading over tickets: nobody has to own it
LATE: dict[str, timedelta] = {Column.IN_PROGRESS: STUCK, Column.SUBMITTED: REVIEWED}


@dataclass(frozen=True)
class ColumnCount:
    name: str
    count: int
    url: str
    note: str = ""
    note_tone: str = ""


@dataclass(frozen=True)
class TroubleLine:
    tone: str
    icon: str
    text: str
    key: str
    url: str


@dataclass(frozen=True)
class BoardBox:
    columns: tuple[ColumnCount, ...]
    url: str
    trouble: tuple[TroubleLine, ...]


@dataclass(frozen=True)
class MirrorFact:
    label: str
    value: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class MirrorBox:
    tone: str
    icon: str
    title: str
    text: str
    facts: tuple[MirrorFact, ...]
    url: str


@dataclass(frozen=True)
class TeamTicket:
    key: str
    url: str
    age_at: datetime
    least: bool


@dataclass(frozen=True)
class TeamRow:
    person: JiraMark
    tickets: tuple[TeamTicket, ...]
    more: int
    note: str


@dataclass(frozen=True)
class Nobody:
    count: int
    url: str


@dataclass(frozen=True)
class Home:
    """See templates/pages/home.html."""

    title: str
    lead: str
    needs: tuple[Need, ...]
    board: BoardBox
    mirror: MirrorBox
    since: Since
    team: tuple[TeamRow, ...]
    nobody: Nobody | None
    stamp: Stamp
    sev1: Sev1


def home(*, person: Person, rights: Collection[Right], since: datetime, version: str, at: datetime) -> Home:
    """The page for one reader, in a constant number of queries. `since`: the end of their last visit."""
    state, columns, held, to = mirror_state(at), kept_counts(at, version), _held(at), _addresses()
    counts = _counts(columns, at)
    silent = min((project.silent_since for project in state.projects if project.silent_since), default=None)
    here = timezone.localtime(at)
    return Home(
        title=f"{here:%A} {day_text(here, year=False)}", lead=duty_line(person, rights, at),
        needs=most_urgent_first(paging_needs(person, rights), escalation_needs(person, rights, at) + (
            () if state.projects else (_unmirrored(to),)
        ) + needs(
            rights=rights, account=person.jira_account_id, trouble=state.trouble, silent_since=silent,
            notices=state.notices, counts=counts, held=held, to=to, at=at,
            first_import=state.first_import or not state.projects,
            update=_owed(at) if Right.POST_UPDATES in rights else None,
            hand_overs=_hand_overs(person, at) if Right.SERVE in rights else (),
        ) + incident_needs(person, rights, at) + leave_needs(person, rights, at) + duty_needs(person, rights, at)),
        board=_board(columns, held, to, at), mirror=_mirror(state, to), since=changed_since(since, at),
        team=_team(held, person.jira_account_id),
        nobody=Nobody(counts.todo_unowned, to.unowned) if counts.todo_unowned else None, stamp=state.stamp,
        sev1=sev1_of(person, rights, at),
    )


def _owed(at: datetime) -> OwedUpdate | None:
    owed = owed_update(at)
    if owed is None:
        return None
    url = reverse("tickets:weekly_of", args=[owed.due.day.isoformat()])
    return OwedUpdate(url, owed.due.meeting_at, owed.due.remind_at, refused=owed.refused)


def _hand_overs(person: Person, at: datetime) -> list[OwedHandOver]:
    return [
        OwedHandOver(reverse("hand_over", args=[owed.number]), owed.number, owed.due_at, _words(owed.due_at, at),
                     taking=owed.taking)
        for owed in owed_hand_overs(person, at)
    ]


def _addresses() -> Addresses:
    board = reverse("tickets:board")
    return Addresses(board, f"{board}?backlog=open", f"{board}?assignee=nobody", reverse("tickets:sync"),
                     reverse("outbox"), reverse("tickets:triage"))


def _unmirrored(to: Addresses) -> Need:
    """Without a single project, that nothing needs anybody would be true and mislead."""
    detail = "The mirror's page says what it waits for."
    return Need("amber", "mirror", "No ticket is mirrored yet", to.sync, detail=detail, label="Look", primary=True)


def _held(at: datetime) -> list[Held]:
    """The tickets that are being worked on, or should be, oldest first."""
    tickets: Any = Ticket.objects.on_board(at).filter(column__in=[Column.IN_PROGRESS, Column.SUBMITTED])
    rows = tickets.exclude(EPIC, assignee__isnull=True).order_by("status_since", "id").values_list(
        "key", "summary", "column", "assignee_id", "assignee__display_name", "status_since", "status_since_is_floor"
    )[:HELD]
    return [
        Held(key, ticket_url(key), summary, column, account or "", name or account or "", since, least)
        for key, summary, column, account, name, since, least in rows
    ]


def _to_triage(at: datetime) -> int:
    kept = kept_waiting()
    return count_waiting(at) if kept is None else kept


def _counts(columns: dict[str, int], at: datetime) -> Counts:
    urgent = Q(severity__istartswith="S1")
    for name in URGENT:
        urgent |= Q(priority__iexact=name)
    unowned = Ticket.objects.present().filter(column=Column.TODO, assignee__isnull=True).exclude(EPIC).aggregate(
        all=Count("id"), urgent=Count("id", filter=urgent)
    )
    failed = WebhookDelivery.objects.filter(received_at__gt=at - DAY, state=DeliveryState.FAILED).count()
    statuses = 0
    if columns[Column.UNMAPPED]:
        present = Ticket.objects.present().filter(column=Column.UNMAPPED)
        statuses = present.order_by().values("status").distinct().count()
    meeting = calendar_now(at).next_triage_meeting
    return Counts(
        to_triage=_to_triage(at), triage_before=_words(meeting, at) if meeting - at < DAY else "",
        todo=columns[Column.TODO], todo_unowned=unowned["all"], urgent_unowned=unowned["urgent"],
        unmapped=columns[Column.UNMAPPED], unmapped_statuses=statuses, failed_webhooks=failed,
        stuck_deliveries=stuck_count(),
    )


def _words(moment: datetime, at: datetime) -> str:
    """A moment in the zone of whoever reads: "1:00 pm", "Tue 1:00 pm"."""
    return near_text(timezone.localtime(moment), timezone.localtime(at))


def _board(columns: dict[str, int], held: Sequence[Held], to: Addresses, at: datetime) -> BoardBox:
    unowned = sum(1 for ticket in held if ticket.column == Column.IN_PROGRESS and not ticket.assignee)
    notes = {Column.IN_PROGRESS: f"{unowned} unowned" if unowned else "", Column.DONE: "14 days",
             Column.UNMAPPED: "no column"}
    shown = [*BOARD, Column.UNMAPPED] if columns[Column.UNMAPPED] else BOARD
    boxes = tuple(
        ColumnCount(
            str(column.label), columns[column], to.backlog if column == Column.BACKLOG else f"{to.board}#col-{column}",
            notes.get(column, ""), "amber" if column in {Column.IN_PROGRESS, Column.UNMAPPED} else "",
        )
        for column in shown
    )
    late = [ticket for ticket in held if at - ticket.since > LATE[ticket.column]]
    return BoardBox(boxes, to.board, tuple(_late(ticket, at) for ticket in late[:3]))


def _late(ticket: Held, at: datetime) -> TroubleLine:
    words = "in review" if ticket.column == Column.SUBMITTED else "in progress"
    least = "at least " if ticket.least else ""
    return TroubleLine("amber", "clock", f"{words} for {least}{(at - ticket.since).days} d", ticket.key, ticket.url)


def _mirror(state: MirrorState, to: Addresses) -> MirrorBox:
    answers = [project.answered_at for project in state.projects if project.answered_at]
    facts = (
        MirrorFact("Last answer", "none yet", at=min(answers) if answers else None),
        MirrorFact("Projects", ", ".join(project.key for project in state.projects) or "none yet"),
    )
    if state.trouble:
        return MirrorBox(state.trouble.tone, "clock", state.trouble.title, state.trouble.text, facts, to.sync)
    if state.first_import or not state.projects:
        text = "Counts and lists fill while it goes on." if state.projects else ""
        return MirrorBox("amber", "mirror", state.stamp.text.capitalize() or "First import", text, facts, to.sync)
    if state.notices:
        return MirrorBox("amber", "incident", "A census was stopped", state.notices[0], facts, to.sync)
    return MirrorBox("green", "done", "Up to date", "", facts, to.sync)


# ---- Who has what ---------------------------------------------------------------------


def _team(held: Sequence[Held], account: str) -> tuple[TeamRow, ...]:
    """Everybody with a ticket in hand: the reader first, then who has most."""
    theirs: dict[str, list[Held]] = defaultdict(list)
    for ticket in held:
        if ticket.assignee:
            theirs[ticket.assignee].append(ticket)
    order = sorted(theirs.values(), key=lambda tickets: (
        tickets[0].assignee != account, -len(tickets), tickets[0].assignee_name.casefold()
    ))
    return tuple(_row(tickets) for tickets in order[:PEOPLE])


def _row(tickets: Sequence[Held]) -> TeamRow:
    doing = sorted(tickets, key=lambda ticket: ticket.column != Column.IN_PROGRESS)
    review = sum(1 for ticket in tickets if ticket.column == Column.SUBMITTED)
    return TeamRow(
        person=mark_of(tickets[0].assignee, tickets[0].assignee_name),
        tickets=tuple(TeamTicket(ticket.key, ticket.url, ticket.since, ticket.least) for ticket in doing[:EACH]),
        more=max(len(tickets) - EACH, 0), note=f"{review} in review" if review else "",
    )

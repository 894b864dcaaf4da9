"""Limits of work in progress, as they stand now."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q

from integrations.outbox.choices import State
from integrations.outbox.queries import Receipt, receipt
from tickets.choices import Column, LimitOf
from tickets.models import JiraUser, Ticket, TicketBlock, TicketThread, WipLimit
from tickets.rules.kanban import LIMITED, Limit, Over, passed


@dataclass(frozen=True)
class ColumnLimit:
    """What a column's head says: "4/5"."""

    most: int
    over: bool
    forbids: bool


@dataclass(frozen=True)
class LimitRow:
    """A line of the page on which limits are set; `most` is "" where there is none."""

    column: str
    name: str
    of: str
    of_words: str
    most: str
    forbids: bool

    @property
    def field(self) -> str:
        return f"{self.column}-{self.of}"


def limits() -> list[Limit]:
    """Every limit that is set."""
    rows = WipLimit.objects.values_list("column", "of", "most", "forbids")
    return [Limit(column, of, most, forbids) for column, of, most, forbids in rows]


def over_with(*, column: str, ticket_id: int, owner: str | None, comes: bool = True) -> list[Over]:
    """The limits that are passed when this ticket comes to a column with this owner (account id). Not `comes`: it
    stands there, and only its owner is another one."""
    known = [limit for limit in limits() if limit.column == column and (comes or limit.of == LimitOf.PERSON)]
    if not known:
        return []
    others = Ticket.objects.present().filter(column=column).exclude(id=ticket_id)
    counted = others.aggregate(here=Count("id"), theirs=Count("id", filter=Q(assignee_id=owner or "")))
    name = JiraUser.objects.filter(account_id=owner).values_list("display_name", flat=True).first() if owner else ""
    return passed(known, column=column, name=Column(column).label, here=counted["here"], theirs=counted["theirs"],
                  owner=name or owner or "")


def column_limits(counts: Mapping[str, int]) -> dict[str, ColumnLimit]:
    """The limit of each column that has one, beside how many tickets it holds."""
    return {
        limit.column: ColumnLimit(limit.most, counts.get(limit.column, 0) > limit.most, limit.forbids)
        for limit in limits() if limit.of == LimitOf.COLUMN
    }


def limit_rows() -> list[LimitRow]:
    """Each limit that can be set, with what is set."""
    known = {(limit.column, limit.of): limit for limit in limits()}
    rows = []
    for column in LIMITED:
        for of in LimitOf:
            held = known.get((column, of))
            rows.append(LimitRow(column, Column(column).label, of, of.label, str(held.most) if held else "",
                                 held.forbids if held else False))
    return rows


@dataclass(frozen=True)
class ThreadShown:
    """A ticket's thread: its address once the first post is there, and what became of that post."""

    url: str
    receipt: Receipt | None


@dataclass(frozen=True)
class Work:
    """What the ticket's page says beside Jira's facts, as `tickets/ticket_work.html` reads it."""

    block: TicketBlock | None
    thread: ThreadShown | None
    can_work: bool
    chat: bool


def work_on(ticket_id: int, *, can_work: bool) -> Work:
    """What blocks a ticket now, and where it is talked about. Two queries."""
    thread = TicketThread.objects.select_related("delivery").filter(ticket_id=ticket_id).first()
    shown = None
    dropped = thread is not None and not thread.url and thread.delivery is not None and (
        thread.delivery.state == State.DROPPED
    )
    if thread is not None and not dropped:  # one whose first post was dropped can be started again
        shown = ThreadShown(thread.url, receipt(thread.delivery) if thread.delivery and not thread.url else None)
    block = TicketBlock.objects.select_related("by").filter(ticket_id=ticket_id, ended_at=None).first()
    return Work(block, shown, can_work, bool(settings.ENV.mattermost.base_url))

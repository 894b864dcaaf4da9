"""Low-priority bugs that nobody will get to: the candidates, what would be written, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from integrations.outbox.choices import ON_ITS_WAY, STUCK, State
from integrations.outbox.queries import Receipt, receipt
from tickets.choices import Column
from tickets.models import JiraStatus, Ticket, TicketWrite, WorkflowStep
from tickets.models.ticket import TicketQuerySet
from tickets.queries.addresses import ticket_url
from tickets.rules.notworth import filled, is_low
from tickets.rules.priority import BugOrder, WorkClass

SHOWN = 100
READ = 2_000  # rows that are looked at to find those
USUAL = ("Won't Do", "Cannot Reproduce", "Duplicate")  # where Jira has not told which it offers


@dataclass(frozen=True)
class Candidate:
    id: int
    key: str
    url: str
    summary: str
    severity: str
    priority: str
    column: str
    created: datetime
    updated: datetime
    reporter: str
    assignee: str


@dataclass(frozen=True)
class Closing:
    """What one ticket would get."""

    key: str
    url: str
    summary: str
    comment: str


@dataclass(frozen=True)
class Step:
    """One write of the batch and what became of it."""

    key: str
    url: str
    title: str
    receipt: Receipt


@dataclass(frozen=True)
class Progress:
    """A batch: how much of it is in Jira. `mark` names it in the address."""

    mark: str
    steps: tuple[Step, ...]
    tickets: int
    sent: int
    waiting: int
    stuck: int


def candidate_rows(*, days: int, at: datetime) -> TicketQuerySet:
    """Bugs that nobody asked for and that have waited so long in Backlog or To Do; oldest first. Their severity is
    still to be looked at (`is_low`)."""
    rows: TicketQuerySet = (
        Ticket.objects.present().filter(
            column__in=[Column.BACKLOG, Column.TODO], work_class=WorkClass.BUG, created__lte=at - timedelta(days=days),
            write_state="", work_key__1=BugOrder.OTHER, work_key__3__gte=3,
        )
        .select_related("reporter", "assignee").order_by("created", "id")
    )  # fmt: skip
    return rows


def candidates(*, days: int, at: datetime) -> tuple[list[Candidate], int]:
    """The oldest of them, and how many there are: one query."""
    found = [ticket for ticket in candidate_rows(days=days, at=at)[:READ] if is_low(ticket.severity, ticket.priority)]
    return [_candidate(ticket) for ticket in found[:SHOWN]], len(found)


def _candidate(ticket: Ticket) -> Candidate:
    return Candidate(
        ticket.id, ticket.key, ticket_url(ticket.key), ticket.summary, ticket.severity, ticket.priority,
        ticket.get_column_display(), ticket.created, ticket.updated, str(ticket.reporter or ""),
        str(ticket.assignee or ""),
    )


def closings(tickets: Sequence[Ticket], *, resolution: str, comment: str) -> tuple[Closing, ...]:
    """What these tickets would get, each with its own comment."""
    return tuple(
        Closing(ticket.key, ticket_url(ticket.key), ticket.summary, comment_for(ticket, resolution, comment))
        for ticket in tickets
    )


def comment_for(ticket: Ticket, resolution: str, comment: str) -> str:
    """The comment for this ticket; who reported it is "there" where Jira does not tell."""
    reporter = str(ticket.reporter) if ticket.reporter else "there"
    return filled(comment, {
        "reporter": reporter, "key": ticket.key, "summary": ticket.summary, "resolution": resolution,
    })  # fmt: skip


def resolutions() -> tuple[str, ...]:
    """The resolutions that Jira offers on the way to Done, as its workflow told; the usual ones where it has not."""
    done = JiraStatus.objects.filter(column=Column.DONE).values_list("id", flat=True)
    told: dict[str, None] = {}
    for fields in WorkflowStep.objects.filter(to_status__in=list(done)).order_by("id").values_list("fields", flat=True):
        for field in fields:
            if field.get("id") == "resolution":
                told |= dict.fromkeys(str(pair[1]) for pair in field.get("allowed", []))
    names = list(told) or list(USUAL)
    return tuple(sorted(names, key=lambda name: (name not in USUAL, USUAL.index(name) if name in USUAL else 0, name)))


def batch_mark(writes: Sequence[TicketWrite]) -> str:
    """How the batch of these writes is named in the address."""
    return writes[0].batch.hex if writes and writes[0].batch else ""


def progress(mark: str) -> Progress | None:
    """How far a batch is; None for a mark that names none."""
    try:
        batch = UUID(hex=mark)
    except ValueError:
        return None
    writes = list(TicketWrite.objects.filter(batch=batch).select_related("delivery", "ticket").order_by("id"))
    if not writes:
        return None
    states = [State(write.delivery.state) for write in writes]
    return Progress(
        mark,
        tuple(Step(write.ticket.key, ticket_url(write.ticket.key), write.delivery.title, receipt(write.delivery))
              for write in writes),
        len({write.ticket_id for write in writes}), states.count(State.SENT),
        sum(state in ON_ITS_WAY for state in states), sum(state in STUCK for state in states),
    )  # fmt: skip

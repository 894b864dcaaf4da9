"""The priority of work: its mapping and weights as they stand now, and the page on which the lead edits them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from tickets.choices import Column, MarkMeans, MarkOn
from tickets.models import LabelMark, PriorityEvent, PriorityMark, Ticket, TicketWeight
from tickets.models.weekly import BugType
from tickets.queries.addresses import ticket_url
from tickets.queries.ticket import find_ticket
from tickets.rules.priority import (
    BUG_WORDS,
    BugOrder,
    Mark,
    Priorities,
    Weight,
    WorkClass,
    WorkFacts,
    WorkPlace,
    place_of,
    priorities,
)

EDITS_SHOWN = 12
WAITING = [Column.BACKLOG, Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED, Column.UNMAPPED]


def mapping_now() -> Priorities:
    """The mapping as it stands: two queries."""
    marks = PriorityMark.objects.standing().order_by().values_list("means", "on", "pattern")
    return priorities((Mark(*row) for row in marks), _bugs())


def _bugs() -> list[str]:
    """The types that are bugs, as the weekly update counts them."""
    return list(BugType.objects.filter(counts=True).order_by("name").values_list("name", flat=True))


def weights_of(tickets: Iterable[int]) -> dict[int, list[Weight]]:
    """What weighs on these tickets, by their ids; without a row those on which nothing does."""
    found: dict[int, list[Weight]] = {}
    rows = TicketWeight.objects.filter(ticket__in=list(tickets)).order_by("source")
    for ticket, source, level, customers in rows.values_list("ticket_id", "source", "level", "customers"):
        found.setdefault(ticket, []).append(Weight(source, level, customers))
    return found


def facts_of(ticket: Ticket, weights: Sequence[Weight]) -> WorkFacts:
    """What the rule reads of a mirrored ticket."""
    return WorkFacts(
        kind=ticket.kind, waiting_since=ticket.created, labels=ticket.labels, components=ticket.components,
        fix_versions=ticket.fix_versions, severity=ticket.severity, priority=ticket.priority,
        customer=ticket.is_customer, weights=weights,
    )


def somebody_waits_for_a_place() -> bool:
    """Whether a ticket was mirrored by a version that did not place it."""
    return Ticket.objects.filter(work_key__isnull=True).exists()


# ---- The page -------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassLine:
    """A class of the order in words, and how many tickets stand in it; `parts` in the order of bugs."""

    number: int
    title: str
    text: str
    waiting: int
    todo: int
    parts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class MarkLine:
    id: int
    means: str
    means_label: str
    on: str
    on_label: str
    pattern: str
    shipped: bool


@dataclass(frozen=True)
class EditLine:
    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class Checked:
    """What a ticket would be. Without `place` there is no such ticket."""

    asked: str
    key: str = ""
    url: str = ""
    summary: str = ""
    column: str = ""
    place: WorkPlace | None = None


@dataclass(frozen=True)
class PriorityPage:
    """See templates/tickets/priority/page.html."""

    classes: tuple[ClassLine, ...]
    marks: tuple[MarkLine, ...]
    means: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]
    bugs: tuple[str, ...]
    customer_labels: tuple[str, ...]
    edits: tuple[EditLine, ...]
    can_edit: bool


TEXTS = {
    WorkClass.COMMUNITY: ("Quality issues on the community server",
                          "A high-impact issue there, or an incident. Stability first, by a fix or by a revert."),
    WorkClass.ESCALATION: ("Customer escalations", "Escalated by support, or marked so. By level first, L1 before L4."),
    WorkClass.BUG: ("Bugs", "Hotfix, then release, then reported by a customer, then all others."),
    WorkClass.DEBT: ("Technical debt", "Areas of the code that cause quality problems."),
    WorkClass.REST: ("The rest", "Whatever nothing above claims."),
}  # fmt: skip


def priority_page(*, can_edit: bool) -> PriorityPage:
    """The order in words with how many tickets stand where, the mapping, and who edited it lately: six queries."""
    return PriorityPage(
        classes=_classes(), marks=_marks(), means=tuple((str(each), each.label) for each in MarkMeans),
        places=tuple((str(each), each.label) for each in MarkOn),
        bugs=tuple(_bugs()),
        customer_labels=tuple(
            LabelMark.objects.filter(mark=LabelMark.Mark.CUSTOMER).order_by("label").values_list("label", flat=True)
        ),
        edits=_edits(), can_edit=can_edit,
    )


def _classes() -> tuple[ClassLine, ...]:
    rows = (
        Ticket.objects.present().filter(column__in=WAITING, work_key__isnull=False)
        .order_by().values_list("work_key__0_2", "column").annotate(Count("id"))
    )
    waiting: dict[tuple[int, int], int] = {}
    todo: dict[int, int] = {}
    for (number, order), column, count in rows:
        waiting[number, order] = waiting.get((number, order), 0) + count
        todo[number] = todo.get(number, 0) + (count if column == Column.TODO else 0)
    return tuple(_class_line(work_class, waiting, todo) for work_class in WorkClass)


def _class_line(work_class: WorkClass, waiting: Mapping[tuple[int, int], int], todo: Mapping[int, int]) -> ClassLine:
    title, text = TEXTS[work_class]
    parts = tuple((BUG_WORDS[order], waiting.get((work_class, order), 0)) for order in BugOrder if order)
    return ClassLine(
        int(work_class), title, text, sum(waiting.get((work_class, order), 0) for order in BugOrder),
        todo.get(work_class, 0), parts if work_class == WorkClass.BUG else (),
    )


def _marks() -> tuple[MarkLine, ...]:
    """In the order of the classes that they lead to."""
    rank = {str(means): number for number, means in enumerate(MarkMeans)}
    rows = sorted(PriorityMark.objects.standing(), key=lambda mark: (rank.get(mark.means, 9), mark.on, mark.pattern))
    return tuple(
        MarkLine(mark.id, mark.means, mark.get_means_display(), mark.on, mark.get_on_display(), mark.pattern,
                 mark.shipped > 0)
        for mark in rows
    )  # fmt: skip


def _edits() -> tuple[EditLine, ...]:
    rows = PriorityEvent.objects.select_related("by").order_by("-at", "-id")[:EDITS_SHOWN]
    return tuple(
        EditLine(event.at, event.by.name if event.by else "", f"{event.get_what_display()}: "
                 f"{event.to_value or event.from_value}")
        for event in rows
    )  # fmt: skip


def checked(asked: str) -> Checked:
    """What the ticket of this key would be by the mapping of now, whatever is stored of it."""
    ticket = find_ticket(asked.strip().upper()[:80]) if asked.strip() else None
    if ticket is None:
        return Checked(asked=asked.strip()[:80])
    place = place_of(facts_of(ticket, weights_of([ticket.id]).get(ticket.id, [])), mapping_now())
    return Checked(asked, ticket.key, ticket_url(ticket.key), ticket.summary, ticket.get_column_display(), place)

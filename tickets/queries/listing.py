"""The list of tickets: found by words, key, number or name, filtered, ordered, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.expressions import Expression, OrderBy
from django.db.models.functions import NullIf

from portal.common.tables import SortHead, cell
from tickets.choices import Column
from tickets.models import JiraStatus, JiraUser, MirroredProject, Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.queries.addresses import ticket_url
from tickets.queries.marks import JiraMark, jira_mark
from tickets.queries.sync import stamp
from tickets.rules.filters import NOBODY, key_like, search_words
from tickets.rules.freshness import Stamp
from tickets.rules.listing import DEFAULT_SORT, ListFilters
from tickets.rules.tones import priority_tone, severity_tone, status_tone

ROWS = 50
OPTIONS = 300
NAMED = 50  # people whose tickets a name finds
EXPORTED = 5_000
# Jira's newer names do not stand in the order of the alphabet; the older ones (Blocker … Trivial) happen to.
PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
HEADS = (
    "key", "summary", "type", "status", "column", "priority", "severity", "assignee", "reporter", "labels", "project",
    "created", "updated", "in status since", "resolved",
)


@dataclass(frozen=True)
class TicketRow:
    """A line of the list."""

    key: str
    url: str
    summary: str
    kind: str
    status: str
    status_tone: str
    priority: str
    priority_tone: str
    severity: str
    severity_tone: str
    customer: bool
    person: JiraMark | None
    updated_at: datetime
    age_at: datetime
    least: bool


@dataclass(frozen=True)
class FilterForm:
    """The filters as the form draws them."""

    q: str
    status: str
    assignee: str
    project: str
    customer: bool
    open_only: bool
    active: bool
    clear_url: str
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TicketList:
    """See templates/tickets/tickets.html."""

    rows: tuple[TicketRow, ...]
    page: "Page[Ticket]"
    columns: tuple[SortHead, ...]
    filters: FilterForm
    statuses: tuple[str, ...]
    assignees: tuple[tuple[str, str], ...]
    projects: tuple[str, ...]
    stamp: Stamp
    csv_url: str
    csv_title: str


def ticket_list(filters: ListFilters, *, path: str, at: datetime) -> TicketList:
    """A page of the list, in a constant number of queries. A page beyond the last one is the last one."""
    projects = tuple(MirroredProject.objects.order_by("key").values_list("key", flat=True))
    found = in_order(matching(filters, projects), filters.sort)
    page = Paginator(found.select_related("status", "assignee").defer("words"), ROWS).get_page(filters.page)
    return TicketList(
        rows=tuple(_row(ticket) for ticket in page), page=page, columns=_heads(filters.sort),
        filters=_form(filters, path), statuses=_statuses(filters.status), assignees=_assignees(filters.assignee),
        projects=projects, stamp=stamp(at), csv_url=path + filters.query(format="csv"),
        csv_title=f"The first {EXPORTED:,} of these tickets" if page.paginator.count > EXPORTED else "",
    )


def matching(filters: ListFilters, projects: Sequence[str]) -> TicketQuerySet:
    """The present tickets that the filters ask for; those kept off the board are among them."""
    found = Ticket.objects.present()
    if filters.q:
        found = found.filter(searched(filters.q, projects))
    if filters.status:
        found = found.filter(status__name=filters.status)
    if filters.assignee:
        nobody = filters.assignee == NOBODY
        found = found.filter(Q(assignee__isnull=True) if nobody else Q(assignee_id=filters.assignee))
    if filters.project:
        found = found.filter(project_key=filters.project)
    if filters.label:
        found = found.filter(labels__contains=[filters.label])
    if filters.column:
        found = found.filter(column=filters.column)
    if filters.customer:
        found = found.filter(is_customer=True)
    return found.exclude(open_or_not(done=True)) if filters.open_only else found


def open_or_not(*, done: bool) -> Q:
    """Whether a ticket is done: by its column; off the board, and in a status without a column, as Jira says."""
    is_done = Q(column=Column.DONE) | Q(column__in=[Column.OFF, Column.UNMAPPED], status__category="done")
    return is_done if done else ~is_done


def searched(text: str, projects: Sequence[str]) -> Q:
    """What a search text asks for. Each part can be read off an index, so a hundred thousand tickets do not matter."""
    words, key = search_words(text), key_like(text)
    if "-" in key:
        return Q(key__startswith=key)
    asked = Q(words=SearchQuery(words, config="english", search_type="raw")) if words else Q(pk__in=[])
    if key:
        return asked | Q(key__in=[f"{project}-{key}" for project in projects])
    named = list(
        JiraUser.objects.filter(display_name__icontains=text).values_list("account_id", flat=True)[:NAMED]
    ) if len(text) > 2 else []
    return asked | Q(assignee_id__in=named) if named else asked


def in_order(tickets: TicketQuerySet, sort: str) -> TicketQuerySet:
    """In the order asked for; what has no value comes last, and the id decides between equals."""
    down, field = sort.startswith("-"), sort.removeprefix("-")
    if field == "age":
        return tickets.order_by("status_since" if down else "-status_since", "id")
    if field == "updated":
        return tickets.order_by("-updated" if down else "updated", "id")
    if field == "ticket":
        return tickets.order_by("-project_key" if down else "project_key", "-id" if down else "id")
    return tickets.order_by(_by(_sorted_value(field), down=down), "-updated", "id")


def _sorted_value(field: str) -> Expression:
    if field == "priority":
        cases = [When(priority=name, then=Value(place)) for name, place in PRIORITIES.items()]
        return Case(*cases, default=NullIf("priority", Value("")), output_field=CharField())
    names = {"status": "status__name", "severity": "severity", "assignee": "assignee__display_name"}
    return NullIf(F(names[field]), Value(""))


def _by(value: Expression, *, down: bool) -> OrderBy:
    return value.desc(nulls_last=True) if down else value.asc(nulls_last=True)


def _row(ticket: Ticket) -> TicketRow:
    return TicketRow(
        key=ticket.key, url=ticket_url(ticket.key), summary=ticket.summary or ticket.key, kind=ticket.kind,
        status=ticket.status.name if ticket.status else "No status", status_tone=status_tone(ticket.column),
        priority=ticket.priority, priority_tone=priority_tone(ticket.priority), severity=ticket.severity,
        severity_tone=severity_tone(ticket.severity), customer=ticket.is_customer, person=jira_mark(ticket.assignee),
        updated_at=ticket.updated, age_at=ticket.status_since, least=ticket.status_since_is_floor,
    )


def _heads(sort: str) -> tuple[SortHead, ...]:
    labels = ("Ticket", "Status", "Priority", "Severity", "Assignee", "In status", "Updated")
    fields = ("ticket", "status", "priority", "severity", "assignee", "age", "updated")
    return tuple(
        SortHead(
            label, field, {field: "ascending", f"-{field}": "descending"}.get(sort, ""), num=field in {"age", "updated"}
        )
        for label, field in zip(labels, fields, strict=True)
    )


def _form(filters: ListFilters, path: str) -> FilterForm:
    hidden = [("label", filters.label), ("column", filters.column)]
    sort = [("sort", filters.sort if filters.sort != DEFAULT_SORT else "")]
    return FilterForm(
        q=filters.q, status=filters.status, assignee=filters.assignee, project=filters.project,
        customer=filters.customer, open_only=filters.open_only, active=filters.active, clear_url=path,
        hidden=tuple(pair for pair in [*hidden, *sort] if pair[1]),
    )


def _statuses(chosen: str) -> tuple[str, ...]:
    names = JiraStatus.objects.order_by("name").values_list("name", flat=True).distinct()[:OPTIONS]
    return tuple(sorted({*names, *([chosen] if chosen else [])}, key=str.casefold))


def _assignees(chosen: str) -> tuple[tuple[str, str], ...]:
    has = Ticket.objects.filter(assignee=OuterRef("pk"))
    people = JiraUser.objects.filter(Exists(has)).order_by("display_name").values_list("account_id", "display_name")
    options = [(NOBODY, "Nobody"), *((account, name or account) for account, name in people[:OPTIONS])]
    known = {value for value, _ in options}
    return (*options, *([(chosen, chosen)] if chosen and chosen not in known else []))


def exported(filters: ListFilters) -> Iterator[list[str]]:
    """The same tickets as lines of a spreadsheet, heads first; at most 5,000, and then a line that says so."""
    projects = tuple(MirroredProject.objects.values_list("key", flat=True))
    found = in_order(matching(filters, projects), filters.sort).select_related("status", "assignee", "reporter")
    yield list(HEADS)
    for number, ticket in enumerate(found.defer("words")[: EXPORTED + 1]):
        if number == EXPORTED:
            yield [f"Cut: only the first {EXPORTED:,} tickets are here. Filter to export others."]
            return
        yield [cell(value) for value in _values(ticket)]


def _values(ticket: Ticket) -> list[Any]:
    def time(at: datetime | None) -> str:
        return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else ""

    return [
        ticket.key, ticket.summary, ticket.kind, ticket.status or "", Column(ticket.column).label, ticket.priority,
        ticket.severity, ticket.assignee or "", ticket.reporter or "", ", ".join(ticket.labels), ticket.project_key,
        time(ticket.created), time(ticket.updated), time(ticket.status_since), time(ticket.resolved),
    ]

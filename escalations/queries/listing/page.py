"""A page of the list, as it is drawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from customers.models import Customer
from escalations.choices import ClockState, Level, Status, TicketState
from escalations.models import Clock, Escalation, KnowledgeNote
from escalations.models.escalation import EscalationQuerySet
from escalations.queries.addresses import path_of
from escalations.queries.clocks import Shown, shown
from escalations.queries.listing.finding import Reader, in_order, matching, mine
from escalations.rules.filters import ListFilters, Tab
from escalations.rules.tones import level_tone, status_tone
from people.choices import Right
from people.models import Component, Person
from people.queries.pages import Mark, mark
from people.rules import RIGHTS
from portal.common.tables import SortHead
from portal.common.tabs import CountedTab
from tickets.queries.addresses import ticket_url

ROWS = 50
WORKING = [role.value for role, rights in RIGHTS.items() if Right.WORK_ESCALATIONS in rights]
HEADS = (
    ("Level", "level", False), ("Escalation", "number", False), ("Customer", "customer", False),
    ("Status", "status", False), ("Clock", "clock", False), ("Owner", "owner", False), ("Ticket", "ticket", False),
    ("Age", "age", True),
)
TABS = ((Tab.MINE, "My queue"), (Tab.TEAM, "The team's"), (Tab.CLOCK, "By clock"), (Tab.ALL, "All"))


@dataclass(frozen=True)
class Row:
    """A line of the list. `clock`: the running clock that is due soonest, else one that stands still."""

    id: int
    name: str
    url: str
    title: str
    level: str
    level_tone: str
    confidential: bool
    customer: str
    customer_slug: str
    customers: int
    status: str
    status_tone: str
    since: datetime
    clock: Shown | None
    owner: Mark | None
    ticket: str
    ticket_url: str
    ticket_note: str
    at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class ListPage:
    """See templates/escalations/list/list.html."""

    rows: tuple[Row, ...]
    page: "Page[Escalation]"
    tabs: tuple[CountedTab, ...]
    columns: tuple[SortHead, ...]
    filters: ListFilters
    people: tuple[tuple[str, str], ...]
    areas: tuple[tuple[str, str], ...]
    chips: tuple[tuple[str, str], ...]
    csv_url: str
    clear_url: str

    @property
    def title(self) -> str:
        return {Tab.MINE: "My queue", Tab.TEAM: "Open", Tab.CLOCK: "Open, by clock"}.get(self.filters.tab, "All")

    @property
    def more(self) -> bool:
        """Whether a filter is set that stands behind "More"."""
        return bool(self.filters.category or self.filters.kind or self.filters.area or self.filters.plan)


def list_page(filters: ListFilters, reader: Reader, *, path: str) -> ListPage:
    """A page of the list, in a constant number of queries (seven at most). A page beyond the last one is the last."""
    counts = _counts(reader)
    pages = Paginator(in_order(matching(filters, reader), filters.order).select_related(
        "customer", "owner", "ticket").defer("words", "ticket__words", "happened", "logs"), ROWS)
    if not filters.active and filters.tab != Tab.ALL:
        # Known from the tabs; the paginator keeps its count under this name.
        pages.__dict__["count"] = counts["mine" if filters.tab == Tab.MINE else "open"]
    page = pages.get_page(filters.page)
    return ListPage(
        rows=tuple(rows_of(page, reader.at)), page=page, tabs=_tabs(filters, counts, path),
        columns=_heads(filters.order), filters=filters, people=_people(), areas=_areas(), chips=_chips(filters, path),
        csv_url=path + filters.query(format="csv"), clear_url=f"{path}?tab={filters.tab}",
    )


def _counts(reader: Reader) -> dict[str, int]:
    """What the tabs count: all that are open, the reader's queue, and what is late. One query."""
    return reader.sees().open().aggregate(
        open=Count("pk"), mine=Count("pk", filter=mine(reader)), late=Count("pk", filter=Q(next_due_at__lt=reader.at)),
    )


def rows_of(found: Iterable[Escalation] | EscalationQuerySet, at: datetime) -> list[Row]:
    """The lines of these escalations (with customer, owner and ticket at hand), each with its clock. One query."""
    kept = list(found)
    clocks = clocks_of([one.pk for one in kept])
    return [_row(one, clocks.get(one.pk), at) for one in kept]


def clocks_of(ids: Sequence[int]) -> dict[int, Clock]:
    """The clock to show of each: the running one that is due soonest, else one that stands still. One query."""
    found: dict[int, Clock] = {}
    standing = Clock.objects.filter(escalation__in=ids, state__in=[ClockState.RUNNING, ClockState.PAUSED])
    for one in standing:
        other = found.get(one.escalation_id)
        if other is None or _sooner(one, other):
            found[one.escalation_id] = one
    return found


def _sooner(one: Clock, other: Clock) -> bool:
    if one.due_at is None or other.due_at is None:
        return one.due_at is not None
    return one.due_at < other.due_at


def _row(one: Escalation, clock: Clock | None, at: datetime) -> Row:
    status, level = Status(one.status), Level(one.level)
    notes = {TicketState.PENDING: "being created", TicketState.FAILED: "not created"}
    return Row(
        id=one.pk, name=str(one), url=path_of(one.pk), title=one.title, level=level.label,
        level_tone=level_tone(level), confidential=one.confidential, customer=one.customer.name,
        customer_slug=one.customer.slug, customers=one.customers, status=status.label, status_tone=status_tone(status),
        since=one.status_since, clock=shown(clock, at) if clock else None, owner=mark(one.owner) if one.owner else None,
        ticket=one.ticket.key if one.ticket else "", ticket_url=ticket_url(one.ticket.key) if one.ticket else "",
        ticket_note=notes.get(TicketState(one.ticket_state), ""), at=one.at, updated_at=one.updated_at,
    )


def _tabs(filters: ListFilters, counts: Mapping[str, int], path: str) -> tuple[CountedTab, ...]:
    told: dict[Tab, tuple[int | None, str]] = {
        Tab.MINE: (counts["mine"], "blue" if counts["mine"] else ""), Tab.TEAM: (counts["open"], ""),
        Tab.CLOCK: (counts["late"] or None, "red"), Tab.ALL: (None, ""),
    }
    return tuple(
        CountedTab(label, path + filters.on(tab).query(), tab == filters.tab, *told[tab]) for tab, label in TABS
    )


def _heads(sort: str) -> tuple[SortHead, ...]:
    return tuple(
        SortHead(label, field, {field: "ascending", f"-{field}": "descending"}.get(sort, ""), num)
        for label, field, num in HEADS
    )


def _people() -> tuple[tuple[str, str], ...]:
    """Who works on escalations: to filter by, and to give them to."""
    found = Person.objects.active().filter(groups__name__in=WORKING).order_by("name", "pk").distinct()
    return tuple((str(pk), name) for pk, name in found.values_list("pk", "name"))


def _areas() -> tuple[tuple[str, str], ...]:
    return tuple((str(pk), name) for pk, name in Component.objects.order_by("name").values_list("pk", "name"))


def _chips(filters: ListFilters, path: str) -> tuple[tuple[str, str], ...]:
    """What else is asked for that no field of the form shows: (words, the address without it). At most 3 queries."""
    words: dict[str, str] = {}
    if filters.customer:
        name = Customer.objects.filter(slug=filters.customer).values_list("name", flat=True).first()
        words["customer"] = f"Customer: {name or filters.customer}"
    if filters.asker:
        name = Customer.objects.filter(slug=filters.asker).values_list("name", flat=True).first()
        words["asker"] = f"Raised for {name or filters.asker}"
    if filters.note:
        question = KnowledgeNote.objects.filter(pk=filters.note).values_list("question", flat=True).first()
        words["note"] = f"Asks: {question or 'a note that is gone'}"
    if filters.since:
        words["since"] = f"Raised from {filters.since:%-d %b %Y}"
    if filters.until:
        words["until"] = f"Raised until {filters.until:%-d %b %Y}"
    if filters.rated:
        words["rated"] = "Found helpful" if filters.rated == "good" else "Not found helpful"
    if filters.unticketed:
        words["unticketed"] = "Without a ticket"
    return tuple((said, path + filters.without(name).query()) for name, said in words.items())


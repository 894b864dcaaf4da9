"""The list of incidents: a page of it, and the same as a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Lower

from customers.models import Customer
from incidents.choices import Kind, Role, Severity, State
from incidents.models import Incident, IncidentCustomer, IncidentRole
from incidents.models.incident import IncidentQuerySet
from incidents.queries.addresses import path_of
from incidents.rules.filters import STATES, ListFilters, Tab, number_like
from incidents.rules.outage import lasted
from incidents.rules.words import length_words
from people.models import Person
from people.queries.pages import Mark, mark
from portal.common.tables import SortHead, cell
from portal.common.tabs import CountedTab

ROWS, MOST_LINES = 50, 5_000
TABS = ((Tab.OPEN, "Open"), (Tab.WATCHED, "Watched"), (Tab.PAST, "Past"), (Tab.ALL, "All"))
HEADS = (
    ("Severity", "severity", False), ("Incident", "number", False), ("Customer", "customer", False),
    ("Status", "status", False), ("Commander", "", False), ("Next update", "next", False),
    ("Down since", "began", True), ("Lasted", "", True),
)
CSV_HEADS = (
    "number", "severity", "title", "whose", "customers", "state", "status", "commander", "began", "declared",
    "acknowledged", "identified", "resolved", "closed", "lasted", "updates", "cause", "ticket", "private", "drill",
)


@dataclass(frozen=True)
class Row:
    """A line of the list. `next_at`: when the next update is promised; `lasted`: how long it was down, or is."""

    id: int
    name: str
    url: str
    title: str
    severity: str
    severity_tone: str
    customers: str
    state: str
    status: str
    status_tone: str
    commander: Mark | None
    next_at: datetime | None
    late: bool
    began_at: datetime
    lasted: str
    private: bool
    drill: bool


@dataclass(frozen=True)
class ListPage:
    """See templates/incidents/list/list.html."""

    rows: tuple[Row, ...]
    page: "Page[Incident]"
    tabs: tuple[CountedTab, ...]
    columns: tuple[SortHead, ...]
    filters: ListFilters
    customer: str
    csv_url: str
    clear_url: str
    everything_url: str

    @property
    def title(self) -> str:
        return dict(TABS)[self.filters.tab]


def list_page(rows: IncidentQuerySet, filters: ListFilters, *, person: Person, at: datetime, path: str) -> ListPage:
    """A page of those that the reader sees (`rows`), in at most six queries. A page beyond the last one is the last."""
    counted = {tab.value: Count("pk", filter=Q(state__in=STATES[tab])) for tab in (Tab.OPEN, Tab.WATCHED)}
    counts = rows.aggregate(**counted)
    page = Paginator(ordered(matching(rows, filters, person), filters.order), ROWS).get_page(filters.page)
    return ListPage(
        rows=tuple(rows_of(page.object_list, at)), page=page, filters=filters, tabs=_tabs(filters, counts, path),
        columns=tuple(_head(*head, filters.order) for head in HEADS), customer=_customer(filters),
        csv_url=path + filters.query(format="csv"), clear_url=f"{path}?tab={filters.tab}",
        everything_url=path + filters.without_customer().query(),
    )


def matching(rows: IncidentQuerySet, filters: ListFilters, person: Person) -> IncidentQuerySet:
    """Those that the filters ask for."""
    asked = Q(state__in=STATES[filters.tab])
    if filters.severity:
        asked &= Q(severity=int(filters.severity))
    if filters.kind:
        asked &= Q(kind=filters.kind)
    if filters.drill:
        asked &= Q(drill=filters.drill == "only")
    concerns = IncidentCustomer.objects.filter(incident=OuterRef("pk"))
    if filters.customer:
        asked &= Q(Exists(concerns.filter(customer__slug=filters.customer)))
    if filters.mine:
        asked &= Q(Exists(IncidentRole.objects.filter(incident=OuterRef("pk"), person=person, ends_at__isnull=True)))
    if filters.q:
        words = Q(title__icontains=filters.q) | Q(ticket__key__iexact=filters.q)
        words |= Q(Exists(concerns.filter(customer__name__icontains=filters.q)))
        number = number_like(filters.q)
        asked &= words | Q(pk=number) if number is not None else words
    return rows.filter(asked)


def ordered(rows: IncidentQuerySet, sort: str) -> IncidentQuerySet:
    """In the order that a list asks for: a field of `SORTS`, with a minus turned round."""
    down, name = sort.startswith("-"), sort.removeprefix("-")
    first = IncidentCustomer.objects.filter(incident=OuterRef("pk")).order_by("pk").values(low=Lower("customer__name"))
    fields: dict[str, F | Subquery] = {
        "severity": F("severity"), "number": F("pk"), "customer": Subquery(first[:1]), "began": F("began_at"),
        "status": F("status__position"), "next": F("next_update_at"), "resolved": F("resolved_at"),
    }
    field = fields[name]
    order = field.desc(nulls_last=True) if down else field.asc(nulls_last=True)
    return rows.select_related("status").order_by(
        # A drill never stands before an outage.
        *([Case(When(drill=True, then=Value(1)), default=Value(0))] if name == "severity" else []), order, "-pk"
    )


def rows_of(found: Iterable[Incident], at: datetime) -> list[Row]:
    """The lines of these incidents, with status. Two queries."""
    kept = list(found)
    names, leads = _names(kept), _commanders(kept)
    return [_row(one, names.get(one.pk, []), leads.get(one.pk), at) for one in kept]


def _names(rows: Sequence[Incident]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    told = IncidentCustomer.objects.filter(incident__in=rows).values_list("incident", "customer__name")
    for incident, name in told:
        found.setdefault(incident, []).append(name)
    return found


def _commanders(rows: Sequence[Incident]) -> dict[int, Person]:
    held = IncidentRole.objects.filter(incident__in=rows, role=Role.COMMANDER, ends_at__isnull=True)
    return {row.incident_id: row.person for row in held.select_related("person")}


def _row(one: Incident, names: Sequence[str], lead: Person | None, at: datetime) -> Row:
    live = one.state == State.OPEN
    return Row(
        id=one.pk, name=str(one), url=path_of(one.pk), title=one.title, severity=Severity(one.severity).label,
        severity_tone={Severity.SEV1: "red", Severity.SEV2: "amber"}.get(Severity(one.severity), ""),
        customers=", ".join(names) or ("Our community server" if one.kind == Kind.COMMUNITY else ""),
        state=State(one.state).label, status=one.status.name if live else State(one.state).label,
        status_tone=one.status.tone if live else {State.WATCHED: "green", State.CONFIRMED: "green"}.get(
            State(one.state), ""),
        commander=mark(lead) if lead else None, next_at=one.next_update_at,
        late=bool(one.next_update_at and one.next_update_at < at), began_at=one.began_at,
        lasted=_lasted(one, at), private=one.private, drill=one.drill,
    )


def _lasted(one: Incident, at: datetime) -> str:
    return length_words(lasted(one.breaks, one.began_at, one.resolved_at or at))


def _tabs(filters: ListFilters, counts: Mapping[str, int], path: str) -> tuple[CountedTab, ...]:
    return tuple(
        CountedTab(label, path + filters.on(tab).query(), tab == filters.tab, counts.get(tab.value) or None,
                "red" if tab == Tab.OPEN and counts.get(tab.value) else "")
        for tab, label in TABS
    )


def _head(label: str, field: str, num: bool, sort: str) -> SortHead:
    return SortHead(label, field, {field: "ascending", f"-{field}": "descending"}.get(sort, "") if field else "", num)


def _customer(filters: ListFilters) -> str:
    """The name of the customer that is asked for; "" where none is. One query where one is."""
    if not filters.customer:
        return ""
    return Customer.objects.filter(slug=filters.customer).values_list("name", flat=True).first() or filters.customer


def export(rows: IncidentQuerySet, filters: ListFilters, *, person: Person, at: datetime) -> Iterator[str]:
    """The same incidents in the same order as lines of CSV, heads first, 5,000 at most. What would be a formula is
    text."""
    found = ordered(matching(rows, filters, person), filters.order).select_related("status", "ticket")[:MOST_LINES]
    kept = list(found)
    names, leads = _names(kept), _commanders(kept)
    yield _text(CSV_HEADS)
    for one in kept:
        lead = leads.get(one.pk)
        yield _text(cell(value) for value in _values(one, names.get(one.pk, []), lead.name if lead else "", at))


def _values(one: Incident, names: Sequence[str], lead: str, at: datetime) -> list[object]:
    return [
        str(one), Severity(one.severity).label, one.title, one.get_kind_display(), ", ".join(names),
        one.get_state_display(), one.status.name, lead, _time(one.began_at), _time(one.at), _time(one.acknowledged_at),
        _time(one.identified_at), _time(one.resolved_at), _time(one.closed_at),
        _lasted(one, at), one.updates, one.get_cause_display() if one.cause else "",
        one.ticket.key if one.ticket else "", "yes" if one.private else "", "yes" if one.drill else "",
    ]


def _time(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else ""


def _text(values: Iterable[object]) -> str:
    kept = StringIO()
    csv.writer(kept).writerow(values)
    return kept.getvalue()

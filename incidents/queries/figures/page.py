"""The figures of incidents over some days: numbers, charts with their tables, and everything as CSV, of all or of one
customer, severity or cause."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from cadence.queries.facts import team_day
from escalations.rules.figures import SPANS, Span, read_span, share
from incidents.choices import Cause, Severity
from incidents.queries.figures.charts import charts
from incidents.queries.figures.reading import customer_asked, facts
from incidents.rules.figures import NONE, Fact, Filter, Line, grouped, in_status, line_of, middle, read_filter
from incidents.rules.words import length_words
from people.choices import Right
from people.models import Person
from portal.common.drawing import Chart

HEADS = ("Incidents", "Acknowledged after", "Identified after", "Resolved after", "Updates in time")
CSV_HEADS = ("incidents", "minutes to acknowledge", "minutes to identify", "minutes to resolve", "updates in time",
             "updates promised")
OURS, NOT_SAID = "Our own server", "Not said yet"


@dataclass(frozen=True)
class Stat:
    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Row:
    """A line of a table. `url`: of its customer; `statuses`: the median in each status of the heads."""

    line: Line
    url: str
    statuses: tuple[timedelta | None, ...]


@dataclass(frozen=True)
class Table:
    """A table of the page: its lines, by what they are grouped."""

    id: str
    title: str
    rows: tuple[Row, ...]
    csv_url: str
    note: str = ""

    @property
    def head(self) -> str:
        """Of its first column: "Customer"."""
        return self.title.removeprefix("By ").capitalize()


@dataclass(frozen=True)
class StatusTable:
    """Time in each status: name, how many incidents, the median, the whole, the share in percent."""

    lines: tuple[tuple[str, int, str, str, int], ...]
    csv_url: str


@dataclass(frozen=True)
class Choice:
    """A filter: its name in the address, what it says, and what it offers, as (value, label)."""

    name: str
    label: str
    everything: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True)
class FiguresPage:
    """See templates/incidents/figures/figures.html. `count`: of the incidents that the filters leave; `kept` and
    `kept_span`: what the forms keep without showing it; `query`: the filters, for the address of another span."""

    span: Span
    spans: tuple[tuple[str, str, bool], ...]
    choices: tuple[Choice, ...]
    kept: tuple[tuple[str, str], ...]
    kept_span: tuple[tuple[str, str], ...]
    clear_url: str
    stats: tuple[Stat, ...]
    charts: tuple[Chart, ...]
    heads: tuple[str, ...]
    tables: tuple[Table, ...]
    statuses: StatusTable
    count: int

    @property
    def query(self) -> str:
        return urlencode(self.kept)


def figures_page(asked: dict[str, str], person: Person, rights: Collection[Right], at: datetime) -> FiguresPage:
    """The figures over the days that the address asks for, of what the reader sees. Five queries, and one more
    where a customer is asked for."""
    span, wanted, name = _asked(asked, at)
    everything = facts(person, rights, span, at)
    found, csv = wanted.of(everything), _csv_of(span, wanted)
    told = in_status(found)
    statuses = tuple((one.name, one.count, length_words(one.middle), length_words(one.whole), one.percent)
                     for one in told)
    days = (("span", span.name),) if span.name else _days(span)
    return FiguresPage(
        span=span, spans=tuple((key, label, key == span.name) for key, (label, _) in SPANS.items()),
        choices=_choices(everything, wanted, name), kept=wanted.pairs, kept_span=days, clear_url=f"?{urlencode(days)}",
        stats=_stats(found), charts=charts(found, span, csv),
        heads=(*HEADS, *(f"In {one.name}" for one in told)),
        tables=_tables(found, csv), statuses=StatusTable(statuses, csv("statuses")), count=len(found),
    )


def _asked(asked: dict[str, str], at: datetime) -> tuple[Span, Filter, str]:
    """What an address asks for, and what the customer is called that it names."""
    span, wanted = read_span(asked, team_day(at)), read_filter(asked)
    if wanted.customer in ("", NONE):
        return span, wanted, OURS
    slug, name = customer_asked(wanted.customer) or (wanted.customer, wanted.customer)
    return span, replace(wanted, customer=slug), name


def _days(span: Span) -> tuple[tuple[str, str], ...]:
    return ("from", span.first.isoformat()), ("until", span.until.isoformat())


def _csv_of(span: Span, wanted: Filter) -> Callable[[str], str]:
    return lambda name: f"{reverse('incidents:figures')}?{urlencode([*_days(span), *wanted.pairs, ('csv', name)])}"


def _choices(everything: Sequence[Fact], wanted: Filter, name: str) -> tuple[Choice, ...]:
    """The filters. Customers are those of these days, and the one that is asked for."""
    customers = {key: label for one in everything for key, label in one.customers or ((NONE, OURS),)}
    if wanted.customer:
        customers[wanted.customer] = name
    order = sorted(customers.items(), key=lambda one: (one[0] == NONE, one[1].casefold()))
    severities = tuple((str(one.value), str(one.label)) for one in Severity)
    causes = (*((one.value, str(one.label)) for one in Cause), (NONE, NOT_SAID))
    return (
        Choice("customer", "Customer", "Any customer", tuple(order), wanted.customer),
        Choice("severity", "Severity", "Any severity", severities, wanted.severity),
        Choice("cause", "Cause", "Any cause", causes, wanted.cause),
    )


def _stats(found: Sequence[Fact]) -> tuple[Stat, ...]:
    kept, late = sum(one.kept for one in found), sum(one.late for one in found)
    resolved = [one for one in found if one.resolve is not None]
    return (
        Stat("Incidents", str(len(found)), f"{sum(1 for one in found if one.severity == Severity.SEV1)} of them Sev1"),
        Stat("Acknowledged after", _words(middle(one.acknowledge for one in found)), "median, from the first call"),
        Stat("Identified after", _words(middle(one.identify for one in found)), "median, from when it began"),
        Stat("Resolved after", _words(middle(one.resolve for one in found)), f"median of {len(resolved)} resolved"),
        Stat("Updates in time", share(kept, kept + late), f"{kept} of {kept + late} promised"),
    )


def _words(length: timedelta | None) -> str:
    return length_words(length) if length is not None else "–"


def _tables(found: Sequence[Fact], csv: Callable[[str], str]) -> tuple[Table, ...]:
    names = [one.name for one in in_status(found)]
    return tuple(
        Table(key, title, tuple(
            Row(one, _customer_url(one) if key == "customer" else "", tuple(one.statuses.get(name) for name in names))
            for one in lines), csv(key), note)
        for key, title, note, lines in _grouped(found))


def _grouped(found: Sequence[Fact]) -> list[tuple[str, str, str, list[Line]]]:
    """The three groupings: key, title, note, lines."""
    return [
        ("customer", "By customer", "An incident of several customers stands at each.",
         grouped(found, lambda one: one.customers or (("", OURS),))),
        ("severity", "By severity", "The severity as it is now.",
         sorted(grouped(found, lambda one: ((str(one.severity), Severity(one.severity).label),)),
                key=lambda one: one.value)),
        ("cause", "By cause", "", grouped(
            found, lambda one: ((one.cause, str(Cause(one.cause).label) if one.cause else NOT_SAID),))),
    ]


def _customer_url(one: Line) -> str:
    return reverse("customers:customer", args=[one.value]) if one.value else ""


# ---- CSV ------------------------------------------------------------------------------


def csv_rows(
    asked: dict[str, str], person: Person, rights: Collection[Right], at: datetime, name: str
) -> list[tuple[str, ...]] | None:
    """The rows of one chart or table, heads first, by the same filters as the page; lengths in minutes. None for a
    name that is none of them."""
    span, wanted, _ = _asked(asked, at)
    found = wanted.of(facts(person, rights, span, at))
    told = in_status(found)
    if name == "statuses":
        return [("status", "incidents", "median minutes", "minutes in all", "percent"),
                *((one.name, str(one.count), _minutes(one.middle), _minutes(one.whole), str(one.percent))
                  for one in told)]
    for key, title, _, lines in _grouped(found):
        if key == name:
            heads = (title, *CSV_HEADS, *(f"minutes in {one.name}" for one in told))
            return [heads, *(_csv_line(one, [status.name for status in told])
                             for one in (*lines, line_of("", "All", found)))]
    return next(([chart.heads, *chart.rows] for chart in charts(found, span, lambda _: "") if chart.id == name), None)


def _csv_line(one: Line, statuses: Sequence[str]) -> tuple[str, ...]:
    return (one.label, str(one.count), _minutes(one.acknowledge), _minutes(one.identify), _minutes(one.resolve),
            str(one.kept), str(one.promised), *(_minutes(one.statuses.get(name)) for name in statuses))


def _minutes(length: timedelta | None) -> str:
    return "" if length is None else str(round(length.total_seconds() / 60))

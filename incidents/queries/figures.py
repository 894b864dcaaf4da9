"""The figures of incidents over some days: numbers, charts with their tables, and everything as CSV."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from cadence.queries.facts import team_day, team_zone
from escalations.rules.figures import SPANS, Span, percent, read_span, share
from incidents.choices import Cause, Severity, State
from incidents.models import Incident, IncidentCustomer, IncidentEvent, Promise
from incidents.queries.retrospective import WITH_STATUS, entered
from incidents.queries.seen import visible
from incidents.rules.figures import Fact, Line, grouped, hours, in_status, in_time, line_of, middle, within
from incidents.rules.retrospective import Change, Entered, changes_of, time_in
from incidents.rules.words import length_words
from people.choices import Right
from people.models import Person
from portal.common.drawing import Chart, Mark, grid, labels, line, stacked, top_of

TONES = {Severity.SEV1: "red", Severity.SEV2: "amber", Severity.SEV3: "blue"}
DECLARED, RESOLVED, PUNCTUAL = "declared", "resolved", "punctual"
HEADS = ("incidents", "acknowledged after", "identified after", "resolved after", "updates in time")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stat:
    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Table:
    """A table of the page: its lines, by what they are grouped. `url_of`: the list of a line, by its value."""

    id: str
    title: str
    lines: tuple[tuple[Line, str], ...]
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
class FiguresPage:
    """See templates/incidents/figures/figures.html."""

    span: Span
    spans: tuple[tuple[str, str, bool], ...]
    stats: tuple[Stat, ...]
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    statuses: StatusTable
    count: int


# ---- What is read ---------------------------------------------------------------------


def facts(person: Person, rights: Collection[Right], span: Span, at: datetime) -> list[Fact]:
    """The real incidents that were declared in these days and that the reader sees; merged ones count in the one they
    were merged into. Four queries."""
    zone = ZoneInfo(team_zone())
    start = datetime.combine(span.first, time(), zone)
    rows: QuerySet[Incident] = visible(person, rights).filter(
        drill=False, at__gte=start, at__lt=datetime.combine(span.until + DAY, time(), zone),
    ).exclude(state=State.MERGED).select_related("status").order_by("at", "pk")
    found = list(rows)
    numbers = [one.pk for one in found]
    customers, kept, changes = _customers(numbers), _promises(numbers, at), _changes(numbers)
    return [
        Fact(
            id=one.pk, day=one.at.astimezone(zone).date(), severity=one.severity, cause=one.cause,
            customers=tuple(customers[one.pk]), acknowledge=_since(one.at, one.acknowledged_at),
            identify=_since(one.began_at, one.identified_at), resolve=_since(one.began_at, one.resolved_at),
            kept=kept[one.pk][0], late=kept[one.pk][1], statuses=_statuses(one, changes[one.pk]),
        ) for one in found
    ]


def _since(start: datetime, end: datetime | None) -> timedelta | None:
    return max(end - start, timedelta()) if end else None


def _statuses(row: Incident, changes: Sequence[Change]) -> dict[str, timedelta]:
    if row.resolved_at is None:
        return {}
    told = time_in(changes, first=row.status.name, since=row.at, until=row.resolved_at)
    return {one.name: one.length for one in told}


def _customers(numbers: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = IncidentCustomer.objects.filter(incident__in=numbers).order_by("pk")
    slug = Coalesce("customer__merged_into__slug", "customer__slug")
    name = Coalesce("customer__merged_into__name", "customer__name")
    for number, *one in rows.values_list("incident_id", slug, name):
        if tuple(one) not in found[number]:  # two that were merged are one
            found[number].append((one[0], one[1]))
    return found


def _promises(numbers: Sequence[int], at: datetime) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    rows = Promise.objects.filter(incident__in=numbers).order_by("pk")
    for number, state, due_at in rows.values_list("incident_id", "state", "due_at"):
        (kept, late), good = found[number], in_time(state, due_at, at)
        found[number] = (kept + (good is True), late + (good is False))
    return found


def _changes(numbers: Sequence[int]) -> Mapping[int, list[Change]]:
    found: dict[int, list[Entered]] = defaultdict(list)
    rows = IncidentEvent.objects.filter(incident__in=numbers, what__in=WITH_STATUS).order_by("at", "pk")
    told = rows.values_list("incident_id", "what", "at", "from_value", "to_value", "status__name")
    for number, what, at, old, words, name in told:
        found[number].append(entered(what, at, old, words, name))
    return {number: changes_of(found[number]) for number in numbers}


# ---- The page -------------------------------------------------------------------------


def figures_page(asked: dict[str, str], person: Person, rights: Collection[Right], at: datetime) -> FiguresPage:
    """The figures over the days that the address asks for, of what the reader sees. Four queries."""
    span = read_span(asked, team_day(at))
    found, csv = facts(person, rights, span, at), _csv_of(span)
    statuses = tuple((one.name, one.count, length_words(one.middle), length_words(one.whole), one.percent)
                     for one in in_status(found))
    return FiguresPage(
        span, tuple((name, label, name == span.name) for name, (label, _) in SPANS.items()), _stats(found),
        charts(found, span, csv), _tables(found, csv), StatusTable(statuses, csv("statuses")), len(found),
    )


def _csv_of(span: Span) -> Callable[[str], str]:
    days = {"from": span.first.isoformat(), "until": span.until.isoformat()}
    return lambda name: f"{reverse('incidents:figures')}?{urlencode({**days, 'csv': name})}"


def _stats(found: Sequence[Fact]) -> tuple[Stat, ...]:
    kept, late = sum(one.kept for one in found), sum(one.late for one in found)
    resolved = [one for one in found if one.resolve is not None]
    return (
        Stat("Incidents", str(len(found)), f"{sum(1 for one in found if one.severity == Severity.SEV1)} of them Sev1"),
        Stat("Acknowledged after", _words(middle(one.acknowledge for one in found)), "median, from the declaring"),
        Stat("Identified after", _words(middle(one.identify for one in found)), "median, from when it began"),
        Stat("Resolved after", _words(middle(one.resolve for one in found)), f"median of {len(resolved)} resolved"),
        Stat("Updates in time", share(kept, kept + late), f"{kept} of {kept + late} promised"),
    )


def _words(length: timedelta | None) -> str:
    return length_words(length) if length is not None else "–"


def _tables(found: Sequence[Fact], csv: Callable[[str], str]) -> tuple[Table, ...]:
    return tuple(Table(name, title, tuple((one, _customer_url(one) if name == "customer" else "") for one in lines),
                       csv(name), note) for name, title, note, lines in _grouped(found))


def _grouped(found: Sequence[Fact]) -> list[tuple[str, str, str, list[Line]]]:
    """The three groupings: key, title, note, lines."""
    return [
        ("customer", "By customer", "An incident of several customers stands at each.",
         grouped(found, lambda one: one.customers or (("", "Our own server"),))),
        ("severity", "By severity", "The severity as it is now.",
         sorted(grouped(found, lambda one: ((str(one.severity), Severity(one.severity).label),)),
                key=lambda one: one.value)),
        ("cause", "By cause", "", grouped(
            found, lambda one: ((one.cause, str(Cause(one.cause).label) if one.cause else "Not said yet"),))),
    ]


def _customer_url(one: Line) -> str:
    return reverse("customers:customer", args=[one.value]) if one.value else ""


# ---- Charts ---------------------------------------------------------------------------


def charts(found: Sequence[Fact], span: Span, csv: Callable[[str], str]) -> tuple[Chart, ...]:
    """What was declared, how long it took, and how punctual updates were, by weeks or by four weeks."""
    buckets = span.buckets()
    parts = [within(found, first, last) for first, last in buckets]
    return _declared(parts, buckets, csv(DECLARED)), _resolved(parts, buckets, csv(RESOLVED)), _punctual(
        parts, buckets, csv(PUNCTUAL))


Buckets = Sequence[tuple[date, date]]


def _declared(parts: Sequence[Sequence[Fact]], buckets: Buckets, csv_url: str) -> Chart:
    columns = [[sum(1 for one in part if one.severity == severity) for part in parts] for severity in Severity]
    whole = [len(part) for part in parts]
    top = top_of(whole)
    names = [(severity.label, TONES[severity]) for severity in Severity]
    return Chart(
        id=DECLARED, title="Declared, by severity", desc=f"{sum(whole)} in all, {whole[-1]} in the last days.",
        series=stacked(names, columns, top), across=_across(buckets), up=grid(top), csv_url=csv_url,
        heads=("from", "until", "declared", *(name for name, _ in names)),
        rows=tuple((first.isoformat(), last.isoformat(), str(whole[n]), *(str(values[n]) for values in columns))
                   for n, (first, last) in enumerate(buckets)),
    )


def _resolved(parts: Sequence[Sequence[Fact]], buckets: Buckets, csv_url: str) -> Chart:
    told = {
        "Resolved": [hours(middle(one.resolve for one in part)) for part in parts],
        "Identified": [hours(middle(one.identify for one in part)) for part in parts],
        "Acknowledged": [hours(middle(one.acknowledge for one in part)) for part in parts],
    }
    top = top_of([value for values in told.values() for value in values if value is not None])
    tones = {"Resolved": ("blue", False), "Identified": ("amber", True), "Acknowledged": ("green", True)}
    return Chart(
        id=RESOLVED, title="How long it took, in hours", note="Days without one have no point.",
        desc="The median of the incidents that were declared in these days.",
        series=tuple(line(name, values, top, tone=tones[name][0], dashed=tones[name][1])
                     for name, values in told.items()),
        across=_across(buckets), up=grid(top), csv_url=csv_url, heads=("from", "until", *told),
        rows=_rows(buckets, list(told.values())),
    )


def _punctual(parts: Sequence[Sequence[Fact]], buckets: Buckets, csv_url: str) -> Chart:
    counts = [(sum(one.kept for one in part), sum(one.kept + one.late for one in part)) for part in parts]
    values = [float(percent(kept, whole)) if whole else None for kept, whole in counts]
    return Chart(
        id=PUNCTUAL, title="Updates in time, in percent", note="Days in which none was promised have no point.",
        desc="Of the updates that were promised, the share that came in time.",
        series=(line("In time", values, 100, tone="green"),), across=_across(buckets), up=grid(100), csv_url=csv_url,
        heads=("from", "until", "in time", "promised", "percent"),
        rows=tuple((first.isoformat(), last.isoformat(), str(counts[n][0]), str(counts[n][1]), _cell(values[n]))
                   for n, (first, last) in enumerate(buckets)),
    )


def _rows(buckets: Buckets, columns: Sequence[Sequence[float | None]]) -> tuple[tuple[str, ...], ...]:
    return tuple((first.isoformat(), last.isoformat(), *(_cell(values[n]) for values in columns))
                 for n, (first, last) in enumerate(buckets))


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _across(buckets: Buckets) -> tuple[Mark, ...]:
    return labels([f"{last.day} {last:%b}" for _, last in buckets])


# ---- CSV ------------------------------------------------------------------------------


def csv_rows(
    asked: dict[str, str], person: Person, rights: Collection[Right], at: datetime, name: str
) -> list[tuple[str, ...]] | None:
    """The rows of one chart or table, heads first; lengths in minutes. None for a name that is none of them."""
    span = read_span(asked, team_day(at))
    found = facts(person, rights, span, at)
    if name == "statuses":
        return [("status", "incidents", "median minutes", "minutes in all", "percent"),
                *((one.name, str(one.count), _minutes(one.middle), _minutes(one.whole), str(one.percent))
                  for one in in_status(found))]
    for key, title, _, lines in _grouped(found):
        if key == name:
            heads = (title, "incidents", "minutes to acknowledge", "minutes to identify", "minutes to resolve",
                     "updates in time", "updates promised")
            return [heads, *(_csv_line(one) for one in (*lines, line_of("", "All", found)))]
    return next(([chart.heads, *chart.rows] for chart in charts(found, span, _csv_of(span)) if chart.id == name), None)


def _csv_line(one: Line) -> tuple[str, ...]:
    return (one.label, str(one.count), _minutes(one.acknowledge), _minutes(one.identify), _minutes(one.resolve),
            str(one.kept), str(one.promised))


def _minutes(length: timedelta | None) -> str:
    return "" if length is None else str(round(length.total_seconds() / 60))

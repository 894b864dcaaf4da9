"""The page of the figures: every number with the address of the list that holds what it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from cadence.queries import team_day
from escalations.choices import Category, ClockKind, Kind, Level, Source
from escalations.queries.figures.charts import charts
from escalations.queries.figures.reading import Asked, Rated, facts, most_asked, promises, rated
from escalations.queries.listing.finding import Reader
from escalations.rules.figures import (
    SPANS,
    VERDICTS,
    Count,
    Fact,
    Promise,
    Punctuality,
    Span,
    Verdict,
    answered,
    counted,
    outcome_label,
    punctuality,
    read_span,
    share,
)
from escalations.rules.filters import NOBODY
from portal.common.drawing import Chart

MOST = 12  # customers and areas that are named; the CSV holds all


@dataclass(frozen=True)
class Line:
    """A count of a table: words, how many, their share, and the list of them."""

    label: str
    count: int
    percent: int
    url: str


@dataclass(frozen=True)
class Table:
    """A table of the page. `more`: how many lines stand in the CSV alone."""

    id: str
    title: str
    lines: tuple[Line, ...]
    csv_url: str
    note: str = ""
    more: int = 0


@dataclass(frozen=True)
class Cell:
    count: int
    url: str
    tone: str = ""


@dataclass(frozen=True)
class Kept:
    """A line of the punctuality: which promise, the share in time, and a cell for each verdict."""

    label: str
    share: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Stat:
    label: str
    value: str
    note: str
    url: str


@dataclass(frozen=True)
class FiguresPage:
    """See templates/escalations/figures/figures.html."""

    span: Span
    spans: tuple[tuple[str, str, bool], ...]
    stats: tuple[Stat, ...]
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    kept: tuple[Kept, ...]
    heads: tuple[tuple[str, str], ...]
    definitions: tuple[tuple[str, str], ...]
    asked: tuple[tuple[Asked, str, str], ...]
    questions: Table
    rated: Rated
    raised: int


@dataclass(frozen=True)
class Addresses:
    """Where the lists of these days are."""

    span: Span

    def list(self, **asked: str) -> str:
        days = {"from": self.span.first.isoformat(), "until": self.span.until.isoformat()}
        return f"{reverse('escalations:list')}?{urlencode({'tab': 'all', **days, **asked})}"

    def promises(self, **asked: str) -> str:
        days = {"from": self.span.first.isoformat(), "until": self.span.until.isoformat()}
        return f"{reverse('escalations:promises')}?{urlencode({**days, **asked})}"

    def csv(self, name: str) -> str:
        days = {"from": self.span.first.isoformat(), "until": self.span.until.isoformat(), "csv": name}
        return f"{reverse('escalations:figures')}?{urlencode(days)}"


def figures_page(asked: dict[str, str], reader: Reader) -> FiguresPage:
    """The figures over the days that the address asks for, of what the reader sees. Seven queries."""
    span = read_span(asked, team_day(reader.at))
    found, clocks, said = facts(reader, span), promises(reader, span), rated(reader, span)
    to = Addresses(span)
    return FiguresPage(
        span, tuple((name, label, name == span.name) for name, (label, _) in SPANS.items()),
        _stats(found, clocks, said, to), charts(found, clocks, span, to.csv), _tables(found, to, MOST),
        tuple(_kept(one, to) for one in _punctual(clocks)),
        tuple((label, tone) for label, tone, _ in VERDICTS.values()),
        tuple((label, words) for label, _, words in VERDICTS.values()),
        tuple((one, reverse("escalations:note", args=[one.id]), to.list(note=str(one.id)))
              for one in most_asked(found)),
        _questions(found, to, MOST), said, len(found),
    )


def _stats(found: Sequence[Fact], clocks: Sequence[Promise], said: Rated, to: Addresses) -> tuple[Stat, ...]:
    without, settled = answered(found)
    first = punctuality(clocks, ClockKind.FIRST_REPLY)
    met = first.counts[Verdict.MET]
    return (
        Stat("Raised", str(len(found)), f"{settled} of them solved or closed", to.list()),
        Stat("First reply in time", first.share, f"{met} of {first.decided}",
             to.promises(kind=ClockKind.FIRST_REPLY, verdict=Verdict.MET)),
        Stat("Answered without a ticket", share(without, settled), f"{without} of {settled} solved or closed",
             to.list(status="settled", unticketed="1")),
        Stat("Found it helpful", share(said.good, said.good + said.bad),
             f"{said.good} of {said.good + said.bad} answers", to.list(rated="good")),
    )


Reads = tuple[str, str, str, Callable[[Fact], str]]


def _tables(found: Sequence[Fact], to: Addresses, most: int) -> tuple[Table, ...]:
    customers = dict(fact.customer for fact in found)
    areas = dict(fact.area for fact in found)
    return (
        _table("category", "By category", counted(found, lambda one: one.category, _category), to, most),
        _table("outcome", "What it turned out to be", counted(found, lambda one: one.outcome, outcome_label), to, most),
        _table("level", "By level", counted(found, lambda one: str(one.level), lambda one: Level(int(one)).label), to,
               most, note="The level as it is now."),
        _table("customer", "By customer", counted(found, lambda one: one.customer[0], lambda one: customers[one]), to,
               most, note="Whose it is; those that were added to it are not counted."),
        _table("area", "By area", counted(found, lambda one: one.area[0], lambda one: areas[one] or "None said"), to,
               most),
        _table("source", "By source", counted(found, lambda one: one.source, lambda one: Source(one).label), to, most),
        _table("kind", "What was asked", counted(found, lambda one: one.kind, lambda one: Kind(one).label), to, most),
    )


def _category(value: str) -> str:
    return str(Category(value).label) if value else "None said"


def _table(name: str, title: str, counts: Sequence[Count], to: Addresses, most: int, note: str = "") -> Table:
    field = "asker" if name == "customer" else name  # the list of a customer holds what they were added to, too
    lines = [Line(one.label, one.count, one.percent, to.list(**{field: one.value or NOBODY})) for one in counts]
    return Table(name, title, tuple(lines[:most]), to.csv(name), note, max(len(lines) - most, 0))


def _questions(found: Sequence[Fact], to: Addresses, most: int) -> Table:
    asked = [fact for fact in found if fact.kind == Kind.QUESTION]
    lines = [Line(one.label, one.count, one.percent, to.list(kind=Kind.QUESTION, category=one.value or NOBODY))
             for one in counted(asked, lambda one: one.category, _category)]
    return Table("questions", "What questions are about", tuple(lines[:most]), to.csv("questions"), "",
                 max(len(lines) - most, 0))


def _punctual(clocks: Sequence[Promise]) -> list[Punctuality]:
    """Each kind of promise, and the first reply by level."""
    whole = [punctuality(clocks, kind) for kind in ClockKind]
    return whole + [punctuality(clocks, ClockKind.FIRST_REPLY, level) for level in Level.values]


def _kept(one: Punctuality, to: Addresses) -> Kept:
    level = {"level": str(one.level)} if one.level else {}
    label = f"{one.kind.label}, {Level(one.level).label}" if one.level else str(one.kind.label)
    return Kept(label, one.share, tuple(
        Cell(one.counts[verdict], to.promises(kind=one.kind, verdict=verdict, **level),
             VERDICTS[verdict][1] if one.counts[verdict] else "") for verdict in Verdict
    ))


def csv_rows(asked: dict[str, str], reader: Reader, name: str) -> list[tuple[str, ...]] | None:
    """The rows of one chart or table, heads first and whole; None for a name that is none of them."""
    span = read_span(asked, team_day(reader.at))
    found, to = facts(reader, span), Addresses(span)
    for table in (*_tables(found, to, len(found)), _questions(found, to, len(found))):
        if table.id == name:
            return [(table.title, "escalations", "percent"),
                    *((line.label, str(line.count), str(line.percent)) for line in table.lines)]
    clocks = promises(reader, span)
    if name == "punctuality":
        heads = ("promise", *(label for label, _, _ in VERDICTS.values()), "in time, of those decided")
        return [heads, *((row.label, *(str(cell.count) for cell in row.cells), row.share)
                         for row in (_kept(one, to) for one in _punctual(clocks)))]
    if name == "asked":
        return [("question", "escalations"), *((one.question, str(one.count)) for one in most_asked(found))]
    return next(([chart.heads, *chart.rows] for chart in charts(found, clocks, span, to.csv) if chart.id == name), None)

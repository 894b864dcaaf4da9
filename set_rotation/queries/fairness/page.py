"""Fairness: per person and per team over a span, as the page shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cadence.queries import team_zone
from people.models import Person
from portal.common.drawing import Chart
from portal.common.tables import cell
from set_rotation.choices import Seat
from set_rotation.queries.fairness.reading import YEAR, Asked, carried, members_of, read_asked, span
from set_rotation.queries.fairness.rows import (
    Column,
    Row,
    TeamRow,
    columns,
    in_order,
    notes,
    row_of,
    spread,
    team_of,
    teams,
)
from set_rotation.rules.timewords import day_words


@dataclass(frozen=True)
class FairnessPage:
    """Everything that the page draws."""

    asked: Asked
    words: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    teams: tuple[TeamRow, ...]
    chart: Chart | None
    norm_weeks: str
    spans: tuple[tuple[str, date, date, bool], ...]
    served: bool


def fairness_page(address: Mapping[str, str], *, at: datetime, reader: Person) -> FairnessPage:
    """Fairness over the span that the address asks for. A constant number of queries."""
    today = at.astimezone(ZoneInfo(team_zone())).date()
    asked = read_asked(address, today)
    start, end = span(asked)
    members = members_of(asked)
    fair = carried(members, start, end)
    people = Person.objects.select_related("team").in_bulk([one.person for one in fair])
    noted = notes(members, fair, asked)
    most = max((max(one.load.points, one.norm) for one in fair), default=0) or 1
    top = max((part for one in fair for part in one.quarters), default=0) or 1
    rows = [row_of(one, people[one.person], most=most, top=top, note=noted.get(one.person, ""), reader=reader,
                   team=team_of(members, one.person)) for one in fair]
    seated = [one.load.weeks for one in fair if one.days]
    return FairnessPage(
        asked, f"{day_words(asked.first, year=True)} to {day_words(asked.until, year=True)}", columns(asked.sort),
        tuple(in_order(rows, asked.sort)), teams(asked, start, end, members), spread(fair, start, end),
        f"{sum(seated) / len(seated):.1f}" if seated else "0", _spans(asked, today),
        any(one.load.points for one in fair),
    )


def _spans(asked: Asked, today: date) -> tuple[tuple[str, date, date, bool], ...]:
    spans = [("Last 3 months", today - YEAR / 4, today), ("Last 6 months", today - YEAR / 2, today),
             ("Last 12 months", today - YEAR, today), ("Next 6 months", today, today + YEAR / 2)]
    return tuple((label, first, until, (asked.first, asked.until) == (first, until)) for label, first, until in spans)


def csv_lines(page: FairnessPage) -> Iterator[tuple[str, ...]]:
    """The page's people for a spreadsheet."""
    yield ("person", "e-mail or team", "points", "norm", "weeks", "primary", "backup", "lead", "nights", "weekend days",
           "holidays", "pages answered", "share on call", "against the norm", "note")
    for row in page.rows:
        load, weeks = row.fair.load, row.fair.weeks
        told = (row.mark.name, row.team, load.points, round(row.fair.norm, 1), round(load.weeks, 2),
                round(weeks[Seat.PRIMARY], 2), round(weeks[Seat.BACKUP], 2), round(weeks[Seat.LEAD], 2), load.nights,
                load.weekend_days, load.holidays, load.pages, round(row.fair.share, 3), row.against, row.note)
        yield tuple(cell(value) for value in told)

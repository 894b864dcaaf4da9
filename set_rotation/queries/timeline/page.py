"""The timeline's page: weeks across, seats down, the same as a list by rotation, and what wants a look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import Seat
from set_rotation.models import Member
from set_rotation.queries.facts import begins, rotation_at, schedule
from set_rotation.queries.replace import loads
from set_rotation.queries.timeline.cells import NO_SEAT, Cell, Drawer
from set_rotation.queries.timeline.facts import read
from set_rotation.rules.spans import Begins
from set_rotation.rules.timeline import (
    STEP,
    RotationFact,
    Week,
    first_week,
    months_of,
    unplanned,
    week_count,
    weeks_from,
)
from set_rotation.rules.timewords import day_words, days_words, local_day, period_words


@dataclass(frozen=True)
class Column:
    """The head of a week."""

    day: date
    words: str
    now: bool


@dataclass(frozen=True)
class Row:
    """A seat, and its cells."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Entry:
    """A rotation in the list: its seats in the order of time. `state`: past, now, next or "" (later)."""

    number: int
    url: str
    days: str
    state: str
    cells: tuple[tuple[str, str, Cell], ...]  # label, days, cell


@dataclass(frozen=True)
class Look:
    """Something that wants a look: a gap or a conflict. `url` leads to where it is mended."""

    tone: str
    icon: str
    day: str
    words: str
    url: str
    verb: str
    opens: bool = True  # in the dialog


@dataclass(frozen=True)
class Bencher:
    """A member of the roster with their weeks in a seat in the past year, to be dragged onto a cell."""

    mark: Mark
    weeks: float


@dataclass(frozen=True)
class Timeline:
    """Everything that the page draws. `anything` is False as long as no rotation was ever made."""

    anything: bool
    columns: tuple[Column, ...]
    months: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    entries: tuple[Entry, ...]
    looks: tuple[Look, ...]
    gaps: int
    conflicts: int
    days: str
    first: date
    weeks: int
    earlier: date
    later: date
    default: bool
    past_first: date
    past_weeks: int
    with_past: bool
    bench: tuple[Bencher, ...]
    zone: str


def asked_weeks(asked: Mapping[str, str], when: Begins, at: datetime) -> tuple[date, tuple[Week, ...]]:
    """The columns that an address asks for, and where they would begin without it. One query."""
    running = rotation_at(at)
    here = first_week("", when.day_of(at), when, when.day_of(running.starts_at) if running else None)
    first = first_week(asked.get("from", ""), here, when, here)
    return here, weeks_from(first, week_count(asked.get("weeks", "")), when)


def timeline(asked: Mapping[str, str], *, at: datetime, reader: Person, zone: str, bench: bool) -> Timeline:
    """The timeline for a reader in their zone. `asked`: `from` (a day), `weeks`. A constant number of queries; two more
    with the bench of members."""
    when = begins(schedule())
    here, weeks = asked_weeks(asked, when, at)
    first, count = weeks[0].day, len(weeks)
    facts = read(weeks[0].starts_at, weeks[-1].ends_at, when)
    drawer = Drawer(facts, weeks, at, reader.pk, zone)
    rows = [*((seat.label, drawer.seat_row(seat)) for seat in Seat), *((NO_SEAT, row) for row in drawer.seatless())]
    empty = unplanned(facts.inside(), facts.starts_at, facts.ends_at, at, facts.since)
    cells = [(label, cell) for label, row in rows for cell in row]
    looks = [look for label, cell in cells for look in _looks(label, cell, facts.begins.zone)]
    now, last = drawer.column_now(), weeks[-1].day + timedelta(days=6)
    return Timeline(
        anything=facts.since is not None,
        columns=tuple(Column(week.day, str(week.day.day), number == now) for number, week in enumerate(weeks)),
        months=tuple(months_of(weeks)), rows=tuple(Row(*row) for row in rows),
        entries=tuple(_entry(drawer, one, at) for one in sorted(facts.inside(), key=lambda one: one.starts_at)),
        looks=(*looks, *(_missing(one.starts_at, one.ends_at, when.zone) for one in empty)),
        gaps=sum(cell.state == "gap" for _, cell in cells) + len(empty),
        conflicts=sum(bool(cell.wrong) for _, cell in cells),
        days=_span_words(first, last),
        first=first, weeks=count, earlier=first - timedelta(weeks=STEP), later=first + timedelta(weeks=STEP),
        default=first == here and count == week_count(""), past_first=here - timedelta(weeks=STEP),
        past_weeks=week_count("") + STEP, with_past=first == here - timedelta(weeks=STEP) and count == week_count("") +
        STEP, bench=_bench(at, when.day_of(at)) if bench else (), zone=when.zone,
    )


def _span_words(first: date, last: date) -> str:
    if first.year != last.year:
        return f"{day_words(first, year=True)} to {day_words(last, year=True)}"
    return f"{days_words(first, last)} {last.year}"


def _entry(drawer: Drawer, rotation: RotationFact, at: datetime) -> Entry:
    zone = drawer.facts.begins.zone
    cells = [
        (shift.starts_at, list(Seat).index(shift.seat), shift.seat.label,
         "" if shift.seat == Seat.LEAD else period_words(shift.starts_at, shift.ends_at, zone),
         drawer.shift_cell(shift))
        for shift in drawer.facts.shifts if shift.rotation == rotation.id
    ]
    with_seat = set(drawer.facts.place_of.values())
    seatless = [place for place in drawer.facts.places_of(rotation.id) if place.id not in with_seat]
    cells += [(rotation.ends_at, 0, NO_SEAT, "", drawer.place_cell(rotation, place)) for place in seatless]
    cells.sort(key=lambda row: (row[1] > 0, row[0], row[1]) if row[2] != NO_SEAT else (True, row[0], 9))
    state = "past" if rotation.ends_at <= at else "now" if rotation.starts_at <= at else ""
    days = period_words(rotation.starts_at, rotation.ends_at, zone)
    return Entry(rotation.number, reverse("set_rotation:rotation", args=[rotation.number]), days, state,
                 tuple(row[2:] for row in cells))


def _looks(label: str, cell: Cell, zone: str) -> list[Look]:
    days = cell.title.removeprefix(f"{label}, ").split(":")[0]
    found = [Look("red", "incident", days, words, cell.url, "Replace…") for words in cell.wrong]
    if cell.state == "gap":
        found.append(Look("amber", "plus", days, f"{label}: nobody yet", cell.url, "Choose…"))
    return found


def _missing(starts_at: datetime, ends_at: datetime, zone: str) -> Look:
    first = local_day(starts_at, zone)
    words = f"No rotation is planned from {day_words(first, year=True)}"
    return Look("amber", "plus", period_words(starts_at, ends_at, zone), words, reverse("set_rotation:rotation_new"),
                "Add one…", opens=False)


def _bench(at: datetime, today: date) -> tuple[Bencher, ...]:
    rows = Member.objects.on(today).filter(person__is_active=True).select_related("person")
    load = loads([row.person_id for row in rows], at)
    found = [Bencher(mark(row.person), round(load.get(row.person_id, 0), 1)) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.weeks, one.mark.name)))

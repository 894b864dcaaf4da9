"""One rotation's page, the form of a new one, and what changed about when rotations begin."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import Seat, What
from set_rotation.models import HandOver, Override, Pattern, Place, Rotation, RotationEvent
from set_rotation.queries.facts import begins, schedule
from set_rotation.queries.replace import stand_ins
from set_rotation.queries.timeline.cells import Cell, Drawer
from set_rotation.queries.timeline.facts import read
from set_rotation.queries.timeline.sheet import Replaced, overrides_of
from set_rotation.rules.spans import Begins
from set_rotation.rules.timewords import period_words

EVENTS = 100


@dataclass(frozen=True)
class PlaceRow:
    """A place of a rotation: its role, who has it, and a cell for each of its shifts (or one, without a seat)."""

    role: str
    mark: Mark | None
    cells: tuple[tuple[str, Cell], ...]
    url: str
    me: bool


@dataclass(frozen=True)
class RotationPage:
    """A rotation, whole."""

    number: int
    id: int
    days: str
    starts_at: datetime
    ends_at: datetime
    pattern: str
    state: str
    places: tuple[PlaceRow, ...]
    overrides: tuple[Replaced, ...]
    events: tuple[dict[str, Any], ...]
    before: int | None
    after: int | None
    hand_over: bool
    removable: bool


def rotation_page(rotation: Rotation, *, at: datetime, reader: Person, zone: str) -> RotationPage:
    """A rotation's page for a reader in their zone. A constant number of queries."""
    facts = read(rotation.starts_at, rotation.ends_at)
    drawer = Drawer(facts, (), at, reader.pk, zone)
    overrides = Override.objects.held().filter(starts_at__lt=rotation.ends_at, ends_at__gt=rotation.starts_at)
    numbers = {"before": Rotation.objects.filter(starts_at__lt=rotation.starts_at).order_by("-starts_at"),
               "after": Rotation.objects.filter(starts_at__gt=rotation.starts_at).order_by("starts_at")}
    near = {name: rows.values_list("number", flat=True).first() for name, rows in numbers.items()}
    state = "past" if rotation.ends_at <= at else "now" if rotation.starts_at <= at else "ahead"
    return RotationPage(
        rotation.number, rotation.pk, period_words(rotation.starts_at, rotation.ends_at, facts.begins.zone),
        rotation.starts_at, rotation.ends_at, rotation.pattern.name, state, _places(drawer, rotation, reader),
        overrides_of(overrides.select_related("person"), at, zone), _events(rotation), near["before"], near["after"],
        HandOver.objects.filter(rotation=rotation).exists(), rotation.starts_at > at,
    )


def _places(drawer: Drawer, rotation: Rotation, reader: Person) -> tuple[PlaceRow, ...]:
    facts, found = drawer.facts, []
    whole = next(one for one in facts.rotations if one.id == rotation.pk)
    for place in facts.places_of(rotation.pk):
        shifts = sorted((one for one in facts.shifts if facts.place_of[one.id] == place.id),
                        key=lambda one: one.starts_at)
        cells = [(f"{one.seat.label}, {period_words(one.starts_at, one.ends_at, facts.begins.zone)}",
                  drawer.shift_cell(one)) for one in shifts]
        cells = cells or [("Without a seat", drawer.place_cell(whole, place))]
        person = facts.people.get(place.person or 0)
        found.append(PlaceRow("Lead" if place.number == 0 else f"Engineer {place.number}",
                              mark(person) if person else None, tuple(cells), cells[0][1].url,
                              place.person == reader.pk))
    return tuple(found)


def _events(rotation: Rotation) -> tuple[dict[str, Any], ...]:
    """Who changed what when, as parts/entry.html draws it; overrides of the rotation's time included."""
    mine = RotationEvent.objects.filter(rotation=rotation) | RotationEvent.objects.filter(
        override__starts_at__lt=rotation.ends_at, override__ends_at__gt=rotation.starts_at
    )
    rows = mine.select_related("by", "person").order_by("-at", "-pk")[:EVENTS]
    return tuple(
        {
            "at": row.at, "icon": "undo" if row.what == What.OVERRIDE_CANCELLED else "edit", "tone": "",
            "text": _what(row), "by": row.by.name if row.by else "", "via": "" if row.by else row.via,
        } for row in rows
    )


def _what(row: RotationEvent) -> str:
    what = What(row.what)
    if what == What.PLACE_CHANGED:
        return f"{row.from_value[:1].upper()}{row.from_value[1:]} → {row.to_value.partition(': ')[2]}"
    who = row.person.name if row.person else "It"
    told = row.to_value or row.from_value
    if what == What.OVERRIDE_MADE:
        return f"{who} takes over: {told}"
    if what == What.OVERRIDE_CANCELLED:
        return f"{who} no longer takes over: {told}"
    if what == What.ROTATION_MADE:
        return f"It was planned, with {told.replace('0: ', 'lead ', 1)}" if told else "It was planned, with nobody yet"
    return f"{who} {what.label}" + (f": {told}" if told else "")


# ---- A new one --------------------------------------------------------------------------


@dataclass(frozen=True)
class NewPage:
    """What the form of a new rotation offers: patterns, the day that is free next, and who could take which place."""

    patterns: tuple[Pattern, ...]
    pattern: Pattern
    begins: Begins
    first_on: date
    offered: dict[int, list[tuple[int, str]]]


def new_page(*, pattern: str, first_on: date | None, at: datetime) -> NewPage:
    """The form of a new rotation, after the last one unless a day is chosen; for leads and engineers apart, the free
    ones first. A constant number of queries."""
    row = schedule()
    when, patterns = begins(row), tuple(Pattern.objects.all())
    chosen = next((one for one in patterns if one.key == pattern), row.pattern)
    last = Rotation.objects.order_by("-ends_at").values_list("ends_at", flat=True).first()
    free = when.named_by(max(last, at) if last else at)
    day = first_on if first_on and first_on.weekday() == when.weekday else free
    span = read_span(when, day, chosen.weeks)
    leads, engineers = (_offered(seat, *span, at) for seat in (Seat.LEAD, Seat.PRIMARY))
    offered = {place: engineers if place else leads for place in range(chosen.engineers + 1)}
    return NewPage(patterns, chosen, when, day, offered)


def read_span(when: Begins, day: date, weeks: int) -> tuple[datetime, datetime]:
    """`[start, end)` of a rotation that begins on this local day."""
    return when.moment(day), when.moment(date.fromordinal(day.toordinal() + 7 * weeks))


def _offered(seat: Seat, starts_at: datetime, ends_at: datetime, at: datetime) -> list[tuple[int, str]]:
    return [(one.person.pk, _offer(one.person.name, one.team, one.load, one.reason))
            for one in stand_ins(seat, starts_at, ends_at, at)]


def _offer(name: str, team: str, load: float, reason: str) -> str:
    parts = [name, team, f"{load:.1f} weeks in a year", reason]
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class ScheduleChange:
    """Somebody changed when rotations begin."""

    at: datetime
    by: str
    words: str


def schedule_changes() -> tuple[ScheduleChange, ...]:
    """The last changes of when rotations begin, the newest first. One query."""
    rows = RotationEvent.objects.filter(what=What.SCHEDULE_CHANGED).select_related("by")[:10]
    return tuple(ScheduleChange(row.at, row.by.name if row.by else "", f"{row.from_value} → {row.to_value}")
                 for row in rows)


def place_of(pk: int) -> Place | None:
    """A place with its rotation and person. One query."""
    return Place.objects.select_related("rotation", "person").filter(pk=pk).first()

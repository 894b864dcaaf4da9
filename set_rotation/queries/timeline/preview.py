"""A change as its preview shows it: before and after, whose future duty moves, what would be wrong then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from people.models import Person
from set_rotation.choices import Seat
from set_rotation.queries.timeline.cells import Cell, Drawer
from set_rotation.queries.timeline.facts import Facts
from set_rotation.rules.duty import Moved
from set_rotation.rules.timewords import period_words
from set_rotation.rules.words import duty_words

Row = tuple[datetime, int, str]  # when it begins, which row of the timeline, its words


@dataclass(frozen=True)
class Line:
    """A stretch that differs: what it is, who has it, who is to have it."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """Somebody whose future duty moves, in the words of the message that they get, in their own zone."""

    name: str
    zone: str
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    me: bool = False


@dataclass(frozen=True)
class Preview:
    """`fresh`: what would be wrong then and is not now; `mended`: what would no longer be."""

    lines: tuple[Line, ...]
    told: tuple[Told, ...]
    fresh: tuple[str, ...]
    mended: tuple[str, ...]


def preview_of(
    before: Facts, after: Facts, moved: Iterable[Moved], *, at: datetime, reader: Person, zone: str
) -> Preview:
    """The preview of a change for a reader in their zone. One query."""
    was, will = _cells(before, at, reader, zone), _cells(after, at, reader, zone)
    lines = [
        Line(key[2], _who(was.get(key)), _who(will.get(key)))
        for key in sorted(was.keys() | will.keys()) if _who(was.get(key)) != _who(will.get(key))
    ]
    wrong_before, wrong_after = _wrong(was.values()), _wrong(will.values())
    return Preview(
        tuple(lines), _told(moved, reader), tuple(one for one in wrong_after if one not in wrong_before),
        tuple(one for one in wrong_before if one not in wrong_after),
    )


def _cells(facts: Facts, at: datetime, reader: Person, zone: str) -> dict[Row, Cell]:
    drawer, home = Drawer(facts, (), at, reader.pk, zone), facts.begins.zone
    found = {}
    for shift in facts.shifts:
        words = f"{shift.seat.label}, {period_words(shift.starts_at, shift.ends_at, home)}"
        found[shift.starts_at, list(Seat).index(shift.seat), words] = drawer.shift_cell(shift)
    with_seat = set(facts.place_of.values())
    for rotation in facts.inside():
        for place in facts.places_of(rotation.id):
            if place.id not in with_seat:
                words = f"Without a seat ({place.number}), {period_words(rotation.starts_at, rotation.ends_at, home)}"
                found[rotation.starts_at, 3 + place.number, words] = drawer.place_cell(rotation, place)
    return found


def _who(cell: Cell | None) -> str:
    return "no rotation" if cell is None else "; ".join(part.words for part in cell.parts)


def _wrong(cells: Iterable[Cell]) -> list[str]:
    return list(dict.fromkeys(words for cell in cells for words in cell.wrong))


def _told(moved: Iterable[Moved], reader: Person) -> tuple[Told, ...]:
    changes = list(moved)
    people = Person.objects.in_bulk([change.person for change in changes])
    return tuple(
        Told(person.name, person.zone, tuple(duty_words(span, person.zone) for span in change.lost),
             tuple(duty_words(span, person.zone) for span in change.gained), person.pk == reader.pk)
        for change in changes for person in [people[change.person]]
    )

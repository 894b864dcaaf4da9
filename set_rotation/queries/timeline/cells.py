"""The cells of the timeline, as its template draws them: who, since when, what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from django.urls import reverse

from set_rotation.choices import Seat
from set_rotation.queries.timeline.facts import Facts
from set_rotation.rules.duty import Piece, ShiftFact
from set_rotation.rules.timeline import (
    Conflict,
    Laid,
    PlaceFact,
    RotationFact,
    Week,
    Wrong,
    hidden,
    in_a_row,
    lay,
    piece_conflicts,
    week_at,
)
from set_rotation.rules.timewords import absence_words, period_words, time_words

NO_SEAT = "No seat"
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """Somebody in a cell; `person` 0 is nobody. `words`: the name, and by an override since and until when."""

    person: int
    initials: str
    name: str
    words: str
    mine: bool = False
    override: bool = False


@dataclass(frozen=True)
class Cell:
    """Some columns of a row. `state`: held, gap (nobody has it), none (no rotation), blank (nothing to say).

    `words` is the whole of it in a sentence; `wrong` what is wrong, each in words; `movable`: it can be dragged.
    """

    span: int
    state: str
    words: str
    parts: tuple[Part, ...] = ()
    wrong: tuple[str, ...] = ()
    place: int = 0
    shift: int = 0
    rotation: int = 0
    url: str = ""
    mine: bool = False
    now: bool = False
    past: bool = False
    movable: bool = False
    title: str = ""

    @property
    def stacked(self) -> bool:
        """Too narrow for people side by side: they stand one above the other."""
        return self.span == 1 and len(self.parts) > 1

    @property
    def shown(self) -> tuple[Part, ...]:
        """The parts that have room: in a narrow cell two, whoever is planned and the first who replaces them."""
        if not self.stacked:
            return self.parts
        planned = [part for part in self.parts if not part.override] or list(self.parts)
        return tuple(dict.fromkeys([planned[0], *(part for part in self.parts if part.override)]))[:2]


@dataclass(frozen=True)
class Drawer:
    """Draws cells of these facts for a reader at a moment; `zone` is the reader's."""

    facts: Facts
    weeks: Sequence[Week]
    at: datetime
    reader: int
    zone: str

    @cached_property
    def _row_conflicts(self) -> dict[int, Conflict]:
        return in_a_row(self.facts.rotations, self.facts.places, self.at)

    @cached_property
    def _hidden(self) -> dict[int, Conflict]:
        return hidden(self.facts.overrides, self.at)

    @cached_property
    def _pieces(self) -> dict[int, list[Piece]]:
        return dict(self.facts.pieces)

    @cached_property
    def _places(self) -> dict[int, PlaceFact]:
        return {one.id: one for one in self.facts.places}

    @cached_property
    def _rotations(self) -> dict[int, RotationFact]:
        return {one.id: one for one in self.facts.rotations}

    # Rows

    def seat_row(self, seat: Seat) -> tuple[Cell, ...]:
        """The row of a seat."""
        shifts = [one for one in self.facts.shifts if one.seat == seat]
        laid = lay(shifts, lambda one: (one.starts_at, one.ends_at), self.weeks)
        return tuple(self._cell(seat.label, each, [self.shift_cell(one, each.span) for one in each.items])
                     for each in laid)

    def seatless(self) -> list[tuple[Cell, ...]]:
        """Rows of those who are on SET without a seat: as many as the pattern that has most."""
        with_seat = set(self.facts.place_of.values())
        by_rotation = {
            one.id: [place for place in self.facts.places_of(one.id) if place.id not in with_seat]
            for one in self.facts.inside()
        }
        rows = []
        for number in range(max(map(len, by_rotation.values()), default=0)):
            some = [(self._rotations[pk], places[number]) for pk, places in by_rotation.items() if len(places) > number]
            laid = lay(some, lambda pair: (pair[0].starts_at, pair[0].ends_at), self.weeks)
            rows.append(tuple(self._cell(NO_SEAT, each, [self.place_cell(r, p, each.span) for r, p in each.items])
                              for each in laid))
        return rows

    def _cell(self, row: str, laid: Laid[T], drawn: list[Cell]) -> Cell:
        if drawn:
            return _joined(drawn)
        first, last = self.weeks[laid.first], self.weeks[laid.first + laid.span - 1]
        runs = any(one.starts_at < last.ends_at and first.starts_at < one.ends_at for one in self.facts.inside())
        missing = self.facts.since is not None and last.ends_at > max(self.at, self.facts.since) and not runs
        days = period_words(first.starts_at, last.ends_at, self.facts.begins.zone)
        words = f"{row}, {days}: no rotation is planned" if missing else f"{row}, {days}: nothing"
        return Cell(laid.span, "none" if missing else "blank", words)

    # Cells

    def shift_cell(self, shift: ShiftFact, span: int = 1) -> Cell:
        """The cell of a shift, split where an override holds."""
        pieces = self._pieces.get(shift.id, [])
        place = self._places[self.facts.place_of[shift.id]]
        wrong = self._wrong(pieces, place)
        return self._drawn(place, pieces, shift.seat.label, span, wrong, shift.id)

    def place_cell(self, rotation: RotationFact, place: PlaceFact, span: int = 1) -> Cell:
        """The cell of a place without a seat."""
        piece = Piece(Seat.BACKUP, place.person, rotation.starts_at, rotation.ends_at, 0)
        return self._drawn(place, [piece], NO_SEAT, span, self._wrong([piece], place), 0)

    def _drawn(
        self, place: PlaceFact, pieces: Sequence[Piece], label: str, span: int, wrong: list[str], shift: int
    ) -> Cell:
        starts_at, ends_at = pieces[0].starts_at, pieces[-1].ends_at
        parts = tuple(self._part(piece) for piece in pieces)
        gap = any(piece.person is None and piece.ends_at > self.at for piece in pieces)
        rotation, over = self._rotations[place.rotation], ends_at <= self.at
        days = period_words(starts_at, ends_at, self.facts.begins.zone)
        words = f"{label}, {days}: {'; '.join(part.words for part in parts)}"
        sentence = f"{words}. {'. '.join(wrong)}" if wrong else words
        return Cell(
            span, "gap" if gap else "held", sentence, parts, tuple(wrong), place.id, shift, rotation.number,
            reverse("set_rotation:rotation_place", args=[place.id]) + (f"?shift={shift}" if shift else ""),
            mine=any(part.mine for part in parts), now=starts_at <= self.at < ends_at, past=over,
            movable=rotation.starts_at > self.at, title=words,
        )

    def _part(self, piece: Piece) -> Part:
        person = self.facts.people.get(piece.person or 0)
        name = person.name if person else "nobody" if piece.ends_at <= self.at else "nobody yet"
        words = name
        if piece.override is not None:
            reason = self.facts.reasons.get(piece.override, "")
            words += (f" instead, from {time_words(piece.starts_at, self.zone)} to "
                      f"{time_words(piece.ends_at, self.zone)}") + (f" ({reason})" if reason else "")
        mine = person is not None and person.pk == self.reader
        return Part(person.pk if person else 0, person.initials if person else "", name, words, mine,
                    piece.override is not None)

    # What is wrong, in words

    def _wrong(self, pieces: Iterable[Piece], place: PlaceFact) -> list[str]:
        found: list[Conflict] = []
        for piece in pieces:
            found += piece_conflicts(piece, self.facts.roster, self.at)
            if piece.override is not None and piece.override in self._hidden:
                found.append(self._hidden[piece.override])
        if place.id in self._row_conflicts:
            found.append(self._row_conflicts[place.id])
        return list(dict.fromkeys(conflict_words(one, self.facts) for one in found))

    def column_now(self) -> int:
        """The column of this week; -1 where it is not shown."""
        return week_at(self.weeks, self.at)


def _joined(cells: Sequence[Cell]) -> Cell:
    """One cell of several that stand in the same columns; it leads to the first of them."""
    if len(cells) == 1:
        return cells[0]
    gap = any(cell.state == "gap" for cell in cells)
    return replace(
        cells[0], state="gap" if gap else cells[0].state, words=". ".join(cell.words for cell in cells),
        parts=tuple(part for cell in cells for part in cell.parts), mine=any(cell.mine for cell in cells),
        wrong=tuple(words for cell in cells for words in cell.wrong), now=any(cell.now for cell in cells),
        past=all(cell.past for cell in cells), movable=False, title=". ".join(cell.title for cell in cells),
    )


def conflict_words(conflict: Conflict, facts: Facts) -> str:
    """What is wrong, in a sentence without its full stop."""
    person = facts.people.get(conflict.person)
    name = person.name if person else "Somebody"
    if conflict.wrong == Wrong.LEFT:
        return f"{name} has left"
    if conflict.wrong == Wrong.STRANGER:
        return f"{name} is not on the roster then"
    if conflict.wrong == Wrong.IN_A_ROW:
        return f"{name} serves in rotation {conflict.rotation} too, right before"
    if conflict.wrong == Wrong.HIDDEN:
        other = facts.people.get(conflict.by)
        return f"{name} takes over here by one override and {other.name if other else 'somebody'} by a later one"
    zone = person.zone if person else facts.begins.zone
    since, until = conflict.since or conflict.starts_at, conflict.until or conflict.ends_at
    return f"{name} is away {absence_words(since, until, zone)}"

"""Who is on duty: shifts, and overrides that win over them. Pure: no database, no clock, all moments in UTC."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from set_rotation.choices import Seat


@dataclass(frozen=True)
class ShiftFact:
    """A seat for a stretch `[starts_at, ends_at)`; `person` None is a gap. No two of a seat overlap."""

    id: int
    seat: Seat
    person: int | None
    starts_at: datetime
    ends_at: datetime
    rotation: int = 0


@dataclass(frozen=True)
class OverrideFact:
    """Somebody replaces whoever holds the seat in `[starts_at, ends_at)`. Of two, the one with the higher id wins."""

    id: int
    seat: Seat
    person: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Piece:
    """What holds: who is in a seat, by which shift and, if so, by which override. `person` None is a gap."""

    seat: Seat
    person: int | None
    starts_at: datetime
    ends_at: datetime
    shift: int
    override: int | None = None
    rotation: int = 0


def effective(shifts: Iterable[ShiftFact], overrides: Iterable[OverrideFact]) -> tuple[Piece, ...]:
    """What holds, piece by piece, in the order of time and then of seats. A piece never crosses the end of a shift;
    an override counts only where there is a shift. Gaps are pieces without a person."""
    by_seat: dict[Seat, list[OverrideFact]] = defaultdict(list)
    for override in overrides:
        by_seat[override.seat].append(override)
    for found in by_seat.values():
        found.sort(key=lambda each: each.starts_at)
    pieces = [piece for shift in shifts for piece in _pieces(shift, by_seat[shift.seat])]
    return tuple(sorted(pieces, key=lambda piece: (piece.starts_at, list(Seat).index(piece.seat))))


def _pieces(shift: ShiftFact, overrides: Sequence[OverrideFact]) -> list[Piece]:
    whole = Piece(shift.seat, shift.person, shift.starts_at, shift.ends_at, shift.id, rotation=shift.rotation)
    over = [each for each in overrides if each.starts_at < shift.ends_at and each.ends_at > shift.starts_at]
    if not over:
        return [whole]
    inside = {edge for each in over for edge in (each.starts_at, each.ends_at)
              if shift.starts_at < edge < shift.ends_at}
    edges = sorted({shift.starts_at, shift.ends_at} | inside)
    found: list[Piece] = []
    for start, end in pairwise(edges):
        wins = max((each for each in over if each.starts_at <= start < each.ends_at), key=lambda o: o.id, default=None)
        piece = replace(whole, starts_at=start, ends_at=end)
        if wins is not None:
            piece = replace(piece, person=wins.person, override=wins.id)
        if found and (found[-1].person, found[-1].override) == (piece.person, piece.override):
            found[-1] = replace(found[-1], ends_at=end)
        else:
            found.append(piece)
    return found


@dataclass(frozen=True)
class OnDuty:
    """Who holds which seat at a moment; None: nobody."""

    lead: Piece | None = None
    primary: Piece | None = None
    backup: Piece | None = None

    def of(self, seat: Seat) -> Piece | None:
        """The piece of a seat."""
        return {Seat.LEAD: self.lead, Seat.PRIMARY: self.primary, Seat.BACKUP: self.backup}[seat]


class Rota:
    """Shifts and overrides, laid out so that asking who is on duty takes three binary searches."""

    def __init__(self, shifts: Iterable[ShiftFact], overrides: Iterable[OverrideFact]) -> None:
        self.pieces = effective(shifts, overrides)
        self._of = {seat: [piece for piece in self.pieces if piece.seat == seat] for seat in Seat}
        self._starts = {seat: [piece.starts_at for piece in pieces] for seat, pieces in self._of.items()}

    def on_duty(self, at: datetime) -> OnDuty:
        """Who is on duty at this moment, in which seat, by shift or by override."""
        return OnDuty(self.holder(Seat.LEAD, at), self.holder(Seat.PRIMARY, at), self.holder(Seat.BACKUP, at))

    def holder(self, seat: Seat, at: datetime) -> Piece | None:
        """Who holds this seat at this moment; None in a gap, and where no rotation is planned."""
        place = bisect_right(self._starts[seat], at) - 1
        if place < 0:
            return None
        piece = self._of[seat][place]
        return piece if at < piece.ends_at and piece.person is not None else None


def on_duty(shifts: Iterable[ShiftFact], overrides: Iterable[OverrideFact], at: datetime) -> OnDuty:
    """Who is on duty at this moment. Whoever asks for many moments builds one `Rota`."""
    return Rota(shifts, overrides).on_duty(at)


def clashes(pieces: Iterable[Piece]) -> list[tuple[Piece, Piece]]:
    """The pairs in which one person holds two seats at once, in the order of time."""
    by_person: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.person is not None:
            by_person[piece.person].append(piece)
    found = []
    for theirs in by_person.values():
        theirs.sort(key=lambda piece: piece.starts_at)
        for place, one in enumerate(theirs):
            found += [(one, other) for other in theirs[place + 1:] if other.starts_at < one.ends_at]
    return sorted(found, key=lambda pair: pair[1].starts_at)


@dataclass(frozen=True)
class Span:
    """A person's stretch in a seat, whatever shifts it is made of."""

    seat: Seat
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Moved:
    """What an edit changes for one person from `at` on: the stretches they lose and those they gain."""

    person: int
    lost: tuple[Span, ...]
    gained: tuple[Span, ...]


def moved(before: Iterable[Piece], after: Iterable[Piece], at: datetime) -> tuple[Moved, ...]:
    """Whose duty from `at` on differs, and by what; what stays the same in other pieces is no change."""
    was, will = _spans(before, at), _spans(after, at)
    found = []
    for person in sorted(was.keys() | will.keys()):
        lost = tuple(span for span in was[person] if span not in will[person])
        gained = tuple(span for span in will[person] if span not in was[person])
        if lost or gained:
            found.append(Moved(person, lost, gained))
    return tuple(found)


def _spans(pieces: Iterable[Piece], at: datetime) -> defaultdict[int, list[Span]]:
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    for piece in sorted(pieces, key=lambda each: (each.seat, each.starts_at)):
        if piece.person is None or piece.ends_at <= at:
            continue
        span = Span(piece.seat, max(piece.starts_at, at), piece.ends_at)
        theirs = spans[piece.person]
        if theirs and theirs[-1].seat == span.seat and theirs[-1].ends_at == span.starts_at:
            theirs[-1] = replace(theirs[-1], ends_at=span.ends_at)
        else:
            theirs.append(span)
    for theirs in spans.values():
        theirs.sort(key=lambda span: span.starts_at)
    return spans

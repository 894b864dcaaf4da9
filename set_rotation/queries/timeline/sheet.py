"""One place of a rotation: who has it, what replaces them, and who could take it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import Duty, Override, Place
from set_rotation.queries.replace import StandIn, stand_ins
from set_rotation.queries.timeline.cells import NO_SEAT, Cell, Drawer
from set_rotation.queries.timeline.facts import Facts, read
from set_rotation.rules.duty import ShiftFact
from set_rotation.rules.timewords import period_words, time_words

SWAP = "Has another place in this rotation: the two swap"


@dataclass(frozen=True)
class Replaced:
    """An override that holds: who, in which seat, since and until when, and why."""

    id: int
    mark: Mark
    seat: str
    words: str
    reason: str
    over: bool


@dataclass(frozen=True)
class Choice:
    """Somebody who could take it, or why not."""

    mark: Mark
    team: str
    weeks: float
    can: bool
    reason: str


@dataclass(frozen=True)
class Sheet:
    """A cell of the timeline, opened. `whole`: the place can be given away; `stretch`: its seat can be replaced;
    `[starts_at, ends_at)` is what is left of it."""

    place: int
    shift: int
    title: str
    days: str
    rotation: int
    cell: Cell
    overrides: tuple[Replaced, ...]
    choices: tuple[Choice, ...]
    whole: bool
    stretch: bool
    seat: Seat | None
    starts_at: datetime
    ends_at: datetime
    duty: int  # the reader's own in this shift, that can be swapped; 0 for none


def place_sheet(place: Place, shift_id: int, *, at: datetime, reader: Person, zone: str, plans: bool) -> Sheet:
    """The sheet of a place; `shift_id` chooses one of its shifts, else the first that is not over. A constant number of
    queries; those who could take it are asked for only where the reader plans."""
    rotation = place.rotation
    facts = read(rotation.starts_at, rotation.ends_at)
    shift = _shift(facts, place, shift_id, at)
    drawer = Drawer(facts, (), at, reader.pk, zone)
    fact = next(one for one in facts.places if one.id == place.pk)
    whole = next(one for one in facts.rotations if one.id == rotation.pk)
    cell = drawer.shift_cell(shift) if shift else drawer.place_cell(whole, fact)
    starts_at, ends_at = (shift.starts_at, shift.ends_at) if shift else (rotation.starts_at, rotation.ends_at)
    left = max(starts_at, at)
    seat = shift.seat if shift else None
    found: tuple[Choice, ...] = ()
    if plans and ends_at > at:
        asked = seat or (Seat.LEAD if place.role == PlaceRole.LEAD else Seat.BACKUP)
        others = {one.person for one in facts.places_of(rotation.pk)} if rotation.starts_at > at else set()
        found = _choices(stand_ins(asked, left, ends_at, at, besides={place.person_id} if place.person_id else ()),
                         others)
    return Sheet(
        place.pk, shift.id if shift else 0, seat.label if seat else NO_SEAT,
        period_words(starts_at, ends_at, facts.begins.zone), rotation.number, cell,
        _overrides(shift, at, zone) if shift else (), found, rotation.starts_at > at, seat is not None and ends_at > at,
        seat, left, ends_at, _own_duty(shift, reader, at) if shift and cell.mine else 0,
    )


def _own_duty(shift: ShiftFact, reader: Person, at: datetime) -> int:
    theirs = Duty.objects.held().filter(shift=shift.id, person=reader, ends_at__gt=at)
    return theirs.order_by("starts_at").values_list("pk", flat=True).first() or 0


def _shift(facts: Facts, place: Place, asked: int, at: datetime) -> ShiftFact | None:
    theirs = sorted((one for one in facts.shifts if facts.place_of[one.id] == place.pk), key=lambda one: one.starts_at)
    chosen = [one for one in theirs if one.id == asked] or [one for one in theirs if one.ends_at > at] or theirs
    return chosen[0] if chosen else None


def _choices(found: Iterable[StandIn], others: Collection[int | None]) -> tuple[Choice, ...]:
    """`others`: who has another place in the same rotation, which has not begun."""
    return tuple(
        Choice(mark(one.person), one.team, round(one.load, 1), one.can,
               SWAP if one.can and one.person.pk in others else one.reason) for one in found
    )


def _overrides(shift: ShiftFact, at: datetime, zone: str) -> tuple[Replaced, ...]:
    rows = Override.objects.held().filter(seat=shift.seat, starts_at__lt=shift.ends_at, ends_at__gt=shift.starts_at)
    return overrides_of(rows.select_related("person"), at, zone)


def overrides_of(rows: Iterable[Override], at: datetime, zone: str) -> tuple[Replaced, ...]:
    """Overrides in the words of a reader in this zone."""
    return tuple(
        Replaced(row.pk, mark(row.person), Seat(row.seat).label,
                 f"{time_words(row.starts_at, zone)} to {time_words(row.ends_at, zone)}", row.reason,
                 row.ends_at <= at)
        for row in rows
    )


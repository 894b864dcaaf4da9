"""Rewriting duty: after each edit of shifts or overrides, in the same transaction, what holds is laid out anew.

Rows that stay the same are left alone; one whose times change keeps its name in calendars (`uid`); what no longer holds
stays as a cancelled row. Whoever acts as lead or engineer of SET gets the rights of it (`people.ActingRole`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction

from cadence.queries import team_zone
from people.actions import set_acting_roles
from people.choices import Role
from people.models import Person
from portal.common import live
from portal.common.timers import set_timer
from set_rotation.actions.base import Refused
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import Duty, Place, Rotation
from set_rotation.queries import override_facts, shift_facts
from set_rotation.queries.on_now import ON_NOW
from set_rotation.rules.duty import Moved, Piece, clashes, effective, moved
from set_rotation.rules.words import span_words

CHANGED = "duty.changed"  # the timer that brings the channel's header up to date; its key is always "set"
T = TypeVar("T")


class _Preview(Exception):
    """Takes a tried change back."""


def preview(change: Callable[[], T]) -> T:
    """What a change would do, without doing it: it is made and taken back. Raises what the change raises."""
    kept: list[T] = []
    try:
        with transaction.atomic():
            kept.append(change())
            raise _Preview
    except _Preview:
        return kept[0]


def rewrite_duty(*, starts_at: datetime, ends_at: datetime, at: datetime) -> tuple[Moved, ...]:
    """Lay out the duty of every rotation that touches `[starts_at, ends_at)` anew, in the caller's transaction.

    Returns whose duty from `at` on differs now. Raises `Refused` when somebody would hold two seats at once.
    """
    rotations = list(Rotation.objects.overlapping(starts_at, ends_at).order_by("starts_at"))
    if rotations:
        starts_at = min(starts_at, rotations[0].starts_at)
        ends_at = max(ends_at, rotations[-1].ends_at)
    stored = list(Duty.objects.held().overlapping(starts_at, ends_at).select_for_update().order_by("id"))
    inside = {rotation.pk for rotation in rotations}
    pieces = [piece for piece in effective(shift_facts(starts_at, ends_at), override_facts(starts_at, ends_at))
              if piece.rotation in inside]
    _refuse_clashes(pieces)
    before = [_piece(row) for row in stored]
    _store(stored, [piece for piece in pieces if piece.person is not None], at)
    _forbid_overlaps()
    for rotation in rotations:
        _act(rotation, pieces, at)
    set_timer(kind=CHANGED, key="set", due_at=at)
    cache.delete(ON_NOW)
    transaction.on_commit(_tell_pages)
    return moved(before, pieces, at)


def _tell_pages() -> None:
    cache.delete(ON_NOW)
    live.publish("duty", "stale", "")


def _piece(row: Duty) -> Piece:
    return Piece(Seat(row.seat), row.person_id, row.starts_at, row.ends_at, row.shift_id or 0, row.override_id,
                 row.rotation_id or 0)


def _refuse_clashes(pieces: Sequence[Piece]) -> None:
    found = clashes(pieces)
    if not found:
        return
    one, other = found[0]
    name = Person.objects.get(pk=one.person).name
    both = span_words(max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at), team_zone())
    raise Refused(f"{name} would be {one.seat.label.lower()} and {other.seat.label.lower()} at once, {both}. "
                  "One person holds one seat at a time: give one of them to somebody else first.")


def _store(stored: Iterable[Duty], wanted: Iterable[Piece], at: datetime) -> None:
    """Make the rows say what is wanted: those that fit are kept, those whose times change are changed, others are
    cancelled or made."""
    by_key: dict[tuple[str, int | None, datetime, datetime], Duty] = {
        (row.seat, row.person_id, row.starts_at, row.ends_at): row for row in stored
    }
    new = []
    for piece in wanted:
        row = by_key.pop((piece.seat.value, piece.person, piece.starts_at, piece.ends_at), None)
        if row is None:
            new.append(piece)
        elif (row.shift_id, row.override_id, row.rotation_id) != (piece.shift, piece.override, piece.rotation):
            Duty.objects.filter(pk=row.pk).update(
                shift_id=piece.shift, override_id=piece.override, rotation_id=piece.rotation
            )
    left: dict[tuple[str, int], list[Duty]] = defaultdict(list)
    for row in by_key.values():
        left[row.seat, row.person_id].append(row)
    made = [_take_up(piece, left[piece.seat.value, piece.person or 0], at) for piece in new]
    gone = [row.pk for rows in left.values() for row in rows]
    for row in Duty.objects.filter(pk__in=gone).order_by("id"):
        row.cancelled_at, row.changed_at, row.sequence = at, at, row.sequence + 1
        row.save(update_fields=["cancelled_at", "changed_at", "sequence"])
    Duty.objects.bulk_create(row for row in made if row is not None)


def _take_up(piece: Piece, theirs: list[Duty], at: datetime) -> Duty | None:
    """Give a row of theirs that overlaps the new times; without one, a new row to be made."""
    row = next((row for row in theirs if row.starts_at < piece.ends_at and piece.starts_at < row.ends_at), None)
    if row is None:
        return Duty(seat=piece.seat, person_id=piece.person or 0, starts_at=piece.starts_at, ends_at=piece.ends_at,
                    rotation_id=piece.rotation, shift_id=piece.shift, override_id=piece.override, changed_at=at)
    theirs.remove(row)
    row.starts_at, row.ends_at, row.changed_at, row.sequence = piece.starts_at, piece.ends_at, at, row.sequence + 1
    row.shift_id, row.override_id, row.rotation_id = piece.shift, piece.override, piece.rotation
    row.save()
    return None


def _forbid_overlaps() -> None:
    """Have the database check now, not at the end, so that a fault has words."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise Refused("That would put two people into one seat, or one person into two, at the same time.") from error


def _act(rotation: Rotation, pieces: Iterable[Piece], at: datetime) -> None:
    """Give the rights of lead and engineer to whoever serves: by a place for the whole rotation, by an override for its
    stretch."""
    source = f"rotation:{rotation.pk}"
    mine = [piece for piece in pieces if piece.rotation == rotation.pk and piece.person is not None]
    people = Person.objects.in_bulk([piece.person for piece in mine if piece.person is not None])
    lead = [(people[piece.person or 0], piece.starts_at, piece.ends_at) for piece in mine if piece.seat == Seat.LEAD]
    places = Place.objects.filter(rotation=rotation, role=PlaceRole.ENGINEER, person__isnull=False)
    engineers = [(place.person, rotation.starts_at, rotation.ends_at)
                 for place in places.select_related("person") if place.person is not None]
    regular = {person.pk for person, _, _ in engineers}
    engineers += [(people[piece.person or 0], piece.starts_at, piece.ends_at) for piece in mine
                  if piece.seat != Seat.LEAD and piece.person not in regular]
    set_acting_roles(source=source, role=Role.LEAD, seats=lead, at=at)
    set_acting_roles(source=source, role=Role.ENGINEER, seats=engineers, at=at)


"""Changes of the rota that are previewed first: tried, done as they were seen, and taken back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from people.models import Person
from set_rotation.actions.base import Refused, take_turns
from set_rotation.actions.duty import preview
from set_rotation.actions.overrides import cancel_override, make_override
from set_rotation.actions.rotations import NewRotation, make_rotations, remove_rotation, set_places
from set_rotation.choices import OverrideSource, Seat
from set_rotation.models import Override, Pattern, Place, Rotation
from set_rotation.queries import begins, schedule
from set_rotation.queries.timeline.changes import fingerprint, window
from set_rotation.queries.timeline.facts import Facts, read
from set_rotation.rules.changes import Add, Cancel, Change, Give, Remove, StandIn
from set_rotation.rules.duty import Moved

T = TypeVar("T")
GONE = "That is not there any more: somebody took it back meanwhile."


class Overtaken(Exception):
    """Somebody else changed what the preview stood on: it has to be looked at again."""


@dataclass(frozen=True)
class Done:
    """A change that was made: whose future duty moved, what was done in words, and the change that takes it back, with
    the fingerprint of what it stands on."""

    moved: tuple[Moved, ...]
    words: str
    undo: Change
    undo_seen: str = ""


@dataclass(frozen=True)
class Tried:
    """A change that was tried and taken back: what it would do, before and after, and the fingerprint of what it
    stands on."""

    done: Done
    before: Facts
    after: Facts
    seen: str


def try_change(change: Change, *, by: Person, at: datetime) -> Tried:
    """What a change would do, without doing it. Raises `Refused` where it cannot be done."""
    span = window(change)
    if span is None:
        raise Refused(GONE)
    seen, before = fingerprint(change), read(*span)  # in this order: what is shown is never older than what is seen

    def tried() -> Tried:
        done = _apply(change, by, at, tells=False)
        return Tried(done, before, read(*span, before.begins), seen)

    return preview(tried)


@transaction.atomic
def do_change(change: Change, *, seen: str, by: Person, at: datetime) -> Done:
    """Do a change that was previewed on what `seen` says, and tell everybody whose future duty moves.

    Raises `Overtaken` if somebody changed that meanwhile, and `Refused` where it cannot be done.
    """
    take_turns()
    if fingerprint(change) != seen:
        raise Overtaken
    done = _apply(change, by, at, tells=True)
    return replace(done, undo_seen=fingerprint(done.undo))


def _apply(change: Change, by: Person, at: datetime, *, tells: bool) -> Done:
    match change:
        case Give():
            return _give(change, by, at, tells)
        case StandIn():
            return _stand_in(change, by, at, tells)
        case Cancel():
            return _cancel(change, by, at, tells)
        case Remove():
            return _remove(change, by, at)
        case Add():
            return _add(change, by, at, tells)


def _give(change: Give, by: Person, at: datetime, tells: bool) -> Done:
    people = Person.objects.in_bulk([pk for pk in change.people.values() if pk is not None])
    if any(pk is not None and pk not in people for pk in change.people.values()):
        raise Refused("One of these people is not here.")
    before = dict(Place.objects.filter(pk__in=change.people).values_list("pk", "person_id"))
    changed = set_places(changes={place: people.get(pk or 0) for place, pk in change.people.items()}, by=by, at=at,
                         tells=tells)
    names = ", ".join(str(rotation) for rotation in changed.rotations)
    return Done(changed.moved, f"{names} changed.", Give(before))


def _stand_in(change: StandIn, by: Person, at: datetime, tells: bool) -> Done:
    person = _found(Person.objects.filter(pk=change.person).first)
    made, moved = make_override(seat=change.seat, person=person, starts_at=change.starts_at, ends_at=change.ends_at,
                                by=by, at=at, reason=change.reason, source=OverrideSource.HAND, tells=tells)
    return Done(moved, f"{person.name} takes over as {change.seat.label.lower()}.", Cancel(made.pk))


def _cancel(change: Cancel, by: Person, at: datetime, tells: bool) -> Done:
    row = _found(Override.objects.select_related("person").filter(pk=change.override).first)
    moved = cancel_override(override=row, by=by, at=at, tells=tells)
    undo = StandIn(_seat(row), row.person_id, max(row.starts_at, at), row.ends_at, row.reason)
    return Done(moved, f"{row.person.name} no longer takes over as {_seat(row).label.lower()}.", undo)


def _remove(change: Remove, by: Person, at: datetime) -> Done:
    row = _found(Rotation.objects.filter(pk=change.rotation).first)
    people = dict(Place.objects.filter(rotation=row, person__isnull=False).values_list("number", "person_id"))
    first_on = begins(schedule()).named_by(row.starts_at)
    changed = remove_rotation(rotation=row, by=by, at=at)
    again = Add(first_on, row.pattern_id, {number: pk for number, pk in people.items() if pk is not None},
                changed.set_aside)
    return Done(changed.moved, f"{row} was taken back.", again)


def _add(change: Add, by: Person, at: datetime, tells: bool) -> Done:
    pattern = _found(Pattern.objects.filter(pk=change.pattern).first)
    people = Person.objects.in_bulk(change.people.values())
    if len(people) < len(set(change.people.values())):
        raise Refused("One of these people is not here.")
    if any(place > pattern.engineers for place in change.people):
        raise Refused("The pattern has no such place.")
    if begins(schedule()).moment(change.first_on + timedelta(weeks=pattern.weeks)) <= at:
        raise Refused("A rotation that would be over already cannot be added.")
    asked = NewRotation(change.first_on, {place: people[pk] for place, pk in change.people.items()})
    changed = make_rotations(asked=[asked], pattern=pattern, by=by, at=at, tells=tells, overrides=change.overrides)
    return Done(changed.moved, f"{changed.rotations[0]} is planned.", Remove(changed.rotations[0].pk))


def _seat(row: Override) -> Seat:
    return Seat(row.seat)


def _found(first: Callable[[], T | None]) -> T:
    row = first()
    if row is None:
        raise Refused(GONE)
    return row

"""Rotations and their places: made, changed before they begin, taken back. What is meant; duty follows at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from cadence.queries import team_zone
from people.models import Person
from set_rotation.actions.base import Refused, record, take_turns
from set_rotation.actions.duty import rewrite_duty
from set_rotation.actions.telling import tell_moved
from set_rotation.choices import PlaceRole, Seat, What
from set_rotation.models import Override, Pattern, Place, Rotation, Shift
from set_rotation.queries import begins, end_before, schedule
from set_rotation.rules.duty import Moved
from set_rotation.rules.spans import ShiftSpan, shift_spans
from set_rotation.rules.words import span_words


@dataclass(frozen=True)
class NewRotation:
    """A rotation to be made: the local day it begins on, and who has which place (0 is the lead; absent is a gap)."""

    first_on: date
    people: Mapping[int, Person]


@dataclass(frozen=True)
class Changed:
    """What an edit did: whose future duty moved, the rotations it made or changed, and the overrides (ids) that it set
    aside with one it took back."""

    moved: tuple[Moved, ...]
    rotations: tuple[Rotation, ...]
    set_aside: tuple[int, ...] = ()


@transaction.atomic
def make_rotations(
    *, asked: Sequence[NewRotation], pattern: Pattern, by: Person | None, at: datetime, tells: bool = True,
    overrides: Collection[int] = (),
) -> Changed:
    """Make rotations, their places and shifts, and tell those who have duty by them. Each begins where the one before
    it ends, though the schedule was changed meanwhile. `overrides` (ids) were set aside with one that was taken
    back, and hold again.

    Raises `Refused` where one overlaps another, begins on another weekday than rotations do, or somebody would hold two
    seats or places at once.
    """
    take_turns()
    row = schedule()
    when = begins(row)
    number = (Rotation.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    made: list[Rotation] = []
    for each in sorted(asked, key=lambda new: new.first_on):
        if each.first_on.weekday() != when.weekday:
            raise Refused(f"{each.first_on:%d %b %Y} is not the weekday on which rotations begin.")
        spans = shift_spans(each.first_on, when, pattern.weeks, pattern.shifts, end_before(each.first_on, when))
        starts_at, ends_at = spans[0].starts_at, spans[0].ends_at
        other = Rotation.objects.overlapping(starts_at, ends_at).first()
        if other is not None:
            raise Refused(f"{other} runs at that time already: choose days after it, or change its places.")
        _refuse_strangers(each.people.values())
        rotation = Rotation.objects.create(
            number=number + len(made), starts_at=starts_at, ends_at=ends_at, pattern=pattern
        )
        _make_places(rotation, pattern, each.people, spans)
        who = ", ".join(f"{place}: {person.name}" for place, person in sorted(each.people.items()))
        record(What.ROTATION_MADE, at=at, by=by, rotation=rotation, to_value=who)
        made.append(rotation)
    if not made:
        return Changed((), ())
    _bring_back(overrides, made, by, at)
    moved = rewrite_duty(starts_at=made[0].starts_at, ends_at=made[-1].ends_at, at=at)
    if tells:
        tell_moved(moved, key=f"made-{made[0].pk}-{made[-1].pk}", why="The next rotations are planned.", at=at, by=by)
    return Changed(moved, tuple(made))


def _make_places(
    rotation: Rotation, pattern: Pattern, people: Mapping[int, Person], spans: Sequence[ShiftSpan]
) -> None:
    roles = [PlaceRole.LEAD, *[PlaceRole.ENGINEER] * pattern.engineers]
    if len({person.pk for person in people.values()}) < len(people):
        raise Refused("Somebody would have two places in one rotation.")
    places = Place.objects.bulk_create(
        Place(rotation=rotation, role=role, number=number, person=people.get(number))
        for number, role in enumerate(roles)
    )
    Shift.objects.bulk_create(
        Shift(place=places[span.place], seat=span.seat, starts_at=span.starts_at, ends_at=span.ends_at)
        for span in spans
    )


@transaction.atomic
def set_places(*, changes: Mapping[int, Person | None], by: Person | None, at: datetime, tells: bool = True) -> Changed:
    """Give places (by id) to other people, or to nobody: two at once swap hands. Tells those whose duty moved.

    Raises `Refused` for a place of a rotation that has begun (an override replaces somebody there), for a place that is
    gone, and when somebody would hold two at once.
    """
    take_turns()
    places = list(Place.objects.select_for_update(of=("self",)).select_related("rotation", "person")
                  .filter(pk__in=changes).order_by("pk"))
    if len(places) < len(changes):
        raise Refused("One of these places is gone: somebody took its rotation back meanwhile.")
    _refuse_strangers(person for person in changes.values() if person is not None)
    for place in places:
        if place.rotation.starts_at <= at:
            raise Refused(f"{place.rotation} has begun. Replace {_name(place.person)} for a time instead.")
        before, after = place.person, changes[place.pk]
        if before == after:
            continue
        place.person = after
        record(What.PLACE_CHANGED, at=at, by=by, rotation=place.rotation, person=after,
               from_value=f"{place.role} {place.number}: {_name(before)}",
               to_value=f"{place.role} {place.number}: {_name(after)}")
    Place.objects.bulk_update(places, ["person"])
    _refuse_twice(places)
    rotations = {place.rotation_id: place.rotation for place in places}
    if not rotations:
        return Changed((), ())
    moved = rewrite_duty(starts_at=min(rotation.starts_at for rotation in rotations.values()),
                         ends_at=max(rotation.ends_at for rotation in rotations.values()), at=at)
    if tells:
        tell_moved(moved, key=f"places-{at:%y%m%d%H%M%S%f}", why="A rotation was changed.", at=at, by=by)
    return Changed(moved, tuple(rotations.values()))


@transaction.atomic
def remove_rotation(*, rotation: Rotation, by: Person | None, at: datetime) -> Changed:
    """Take back a rotation that has not begun, and tell those who had duty by it. Raises `Refused` once it has."""
    take_turns()
    stored = Rotation.objects.select_for_update().filter(pk=rotation.pk).first()
    if stored is None:
        raise Refused("That rotation was taken back already.")
    if stored.starts_at <= at:
        raise Refused(f"{stored} has begun: it is history, and cannot be taken back.")
    record(What.ROTATION_REMOVED, at=at, by=by, from_value=str(stored))
    aside = _set_aside(stored, by, at)
    Place.objects.filter(rotation=stored).delete()  # and their shifts
    moved = rewrite_duty(starts_at=stored.starts_at, ends_at=stored.ends_at, at=at)
    stored.delete()
    tell_moved(moved, key=f"removed-{rotation.pk}", why=f"{rotation} was taken back.", at=at, by=by)
    return Changed(moved, (), aside)


def _set_aside(rotation: Rotation, by: Person | None, at: datetime) -> tuple[int, ...]:
    """Cancel what stands in for people of this rotation alone, so that it does not come alive in another one that is
    planned for these days. An override that reaches beyond it goes on there, and so stays."""
    inside = Override.objects.held().filter(starts_at__gte=rotation.starts_at, ends_at__lte=rotation.ends_at)
    rows = list(inside.select_for_update(of=("self",)).select_related("person").order_by("pk"))
    Override.objects.filter(pk__in=[row.pk for row in rows]).update(cancelled_at=at)
    for row in rows:
        record(What.OVERRIDE_CANCELLED, at=at, by=by, person=row.person, override=row, from_value=_override_words(row))
    return tuple(row.pk for row in rows)


def _bring_back(overrides: Collection[int], made: Sequence[Rotation], by: Person | None, at: datetime) -> None:
    """What was set aside with a rotation holds again in the one that takes its place."""
    gone = Override.objects.filter(
        pk__in=overrides, cancelled_at__isnull=False, person__is_active=True,
        starts_at__gte=made[0].starts_at, ends_at__lte=made[-1].ends_at,
    )
    rows = list(gone.select_for_update(of=("self",)).select_related("person").order_by("pk"))
    Override.objects.filter(pk__in=[row.pk for row in rows]).update(cancelled_at=None)
    for row in rows:
        record(What.OVERRIDE_MADE, at=at, by=by, person=row.person, override=row, to_value=_override_words(row))


def _override_words(row: Override) -> str:
    return f"{Seat(row.seat).label} {span_words(row.starts_at, row.ends_at, team_zone())}"


def _refuse_strangers(people: Iterable[Person]) -> None:
    for person in people:
        if not person.is_active:
            raise Refused(f"{person.name} has left: they cannot be given duty.")


def _refuse_twice(places: Sequence[Place]) -> None:
    """One place a person and rotation, said in words before the database says it."""
    for rotation_id in {place.rotation_id for place in places}:
        held = Place.objects.filter(rotation_id=rotation_id, person__isnull=False).select_related("person", "rotation")
        seen: set[int] = set()
        for place in held:
            if place.person_id in seen:
                raise Refused(f"{_name(place.person)} would have two places in {place.rotation}.")
            seen.add(place.person_id or 0)


def _name(person: Person | None) -> str:
    return person.name if person else "nobody"

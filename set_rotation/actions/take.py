"""Taking a seat of a running shift over at once, and giving it back."""

from datetime import datetime

from django.db import transaction

from people.models import Person
from set_rotation.actions.base import Refused, take_turns
from set_rotation.actions.duty import rewrite_duty
from set_rotation.actions.overrides import cancel_override, make_override
from set_rotation.actions.telling import tell_moved
from set_rotation.choices import OverrideSource, Seat
from set_rotation.models import Duty, Override
from set_rotation.queries import holder
from set_rotation.queries.replace import stand_ins
from set_rotation.queries.take import other_duty, shift_end, together
from set_rotation.rules.duty import Moved
from set_rotation.rules.swaps import can_exchange


@transaction.atomic
def take_over(
    *, seat: Seat, person: Person, until: datetime, by: Person, at: datetime
) -> tuple[Override, tuple[Moved, ...]]:
    """Have somebody hold a seat from now on, until a time within the running shift, and tell everybody whose duty
    moves. The backup who takes the primary's seat changes places with the primary, for as long.

    Raises `Refused` where no shift runs, for a time that is over or behind the shift's end, for somebody who holds the
    seat already, leads, is away, or is not on the roster.
    """
    take_turns()
    ends = shift_end(seat, at)
    if ends is None:
        raise Refused(f"No {seat.label.lower()} is planned now: there is nothing to take over.")
    if until <= at:
        raise Refused("That time is over: choose a later one.")
    if until > ends:
        raise Refused("The shift ends before that: take it until its end at most.")
    present, other = holder(seat, at), other_duty(person, seat, at)
    if present is not None and present.pk == person.pk:
        raise Refused(f"{person.name} is {seat.label.lower()} already.")
    _refuse_taker(seat, person, until, other, at)
    made, _ = make_override(
        seat=seat, person=person, starts_at=at, ends_at=until, by=by, at=at, reason="taken over at once",
        source=OverrideSource.TAKE, tells=False, rewrites=False,
    )
    why = f"{person.name} takes over as {seat.label.lower()} now."
    if other is not None and present is not None:
        make_override(
            seat=Seat(other.seat), person=present, starts_at=at, ends_at=min(until, other.ends_at), by=by, at=at,
            reason="in exchange", source=OverrideSource.TAKE, tells=False, rewrites=False,
        )
        why += f" {present.name} is {Seat(other.seat).label.lower()} meanwhile."
    moved = rewrite_duty(starts_at=at, ends_at=until, at=at)
    tell_moved(moved, key=f"take-{made.pk}", why=why, at=at, by=by)
    return made, moved


@transaction.atomic
def give_back(*, override: Override, by: Person, at: datetime) -> tuple[Moved, ...]:
    """Give back what was taken over, from now on: whoever holds the shift has the seat again, and is told. Raises
    `Refused` where it is over or was given back already."""
    take_turns()
    if override.source != OverrideSource.TAKE:
        raise Refused("That was not taken over here: change it where it was made.")
    left = together(override, at)
    if override.pk not in {each.pk for each in left}:
        raise Refused("That was given back already, or is over.")
    for each in left:
        cancel_override(override=each, by=by, at=at, tells=False, rewrites=False)
    moved = rewrite_duty(starts_at=min(each.starts_at for each in left), ends_at=max(each.ends_at for each in left),
                         at=at)
    why = f"{left[0].person.name} gives {Seat(left[0].seat).label.lower()} back."
    tell_moved(moved, key=f"given-{override.pk}", why=why, at=at, by=by)
    return moved


def _refuse_taker(seat: Seat, person: Person, until: datetime, other: Duty | None, at: datetime) -> None:
    if other is not None and not can_exchange(seat, Seat(other.seat)):
        raise Refused(f"{person.name} is {Seat(other.seat).label.lower()} now, and holds one seat at a time.")
    judged = {each.person.pk: each for each in stand_ins(seat, at, until, at)}
    if person.pk not in judged:
        raise Refused(f"{person.name} is not on the roster: whoever plans rotations puts them there.")
    found = judged[person.pk]
    if not found.can and not found.busy:
        raise Refused(f"{person.name} cannot take it: {found.reason.lower()}.")

"""Overrides: somebody replaces whoever holds a seat, for a stretch; and is taken back again."""

from datetime import datetime, timedelta

from django.db import transaction

from cadence.queries import team_zone
from people.models import Person
from set_rotation.actions.base import Refused, record, take_turns
from set_rotation.actions.duty import rewrite_duty
from set_rotation.actions.telling import tell_moved
from set_rotation.choices import OverrideSource, Seat, What
from set_rotation.models import Override
from set_rotation.queries import rota
from set_rotation.rules.duty import Moved
from set_rotation.rules.words import moment_words, span_words

LONGEST = timedelta(days=92)


@transaction.atomic
def make_override(
    *, seat: Seat, person: Person, starts_at: datetime, ends_at: datetime, by: Person | None, at: datetime,
    reason: str = "", source: OverrideSource = OverrideSource.HAND, tells: bool = True, rewrites: bool = True,
) -> tuple[Override, tuple[Moved, ...]]:
    """Have `person` hold `seat` in `[starts_at, ends_at)` instead of whoever does, and tell those whose duty moves.

    Raises `Refused` for a stretch that ends before it starts, is longer than a quarter or has no shift to replace, for
    somebody who has left, and when somebody would hold two seats at once. With `rewrites=False` the caller makes
    several, and then calls `rewrite_duty` and `tell_moved` for all of them: two who swap seats clash half-way.
    """
    take_turns()
    _refuse_odd(seat, person, starts_at, ends_at)
    made = Override.objects.create(seat=seat, person=person, starts_at=starts_at, ends_at=ends_at, reason=reason,
                                   source=source, by=by, made_at=at)
    words = f"{seat.label} {span_words(starts_at, ends_at, team_zone())}"
    record(What.OVERRIDE_MADE, at=at, by=by, person=person, override=made, to_value=words)
    if not rewrites:
        return made, ()
    moved = rewrite_duty(starts_at=starts_at, ends_at=ends_at, at=at)
    if tells:
        why = f"{person.name} takes over as {seat.label.lower()}" + (f": {reason}" if reason else ".")
        tell_moved(moved, key=f"override-{made.pk}", why=why, at=at, by=by)
    return made, moved


@transaction.atomic
def cancel_override(
    *, override: Override, by: Person | None, at: datetime, tells: bool = True, rewrites: bool = True
) -> tuple[Moved, ...]:
    """Take an override back: wholly before it begins, from `at` on once it has. What was served stays served.

    Raises `Refused` when it is over or was taken back, and when somebody would then hold two seats at once.
    """
    take_turns()
    stored = Override.objects.select_for_update().get(pk=override.pk)
    if stored.cancelled_at is not None:
        raise Refused("That was taken back already.")
    if stored.ends_at <= at:
        raise Refused("That is over: it is history, and cannot be taken back.")
    ends_at = stored.ends_at
    if stored.starts_at >= at:
        stored.cancelled_at = at
    else:
        stored.ends_at = at
    stored.save(update_fields=["cancelled_at", "ends_at"])
    record(What.OVERRIDE_CANCELLED, at=at, by=by, person=stored.person, override=stored,
           from_value=f"{Seat(stored.seat).label} {span_words(stored.starts_at, ends_at, team_zone())}")
    if not rewrites:
        return ()
    moved = rewrite_duty(starts_at=stored.starts_at, ends_at=ends_at, at=at)
    if tells:
        why = f"{stored.person.name} no longer takes over as {Seat(stored.seat).label.lower()}."
        tell_moved(moved, key=f"back-{stored.pk}", why=why, at=at, by=by)
    return moved


def _refuse_odd(seat: Seat, person: Person, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused("It has to end after it starts.")
    if ends_at - starts_at > LONGEST:
        raise Refused("A replacement lasts a quarter at most: plan rotations for longer stretches.")
    if not person.is_active:
        raise Refused(f"{person.name} has left: they cannot be given duty.")
    covered = starts_at
    for piece in rota(starts_at, ends_at).pieces:
        if piece.seat == seat and piece.starts_at <= covered:
            covered = max(covered, piece.ends_at)
    if covered < ends_at:
        raise Refused(f"No {seat.label.lower()} is planned at {moment_words(covered, team_zone())}: "
                      "there is nobody to replace. Plan a rotation first.")

"""Several escalations at once: each by its own verb, so that what one refuses stops none of the others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import transaction

from escalations.actions.base import Refused, held
from escalations.actions.people import follow, set_owner
from escalations.actions.states import move
from escalations.choices import Status
from escalations.models import Escalation
from people.models import Person

UNDO_SALT = "escalations.bulk.owner"
UNDO_LASTS = 60 * 60  # seconds


@dataclass(frozen=True)
class Done:
    """What came of it: how many were changed, and what was refused, in words. `undo`: what takes it back, or ""."""

    changed: int
    refused: tuple[str, ...] = ()
    undo: str = ""


def give_all(*, escalations: Iterable[Escalation], owner: Person | None, by: Person, at: datetime) -> Done:
    """Give each to somebody, or to nobody. It can be taken back within the hour."""
    before: list[tuple[int, int | None]] = []

    def one(row: Escalation) -> bool:
        with transaction.atomic():
            old = held(row).owner_id
            set_owner(escalation=row, owner=owner, by=by, at=at)
        if old == (owner.pk if owner else None):
            return False
        before.append((row.pk, old))
        return True

    done = _each(escalations, one)
    given = [by.pk, owner.pk if owner else None, before]
    return Done(done.changed, done.refused, signing.dumps(given, salt=UNDO_SALT, compress=True) if before else "")


def give_back(*, token: str, seen: Callable[[Sequence[int]], Iterable[Escalation]], by: Person, at: datetime) -> Done:
    """Give them back to whom they were taken from, where they are still with whom they were given to. `seen`: those of
    these numbers that the person sees. Raises `Refused` for a token that is too old or another's."""
    try:
        person, given, before = signing.loads(token, salt=UNDO_SALT, max_age=UNDO_LASTS)
    except signing.BadSignature as error:
        raise Refused("It can no longer be taken back here.") from error
    if person != by.pk:
        raise Refused("Somebody else gave them: they can take it back.")
    old = {int(number): owner for number, owner in before}
    owners = Person.objects.in_bulk([owner for owner in old.values() if owner])

    def one(row: Escalation) -> bool:
        with transaction.atomic():
            if held(row).owner_id != given:
                raise Refused("somebody else has it meanwhile.")
            set_owner(escalation=row, owner=owners.get(old[row.pk] or 0), by=by, at=at)
        return True

    return _each(seen(list(old)), one)


def follow_all(*, escalations: Iterable[Escalation], by: Person, at: datetime) -> Done:
    """Hear of each from now on; those that are followed already are passed over."""
    return _each(escalations, lambda row: follow(escalation=row, person=by, by=by, at=at))


def move_all(*, escalations: Iterable[Escalation], to: Status, by: Person, at: datetime) -> Done:
    """Move each to a status, where that is a legal move from its own. Of what nobody said what it turned out to be
    none is solved: that is said one by one, and the figures count by it."""

    def one(row: Escalation) -> bool:
        if to == Status.SOLVED and not row.outcome:
            raise Refused("say on its own page what it turned out to be.")
        move(escalation=row, to=to, by=by, at=at)
        return True

    return _each(escalations, one)


def _each(escalations: Iterable[Escalation], verb: Callable[[Escalation], bool]) -> Done:
    changed, refused = 0, []
    for row in escalations:
        try:
            changed += verb(row)
        except Refused as fault:
            refused.append(f"{row}: {fault}")
    return Done(changed, tuple(refused))

"""What needs somebody about swaps and leave: an answer that they are asked for, and duty that nobody would serve, for
its person is away or has left."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from people.choices import Right
from people.models import Person
from portal.pages.needs import NAMED, Need
from set_rotation.choices import Seat
from set_rotation.models import Duty, Swap
from set_rotation.queries.away import away_clashes
from set_rotation.queries.swaps import asked_of
from set_rotation.rules.local import stretch_words

SOON = timedelta(days=7)  # a clash that begins within these is one for today


def leave_needs(person: Person, rights: Collection[Right], at: datetime) -> tuple[Need, ...]:
    """The rows for one reader: swaps that wait for their answer, those asked of them alone first; and where they plan
    rotations, leave that clashes with duty, and duty of people who have left. At most five queries."""
    found: list[Need] = []
    if Right.PLAN_ROTATIONS in rights:
        found += [*_left(at), *_clashes(at)]
    if Right.SERVE in rights:
        found += [_asked(swap, person, at) for swap in asked_of(person, at)[:NAMED]]
    return tuple(found)


def _left(at: datetime) -> list[Need]:
    ahead = Duty.objects.held().filter(person__is_active=False, ends_at__gt=at)
    rows = list(ahead.values_list("person__name").annotate(first=Min("starts_at")).order_by("first", "person__name"))
    if not rows:
        return []
    who = "Somebody who has left is" if len(rows) == 1 else f"{len(rows)} people who have left are"
    soon = rows[0][1] <= at + SOON
    names = ", ".join(name for name, _ in rows[:NAMED])
    return [Need("red" if soon else "amber", "incident", f"{who} on duty", reverse("set_rotation:rotations"),
                 when="soon" if soon else "ahead", detail=f"{names}: give their places to others.", label="Look",
                 primary=soon)]


def _clashes(at: datetime) -> list[Need]:
    found = away_clashes(at)
    if not found:
        return []
    people = {clash.person for clash in found}
    names = ", ".join(Person.objects.filter(pk__in=people).order_by("name").values_list("name", flat=True)[:NAMED])
    who = "Somebody is" if len(people) == 1 else f"{len(people)} people are"
    soon = found[0].starts_at <= at + SOON
    return [Need("red" if soon else "amber", "incident", f"{who} away while on duty", reverse("set_rotation:away"),
                 when="soon" if soon else "ahead", detail=f"{names}: find who stands in.", label="Look", primary=soon)]


def _asked(swap: Swap, person: Person, at: datetime) -> Need:
    zone = str(timezone.get_current_timezone())
    words = f"{Seat(swap.seat).label}, {stretch_words(swap.starts_at, swap.ends_at, zone, at.year)}"
    alone = swap.asked_id == person.pk
    title = f"{swap.person.name} asks you for a swap" if alone else f"{swap.person.name} asks who can take a duty"
    return Need("blue", "duty", title, f"{reverse('set_rotation:swaps')}#swap-{swap.pk}", at=swap.starts_at,
                detail=words, label="Answer", primary=alone)

"""What needs somebody about swaps and leave: an answer that they are asked for, and duty that nobody would serve."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from people.choices import Right
from people.models import Person
from portal.pages.needs import NAMED, Need
from set_rotation.choices import Seat
from set_rotation.models import Swap
from set_rotation.queries.away import away_clashes
from set_rotation.queries.swaps import asked_of
from set_rotation.rules.local import stretch_words

SOON = timedelta(days=7)  # a clash that begins within these is one for today


def leave_needs(person: Person, rights: Collection[Right], at: datetime) -> tuple[Need, ...]:
    """The rows for one reader: swaps that wait for their answer, those asked of them alone first; and where they plan
    rotations, leave that clashes with duty. At most four queries."""
    found: list[Need] = []
    if Right.PLAN_ROTATIONS in rights:
        found += _clashes(at)
    if Right.SERVE in rights:
        found += [_asked(swap, person, at) for swap in asked_of(person, at)[:NAMED]]
    return tuple(found)


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

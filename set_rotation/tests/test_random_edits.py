"""After any edits, in any order: duty is what is meant, what was served stays, and no rights come from what is gone."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from people.models import ActingRole, Person
from set_rotation import actions
from set_rotation.choices import Seat
from set_rotation.models import Duty, Override, Place, Rotation
from set_rotation.queries import override_facts, shift_facts
from set_rotation.rules.duty import effective
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
FIRST, START = date(2026, 11, 16), datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Served = list[tuple[str, int, datetime, datetime]]


def held() -> list[tuple[object, ...]]:
    columns = ("seat", "person", "starts_at", "ends_at", "shift", "override", "rotation")
    return sorted(Duty.objects.held().values_list(*columns))


def meant() -> list[tuple[object, ...]]:
    pieces = effective(shift_facts(*EVER), override_facts(*EVER))
    return sorted((piece.seat.value, piece.person, piece.starts_at, piece.ends_at, piece.shift, piece.override,
                   piece.rotation) for piece in pieces if piece.person is not None)


def served(at: datetime) -> Served:
    """Who had which seat until a moment, whatever rows that is made of."""
    found: Served = []
    rows = Duty.objects.held().filter(starts_at__lt=at).order_by("seat", "person", "starts_at")
    for seat, person, starts, ends in rows.values_list("seat", "person", "starts_at", "ends_at"):
        if found and found[-1][:2] == (seat, person) and found[-1][3] == starts:
            found[-1] = (*found[-1][:3], min(ends, at))
        else:
            found.append((seat, person, starts, min(ends, at)))
    return found


def edit(rnd: random.Random, folk: list[Person], at: datetime) -> None:
    """Some edit; many are refused."""
    overrides, rotations = list(Override.objects.held().order_by("pk")), list(Rotation.objects.order_by("pk"))
    places = list(Place.objects.order_by("pk"))
    match rnd.choice(["make", "give", "give", "replace", "replace", "replace", "cancel", "remove"]):
        case "make":
            first_on = FIRST + 14 * DAY * rnd.randrange(5)
            if datetime(first_on.year, first_on.month, first_on.day, tzinfo=UTC) > at:
                people = dict(enumerate(rnd.sample(folk, 5)))
                pattern = make.pattern(rnd.choice(["one-seat-each", "two-take-turns"]))
                actions.make_rotations(asked=[actions.NewRotation(first_on, people)], pattern=pattern, by=None, at=at)
        case "give" if places:
            changes = {place.pk: rnd.choice([*folk, None]) for place in rnd.sample(places, 2)}
            actions.set_places(changes=changes, by=None, at=at)
        case "replace":  # for up to 16 days: over two rotations
            starts_at = at + rnd.randrange(25 * 1440) * MINUTE
            actions.make_override(seat=rnd.choice(list(Seat)), person=rnd.choice(folk), starts_at=starts_at, by=None,
                                  ends_at=starts_at + rnd.randrange(1, 16 * 1440) * MINUTE, at=at)
        case "cancel" if overrides:
            actions.cancel_override(override=rnd.choice(overrides), by=None, at=at)
        case "remove" if rotations and rnd.random() < 0.3:
            actions.remove_rotation(rotation=rnd.choice(rotations), by=None, at=at)


@pytest.mark.parametrize("seed", range(3))
def test_duty_is_what_is_meant_and_what_was_served_stays(seed: int) -> None:
    rnd, folk, at, done = random.Random(seed), make.crew(14), START - DAY, 0
    make.rotation(folk[:5], at=at)
    for _ in range(60):
        at += rnd.randrange(900) * MINUTE
        before = served(at)
        try:
            edit(rnd, folk, at)
        except actions.Refused:
            continue
        done += 1
        assert held() == meant()
        assert served(at) == before
        sources = {f"rotation:{pk}" for pk in Rotation.objects.values_list("pk", flat=True)}
        assert set(ActingRole.objects.values_list("source", flat=True)) <= sources
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert done > 15 and served(at)

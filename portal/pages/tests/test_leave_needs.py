"""Swaps and clashes of leave on the home page."""

from datetime import UTC, datetime, timedelta

import pytest

from people.actions import deactivate
from people.choices import Right, Role
from portal.pages.leave_needs import leave_needs
from set_rotation.actions.swaps import ask_swap, decline_swap
from set_rotation.choices import Seat
from set_rotation.models import Away
from set_rotation.rules.duty import Span
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START, DAY = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(days=1)
SERVES, PLANS = {Right.SERVE}, {Right.SERVE, Right.PLAN_ROTATIONS}


def test_whoever_is_asked_for_a_swap_finds_it_at_home_until_they_answer() -> None:
    people = make.crew()
    make.rotation(people)
    span = Span(Seat.PRIMARY, START + DAY, START + 2 * DAY)
    swap = ask_swap(person=people[1], span=span, asked=people[3], in_return=None, by=people[1], at=START)
    [need] = leave_needs(people[3], SERVES, START)
    assert (need.title, need.primary) == (f"{people[1].name} asks you for a swap", True)
    assert need.url.endswith(f"#swap-{swap.pk}")
    for other, rights in ((people[1], SERVES), (people[4], SERVES), (people[3], set[Right]())):
        assert leave_needs(other, rights, START) == ()
    decline_swap(swap=swap, person=people[3], by=people[3], at=START)
    assert leave_needs(people[3], SERVES, START) == ()


def test_duty_that_nobody_would_serve_is_told_to_whoever_plans() -> None:
    people = make.crew()
    make.rotation(people)
    coordinator = make.engineer("Coordinator", Role.COORDINATOR)
    assert leave_needs(coordinator, PLANS, START) == ()
    Away.objects.create(person=people[3], starts_at=START + 12 * DAY, ends_at=START + 13 * DAY, made_at=START)
    [later] = leave_needs(coordinator, PLANS, START)
    assert (later.tone, later.title) == ("amber", "Somebody is away while on duty")
    Away.objects.create(person=people[1], starts_at=START + DAY, ends_at=START + 2 * DAY, made_at=START)
    [need] = leave_needs(coordinator, PLANS, START)
    assert (need.tone, need.title) == ("red", "2 people are away while on duty")
    assert leave_needs(people[4], SERVES, START) == ()


def test_duty_of_somebody_who_has_left_is_told_to_whoever_plans() -> None:
    people = make.crew()
    make.rotation(people)
    coordinator = make.engineer("Coordinator", Role.COORDINATOR)
    deactivate(person=people[3], by=coordinator, at=START)
    [later] = leave_needs(coordinator, PLANS, START - 8 * DAY)
    assert (later.tone, later.title) == ("amber", "Somebody who has left is on duty")
    assert people[3].name in later.detail
    deactivate(person=people[1], by=coordinator, at=START)
    [need] = leave_needs(coordinator, PLANS, START)
    assert (need.tone, need.title) == ("red", "2 people who have left are on duty")
    assert leave_needs(people[4], SERVES, START) == ()
    assert leave_needs(coordinator, PLANS, START + 14 * DAY) == ()

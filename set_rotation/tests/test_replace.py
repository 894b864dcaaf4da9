"""Who can stand in, and in which order to ask."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from set_rotation import queries
from set_rotation.choices import Seat
from set_rotation.models import Away
from set_rotation.queries.replace import stand_ins
from set_rotation.rules.duty import Span
from set_rotation.rules.replace import Candidate, judge, order, overlaps, served
from set_rotation.tests import factories as make

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
START = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
ZONE = "America/New_York"
FREE = Candidate(1, "Ada", ZONE, leads=True, engineers=True, member=(date(2026, 1, 1), None))


@pytest.mark.parametrize(("changed", "seat", "can", "reason"), [
    ({}, Seat.PRIMARY, True, ""),
    ({"leads": False}, Seat.LEAD, False, "Does not lead"),
    ({"engineers": False}, Seat.BACKUP, False, "Leads only"),
    ({"member": (date(2026, 11, 17), None)}, Seat.PRIMARY, False, "On the roster from Tue 17 Nov only"),
    ({"member": (date(2026, 1, 1), date(2026, 11, 23))}, Seat.PRIMARY, False, "Leaves the roster on Mon 23 Nov"),
    ({"member": (date(2026, 1, 1), date(2026, 11, 24))}, Seat.PRIMARY, True, ""),
    ({"away": ((START - DAY, START),)}, Seat.PRIMARY, True, ""),
    ({"away": ((START - DAY, START + HOUR),)}, Seat.PRIMARY, False, "Away Sun 15 Nov to Mon 16 Nov"),
    ({"away": ((START + HOUR, START + 2 * HOUR),)}, Seat.PRIMARY, False, "Away on Mon 16 Nov"),
    ({"serves": (Span(Seat.BACKUP, START + 6 * DAY, START + 8 * DAY),)}, Seat.PRIMARY, False, "Backup at that time"),
    ({"serves": (Span(Seat.BACKUP, START + WEEK, START + 2 * WEEK),)}, Seat.PRIMARY, True, ""),
    ({"rotations": ("rotation 4",)}, Seat.PRIMARY, True, "Serves in rotation 4 too"),
])
def test_who_can_stand_in_for_a_week_and_why_not(
    changed: dict[str, object], seat: Seat, can: bool, reason: str
) -> None:
    judged = judge(replace(FREE, **changed), seat, START, START + WEEK, ZONE)  # type: ignore[arg-type]
    assert (judged.can, judged.reason) == (can, reason)


def test_days_away_are_said_in_the_clocks_of_whoever_is_away() -> None:
    midnight = datetime(2026, 11, 17, 18, 30, tzinfo=UTC)  # 0:00 on the 18th in Kolkata, half an hour off the hour
    in_india = replace(FREE, zone="Asia/Kolkata", away=((midnight, midnight + DAY),))
    assert judge(in_india, Seat.PRIMARY, START, START + WEEK, ZONE).reason == "Away on Wed 18 Nov"


def test_free_ones_come_first_by_load_then_neighbours_then_those_who_cannot() -> None:
    people = [
        replace(FREE, person=1, name="Cannot", leads=False),
        replace(FREE, person=2, name="Neighbour", rotations=("rotation 1",)),
        replace(FREE, person=3, name="Loaded", load=3.0),
        replace(FREE, person=4, name="Rested", load=1.0),
        replace(FREE, person=5, name="Also rested", load=1.0),
    ]
    assert [each.person for each in order(people, Seat.LEAD, START, START + WEEK, ZONE)] == [5, 4, 3, 2, 1]


hours = st.integers(-400, 400)


@given(st.lists(st.tuples(hours, st.integers(1, 300)), max_size=5), hours, st.integers(1, 300))
def test_whoever_is_judged_free_is_free_at_every_hour(spans: list[tuple[int, int]], start: int, length: int) -> None:
    away = tuple((START + begins * HOUR, START + (begins + lasts) * HOUR) for begins, lasts in spans)
    starts, ends = START + start * HOUR, START + (start + length) * HOUR
    judged = judge(replace(FREE, away=away), Seat.PRIMARY, starts, ends, ZONE)
    moments = [starts + number * HOUR for number in range(length)]
    assert judged.can == (not any(begins <= moment < over for moment in moments for begins, over in away))
    assert judged.can == (not any(overlaps(each, (starts, ends)) for each in away))


def test_load_counts_only_what_lies_within_the_year() -> None:
    spans = [(START - WEEK, START + WEEK), (START + 3 * WEEK, START + 5 * WEEK), (START - 9 * WEEK, START - 8 * WEEK)]
    assert served(spans, START, START + 4 * WEEK) == 2.0


@pytest.mark.django_db
def test_the_roster_is_asked_in_a_constant_number_of_queries() -> None:
    people = make.crew()
    for person in people:
        make.member(person)
    make.rotation(people)
    rested, away, gone, later = make.engineer("Rested"), make.engineer("Away"), make.engineer("Gone"), make.engineer()
    stranger = make.engineer("Not on the roster")
    for person in (rested, away, gone):
        make.member(person)
    make.member(later, joins_on=date(2027, 1, 1))
    gone.is_active = False
    gone.save()
    Away.objects.create(person=away, starts_at=START, ends_at=START + DAY, made_at=START)

    with CaptureQueriesContext(connection) as asked:
        found = stand_ins(Seat.PRIMARY, START + HOUR, START + 5 * HOUR, START, besides=[people[1].pk])
    assert len(asked) <= 7
    assert [(each.person.name, each.can) for each in found[:3]] == [
        (rested.name, True), (people[3].name, True), (people[4].name, True)
    ]
    cannot = {each.person.name: each.reason for each in found if not each.can}
    assert cannot == {people[0].name: "Lead at that time", people[2].name: "Backup at that time",
                      away.name: "Away Mon 16 Nov to Tue 17 Nov"}
    assert found[1].reason == "Serves in rotation 1 too"
    assert stranger.pk not in {each.person.pk for each in found}
    assert found[0].load == 0.0


@pytest.mark.django_db
def test_those_who_served_more_in_the_year_before_are_asked_later() -> None:
    tired, rested = make.engineer("A tired one"), make.engineer("B rested one")
    make.member(tired)
    make.member(rested)
    make.rotation({1: tired, 2: make.engineer()}, first_on=date(2026, 8, 10))
    make.rotation({}, first_on=date(2026, 9, 7))  # so that nobody is next to it
    make.rotation(make.crew())
    found = stand_ins(Seat.PRIMARY, START, START + WEEK, START)
    assert [(each.person.name, round(each.load, 2)) for each in found] == [("B rested one", 0.0), ("A tired one", 1.0)]
    assert queries.rotation_at(START) is not None

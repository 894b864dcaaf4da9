"""Leave by hand: noted, changed, taken back, and told where it clashes with duty."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from set_rotation import actions, queries
from set_rotation.actions.away import add_away, change_away, remove_away, stand_in, warn_of_clashes
from set_rotation.choices import AwaySource, OverrideSource, Seat
from set_rotation.models import Away, Duty, Override, RotationEvent
from set_rotation.queries.away import away_clashes, away_list
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START, HOUR, DAY, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=1), 7


def away(person: Person, starts: int, ends: int, at: datetime = START) -> Away:
    """Somebody is away from one hour of the rotation to another, as they say themselves."""
    return add_away(person=person, starts_at=START + starts * HOUR, ends_at=START + ends * HOUR, all_day=False,
                    by=person, at=at)


def told() -> list[str]:
    """Who was told, by mail."""
    return sorted(Delivery.objects.filter(topic="mail.send").values_list("payload__to", flat=True))


def test_leave_is_noted_changed_and_taken_back_each_with_its_event() -> None:
    person = make.engineer()
    row = away(person, 0, 10)
    change_away(away=row, starts_at=START, ends_at=START + DAY, all_day=True, note="moving house", by=person, at=START)
    assert Away.objects.get().note == "moving house"
    remove_away(away=row, by=person, at=START)
    assert not Away.objects.exists()
    assert list(RotationEvent.objects.order_by("pk").values_list("what", flat=True)) == [
        "away_added", "away_changed", "away_removed"
    ]
    with pytest.raises(actions.Refused, match="already"):
        remove_away(away=row, by=person, at=START)


@pytest.mark.parametrize(("starts", "ends", "words"), [
    (5, 4, "end after it starts"), (5, 5, "end after it starts"), (-10, -5, "over already"),
    (0, 24 * 400, "a year at most"), (0, 10, "noted already"),
])
def test_odd_leave_is_refused_in_words(starts: int, ends: int, words: str) -> None:
    person = make.engineer()
    away(person, 0, 10)
    with pytest.raises(actions.Refused, match=words):
        away(person, starts, ends)


def test_what_a_calendar_says_is_changed_in_the_calendar() -> None:
    person = make.engineer()
    row = Away.objects.create(person=person, starts_at=START, ends_at=START + DAY, source=AwaySource.FEED,
                              made_at=START)
    with pytest.raises(actions.Refused, match="comes from a calendar"):
        remove_away(away=row, by=person, at=START)


def test_a_clash_is_told_once_to_whoever_leads_then_whoever_leads_now_and_the_coordinators() -> None:
    coordinator = make.engineer("Coordinator", Role.COORDINATOR)
    now, then = make.crew(), make.crew()
    make.rotation(now)
    make.rotation(then, first_on=make.FIRST + timedelta(days=14))
    week = 7 * 24
    away(then[1], 2 * week + 5, 2 * week + 30)
    assert told() == sorted([coordinator.email, now[0].email, then[0].email])
    assert warn_of_clashes(at=START + HOUR) == 1
    assert len(told()) == 3
    assert Away.objects.get().warned_at == START


def test_whoever_leads_only_after_a_clash_is_not_told_of_it() -> None:
    now, after = make.crew(), make.crew()
    make.rotation(now)
    make.rotation(after, first_on=make.FIRST + timedelta(days=14))
    away(now[3], 10 * 24, 20 * 24)  # to beyond the rotation's end: the clash ends with it
    assert told() == [now[0].email]


def test_what_was_told_of_a_clash_costs_a_look_and_no_more() -> None:
    people = make.crew()
    make.rotation(people)
    away(people[1], 5, 30)
    with CaptureQueriesContext(connection) as asked:
        warn_of_clashes(at=START + HOUR)
    assert not any("NoticeChoice" in each["sql"] or "INSERT" in each["sql"] for each in asked)


def test_leave_without_duty_is_told_to_nobody_and_neither_is_what_is_over() -> None:
    people = make.crew()
    make.rotation(people)
    away(people[3], 0, 10)  # their week is the second
    assert told() == []
    assert away_clashes(START + 20 * HOUR) == ()


def test_a_clash_ends_when_somebody_stands_in_and_those_who_move_are_told() -> None:
    people, other = make.crew(), make.engineer("Stand In")
    lead = people[0]
    make.member(other)
    make.rotation(people)
    row = away(people[1], 24, 48)
    duty = Duty.objects.held().get(person=people[1])
    [line] = away_list(reader=people[1], everybody=False, may_plan=False, at=START)
    assert [(clash.seat, clash.when) for clash in line.clashes] == [
        ("Primary", "Tue 17 Nov, 9:00 am to Wed 18 Nov, 9:00 am")
    ]
    Delivery.objects.all().delete()
    made, moved = stand_in(away=row, duty=duty, person=other, by=lead, at=START)
    assert (made.source, made.starts_at, made.ends_at) == (OverrideSource.LEAVE, START + 24 * HOUR, START + 48 * HOUR)
    assert told() == sorted([people[1].email, other.email])
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == other
    assert away_clashes(START) == ()
    with pytest.raises(actions.Refused, match="settled"):
        stand_in(away=row, duty=duty, person=other, by=lead, at=START)
    assert {change.person for change in moved} == {people[1].pk, other.pk}


def test_who_cannot_stand_in_does_not() -> None:
    people, stranger, busy = make.crew(), make.engineer("Stranger"), make.engineer("Busy One")
    make.member(busy)
    make.rotation(people)
    row = away(people[1], 24, 48)
    away(busy, 30, 31)
    duty = Duty.objects.held().get(person=people[1])
    with pytest.raises(actions.Refused, match="not on the roster"):
        stand_in(away=row, duty=duty, person=stranger, by=people[0], at=START)
    with pytest.raises(actions.Refused, match="cannot stand in: away"):
        stand_in(away=row, duty=duty, person=busy, by=people[0], at=START)
    assert not Override.objects.exists()


def test_notes_and_edits_are_for_the_person_and_for_whoever_plans() -> None:
    one, other = make.engineer(), make.engineer()
    away(one, 0, 10)
    assert away_list(reader=other, everybody=False, may_plan=False, at=START) == ()
    [line] = away_list(reader=other, everybody=True, may_plan=True, at=START)
    assert line.can_edit
    [mine] = away_list(reader=one, everybody=False, may_plan=False, at=START)
    assert mine.can_edit
    assert mine.now
    assert away_list(reader=one, everybody=False, may_plan=False, at=START + 10 * HOUR) == ()
    assert len(away_list(reader=one, everybody=False, may_plan=False, at=START + 10 * HOUR, past=True)) == 1

"""Edits of rotations and overrides, and the duty that follows them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from integrations.outbox.models import Delivery
from people.actions import deactivate
from people.choices import Role
from people.models import ActingRole
from people.queries import acting_roles
from portal.common.models import Timer
from set_rotation import actions, queries
from set_rotation.actions.duty import CHANGED
from set_rotation.actions.header import settle_trouble
from set_rotation.actions.schedule import change_schedule
from set_rotation.choices import Seat
from set_rotation.models import ChannelHeader, Duty, Override, Rotation
from set_rotation.queries.planning.slots import first_days, slots
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(days=7)  # 9:00 in New York
HOUR = timedelta(hours=1)


def seats(at: datetime) -> dict[str, str]:
    return {seat.value: holder.person.name for seat, holder in queries.holders(at).items()}


def test_a_rotation_gives_five_people_their_seats_and_nothing_after_its_end() -> None:
    people = make.crew()
    made = make.rotation(people)
    lead, one, two, three, four = (person.name for person in people)
    assert (made.number, made.starts_at, made.ends_at) == (1, START, START + 2 * WEEK)
    assert seats(START) == {"lead": lead, "primary": one, "backup": two}
    assert seats(START + WEEK) == {"lead": lead, "primary": three, "backup": four}
    assert seats(START + 2 * WEEK) == seats(START - timedelta(seconds=1)) == {}


def test_two_may_take_turns_while_two_have_no_seat() -> None:
    people = make.crew()
    make.rotation(people, key="two-take-turns")
    lead, one, two, three, _ = people
    assert seats(START) == {"lead": lead.name, "primary": one.name, "backup": two.name}
    assert seats(START + WEEK) == {"lead": lead.name, "primary": two.name, "backup": one.name}
    assert acting_roles(three, START + HOUR) == {Role.ENGINEER}


def test_whoever_serves_has_the_rights_of_it_for_as_long() -> None:
    people = make.crew()
    make.rotation(people)
    assert acting_roles(people[0], START) == {Role.LEAD}
    assert acting_roles(people[0], START + 2 * WEEK) == frozenset()
    assert acting_roles(people[1], START + WEEK) == {Role.ENGINEER}
    stand_in = make.engineer()
    actions.make_override(seat=Seat.LEAD, person=stand_in, starts_at=START + HOUR, ends_at=START + 2 * HOUR, by=None,
                          at=make.NOON)
    assert acting_roles(stand_in, START + HOUR) == {Role.LEAD}
    assert acting_roles(people[0], START + HOUR) == frozenset()
    assert acting_roles(people[0], START + 3 * HOUR) == {Role.LEAD}


def test_an_override_splits_a_shift_and_taking_it_back_mends_it_under_the_same_name() -> None:
    people = make.crew()
    make.rotation(people)
    whole = Duty.objects.held().get(seat=Seat.PRIMARY, starts_at=START)
    stand_in = make.engineer()
    made, moved = actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=START + 48 * HOUR,
                                        ends_at=START + 51 * HOUR, by=people[0], at=make.NOON, reason="dentist")
    assert {change.person for change in moved} == {people[1].pk, stand_in.pk}
    assert seats(START + 49 * HOUR)["primary"] == stand_in.name
    assert seats(START + 51 * HOUR)["primary"] == people[1].name
    first = Duty.objects.get(uid=whole.uid)
    assert (first.starts_at, first.ends_at, first.sequence) == (START, START + 48 * HOUR, 1)
    actions.cancel_override(override=made, by=people[0], at=make.NOON)
    again = Duty.objects.get(uid=whole.uid)
    assert (again.starts_at, again.ends_at, again.cancelled_at) == (START, START + WEEK, None)
    gone = Duty.objects.exclude(cancelled_at=None)
    assert {row.person_id for row in gone} == {stand_in.pk, people[1].pk}


def test_an_override_taken_back_half_way_keeps_what_was_served() -> None:
    people, stand_in = make.crew(), make.engineer()
    make.rotation(people)
    made, _ = actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=START + HOUR,
                                    ends_at=START + 9 * HOUR, by=None, at=START)
    actions.cancel_override(override=made, by=None, at=START + 3 * HOUR)
    assert seats(START + 2 * HOUR)["primary"] == stand_in.name
    assert seats(START + 3 * HOUR)["primary"] == people[1].name
    with pytest.raises(actions.Refused, match="over"):
        actions.cancel_override(override=made, by=None, at=START + 10 * HOUR)


def test_nobody_holds_two_seats_at_once_the_lead_included() -> None:
    people = make.crew()
    make.rotation(people)
    with pytest.raises(actions.Refused, match="lead and primary at once"):
        actions.make_override(seat=Seat.PRIMARY, person=people[0], starts_at=START + HOUR, ends_at=START + 2 * HOUR,
                              by=None, at=START)
    assert not Override.objects.exists()
    assert seats(START + HOUR)["primary"] == people[1].name


def test_the_database_itself_forbids_two_people_in_a_seat_and_one_in_two() -> None:
    people = make.crew()
    made = make.rotation(people)
    row = Duty.objects.held().get(seat=Seat.PRIMARY, starts_at=START)
    for seat, person in ((Seat.PRIMARY, make.engineer()), (Seat.BACKUP, people[0])):
        with pytest.raises(IntegrityError), transaction.atomic():
            Duty.objects.filter(seat=seat, starts_at=START).exclude(pk=row.pk).delete()
            Duty.objects.create(seat=seat, person=person, starts_at=row.starts_at + HOUR, ends_at=row.ends_at,
                                rotation=made, changed_at=make.NOON)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_two_who_swap_seats_for_a_stretch_do_it_together() -> None:
    people = make.crew()
    make.rotation(people)
    starts, ends = START + 10 * HOUR, START + 20 * HOUR
    with transaction.atomic():
        for seat, person in ((Seat.PRIMARY, people[2]), (Seat.BACKUP, people[1])):
            actions.make_override(seat=seat, person=person, starts_at=starts, ends_at=ends, by=None, at=START,
                                  rewrites=False)
        moved = actions.rewrite_duty(starts_at=starts, ends_at=ends, at=START)
    assert seats(START + 11 * HOUR) == {"lead": people[0].name, "primary": people[2].name, "backup": people[1].name}
    assert {change.person for change in moved} == {people[1].pk, people[2].pk}


@pytest.mark.parametrize(("starts", "ends", "words"), [
    (2, 1, "end after it starts"), (0, 24 * 400, "a quarter at most"), (24 * 13, 24 * 15, "nobody to replace"),
    (-5, 5, "nobody to replace"),
])
def test_odd_stretches_are_refused_with_what_to_do(starts: int, ends: int, words: str) -> None:
    make.rotation()
    with pytest.raises(actions.Refused, match=words):
        actions.make_override(seat=Seat.PRIMARY, person=make.engineer(), starts_at=START + starts * HOUR,
                              ends_at=START + ends * HOUR, by=None, at=START)


def test_somebody_who_has_left_is_given_no_duty() -> None:
    people = make.crew()
    made = make.rotation(people)
    gone = make.engineer()
    gone.is_active = False
    gone.save()
    with pytest.raises(actions.Refused, match="has left"):
        actions.make_override(seat=Seat.PRIMARY, person=gone, starts_at=START, ends_at=START + HOUR, by=None, at=START)
    with pytest.raises(actions.Refused, match="has left"):
        actions.set_places(changes={make.place(made, 1).pk: gone}, by=None, at=START - HOUR)


def test_two_places_change_hands_before_a_rotation_and_not_once_it_has_begun() -> None:
    people = make.crew()
    made = make.rotation(people)
    one, three = make.place(made, 1), make.place(made, 3)
    changes = {one.pk: people[3], three.pk: people[1]}
    done = actions.set_places(changes=changes, by=people[0], at=START - HOUR)
    assert {change.person for change in done.moved} == {people[1].pk, people[3].pk}
    assert seats(START)["primary"] == people[3].name
    with pytest.raises(actions.Refused, match="has begun"):
        actions.set_places(changes={one.pk: people[1]}, by=None, at=START)
    with pytest.raises(actions.Refused, match="two places"):
        later = make.rotation(make.crew(), first_on=date(2026, 11, 30))
        same = make.place(later, 1).person
        actions.set_places(changes={make.place(later, 2).pk: same}, by=None, at=START)


def test_a_preview_says_who_moves_and_changes_nothing() -> None:
    people, stand_in = make.crew(), make.engineer()
    made = make.rotation(people)
    before = list(Duty.objects.values_list("pk", "person", "starts_at", "ends_at"))
    told = actions.preview(
        lambda: actions.set_places(changes={make.place(made, 1).pk: stand_in}, by=None, at=START - HOUR)
    )
    assert {change.person for change in told.moved} == {people[1].pk, stand_in.pk}
    assert list(Duty.objects.values_list("pk", "person", "starts_at", "ends_at")) == before
    assert not Delivery.objects.exists()


def test_those_whose_future_duty_moves_are_told_and_nobody_else() -> None:
    people, stand_in = make.crew(), make.engineer()
    make.rotation(people)
    actions.make_override(seat=Seat.BACKUP, person=stand_in, starts_at=START + HOUR, ends_at=START + 2 * HOUR,
                          by=people[0], at=START)
    told = Delivery.objects.filter(topic="mail.send").values_list("payload__to", flat=True)
    assert sorted(told) == sorted([people[2].email, stand_in.email])


def test_what_is_over_when_it_is_entered_tells_nobody() -> None:
    people, stand_in = make.crew(), make.engineer()
    make.rotation(people)
    actions.make_override(seat=Seat.BACKUP, person=stand_in, starts_at=START + HOUR, ends_at=START + 2 * HOUR,
                          by=people[0], at=START + 3 * HOUR)
    assert not Delivery.objects.exists()


def test_a_rotation_is_taken_back_before_it_begins_and_not_after() -> None:
    people = make.crew()
    made = make.rotation(people)
    with pytest.raises(actions.Refused, match="has begun"):
        actions.remove_rotation(rotation=made, by=None, at=START)
    actions.remove_rotation(rotation=made, by=None, at=START - HOUR)
    assert not Rotation.objects.exists()
    assert not Duty.objects.held().exists()
    assert Duty.objects.count() == 5
    assert not ActingRole.objects.exists()


def test_whoever_stands_in_loses_duty_and_rights_too_when_their_rotation_is_taken_back() -> None:
    people, stand_in = make.crew(), make.engineer()
    made = make.rotation(people)
    actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=START + HOUR, ends_at=START + 2 * HOUR,
                          by=None, at=START - 2 * HOUR, tells=False)
    done = actions.remove_rotation(rotation=made, by=None, at=START - HOUR)
    assert {change.person for change in done.moved} == {person.pk for person in (*people, stand_in)}
    assert not Duty.objects.held().exists()
    assert not ActingRole.objects.exists()
    assert Delivery.objects.filter(payload__to=stand_in.email).count() == 1


def test_a_stand_in_of_a_rotation_that_was_taken_back_is_none_in_the_one_planned_instead() -> None:
    people, others, stand_in = make.crew(), make.crew(), make.engineer()
    made = make.rotation(people)
    inside, _ = actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=START + HOUR,
                                      ends_at=START + 2 * HOUR, by=None, at=START - 4 * HOUR)
    done = actions.remove_rotation(rotation=made, by=None, at=START - 3 * HOUR)
    assert done.set_aside == (inside.pk,)
    make.rotation(others, at=START - 2 * HOUR)
    assert seats(START + HOUR)["primary"] == others[1].name
    assert not Override.objects.held().exists()


def test_an_override_that_goes_on_beyond_a_rotation_that_was_taken_back_stays() -> None:
    first, later = make.crew(), make.crew()
    make.rotation(first)
    second = make.rotation(later, first_on=date(2026, 11, 30))
    stand_in, edge = make.engineer(), START + 2 * WEEK
    actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=edge - HOUR, ends_at=edge + HOUR, by=None,
                          at=START)
    assert actions.remove_rotation(rotation=second, by=None, at=START + HOUR).set_aside == ()
    assert seats(edge - HOUR)["primary"] == stand_in.name


def test_nothing_is_told_to_somebody_who_has_left() -> None:
    people = make.crew()
    made = make.rotation(people)
    deactivate(person=people[1], by=make.engineer("", Role.COORDINATOR), at=START)
    done = actions.remove_rotation(rotation=made, by=None, at=START - HOUR)
    assert people[1].pk in {change.person for change in done.moved}
    assert set(Delivery.objects.values_list("payload__to", flat=True)) == {
        person.email for person in people if person != people[1]}


def test_of_a_channel_in_trouble_a_coordinator_hears_where_the_lead_has_left() -> None:
    people, coordinator = make.crew(), make.engineer("", Role.COORDINATOR)
    make.rotation(people)
    deactivate(person=people[0], by=coordinator, at=START)
    header = ChannelHeader.objects.create(name="set")
    settle_trouble(header=header, words="The channel ~set is archived.", at=START + HOUR)
    assert list(Delivery.objects.values_list("payload__to", flat=True)) == [coordinator.email]


def test_two_rotations_do_not_run_at_once_and_begin_on_the_weekday() -> None:
    make.rotation()
    with pytest.raises(actions.Refused, match="runs at that time"):
        make.rotation(first_on=date(2026, 11, 23))
    with pytest.raises(actions.Refused, match="weekday"):
        make.rotation(first_on=date(2026, 12, 1))


@pytest.mark.parametrize(("changes", "first_on", "starts"), [
    ({"at": time(8)}, date(2026, 11, 30), START + 2 * WEEK), ({"at": time(17)}, date(2026, 11, 30), START + 2 * WEEK),
    ({"zone": "Asia/Kolkata"}, date(2026, 11, 30), START + 2 * WEEK),
    ({"weekday": 2}, date(2026, 12, 2), START + 2 * WEEK), ({"weekday": 6}, date(2026, 12, 6), START + 2 * WEEK),
    ({"at": time(8)}, date(2026, 12, 7), START + 3 * WEEK - HOUR),  # a week without anybody was asked for
])
def test_after_the_schedule_was_changed_the_next_rotation_begins_where_the_last_one_ends(
    changes: dict[str, object], first_on: date, starts: datetime
) -> None:
    last = make.rotation()
    change_schedule(changes=changes, by=None, at=START)
    following = make.rotation(first_on=first_on)
    assert following.starts_at == starts >= last.ends_at
    when = queries.begins(queries.schedule())
    assert following.ends_at == when.moment(first_on + timedelta(days=14))
    assert Duty.objects.held().filter(rotation=following, starts_at=starts).count() == 3
    [slot] = slots(first_on, 1, make.pattern())
    assert (slot.starts_at, slot.ends_at) == (following.starts_at, following.ends_at)
    following.delete()
    [slot] = slots(first_on, 1, make.pattern())
    assert slot.starts_at == starts


def test_a_plan_goes_on_from_rotations_of_an_older_schedule_without_a_gap() -> None:
    last = make.rotation()
    change_schedule(changes={"weekday": 2, "at": time(17), "zone": "Asia/Kolkata"}, by=None, at=START)
    (first_on, _), (planned, _) = first_days(START - HOUR)
    one, two, three = slots(planned, 3, make.pattern())
    assert (one.rotation, two.first_on) == (last, first_on)
    assert two.starts_at == last.ends_at and three.starts_at == two.ends_at
    asked = [actions.NewRotation(slot.first_on, {}) for slot in (two, three)]
    made = actions.make_rotations(asked=asked, pattern=make.pattern(), by=None, at=START).rotations
    assert [(each.starts_at, each.ends_at) for each in made] == [
        (slot.starts_at, slot.ends_at) for slot in (two, three)]


def test_an_edit_sets_the_timer_that_brings_the_header_up_to_date() -> None:
    make.rotation()
    assert Timer.objects.filter(kind=CHANGED, key="set").count() == 1


def test_the_next_change_of_hands_is_the_next_begin_or_end() -> None:
    make.rotation()
    assert queries.next_change(START - HOUR) == START
    assert queries.next_change(START) == START + WEEK
    assert queries.next_change(START + WEEK) == START + 2 * WEEK
    assert queries.next_change(START + 2 * WEEK) is None

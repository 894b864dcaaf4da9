"""Reminders on their way: to each once, by the ways they chose, and taken back when they are no longer so."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as now_settings
from django.core.cache import cache

from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people import actions as people_actions
from people.choices import Role
from people.models import Person
from portal.env import Mattermost
from set_rotation import actions
from set_rotation.actions.reminders import PURPOSE, remind
from set_rotation.choices import Seat
from set_rotation.models import NoticeChoice
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START, HOUR, DAY, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=1), timedelta(7)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def subjects(person: Person, topic: str = "mail.send") -> list[str]:
    rows = Delivery.objects.filter(purpose=PURPOSE, topic=topic, key__contains=f"p{person.pk}-").order_by("id")
    return [row.title.partition(": ")[2] for row in rows]


def over(first: datetime, last: datetime, step: timedelta = 5 * HOUR) -> None:
    while first <= last:
        remind(at=first)
        first += step


def test_a_rotation_from_a_week_before_to_its_end_reminds_each_of_what_is_theirs() -> None:
    lead, one, two, three, four = make.crew()
    make.rotation([lead, one, two, three, four], at=START - 3 * WEEK)
    over(START - 8 * DAY, START + 15 * DAY, 2 * HOUR)
    before = ["In a week you are on SET", "Tomorrow you are on SET"]
    assert subjects(lead) == [*before, "You are lead now", "You are no longer lead"]
    assert subjects(two) == [*before, "You are backup now", "You are no longer backup"]
    assert subjects(four) == [*before, "You are backup now", "You are no longer backup"]
    looks = ["Look at the Ask-R&D channel"] * 10
    # On the Monday of the change each has the look that falls into their shift: 10:00 and 15:00 are after 9:00.
    assert subjects(one) == [*before, "You are primary now", *looks, "You are no longer primary"]
    assert subjects(three) == [*before, "You are primary now", *looks[:8], "You are no longer primary"]  # Thanksgiving


def test_the_words_say_until_when_who_else_and_who_follows_in_the_readers_zone() -> None:
    lead, one, two, three, _ = people = make.crew()
    one.zone = "Asia/Kolkata"
    one.save(update_fields=["zone"])
    make.rotation(people, at=START - 3 * WEEK)
    over(START - WEEK, START + WEEK, 12 * HOUR)
    texts = {row.title.partition(": ")[2]: row.payload["text"]
             for row in Delivery.objects.filter(topic="mail.send", payload__to=one.email)}
    assert "You are on SET (rotation 1) from Mon 16 Nov 2026, 7:30 pm IST." in texts["In a week you are on SET"]
    assert "Primary from Mon 16 Nov 2026, 7:30 pm IST" in texts["Tomorrow you are on SET"]
    assert "until Mon 23 Nov 2026, 7:30 pm IST" in texts["You are primary now"]
    assert f"Lead: {lead.name}. Backup: {two.name}." in texts["You are primary now"]
    assert f"{three.name} is primary now." in texts["You are no longer primary"]


def test_twice_at_once_and_after_a_jump_of_the_clock_it_is_one_message() -> None:
    people = make.crew()
    make.rotation(people, at=START - 3 * WEEK)
    for minutes in (0, 0, 1, -1, 90, 5, -30, 200, 0):
        remind(at=START + timedelta(minutes=minutes))
    assert subjects(people[0]) == ["You are lead now"]


def test_after_half_a_day_without_a_worker_what_is_stale_is_not_sent() -> None:
    people = make.crew()
    make.rotation(people, at=START - 3 * WEEK)
    remind(at=START + 11 * HOUR)
    assert "You are lead now" in subjects(people[0])
    assert "Look at the Ask-R&D channel" not in subjects(people[1])  # the one of 3 pm is five hours old


def test_one_whose_duty_was_cancelled_is_taken_back_before_it_leaves_and_the_other_is_told() -> None:
    people = make.crew()
    rotation = make.rotation(people, at=START - 3 * WEEK)
    remind(at=START - DAY)
    assert subjects(people[4]) == ["Tomorrow you are on SET"]
    other = make.engineer()
    actions.set_places(changes={make.place(rotation, 4).pk: other}, by=None, at=START - DAY + HOUR)
    remind(at=START - DAY + HOUR)
    gone = Delivery.objects.get(purpose=PURPOSE, key__contains=f"p{people[4].pk}-", topic="mail.send")
    assert gone.state == State.DROPPED
    assert subjects(other) == []  # they were told of their new duty an hour ago
    remind(at=START + WEEK)
    assert "You are backup now" in subjects(other)
    assert subjects(people[4]) == ["Tomorrow you are on SET"]


def test_who_is_replaced_in_all_their_seats_is_not_reminded_and_who_stands_in_is() -> None:
    people, other = make.crew(), make.engineer()
    make.rotation(people, at=START - 3 * WEEK)
    actions.make_override(seat=Seat.PRIMARY, person=other, starts_at=START, ends_at=START + WEEK, by=None,
                          at=START - 2 * WEEK)
    over(START - WEEK, START + WEEK)
    assert subjects(people[1]) == []
    assert subjects(other)[:3] == ["In a week you are on SET", "Tomorrow you are on SET", "You are primary now"]


def test_who_is_on_set_without_a_seat_is_reminded_of_its_beginning() -> None:
    people = make.crew()
    make.rotation(people, at=START - 3 * WEEK, key="two-take-turns")
    over(START - WEEK, START + 2 * WEEK)
    assert subjects(people[3]) == ["In a week you are on SET", "Tomorrow you are on SET"]
    assert "You are no longer primary" not in subjects(people[1])  # backup at once: they hear of that alone


def test_each_chooses_of_what_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Mattermost(base_url="https://chat.test", bot_token="x", team="t")
    monkeypatch.setattr(now_settings, "ENV", dataclasses.replace(now_settings.ENV, mattermost=chat))
    people = make.crew()
    for person in people[:3]:
        person.mattermost_name = f"name-{person.pk}"
        person.save()
    NoticeChoice.objects.create(person=people[0], mail=False, at_end=False)
    NoticeChoice.objects.create(person=people[3], mail=False)  # nobody knows their name over there: mail all the same
    NoticeChoice.objects.create(person=people[1], mattermost=False, look_at_questions=False, week_before=False)
    make.rotation(people, at=START - 3 * WEEK)
    over(START - WEEK, START + 2 * WEEK)
    assert subjects(people[0]) == []
    assert subjects(people[0], "mattermost.direct") == [
        "In a week you are on SET", "Tomorrow you are on SET", "You are lead now"]
    assert subjects(people[1], "mattermost.direct") == []
    assert subjects(people[3], "mattermost.direct") == []
    assert "You are primary now" in subjects(people[3])
    assert subjects(people[1]) == ["Tomorrow you are on SET", "You are primary now", "You are no longer primary"]
    assert subjects(people[2]) == subjects(people[2], "mattermost.direct") != []


def test_whoever_has_left_is_reminded_of_nothing() -> None:
    people = make.crew()
    make.rotation(people, at=START - 3 * WEEK)
    people_actions.deactivate(person=people[0], by=make.engineer("C", Role.COORDINATOR), at=START - 2 * WEEK)
    remind(at=START)
    assert subjects(people[0]) == []


def test_a_look_asks_a_constant_number_of_questions(django_assert_max_num_queries: Callable[..., Any]) -> None:
    for week in range(3):
        make.rotation(first_on=(START + 2 * week * WEEK).date(), at=START - 3 * WEEK)
    remind(at=START)
    with django_assert_max_num_queries(6):
        assert remind(at=START + timedelta(minutes=1)) == 0

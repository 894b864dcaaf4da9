"""A form that is sent twice at once, by a double click or by two people, is done once; the other is told so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from integrations.outbox.models import Delivery
from people.models import Person
from portal.tests.together import together
from set_rotation import actions
from set_rotation.actions.away import add_away, stand_in
from set_rotation.actions.feeds import add_feed, bring_back_feed, remove_feed
from set_rotation.actions.swaps import ask_swap
from set_rotation.choices import Seat
from set_rotation.models import Away, Duty, LeaveFeed, Override, Swap
from set_rotation.rules.duty import Span
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)
START, HOUR = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1)
BEFORE = START - 24 * HOUR


@pytest.fixture
def people() -> list[Person]:
    """A rotation of five who are on the roster, and two more who are free."""
    found = make.crew()
    make.rotation(found)
    found += [make.engineer("Free One"), make.engineer("Free Two")]
    for person in found:
        make.member(person)
    return found


def at_once(*works: Callable[[], object]) -> list[str]:
    """Do these at the same moment; the words of those that were refused. Nothing else may be raised."""
    raised = together(*works)
    assert all(isinstance(error, actions.Refused) for error in raised), raised
    return [str(error) for error in raised]


def test_leave_is_noted_once(people: list[Person]) -> None:
    def note() -> object:
        return add_away(person=people[1], starts_at=START, ends_at=START + HOUR, all_day=False, by=people[1], at=BEFORE)

    assert at_once(note, note, note, note) == ["That is noted already."] * 3
    assert Away.objects.count() == 1


def test_a_swap_is_asked_once(people: list[Person]) -> None:
    def ask() -> object:
        return ask_swap(person=people[1], span=Span(Seat.PRIMARY, START + HOUR, START + 9 * HOUR), asked=people[5],
                        in_return=None, by=people[1], at=BEFORE)

    assert at_once(ask, ask, ask, ask) == ["That is asked already, and not answered yet."] * 3
    assert Swap.objects.count() == 1
    assert Delivery.objects.filter(topic="mail.send", payload__to=people[5].email).count() == 1


def test_one_stands_in_for_a_leave(people: list[Person]) -> None:
    row = add_away(person=people[1], starts_at=START + HOUR, ends_at=START + 9 * HOUR, all_day=False, by=people[1],
                   at=BEFORE)
    duty = Duty.objects.get(person=people[1])
    works = [lambda one=one: stand_in(away=row, duty=duty, person=one, by=people[0], at=BEFORE) for one in people[5:7]]
    assert at_once(*works) == ["That is settled: this leave and this duty do not clash any more."]
    assert Override.objects.held().count() == 1


def test_a_calendar_is_added_and_brought_back_once(people: list[Person]) -> None:
    def add() -> object:
        return add_feed(name="Leave", address="https://example.org/leave.ics", person=None, by=people[0], at=BEFORE)

    assert at_once(add, add, add, add) == ["This calendar is read already."] * 3
    feed = LeaveFeed.objects.get()
    remove_feed(feed=feed, by=people[0], at=BEFORE)
    back = at_once(add, lambda: bring_back_feed(feed=feed, by=people[0], at=BEFORE))
    assert back == ["This calendar is read already."]
    assert LeaveFeed.objects.filter(removed_at=None).count() == 1

"""Two press the same button of a hand-over at the same moment."""

import threading

import pytest
from django.db import transaction

from integrations.outbox.models import Delivery
from portal.common import clock
from portal.flows.hand_over import Written, draft_hand_over, write_owners
from portal.tests.handing import given_to, handing
from portal.tests.patience import ended, until
from portal.tests.together import somebody_waits, together
from set_rotation.actions import load_rotations
from set_rotation.actions.cycle import load_checklist, tick_item
from set_rotation.actions.hand_over import Newer, give_hand_over, save_text
from set_rotation.choices import CyclePhase
from set_rotation.models import ChecklistItem, ChecklistMark, HandOver, RotationEvent
from tickets.models import TicketWrite

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _handbook() -> None:
    """A test of several transactions empties the tables behind it, the handbook's too."""
    load_rotations()
    load_checklist()


def test_each_ticket_leaves_once() -> None:
    crew = handing()
    for number in range(1, 9):
        given_to(crew.outgoing[number % 4 + 1], number)
    held, done = draft_hand_over(rotation=crew.now, by=None, at=clock.now()), list[Written]()

    def press(who: int) -> None:
        done.append(write_owners(hand_over=held, by=crew.outgoing[who], at=clock.now()))

    assert together(lambda: press(0), lambda: press(1), lambda: press(2)) == []
    assert sorted(one.sent for one in done) == [0, 0, 8]
    assert TicketWrite.objects.count() == Delivery.objects.filter(topic="jira.change").count() == 8


def test_what_goes_to_jira_while_it_is_drafted_again_is_not_written_twice() -> None:
    crew = handing()
    given_to(crew.outgoing[1], 1)
    held, again = draft_hand_over(rotation=crew.now, by=None, at=clock.now()), list[BaseException]()

    def draft() -> None:
        again.extend(together(lambda: draft_hand_over(rotation=crew.now, by=None, at=clock.now())))

    waiting = threading.Thread(target=draft)
    with transaction.atomic():
        assert write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now()).sent == 1
        waiting.start()
        until(somebody_waits, "it does not wait for the row")
    ended(waiting)
    assert again == []
    assert write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now()).already == 0
    assert held.tickets.get().write == TicketWrite.objects.get().pk


def test_of_two_texts_both_are_known() -> None:
    crew = handing()
    held, newer = draft_hand_over(rotation=crew.now, by=None, at=clock.now()), list[str]()

    def write(who: int) -> None:
        try:
            save_text(hand_over=held, text=f"Of {who}", seen=1, by=crew.outgoing[who], at=clock.now())
        except Newer as error:
            newer.append(f"{who}: {error.theirs.text}")

    assert together(lambda: write(1), lambda: write(2)) == []
    stored = HandOver.objects.get().text
    assert newer == [f"{1 if stored == 'Of 2' else 2}: {stored}"]


def test_it_is_drafted_given_and_ticked_once() -> None:
    crew, at = handing(), clock.now()
    for number in range(1, 5):
        given_to(crew.outgoing[number], number)
    assert together(*[lambda: draft_hand_over(rotation=crew.now, by=None, at=at)] * 3) == []
    held, item = HandOver.objects.get(), ChecklistItem.objects.get(key="open-work")
    assert held.tickets.count() == 4
    assert together(*[lambda: give_hand_over(hand_over=held, by=crew.outgoing[0], at=at)] * 3) == []
    assert RotationEvent.objects.filter(what="hand_over_given").count() == 1
    assert Delivery.objects.filter(topic="mail.send").count() == len(crew.incoming)
    tick = {"item": item, "rotation": crew.now, "person": None, "by": crew.outgoing[0], "at": at}
    assert together(*[lambda: tick_item(**tick)] * 3) == []  # type: ignore[arg-type]
    mine = RotationEvent.objects.filter(what="item_done", to_value=item.words)
    assert ChecklistMark.objects.filter(item=item).count() == mine.count() == 1
    given = ChecklistItem.objects.filter(phase=CyclePhase.HAND_OVER, each=False).count()
    assert ChecklistMark.objects.exclude(item=item).count() == given  # ticked by giving it, once

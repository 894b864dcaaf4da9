"""Swaps: asked, accepted, declined, withdrawn, undone, expired; and a running seat taken over and given back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.models import Timer
from portal.tests.together import together
from set_rotation import actions, queries
from set_rotation.actions.swaps import (
    EXPIRES,
    accept_swap,
    ask_swap,
    decline_swap,
    expire_swap,
    undo_swap,
    withdraw_swap,
)
from set_rotation.actions.take import give_back, take_over
from set_rotation.choices import OverrideSource, Seat, SwapState
from set_rotation.models import Away, Override, Swap, SwapAnswer
from set_rotation.queries.swaps import asked_of, swap_list
from set_rotation.queries.take import running_seats
from set_rotation.rules.duty import Span
from set_rotation.tests import factories as make

START, HOUR, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=7)
BEFORE = START - 24 * HOUR


def crew() -> list[Person]:
    """A rotation of five who are on the roster, and two more who are free."""
    people = make.crew()
    make.rotation(people)
    people += [make.engineer("Free One"), make.engineer("Free Two")]
    for person in people:
        make.member(person)
    return people


def ask(people: list[Person], asked: Person | None = None, *, starts: int = 24, ends: int = 48,
        in_return: Span | None = None, at: datetime = BEFORE) -> Swap:
    """The first primary asks for hours of their week."""
    span = Span(Seat.PRIMARY, START + starts * HOUR, START + ends * HOUR)
    return ask_swap(person=people[1], span=span, asked=asked, in_return=in_return, by=people[1], at=at,
                    reason="dentist")


def told() -> list[str]:
    return sorted(Delivery.objects.filter(topic="mail.send").values_list("payload__to", flat=True))


def state(swap: Swap) -> str:
    return Swap.objects.get(pk=swap.pk).state


@pytest.mark.django_db
def test_one_is_asked_accepts_and_serves_for_that_part() -> None:
    people = crew()
    free = people[5]
    swap = ask(people, free)
    assert told() == [free.email]
    assert [found.pk for found in asked_of(free, BEFORE)] == [swap.pk]
    assert asked_of(people[6], BEFORE) == ()
    accept_swap(swap=swap, person=free, by=free, at=BEFORE)
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == free
    assert queries.holder(Seat.PRIMARY, START + 48 * HOUR) == people[1]
    assert [made.source for made in swap.overrides.all()] == [OverrideSource.SWAP]
    assert not Timer.objects.filter(kind=EXPIRES).exists()
    assert told() == sorted([free.email, free.email, people[1].email])


@pytest.mark.django_db
def test_everybody_who_can_is_asked_and_the_first_to_say_yes_takes_it() -> None:
    people = crew()
    swap = ask(people)
    assert told() == sorted(person.email for person in (people[3], people[4], people[5], people[6]))
    assert not decline_swap(swap=swap, person=people[5], by=people[5], at=BEFORE, words="in the air")
    assert state(swap) == SwapState.OPEN
    assert asked_of(people[5], BEFORE) == ()
    assert [found.pk for found in asked_of(people[6], BEFORE)] == [swap.pk]
    assert asked_of(make.engineer("Not on the roster"), BEFORE) == ()
    accept_swap(swap=swap, person=people[6], by=people[6], at=BEFORE)
    with pytest.raises(actions.Refused, match="Free Two was quicker"):
        accept_swap(swap=swap, person=people[3], by=people[3], at=BEFORE)


@pytest.mark.django_db
def test_two_who_swap_give_each_other_their_stretch() -> None:
    people = crew()
    back = Span(Seat.PRIMARY, START + WEEK, START + WEEK + 24 * HOUR)
    swap = ask(people, people[3], in_return=back)
    accept_swap(swap=swap, person=people[3], by=people[3], at=BEFORE)
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == people[3]
    assert queries.holder(Seat.PRIMARY, START + WEEK + HOUR) == people[1]
    undo_swap(swap=swap, by=people[3], at=START + 30 * HOUR)  # half of the first is served
    assert queries.holder(Seat.PRIMARY, START + 29 * HOUR) == people[3]
    assert queries.holder(Seat.PRIMARY, START + 31 * HOUR) == people[1]
    assert queries.holder(Seat.PRIMARY, START + WEEK + HOUR) == people[3]


@pytest.mark.django_db
def test_two_who_are_on_at_the_same_time_change_seats() -> None:
    people = crew()
    back = Span(Seat.BACKUP, START + 24 * HOUR, START + 48 * HOUR)
    swap = ask(people, people[2], in_return=back)
    accept_swap(swap=swap, person=people[2], by=people[2], at=BEFORE)
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == people[2]
    assert queries.holder(Seat.BACKUP, START + 30 * HOUR) == people[1]


@pytest.mark.django_db
def test_what_was_offered_to_one_is_declined_with_words_and_the_asker_is_told() -> None:
    people = crew()
    swap = ask(people, people[5])
    with pytest.raises(actions.Refused, match="not asked of you"):
        decline_swap(swap=swap, person=people[6], by=people[6], at=BEFORE)
    assert decline_swap(swap=swap, person=people[5], by=people[5], at=BEFORE, words="in the air")
    assert state(swap) == SwapState.DECLINED
    assert SwapAnswer.objects.get().words == "in the air"
    assert told() == sorted([people[5].email, people[1].email])
    with pytest.raises(actions.Refused, match="declined already"):
        accept_swap(swap=swap, person=people[5], by=people[5], at=BEFORE)


@pytest.mark.django_db
def test_what_was_withdrawn_is_not_accepted() -> None:
    people = crew()
    swap = ask(people, people[5])
    withdraw_swap(swap=swap, by=people[1], at=BEFORE)
    with pytest.raises(actions.Refused, match="withdrawn"):
        accept_swap(swap=swap, person=people[5], by=people[5], at=BEFORE)
    assert not Override.objects.exists()


@pytest.mark.django_db
def test_nothing_is_swapped_whose_duty_changed_meanwhile() -> None:
    people = crew()
    back = Span(Seat.PRIMARY, START + WEEK, START + WEEK + 24 * HOUR)
    own, other = ask(people, people[5]), ask(people, people[3], in_return=back)
    actions.make_override(seat=Seat.PRIMARY, person=people[6], starts_at=START + 30 * HOUR, ends_at=START + 31 * HOUR,
                          by=None, at=BEFORE)
    with pytest.raises(actions.Refused, match="duty changed meanwhile"):
        accept_swap(swap=own, person=people[5], by=people[5], at=BEFORE)
    assert state(own) == SwapState.OPEN
    actions.cancel_override(override=Override.objects.get(), by=None, at=BEFORE)
    actions.make_override(seat=Seat.PRIMARY, person=people[6], starts_at=back.starts_at, ends_at=back.ends_at, by=None,
                          at=BEFORE)
    with pytest.raises(actions.Refused, match="given in return"):
        accept_swap(swap=other, person=people[3], by=people[3], at=BEFORE)


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "words"), [(2, "backup at that time"), (7, "not on the roster"), (6, "away"),
                                            (1, "with themselves")])
def test_who_cannot_take_it_does_not(who: int, words: str) -> None:
    people = [*crew(), make.engineer("Stranger")]
    Away.objects.create(person=people[6], starts_at=START + 40 * HOUR, ends_at=START + 90 * HOUR, made_at=BEFORE)
    swap = ask(people)
    with pytest.raises(actions.Refused, match=words):
        accept_swap(swap=swap, person=people[who], by=people[who], at=BEFORE)
    assert state(swap) == SwapState.OPEN


@pytest.mark.django_db
def test_odd_asks_are_refused_in_words() -> None:
    people = crew()
    ask(people)
    for starts, ends, at, words in ((24, 48, BEFORE, "asked already"), (48, 24, BEFORE, "end after it starts"),
                                    (5, 48, START + 6 * HOUR, "begun already"),
                                    (24, 24 * 8, BEFORE, "is not primary for all")):
        with pytest.raises(actions.Refused, match=words):
            ask(people, starts=starts, ends=ends, at=at)


@pytest.mark.django_db
def test_what_nobody_answered_expires_when_it_begins_and_not_before() -> None:
    people = crew()
    swap = ask(people, people[5])
    timer = Timer.objects.get(kind=EXPIRES, key=str(swap.pk))
    assert timer.due_at == START + 24 * HOUR
    assert not expire_swap(swap_id=swap.pk, at=timer.due_at - HOUR)
    with pytest.raises(actions.Refused, match="has begun"):
        accept_swap(swap=swap, person=people[5], by=people[5], at=timer.due_at)
    assert expire_swap(swap_id=swap.pk, at=timer.due_at)
    assert not expire_swap(swap_id=swap.pk, at=timer.due_at)
    assert state(swap) == SwapState.EXPIRED
    assert told() == sorted([people[5].email, people[1].email])


@pytest.mark.django_db
def test_what_is_over_or_was_taken_back_by_hand_is_not_undone() -> None:
    people = crew()
    swap = ask(people, people[5])
    accept_swap(swap=swap, person=people[5], by=people[5], at=BEFORE)
    with pytest.raises(actions.Refused, match="over, or was taken back"):
        undo_swap(swap=swap, by=people[1], at=START + 48 * HOUR)
    assert state(swap) == SwapState.ACCEPTED
    undo_swap(swap=swap, by=people[1], at=BEFORE)
    assert queries.holder(Seat.PRIMARY, START + 30 * HOUR) == people[1]
    with pytest.raises(actions.Refused, match="taken back already"):
        undo_swap(swap=swap, by=people[1], at=BEFORE)


@pytest.mark.django_db
def test_the_page_says_what_each_may_do() -> None:
    people = crew()
    swap = ask(people, people[5])
    [mine] = swap_list(reader=people[1], may_plan=False, at=BEFORE)
    [theirs] = swap_list(reader=people[5], may_plan=False, at=BEFORE)
    assert (mine.may.withdraw, mine.may.accept, theirs.may.accept) == (True, False, True)
    assert swap_list(reader=people[6], may_plan=False, at=BEFORE) == ()
    assert swap_list(reader=people[6], may_plan=True, at=BEFORE)[0].may.answer_for
    accept_swap(swap=swap, person=people[5], by=people[5], at=BEFORE)
    assert swap_list(reader=people[5], may_plan=False, at=BEFORE)[0].may.undo
    assert not swap_list(reader=people[5], may_plan=False, at=START + 49 * HOUR)[0].may.undo


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins_and_the_other_reads_who() -> None:
    people = crew()
    swap = ask(people)

    def accept(person: Person) -> None:
        accept_swap(swap=swap, person=person, by=person, at=BEFORE)

    faults = together(lambda: accept(people[5]), lambda: accept(people[6]))
    winner = Swap.objects.get(pk=swap.pk).taken_by
    assert winner in people[5:7]
    assert [type(fault) for fault in faults] == [actions.Refused]
    assert str(faults[0]) == f"{winner} was quicker, and takes it."
    assert Override.objects.held().count() == 1
    assert connection.vendor == "postgresql"


# ---- Take it now ------------------------------------------------------------------------

NOW = START + 10 * HOUR


@pytest.mark.django_db
def test_a_colleague_takes_a_running_seat_for_a_while_and_gives_it_back_early() -> None:
    people = crew()
    made, moved = take_over(seat=Seat.PRIMARY, person=people[5], until=NOW + 3 * HOUR, by=people[5], at=NOW)
    assert made.source == OverrideSource.TAKE
    assert {change.person for change in moved} == {people[1].pk, people[5].pk}
    assert queries.holder(Seat.PRIMARY, NOW) == people[5]
    assert queries.holder(Seat.PRIMARY, NOW + 3 * HOUR) == people[1]
    assert told() == sorted([people[1].email, people[5].email])
    [primary] = [each for each in running_seats(reader=people[5], may_plan=False, at=NOW) if each.seat == Seat.PRIMARY]
    assert (primary.mine, primary.taken) == (True, made.pk)
    give_back(override=made, by=people[5], at=NOW + HOUR)
    assert queries.holder(Seat.PRIMARY, NOW + HOUR) == people[1]
    assert queries.holder(Seat.PRIMARY, NOW + HOUR / 2) == people[5]
    with pytest.raises(actions.Refused, match="given back already"):
        give_back(override=made, by=people[5], at=NOW + HOUR)


@pytest.mark.django_db
def test_the_backup_who_takes_over_changes_places_with_the_primary_and_both_go_back() -> None:
    people = crew()
    made, _ = take_over(seat=Seat.PRIMARY, person=people[2], until=NOW + HOUR, by=people[2], at=NOW)
    assert queries.holder(Seat.PRIMARY, NOW) == people[2]
    assert queries.holder(Seat.BACKUP, NOW) == people[1]
    give_back(override=made, by=people[2], at=NOW)
    assert queries.holder(Seat.PRIMARY, NOW) == people[1]
    assert queries.holder(Seat.BACKUP, NOW) == people[2]


@pytest.mark.django_db
def test_a_gap_can_be_taken_over() -> None:
    lead, backup, free = make.crew(3)
    make.rotation({0: lead, 2: backup})
    make.member(free)
    take_over(seat=Seat.PRIMARY, person=free, until=START + 2 * HOUR, by=free, at=START)
    assert queries.holder(Seat.PRIMARY, START) == free


@pytest.mark.django_db
@pytest.mark.parametrize(("seat", "who", "hours", "words"), [
    (Seat.PRIMARY, 1, 1, "is primary already"), (Seat.PRIMARY, 0, 1, "is lead now"),
    (Seat.LEAD, 1, 1, "is primary now"), (Seat.PRIMARY, 5, 0, "is over"),
    (Seat.PRIMARY, 5, 24 * 7, "shift ends before"),
    (Seat.PRIMARY, 7, 1, "not on the roster"), (Seat.PRIMARY, 6, 1, "cannot take it: away"),
])
def test_what_cannot_be_taken_is_refused_in_words(seat: Seat, who: int, hours: int, words: str) -> None:
    people = [*crew(), make.engineer("Stranger")]
    Away.objects.create(person=people[6], starts_at=START, ends_at=START + WEEK, made_at=START)
    with pytest.raises(actions.Refused, match=words):
        take_over(seat=seat, person=people[who], until=NOW + hours * HOUR, by=people[who], at=NOW)
    assert not Override.objects.exists()


@pytest.mark.django_db
def test_nothing_is_taken_where_nothing_runs_nor_by_who_does_not_lead() -> None:
    people = crew()
    with pytest.raises(actions.Refused, match="nothing to take over"):
        take_over(seat=Seat.PRIMARY, person=people[5], until=BEFORE + HOUR, by=people[5], at=BEFORE)
    follower = make.engineer("Follower")
    make.member(follower, leads=False, joins_on=date(2026, 1, 1))
    with pytest.raises(actions.Refused, match="does not lead"):
        take_over(seat=Seat.LEAD, person=follower, until=NOW + HOUR, by=follower, at=NOW)

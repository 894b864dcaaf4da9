"""Who stands out of order in To Do, and the fewest moves that mend it."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tests.patience import not_for_ever
from tickets.rules.ordering import (
    MOST,
    Breach,
    Call,
    Standing,
    breaks_rule,
    digest,
    out_of_order,
    places_words,
    plan,
)


def todo(*keys: int | None, held: frozenset[int] = frozenset()) -> list[Standing]:
    """Tickets 1, 2, 3 … with these keys, in this order."""
    return [
        Standing(number, None if key is None else (key,), number in held) for number, key in enumerate(keys, start=1)
    ]


def longest_in_order(keys: list[int]) -> int:
    """By trying all of them."""
    for length in range(len(keys), 0, -1):
        if any(list(part) == sorted(part) for part in combinations(keys, length)):
            return length
    return 0


orders = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=10)


def as_order(drawn: list[tuple[int, bool]]) -> list[Standing]:
    return [Standing(number + 1, (key,), held) for number, (key, held) in enumerate(drawn)]


def test_what_is_in_order_needs_no_move() -> None:
    assert out_of_order(todo(1, 1, 2, 5)) == {}
    assert plan(todo(1, 1, 2, 5)).calls == ()
    assert plan([]).result == ()


def test_one_that_stands_too_low_is_measured_by_those_it_has_to_pass() -> None:
    order = todo(1, 2, 5, 6, 7, 8, 9, 10, 3)
    assert out_of_order(order) == {9: 6}
    found = plan(order)
    assert found.calls == (Call((9,), 3, before=True),)
    assert found.result == (1, 2, 9, 3, 4, 5, 6, 7, 8)


def test_one_that_stands_too_high_goes_down() -> None:
    order = todo(9, 1, 2, 3)
    assert out_of_order(order) == {1: -3}
    assert plan(order).calls == (Call((1,), 4, before=False),)


def test_neighbours_go_in_one_call_and_at_most_fifty_in_each() -> None:
    order = todo(*range(1_000, 1_060), *range(120))
    found = plan(order)
    assert [len(call.tickets) for call in found.calls] == [50, 10]
    assert found.calls[0].anchor == order[-1].id
    assert found.calls[1] == Call(tuple(range(51, 61)), 50, before=False)
    first = plan(todo(*range(1_000, 1_120), *range(60)))
    assert [(len(call.tickets), call.anchor, call.before) for call in first.calls] == [(50, 1, True), (10, 1, True)]
    assert first.result == (*range(121, 181), *range(1, 121))


def test_what_has_not_been_placed_yet_stands_last() -> None:
    assert out_of_order(todo(1, None, 2, None)) == {2: -1}


def test_a_held_ticket_is_neither_counted_nor_moved_and_stays_behind_who_stays() -> None:
    order = todo(1, 9, 2, 3, held=frozenset({2}))
    assert out_of_order(order) == {}
    order = todo(1, 9, 3, 2, held=frozenset({2}))
    found = plan(order)
    assert [ticket for call in found.calls for ticket in call.tickets] == [3]
    assert found.result == (1, 2, 4, 3)


def test_a_plan_leaves_everything_held_where_it_is_told_to_stay_at_the_end() -> None:
    order = todo(5, 4, 0, held=frozenset({3}))
    found = plan(order)
    assert found.calls == (Call((1,), 3, before=False),)
    assert found.result == (2, 3, 1)


@given(orders)
def test_the_plan_brings_the_order_and_moves_as_few_as_can_be(drawn: list[tuple[int, bool]]) -> None:
    order = as_order(drawn)
    found = plan(order)
    free = [standing for standing in order if not standing.held]
    moved = [ticket for call in found.calls for ticket in call.tickets]
    by_id = {standing.id: standing for standing in order}
    assert sorted(found.result) == sorted(by_id)
    in_order = [ticket for ticket in found.result if not by_id[ticket].held]
    assert in_order == [each.id for each in sorted(free, key=lambda each: each.key or ())]
    assert len(moved) == len(set(moved)) == len(free) - longest_in_order([(each.key or (0,))[0] for each in free])
    assert set(moved) == set(found.offs) == set(out_of_order(order))
    assert not any(by_id[ticket].held for ticket in moved)
    assert out_of_order([by_id[ticket] for ticket in found.result]) == {}


@given(orders)
def test_each_call_is_one_that_jira_takes(drawn: list[tuple[int, bool]]) -> None:
    calls = plan(as_order(drawn)).calls
    assert all(1 <= len(call.tickets) <= MOST and call.anchor not in call.tickets for call in calls)


@given(orders)
def test_what_stays_keeps_its_order_held_ones_too(drawn: list[tuple[int, bool]]) -> None:
    found = plan(as_order(drawn))
    stay = [ticket for ticket in found.result if ticket not in found.offs]
    assert stay == sorted(stay)


@given(orders)
def test_whoever_is_out_of_order_is_off_by_at_least_one_place(drawn: list[tuple[int, bool]]) -> None:
    assert all(out_of_order(as_order(drawn)).values())


# A move by hand


@pytest.mark.parametrize(
    ("ticket", "new_place", "breach"),
    [
        (4, 0, Breach(3, too_high=True)), (4, 2, Breach(1, too_high=True)), (1, 3, Breach(3, too_high=False)),
        (4, 3, None), (2, 2, Breach(1, too_high=False)),
    ],
)  # fmt: skip
def test_a_move_against_the_order_says_by_how_much(ticket: int, new_place: int, breach: Breach | None) -> None:
    assert breaks_rule(todo(1, 2, 3, 4), ticket, new_place) == breach


def test_a_move_towards_its_place_is_not_against_the_order_even_if_it_does_not_reach_it() -> None:
    order = todo(2, 3, 4, 5, 1)
    assert breaks_rule(order, 5, 2) is None
    assert breaks_rule(order, 5, 0) is None
    assert breaks_rule(todo(2, 3, 9, 5, 6), 3, 3) is None


def test_a_move_that_goes_past_its_place_is_against_the_order() -> None:
    assert breaks_rule(todo(1, 2, 4, 5, 3), 5, 1) == Breach(1, too_high=True)


def test_what_is_held_or_itself_out_of_order_is_no_measure() -> None:
    assert breaks_rule(todo(1, 5, held=frozenset({1})), 2, 0) is None
    assert breaks_rule(todo(9, 3, 4, 5), 4, 1) == Breach(2, too_high=True)


def test_a_ticket_that_is_not_there_cannot_be_moved() -> None:
    with pytest.raises(ValueError, match="does not stand"):
        breaks_rule(todo(1, 2), 7, 0)


@given(orders.filter(bool), st.data())
def test_where_the_rule_wants_it_a_ticket_may_always_go(drawn: list[tuple[int, bool]], data: st.DataObject) -> None:
    order = sorted(as_order([(key, False) for key, _ in drawn]), key=lambda each: each.key or ())
    moved = data.draw(st.sampled_from(order))
    others = [each for each in order if each is not moved]
    start = data.draw(st.integers(0, len(others)))
    mixed = [*others[:start], moved, *others[start:]]
    assert breaks_rule(mixed, moved.id, order.index(moved)) is None


# Words, and whether it is still the same


def test_places_are_said_in_words() -> None:
    assert [places_words(off) for off in (6, 1, -1, -12)] == [
        "6 places too low", "1 place too low", "1 place too high", "12 places too high",
    ]  # fmt: skip
    assert Breach(2, too_high=True).words == "2 places too high"


def test_the_digest_changes_with_order_key_and_exception_alone() -> None:
    order = todo(1, 2, 3)
    same = todo(1, 2, 3)
    assert digest(order) == digest(same)
    others = [todo(1, 2), todo(1, 3, 2), todo(1, 2, 3, held=frozenset({2})), [order[1], order[0], order[2]]]
    assert len({digest(each) for each in [order, *others]}) == 5


def test_forty_thousand_are_planned_without_comparing_each_with_each() -> None:
    order = todo(*(number * 7_919 % 40_009 for number in range(40_000)))
    with not_for_ever():
        assert len(plan(order).result) == 40_000

"""The ladder: who is next, when, and when it is at its end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.choices import Seat
from set_rotation.rules.paging import (
    TOP,
    Climbed,
    Policy,
    Rung,
    climb,
    exhausted,
    faults,
    first_due,
    fixed,
    next_step,
    read_policy,
    turns,
)

AT = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STEPS = ({"seat": "primary", "minutes": 0}, {"seat": "backup", "minutes": 5}, {"seat": "lead", "minutes": 5})
ADA, BOB, LEA = 1, 2, 3
ALL = {Seat.PRIMARY: ADA, Seat.BACKUP: BOB, Seat.LEAD: LEA}


def policy(*steps: dict[str, Any], again: int = 10, rounds: int = 3, minute: float = 60) -> Policy:
    return read_policy(fixed(steps=steps or STEPS, again=again, rounds=rounds, stale=30, minute=minute))


def walk(
    told: Policy, holders: dict[Seat, int], *, only_to: int | None = None, most: int = 200
) -> list[tuple[int, int | None, float]]:
    """The whole ladder without an answer: (round, person or None, minute) of each step."""
    found, rung, at, reached, number = [], TOP, first_due(told, AT), dict[int, Seat | None](), 1
    for _ in range(most):
        done = climb(told, rung, holders=holders, only_to=only_to, reached=reached, at=at)
        for taken in done.taken:
            if taken.rung.round != number:
                number, reached = taken.rung.round, {}
            if not taken.words and taken.person is not None:
                reached[taken.person] = taken.seat
            found.append((taken.rung.round, None if taken.words else taken.person, (at - AT) / MINUTE))
        if done.due_at is None:
            return found
        if done.rung.round != number:
            number, reached = done.rung.round, {}
        rung, at = done.rung, done.due_at
    raise AssertionError("the ladder does not end")


def test_the_handbooks_ladder_is_primary_backup_lead_and_again_from_the_top_three_times() -> None:
    assert walk(policy(), ALL) == [
        (1, ADA, 0), (1, BOB, 5), (1, LEA, 10), (2, ADA, 20), (2, BOB, 25), (2, LEA, 30), (3, ADA, 40), (3, BOB, 45),
        (3, LEA, 50),
    ]  # fmt: skip


def test_after_the_last_step_the_last_person_still_has_their_time_before_it_is_exhausted() -> None:
    done = climb(policy(), Rung(3, 2), holders=ALL, only_to=None, reached={}, at=AT)
    assert (done.rung, done.due_at) == (Rung(4, 0), AT + 10 * MINUTE)
    assert climb(policy(), Rung(4, 0), holders=ALL, only_to=None, reached={}, at=AT) == Climbed((), Rung(4, 0), None)


@pytest.mark.parametrize(("holders", "expected"), [
    ({Seat.PRIMARY: ADA, Seat.LEAD: LEA}, [(1, ADA, 0), (1, None, 5), (1, LEA, 5), (2, ADA, 15)]),
    ({Seat.BACKUP: BOB}, [(1, None, 0), (1, BOB, 0), (1, None, 5), (2, None, 5), (2, BOB, 5)]),
    ({Seat.PRIMARY: ADA}, [(1, ADA, 0), (1, None, 5), (1, None, 5), (2, ADA, 5), (2, None, 10)]),
    ({Seat.PRIMARY: ADA, Seat.BACKUP: BOB}, [(1, ADA, 0), (1, BOB, 5), (1, None, 10), (2, ADA, 10)]),
    ({}, [(1, None, 0), (1, None, 0), (1, None, 0), (2, None, 10)]),
])
def test_an_empty_seat_costs_no_time_and_a_round_without_anybody_does(
    holders: dict[Seat, int], expected: list[tuple[int, int | None, float]]
) -> None:
    assert walk(policy(), holders)[: len(expected)] == expected


def test_seats_that_are_all_paged_at_once_are_not_paged_again_at_once_when_one_is_empty() -> None:
    told = policy(*({"seat": seat, "minutes": 0} for seat in ("primary", "backup", "lead")), rounds=2)
    assert walk(told, {Seat.PRIMARY: ADA}) == [
        (1, ADA, 0), (1, None, 0), (1, None, 0), (2, ADA, 10), (2, None, 10), (2, None, 10),
    ]  # fmt: skip


def test_somebody_whom_a_higher_seat_has_reached_is_passed_over_and_the_next_comes_at_once() -> None:
    done = climb(policy(), Rung(1, 1), holders={**ALL, Seat.BACKUP: ADA}, only_to=None, reached={ADA: Seat.PRIMARY},
                 at=AT)
    assert [(taken.seat, taken.words) for taken in done.taken] == [
        (Seat.BACKUP, "Reached already, as primary."), (Seat.LEAD, ""),
    ]  # fmt: skip


def test_the_same_seat_twice_is_paged_twice() -> None:
    told = policy({"seat": "primary", "minutes": 0}, {"seat": "primary", "minutes": 3}, rounds=1)
    assert walk(told, ALL) == [(1, ADA, 0), (1, ADA, 3)]


def test_nobody_at_all_is_said_so_and_somebody_is_not() -> None:
    assert climb(policy(), TOP, holders={}, only_to=None, reached={}, at=AT).nobody
    assert not climb(policy(), TOP, holders={Seat.LEAD: LEA}, only_to=None, reached={}, at=AT).nobody


def test_one_persons_page_goes_to_them_alone_in_each_round() -> None:
    assert walk(policy().alone(), ALL, only_to=BOB) == [(1, BOB, 0), (2, BOB, 10), (3, BOB, 20)]
    assert [person for _, person, _ in walk(policy().alone(), ALL)] == [None, None, None]


def test_the_steps_ahead_say_when_they_come_if_nobody_answers() -> None:
    ahead = list(turns(policy(rounds=1), at=AT))
    assert [(turn.seat, (turn.due_at - AT) / MINUTE) for turn in ahead] == [
        (Seat.PRIMARY, 0), (Seat.BACKUP, 5), (Seat.LEAD, 10),
    ]  # fmt: skip
    assert list(turns(policy(), at=AT, rung=Rung(4, 0))) == []


def test_a_compressed_minute_shortens_everything() -> None:
    told = policy(minute=0.5)
    assert (told.steps[1].after, told.again, told.minutes(4)) == (
        timedelta(seconds=2.5), timedelta(seconds=5), timedelta(seconds=2),
    )  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [
    ({"steps": []}, "at least one step"), ({"again": 0}, "from the top after 1"), ({"rounds": 11}, "1 to 10 rounds"),
    ({"rounds": 0}, "1 to 10 rounds"), ({"steps": [{"seat": "primary", "minutes": 241}]}, "0 to 240"),
    ({"steps": [{"seat": "primary", "minutes": -1}]}, "0 to 240"),
    ({"steps": [{"seat": "boss", "minutes": 1}]}, "seat"), ({"stale": 1441}, "stale"),
    ({"steps": list(STEPS) * 3}, "8 steps"),
])
def test_an_unusable_policy_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    found = faults(**{"steps": STEPS, "again": 10, "rounds": 3, "stale": 30, **change})
    assert len(found) == 1
    assert words in found[0]
    assert not faults(steps=STEPS, again=10, rounds=3, stale=30)


step_drawn = st.fixed_dictionaries({"seat": st.sampled_from(Seat.values), "minutes": st.integers(0, 240)})
steps_drawn = st.lists(step_drawn, min_size=1, max_size=8)
holders_drawn = st.dictionaries(st.sampled_from(list(Seat)), st.integers(1, 3))


@given(steps_drawn, st.integers(1, 240), st.integers(1, 10), holders_drawn)
def test_every_ladder_ends_and_its_times_never_go_back(
    steps: list[dict[str, Any]], again: int, rounds: int, holders: dict[Seat, int]
) -> None:
    told = policy(*steps, again=again, rounds=rounds)
    found = walk(told, holders)
    times = [minute for _, _, minute in found]
    assert len(found) == len(steps) * rounds
    assert times == sorted(times)


@given(steps_drawn, st.integers(1, 240), st.integers(1, 10), holders_drawn)
def test_nobody_is_called_twice_in_the_same_minute_by_two_rounds(
    steps: list[dict[str, Any]], again: int, rounds: int, holders: dict[Seat, int]
) -> None:
    called: dict[tuple[int, float], int] = {}
    for number, person, minute in walk(policy(*steps, again=again, rounds=rounds), holders):
        if person is not None:
            assert called.setdefault((person, minute), number) == number


@given(steps_drawn, st.integers(1, 10))
def test_walking_step_by_step_visits_every_rung_once_in_order(steps: list[dict[str, Any]], rounds: int) -> None:
    told, rung, seen = policy(*steps, rounds=rounds), TOP, []
    while not exhausted(told, rung):
        seen.append(rung)
        rung = next_step(told, rung)
    assert seen == [Rung(number, step) for number in range(1, rounds + 1) for step in range(len(steps))]

"""The planner: what every plan keeps, how even it is, that it is always the same, and what it says when it cannot."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from set_rotation.rules.planning import checks
from set_rotation.rules.planning.shapes import (
    AVOID,
    PREFER,
    SEATS,
    Candidate,
    Collision,
    Commitment,
    Proposal,
    Request,
    Rules,
    Wish,
)
from set_rotation.rules.planning.shares import cohorts, shares
from set_rotation.solver import Stopped, plan
from set_rotation.tests.rosters import ONE_SEAT_EACH, TAKE_TURNS, asking, person, request, rotations


def proposed(asked: Request) -> Proposal:
    found = plan(asked)
    assert isinstance(found, Proposal), found
    return found


def hard(asked: Request, found: Proposal) -> list[str]:
    return [fault.words for fault in checks.faults(asked, found.chosen) if fault.hard]


@some.composite
def rosters(draw: some.DrawFn) -> Request:
    count = draw(some.integers(2, 6))
    size = draw(some.integers(14, 24))
    people = []
    for number in range(1, size + 1):
        away = draw(some.dictionaries(some.integers(0, count - 1), some.just("then"), max_size=1))
        here = draw(some.sampled_from([range(count)] * 5 + [range(1, count), range(count - 1)]))
        people.append(person(number, count, away=away, here=here, leads=number % 2 == 0, before=number <= 3,
                             skills=["mobile"] if number % 3 == 0 else []))
    when = some.tuples(some.integers(0, count - 1))
    wish = some.builds(Wish, some.integers(1, size), some.sampled_from([AVOID, PREFER]), when)
    wishes = draw(some.lists(wish, max_size=3))
    places = draw(some.sampled_from([ONE_SEAT_EACH, TAKE_TURNS]))
    asked = Request(rotations(count, places), tuple(people), (), tuple(wishes))
    return asking(asked, 0, "mobile") if draw(some.booleans()) else asked


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(rosters())
def test_every_plan_fills_each_place_with_somebody_who_may_and_is_there(asked: Request) -> None:
    found = plan(asked)
    if isinstance(found, Collision):  # a roster may be too small, which has to be said in words
        assert found.parts
        return
    assert set(found.chosen) == set(asked.spots())
    assert hard(asked, found) == []
    assert set(found.why) == set(asked.spots())
    named = {(miss.wish, miss.rotation) for miss in found.unmet}
    assert named == {(wish, r) for wish in asked.wishes for r in checks.misses(wish, found.chosen)}


@pytest.mark.parametrize("people", [20, 30])
def test_among_the_same_people_no_seat_is_more_than_one_shift_apart_over_26_rotations(people: int) -> None:
    asked = request(people, 26)
    found = proposed(asked)
    assert hard(asked, found) == []
    [cohort] = [one for one in cohorts(asked) if one.same]
    for seat in SEATS:
        least, most = checks.spread(asked, found.chosen, cohort, seat)
        assert most - least <= 1, seat
    assert found.optimal
    assert not [fault for fault in checks.faults(asked, found.chosen) if "both" in fault.words]


def test_what_was_served_before_counts() -> None:
    asked = request(20, 3)
    tired = tuple(replace(one, so_far={"primary": 2, "backup": 2, "lead": 2}, points=60) if one.id <= 3 else one
                  for one in asked.candidates)
    found = proposed(replace(asked, candidates=tired))
    assert min(found.chosen.values()) > 3  # seventeen others are enough for fifteen places


def test_the_same_request_has_the_same_proposal() -> None:
    asked = request(18, 6)
    assert plan(asked) == plan(asked)


def test_commitments_are_met_and_scaled_to_what_is_needed() -> None:
    count = 7
    people = tuple(person(number, count, team="AB"[number % 2], leads=number % 4 == 1) for number in range(1, 25))
    owed = (Commitment("A", 6, 1), Commitment("B", 2, 0))
    asked = Request(rotations(count), people, owed, rules=Rules(one_per_team=False))
    assert [(one.team, one.least, one.most) for one in shares(asked, "engineer")] == [("A", 21, 21), ("B", 7, 7)]
    found = proposed(asked)
    teams = [next(one.team for one in people if one.id == who) for (_, k), who in found.chosen.items() if k > 0]
    assert (teams.count("A"), teams.count("B")) == (21, 7)
    assert "more than the 28 needed" in found.gives[0]


def test_two_of_one_team_meet_only_where_the_roster_leaves_nothing_else_and_it_is_said() -> None:
    found = proposed(request(12, 2, teams=3))
    assert len([words for words in found.gives if "both in" in words]) == 2
    assert found.optimal


def test_skills_that_are_asked_for_are_covered_and_named() -> None:
    asked = request(15, 3)
    able = tuple(replace(one, skills=frozenset({"mobile"})) if one.id in {4, 9} else one for one in asked.candidates)
    found = proposed(asking(replace(asked, candidates=able), 1, "mobile"))
    covering = [spot for spot, who in found.chosen.items() if who in {4, 9} and spot[0] == 1 and spot[1] > 0]
    assert covering
    assert "covers mobile" in found.why[covering[0]]


def test_a_wish_that_cannot_be_met_is_named_with_why() -> None:
    asked = request(15, 3)
    leads = tuple(replace(one, can_lead=one.id in {1, 2}) for one in asked.candidates)
    found = proposed(replace(asked, candidates=leads, wishes=(
        Wish(1, AVOID, (0,)), Wish(2, AVOID, (0,), "exams"), Wish(9, PREFER, (2,)),
    )))
    [unmet] = found.unmet
    assert unmet.wish.person in {1, 2}
    assert unmet.why == f"Either this wish or Person {3 - unmet.wish.person}'s can be met, not both."


def test_a_wish_that_would_cost_an_even_plan_is_named_with_that() -> None:
    found = proposed(replace(request(10, 4), wishes=(Wish(1, AVOID, (0, 1, 2, 3)),)))
    assert found.unmet
    assert found.unmet[0].why.startswith("Meeting it would mean")


def test_a_place_that_is_fixed_stays_and_is_no_reason_to_fail() -> None:
    asked = request(15, 3)
    first, second, third = asked.rotations
    places = (replace(ONE_SEAT_EACH[0], fixed=5), *ONE_SEAT_EACH[1:])
    asked = replace(asked, rotations=(first, replace(second, places=places), third))
    found = proposed(asked)
    assert found.chosen[1, 0] == 5
    assert found.why[1, 0] == "stood here already"
    assert 5 not in {who for (r, k), who in found.chosen.items() if r != 1}


def test_somebody_away_in_the_other_week_only_is_spared_while_others_are_there() -> None:
    asked = request(15, 1)
    away = tuple(replace(one, away={(0, 1): "9–13 Nov"}) if one.id <= 6 else one for one in asked.candidates)
    found = proposed(replace(asked, candidates=away))
    assert min(found.chosen.values()) > 6


def test_a_plan_that_is_not_wanted_any_more_stops() -> None:
    with pytest.raises(Stopped):
        plan(request(60, 26), cancelled=lambda: True)


def test_progress_is_told_from_the_start_to_the_end() -> None:
    heard: list[tuple[float, str]] = []
    plan(request(12, 2), progress=lambda part, words: heard.append((part, words)))
    assert [part for part, _ in heard] == sorted(part for part, _ in heard)
    assert heard[-1] == (1.0, "Done")


AWAY = {1: "3–14 May"}
FEW_LEADS = [person(1, 3, name="Ana", away=AWAY), person(2, 3, name="Ben", away={1: "all May"})]


@pytest.mark.parametrize(("leads", "words"), [
    (FEW_LEADS, "Rotation 44 needs a lead, and the only two who can lead are away (Ana 3–14 May, Ben all May)."),
    ([person(1, 3, name="Ana")],
     "Rotation 43 needs a lead and Rotation 44 needs a lead, and only Ana can lead; "
     "nobody serves two rotations in a row."),
    ([], "Rotation 43 needs a lead, and nobody can lead."),
    ([person(1, 3, name="Ana", before=True), person(2, 3, name="Ben", before=True)],
     "Rotation 43 needs a lead, and only two people can lead: Ana and Ben are on duty in the rotation before."),
    ([person(1, 3, name="Ana", here=[1, 2]), person(2, 3, name="Ben", here=[1, 2])],
     "Rotation 43 needs a lead, and nobody can lead."),
])
def test_leads_that_are_missing_are_said_in_words(leads: list[Candidate], words: str) -> None:
    others = [person(number, 3, leads=False) for number in range(3, 20)]
    found = plan(Request(rotations(3), (*leads, *others)))
    assert isinstance(found, Collision)
    assert found.words == words


def test_too_few_engineers_are_said_in_words() -> None:
    few = [person(number, 1, leads=number == 1, engineers=number != 1) for number in range(1, 5)]
    found = plan(Request(rotations(1), tuple(few)))
    assert isinstance(found, Collision)
    assert found.words == ("Rotation 43 needs four engineers, and only three people can serve as engineers "
                           "(Person 2, Person 3, Person 4).")


def test_a_skill_that_nobody_there_has_is_said_in_words() -> None:
    asked = request(15, 3)
    able = tuple(replace(one, name="Ana", skills=frozenset({"rust"}), away={(1, 0): "in May", (1, 1): "in May"})
                 if one.id == 4 else one for one in asked.candidates)
    found = plan(asking(replace(asked, candidates=able), 1, "rust"))
    assert isinstance(found, Collision)
    assert found.words == "Rotation 44 asks for somebody with rust, and the only one who has rust is away (Ana in May)."


def test_wishes_that_must_be_met_and_collide_are_named_and_only_those() -> None:
    asked = request(15, 3)
    leads = tuple(replace(one, can_lead=one.id in {1, 2}, name=f"Lead {one.id}") for one in asked.candidates)
    found = plan(replace(asked, candidates=leads, rules=Rules(wishes_must=True), wishes=(
        Wish(1, AVOID, (1,)), Wish(2, AVOID, (1,)), Wish(7, AVOID, (0, 1)),
    )))
    assert isinstance(found, Collision)
    assert found.parts == ("Rotation 44 needs a lead.", "Lead 1 would rather not serve in Rotation 44.",
                           "Lead 2 would rather not serve in Rotation 44.")


def test_nobody_at_all_is_said_in_words() -> None:
    found = plan(Request(rotations(2), ()))
    assert isinstance(found, Collision)
    assert "nobody" in found.words

"""What is impossible by counting places and people: said at once, with numbers and names, and never wrongly."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from set_rotation.rules.planning.checks import why_not
from set_rotation.rules.planning.counting import too_few
from set_rotation.rules.planning.shapes import AVOID, Candidate, Collision, Request, Rules, Spot, Wish
from set_rotation.solver import plan
from set_rotation.solver.collisions import cut
from set_rotation.tests.rosters import ONE_SEAT_EACH, person, request, rotations

SMALL = (ONE_SEAT_EACH[0], ONE_SEAT_EACH[1], ONE_SEAT_EACH[3])
CHRISTMAS = {3: "21 Dec – 3 Jan", 4: "4–17 Jan"}


def said(asked: Request) -> Collision:
    found = too_few(asked)
    assert found is not None
    return found


def possible(asked: Request, chosen: Mapping[Spot, int] | None = None) -> bool:
    """Whether there is a plan, by trying everybody everywhere."""
    taken = dict(chosen or {})
    if not taken:
        taken = {spot: who for spot in asked.spots() if (who := asked.place(spot).fixed) is not None}
    spot = next((spot for spot in asked.spots() if spot not in taken), None)
    if spot is None:
        return True
    near = {who for (r, _), who in taken.items() if abs(r - spot[0]) <= 1}
    avoiding = {wish.person for wish in asked.wishes if spot[0] in wish.rotations} if asked.rules.wishes_must else set()
    return any(possible(asked, {**taken, spot: one.id}) for one in asked.candidates
               if one.id not in near | avoiding and not why_not(asked, one, spot))


def with_away(asked: Request, who: range, away: Mapping[int, str]) -> Request:
    weeks = {(r, week): words for r, words in away.items() for week in (0, 1)}
    return replace(asked, candidates=tuple(replace(one, away=weeks) if one.id in who else one
                                           for one in asked.candidates))


def with_fixed(asked: Request, spot: Spot, who: int) -> Request:
    changed = [list(rotation.places) for rotation in asked.rotations]
    changed[spot[0]][spot[1]] = replace(changed[spot[0]][spot[1]], fixed=who)
    return replace(asked, rotations=tuple(replace(rotation, places=tuple(places))
                                          for rotation, places in zip(asked.rotations, changed, strict=True)))


@some.composite
def tiny(draw: some.DrawFn) -> Request:
    count = draw(some.integers(1, 3))
    size = draw(some.integers(3, 7))
    people: list[Candidate] = []
    for number in range(1, size + 1):
        weeks = draw(some.sets(some.tuples(some.integers(0, count - 1), some.integers(0, 1)), max_size=1))
        leads = draw(some.booleans())
        one = person(number, count, leads=leads, engineers=not leads or draw(some.booleans()),
                     before=draw(some.sampled_from([False] * 5 + [True])),
                     here=draw(some.sampled_from([range(count)] * 5 + [range(1, count)])))
        people.append(replace(one, away=dict.fromkeys(sorted(weeks), "then")))
    avoids = draw(some.lists(some.builds(Wish, some.integers(1, size), some.just(AVOID),
                                         some.tuples(some.integers(0, count - 1))), max_size=1))
    asked = Request(rotations(count, SMALL), tuple(people), (), tuple(avoids), Rules(wishes_must=True))
    where = draw(some.none() | some.tuples(some.integers(0, count - 1), some.integers(0, 2)))
    return asked if where is None else with_fixed(asked, where, draw(some.integers(1, size)))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(tiny())
def test_what_is_called_impossible_is_and_what_is_possible_is_not_refused(asked: Request) -> None:
    found = too_few(asked)
    if found is not None:
        assert not possible(asked)
        assert len(found.parts) >= 1
        assert found == too_few(asked)
    elif len(asked.rotations) <= 2:
        assert possible(asked)  # one rotation, or two in a row, are counted exactly


@pytest.mark.parametrize("people", [5, 6, 7, 8, 9])
@pytest.mark.parametrize("count", [2, 13])
def test_fewer_than_ten_people_cannot_fill_two_rotations_in_a_row(people: int, count: int) -> None:
    found = said(request(people, count))
    assert found.parts[-1] == "Nobody serves two rotations in a row."
    assert found.words.startswith("Rotation 43 ")
    assert too_few(request(10, count)) is None


def test_nine_people_for_two_rotations_are_said_in_words_by_the_planner() -> None:
    found = plan(request(9, 2))
    assert isinstance(found, Collision)
    assert found.words == (
        "Rotation 43 and Rotation 44 need ten people between them, for nobody serves two rotations in a row, "
        "and only nine can (Person 1, Person 2, Person 3, Person 4, Person 5, Person 6 and 3 more)."
    )
    assert found.parts == ("Rotation 43 needs a lead and four engineers.",
                           "Rotation 44 needs a lead and four engineers.", "Nobody serves two rotations in a row.")


def test_many_away_over_christmas_are_named_and_each_of_them_back_is_enough() -> None:
    asked = with_away(request(30, 13), range(10, 31), CHRISTMAS)
    found = plan(asked)
    assert isinstance(found, Collision)
    assert found.words == (
        "Rotation 46 and Rotation 47 need ten people between them, for nobody serves two rotations in a row, and only "
        "nine of 30 can: Person 10, Person 11, Person 12, Person 13, Person 14, Person 15 and 15 more are away "
        "21 Dec – 3 Jan and 4–17 Jan."
    )
    assert "Person 30 is away 21 Dec – 3 Jan and 4–17 Jan." in found.parts
    for back in range(10, 31):
        away = tuple(replace(one, away={}) if one.id == back else one for one in asked.candidates)
        assert too_few(replace(asked, candidates=away)) is None


def test_who_is_there_in_one_of_the_two_rotations_is_not_named() -> None:
    asked = with_away(with_away(request(11, 2), range(1, 3), {0: "in May", 1: "in June"}), range(3, 4), {0: "in May"})
    assert [part for part in said(asked).parts if "Person" in part] == [
        "Person 1 is away in May and in June.", "Person 2 is away in May and in June."]


def test_a_week_in_which_too_few_are_there_is_said() -> None:
    asked = request(20, 3)
    away = tuple(replace(one, away={(1, 1): "9–13 Nov"}) if one.id > 2 else one for one in asked.candidates)
    found = said(replace(asked, candidates=away))
    assert found.words.startswith(
        "Rotation 44 needs a lead and two engineers in its second week, and only two of 20 can: Person 3, ")
    assert found.words.endswith(" and 12 more are away 9–13 Nov.")


def test_engineers_alone_can_be_too_few_for_two_rotations() -> None:
    people = [person(number, 4, leads=number > 7, engineers=number <= 7) for number in range(1, 11)]
    assert "need eight engineers between them" in said(Request(rotations(4), tuple(people))).words


def test_somebody_who_stands_in_the_rotation_after_is_no_help_in_this_one() -> None:
    people = [person(number, 2, leads=number == 1) for number in range(1, 15)]
    asked = with_fixed(Request(rotations(2), tuple(people)), (1, 1), 1)
    assert said(asked).parts == ("Rotation 43 needs a lead.", "Person 1 stands in Rotation 44 already.",
                                 "Nobody serves two rotations in a row.")
    both = with_fixed(with_fixed(request(14, 2), (0, 0), 1), (1, 0), 1)
    assert too_few(both) is None  # who stands twice in a row is not questioned


def test_sixty_people_suffice_for_a_year() -> None:
    assert too_few(request(60, 26)) is None


def test_the_two_rotations_that_are_named_are_impossible_by_themselves() -> None:
    asked = with_away(request(30, 13), range(10, 31), CHRISTMAS)
    assert too_few(cut(asked, 3, 5)) is not None
    assert too_few(cut(asked, 0, 4)) is None
    assert too_few(cut(asked, 4, 13)) is None

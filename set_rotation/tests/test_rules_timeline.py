"""The timeline's rules: weeks, cells, conflicts, gaps, changes as text."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.tables import cell
from set_rotation.choices import PlaceRole, Seat
from set_rotation.rules.changes import Add, Cancel, Change, Give, Remove, StandIn, pack, unpack
from set_rotation.rules.duty import OverrideFact, Piece
from set_rotation.rules.spans import Begins
from set_rotation.rules.timeline import (
    AwayFact,
    MemberFact,
    PlaceFact,
    Roster,
    RotationFact,
    Wrong,
    first_week,
    hidden,
    in_a_row,
    lay,
    months_of,
    piece_conflicts,
    stretch_conflicts,
    unplanned,
    week_at,
    week_count,
    weeks_from,
)
from set_rotation.rules.timewords import absence_words, days_words

NEW_YORK = "America/New_York"
MONDAYS = Begins(0, time(9), NEW_YORK)
FIRST = date(2026, 11, 16)
START = datetime(2026, 11, 16, 14, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
Stretch = tuple[datetime, datetime]


def period(stretch: Stretch) -> Stretch:
    return stretch


def test_weeks_follow_the_clocks_through_their_changes() -> None:
    weeks = weeks_from(date(2026, 10, 26), 3, MONDAYS)
    assert [week.ends_at - week.starts_at for week in weeks] == [WEEK + HOUR, WEEK, WEEK]
    assert [week.starts_at.hour for week in weeks] == [13, 14, 14]


@pytest.mark.parametrize(("asked", "first"), [
    ("2026-11-18", date(2026, 11, 16)), ("2026-11-16", date(2026, 11, 16)), ("2026-11-15", date(2026, 11, 9)),
    ("", date(2026, 11, 9)), ("tomorrow", date(2026, 11, 9)), ("0001-01-01", date(2026, 11, 9)),
    ("9999-12-31", date(2026, 11, 9)),
])
def test_the_first_week_is_that_of_the_day_asked_for_else_that_of_the_running_rotation(asked: str, first: date) -> None:
    assert first_week(asked, date(2026, 11, 21), MONDAYS, date(2026, 11, 9)) == first


def test_without_a_running_rotation_the_first_week_is_this_one() -> None:
    assert first_week("", date(2026, 11, 21), MONDAYS, None) == FIRST


@pytest.mark.parametrize(("asked", "weeks"), [("", 26), ("1", 4), ("40", 40), ("9999", 104), ("-3", 26), ("٣", 26),
                                               ("1" * 9, 26)])
def test_a_span_is_between_a_month_and_two_years(asked: str, weeks: int) -> None:
    assert week_count(asked) == weeks


def test_months_stand_over_their_weeks_and_say_the_year_when_it_changes() -> None:
    weeks = weeks_from(date(2026, 11, 23), 8, MONDAYS)
    assert months_of(weeks) == [("Nov 2026", 2), ("Dec", 4), ("Jan 2027", 2)]


def test_a_moment_has_its_column_and_one_outside_has_none() -> None:
    weeks = weeks_from(FIRST, 4, MONDAYS)
    assert [week_at(weeks, at) for at in (START - HOUR, START, START + WEEK, START + 4 * WEEK)] == [-1, 0, 1, -1]


def test_shifts_lie_over_the_weeks_they_cover_and_what_is_between_is_empty() -> None:
    weeks = weeks_from(FIRST, 6, MONDAYS)
    one, two = (START, START + 2 * WEEK), (START + 3 * WEEK, START + 4 * WEEK)
    laid = lay([two, one], period, weeks)
    assert [(each.first, each.span, each.items) for each in laid] == [
        (0, 2, (one,)), (2, 1, ()), (3, 1, (two,)), (4, 2, ()),
    ]


def test_a_shift_that_began_before_the_span_is_cut_and_one_off_the_weekday_takes_the_nearest_columns() -> None:
    weeks = weeks_from(FIRST, 4, MONDAYS)
    before, off = (START - WEEK, START + WEEK), (START + WEEK + 2 * DAY, START + 2 * WEEK + 2 * DAY)
    assert [(each.first, each.span) for each in lay([before, off], period, weeks)] == [(0, 1), (1, 1), (2, 2)]


def test_two_short_stretches_of_one_week_share_its_cell_at_the_end_of_the_span() -> None:
    weeks = weeks_from(FIRST, 1, MONDAYS)
    halves = [(START, START + 3 * DAY), (START + 3 * DAY, START + 7 * DAY)]
    assert [each.items for each in lay(halves, period, weeks)] == [tuple(halves)]


def test_a_shift_that_begins_in_the_last_days_of_the_span_is_seen() -> None:
    weeks = weeks_from(FIRST, 4, MONDAYS)
    late = (START + 4 * WEEK - DAY, START + 6 * WEEK)
    assert [(each.first, each.span, each.items) for each in lay([late], period, weeks)] == [(0, 3, ()), (3, 1, (late,))]


@given(st.lists(st.integers(min_value=1, max_value=24 * 30), min_size=0, max_size=30), st.integers(0, 1000))
def test_a_row_has_as_many_columns_as_weeks_whatever_lies_on_it(lengths: list[int], lead: int) -> None:
    weeks = weeks_from(FIRST, 13, MONDAYS)
    at, stretches = START - timedelta(hours=lead), list[Stretch]()
    for length in lengths:
        stretches.append((at, at + timedelta(hours=length)))
        at += timedelta(hours=length + length % 5)
    laid = lay(stretches, period, weeks)
    assert sum(each.span for each in laid) == 13
    assert all(each.span > 0 for each in laid)
    assert [each.first for each in laid] == sorted({each.first for each in laid})
    shown = [one for each in laid for one in each.items]
    inside = [one for one in stretches if one[1] > weeks[0].starts_at and one[0] < weeks[-1].ends_at]
    assert shown == inside


# ---- Conflicts --------------------------------------------------------------------------

PIECE = Piece(Seat.PRIMARY, 1, START, START + WEEK, 7)


def roster(
    *, members: tuple[MemberFact, ...] = (), away: tuple[AwayFact, ...] = (), left: tuple[int, ...] = ()
) -> Roster:
    return Roster.of(NEW_YORK, members, away, left)


@pytest.mark.parametrize(("who", "wrong"), [
    (roster(), []),
    (roster(left=(1,)), [Wrong.LEFT]),
    (roster(away=(AwayFact(1, START + DAY, START + 2 * DAY),)), [Wrong.AWAY]),
    (roster(away=(AwayFact(1, START - DAY, START),)), []),
    (roster(away=(AwayFact(1, START + WEEK, START + 2 * WEEK),)), []),
    (roster(away=(AwayFact(2, START, START + WEEK),)), []),
    (roster(members=(MemberFact(1, date(2026, 1, 1), None),)), []),
    (roster(members=(MemberFact(2, date(2026, 1, 1), None),)), [Wrong.STRANGER]),
    (roster(members=(MemberFact(1, date(2026, 11, 17), None),)), [Wrong.STRANGER]),
    # 9:00 on the last day still belongs to it, so the membership has to last until the day after
    (roster(members=(MemberFact(1, date(2026, 1, 1), date(2026, 11, 23)),)), [Wrong.STRANGER]),
    (roster(members=(MemberFact(1, date(2026, 1, 1), date(2026, 11, 24)),)), []),
    (roster(members=(MemberFact(1, date(2026, 1, 1), date(2026, 11, 18)), MemberFact(1, date(2026, 11, 18), None))),
     []),
    (roster(members=(MemberFact(1, date(2026, 1, 1), date(2026, 11, 18)), MemberFact(1, date(2026, 11, 19), None))),
     [Wrong.STRANGER]),
    (roster(members=(MemberFact(2, date(2026, 1, 1), None),), away=(AwayFact(1, START, START + DAY),)),
     [Wrong.STRANGER, Wrong.AWAY]),
])
def test_what_is_wrong_with_somebody_in_a_seat(who: Roster, wrong: list[Wrong]) -> None:
    assert [one.wrong for one in piece_conflicts(PIECE, who, START - DAY)] == wrong


def test_what_is_over_is_no_conflict_and_of_what_runs_only_the_rest_counts() -> None:
    away = roster(away=(AwayFact(1, START, START + DAY),))
    assert piece_conflicts(PIECE, away, START + DAY) == []
    assert piece_conflicts(PIECE, away, START + WEEK) == []
    assert piece_conflicts(Piece(Seat.PRIMARY, None, START, START + WEEK, 7), away, START) == []
    assert [one.starts_at for one in piece_conflicts(PIECE, away, START + HOUR)] == [START + HOUR]


def test_an_absence_is_named_whole_and_counts_where_it_touches() -> None:
    found = stretch_conflicts(1, START, START + WEEK, roster(away=(AwayFact(1, START - DAY, START + DAY),)))
    assert [(one.starts_at, one.ends_at, one.since, one.until) for one in found] == [
        (START, START + DAY, START - DAY, START + DAY),
    ]


def rotation(number: int, weeks: int) -> RotationFact:
    return RotationFact(number, number, START + weeks * WEEK, START + (weeks + 2) * WEEK)


def place(pk: int, rotation: int, person: int | None) -> PlaceFact:
    return PlaceFact(pk, rotation, PlaceRole.ENGINEER, pk, person)


def test_two_rotations_in_a_row_are_a_conflict_at_the_later_one() -> None:
    places = [place(1, 1, 5), place(2, 1, 6), place(3, 2, 6), place(4, 2, None), place(5, 3, 5)]
    rotations = [rotation(3, 4), rotation(1, 0), rotation(2, 2)]
    assert {pk: (one.person, one.rotation) for pk, one in in_a_row(rotations, places, START).items()} == {3: (6, 1)}
    assert in_a_row(rotations, places, START + 4 * WEEK) == {}


def test_with_a_week_between_them_they_are_not_in_a_row() -> None:
    places = [place(1, 1, 5), place(2, 2, 5)]
    assert in_a_row([rotation(1, 0), rotation(2, 3)], places, START) == {}
    assert in_a_row([rotation(1, 0), rotation(2, 2)], places, START).keys() == {2}


def test_an_override_that_a_later_one_replaces_is_hidden_for_as_long() -> None:
    one = OverrideFact(1, Seat.PRIMARY, 5, START, START + 2 * DAY)
    two = OverrideFact(2, Seat.PRIMARY, 6, START + DAY, START + 3 * DAY)
    other = OverrideFact(3, Seat.BACKUP, 7, START, START + 3 * DAY)
    found = hidden([two, one, other], START)
    assert {pk: (each.starts_at, each.ends_at, each.by) for pk, each in found.items()} == {
        1: (START + DAY, START + 2 * DAY, 6),
    }
    assert hidden([two, one], START + 2 * DAY) == {}


# ---- Gaps -------------------------------------------------------------------------------


def spans(rotations: list[RotationFact], start: datetime, end: datetime, at: datetime) -> list[Stretch]:
    found = unplanned(rotations, start, end, at, START if rotations else None)
    return [(one.starts_at, one.ends_at) for one in found]


def test_time_without_a_rotation_is_a_gap_from_now_on() -> None:
    rotations = [rotation(1, 0), rotation(2, 3)]
    end = START + 8 * WEEK
    assert spans(rotations, START - 4 * WEEK, end, START) == [
        (START + 2 * WEEK, START + 3 * WEEK), (START + 5 * WEEK, end),
    ]
    assert spans(rotations, START, end, START + 6 * WEEK) == [(START + 6 * WEEK, end)]
    assert spans(rotations, START, START + 2 * WEEK, START) == []


def test_before_the_first_rotation_nobody_was_needed_and_without_any_nothing_is_missing() -> None:
    assert spans([], START, START + WEEK, START) == []
    assert unplanned([], START + 9 * WEEK, START + 10 * WEEK, START, START) != []
    assert spans([rotation(1, 0)], START - 4 * WEEK, START + WEEK, START - 4 * WEEK) == []


@given(st.lists(st.integers(0, 30), unique=True, max_size=8), st.integers(0, 40), st.integers(-5, 40))
def test_gaps_and_rotations_together_fill_the_span_from_now_on(numbers: list[int], length: int, now: int) -> None:
    rotations = [rotation(number, 2 * number) for number in numbers]
    since = min((one.starts_at for one in rotations), default=None)
    end, at = START + length * WEEK, START + now * WEEK
    gaps = unplanned(rotations, START, end, at, since)
    if since is None:
        assert gaps == []
        return
    covered = sum(((min(one.ends_at, end) - max(one.starts_at, START, at)) for one in rotations
                   if min(one.ends_at, end) > max(one.starts_at, START, at)), timedelta())
    missing = sum((one.ends_at - one.starts_at for one in gaps), timedelta())
    assert covered + missing == max(end - max(START, at, since), timedelta())


# ---- Words and text ---------------------------------------------------------------------


@pytest.mark.parametrize(("first", "last", "words"), [
    (date(2026, 11, 16), date(2026, 11, 16), "16 Nov"), (date(2026, 11, 16), date(2026, 11, 23), "16 to 23 Nov"),
    (date(2026, 11, 30), date(2026, 12, 4), "30 Nov to 4 Dec"),
    (date(2026, 12, 28), date(2027, 1, 4), "28 Dec to 4 Jan"),
    (date(2026, 1, 4), date(2027, 1, 4), "4 Jan to 4 Jan"),
])
def test_days_are_said_shortly(first: date, last: date, words: str) -> None:
    assert days_words(first, last) == words


def test_an_absence_until_midnight_does_not_touch_the_next_day() -> None:
    midnight = datetime(2027, 1, 18, 5, tzinfo=UTC)
    assert absence_words(midnight, midnight + 5 * DAY, NEW_YORK) == "18 to 22 Jan"


ids = st.integers(min_value=1, max_value=2**62)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC))
plain = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=200)
changes = st.one_of(
    st.builds(Give, st.dictionaries(ids, st.none() | ids, min_size=1, max_size=9)),
    st.builds(StandIn, st.sampled_from(Seat), ids, moments, moments, plain),
    st.builds(Cancel, ids), st.builds(Remove, ids),
    st.builds(Add, st.dates(date(2001, 1, 1), date(2098, 1, 1)), ids,
              st.dictionaries(st.integers(0, 9), ids, max_size=9)),
)


@given(changes)
def test_a_change_survives_its_form(change: Change) -> None:
    assert unpack(pack(change)) == change


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                        st.sampled_from(["give", "stand_in", "cancel", "remove", "add", "x"]), inner, max_size=2)))
def test_what_is_no_change_is_none_and_never_an_error(told: object) -> None:
    found = unpack(json.dumps(told))
    assert found is None or unpack(pack(found)) == found


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"give":{}}', '{"give":[]}', '{"give":[[1,2,3]]}',
                                  '{"cancel":true}', '{"cancel":-1}', '{"add":["soon",1,[]]}', "[" * 100_000,
                                  '{"stand_in":["chief",1,"2026-11-16T09:00+00:00","2026-11-17T09:00+00:00",""]}',
                                  '{"stand_in":["lead",1,"2026-11-16T09:00","2026-11-17T09:00",""]}'])
def test_hostile_text_is_no_change(text: str) -> None:
    assert unpack(text) is None


@pytest.mark.parametrize(("value", "said"), [("Ada", "Ada"), ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"),
                                             ("@x", "'@x"), ("\t=1", "'\t=1"), (" =1", "' =1"), ("", ""), (3, "3")])
def test_no_value_is_taken_for_a_formula(value: object, said: str) -> None:
    assert cell(value) == said

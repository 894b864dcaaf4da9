"""Who is on duty: by shift or by override, through changes of the clocks, half-hour zones and edits in the middle."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.choices import Seat
from set_rotation.rules.duty import OverrideFact, Rota, ShiftFact, clashes, effective, moved, on_duty
from set_rotation.rules.spans import Begins, hand_over_due, rotation_days, shift_spans

ONE_SEAT_EACH = [
    {"place": 1, "seat": "primary", "week": 1}, {"place": 2, "seat": "backup", "week": 1},
    {"place": 3, "seat": "primary", "week": 2}, {"place": 4, "seat": "backup", "week": 2},
]
ANA, BEN, CAL, DEE, EVE = range(1, 6)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 16, 14, tzinfo=UTC)


def shift(number: int, person: int | None, start: datetime, end: datetime, seat: Seat = Seat.PRIMARY) -> ShiftFact:
    return ShiftFact(number, seat, person, start, end)


def over(number: int, person: int, start: datetime, end: datetime, seat: Seat = Seat.PRIMARY) -> OverrideFact:
    return OverrideFact(number, seat, person, start, end)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


# ---- Weeks of local clocks --------------------------------------------------------------

# zone, local day of the start, its moment, the middle, the end. Week 1 holds the change of the clocks, or week 2 does.
WEEKS = [
    ("America/New_York", date(2026, 11, 16), utc(2026, 11, 16, 14), utc(2026, 11, 23, 14), utc(2026, 11, 30, 14)),
    # the clocks go forward on 8 March 2026, back on 1 November
    ("America/New_York", date(2026, 3, 2), utc(2026, 3, 2, 14), utc(2026, 3, 9, 13), utc(2026, 3, 16, 13)),
    ("America/New_York", date(2026, 10, 26), utc(2026, 10, 26, 13), utc(2026, 11, 2, 14), utc(2026, 11, 9, 14)),
    ("Europe/Berlin", date(2026, 3, 16), utc(2026, 3, 16, 8), utc(2026, 3, 23, 8), utc(2026, 3, 30, 7)),
    ("Europe/Berlin", date(2026, 10, 19), utc(2026, 10, 19, 7), utc(2026, 10, 26, 8), utc(2026, 11, 2, 8)),
    ("Asia/Kolkata", date(2026, 3, 2), utc(2026, 3, 2, 3, 30), utc(2026, 3, 9, 3, 30), utc(2026, 3, 16, 3, 30)),
    ("Asia/Kathmandu", date(2026, 3, 2), utc(2026, 3, 2, 3, 15), utc(2026, 3, 9, 3, 15), utc(2026, 3, 16, 3, 15)),
    # half an hour only: back on 5 April 2026
    ("Australia/Lord_Howe", date(2026, 3, 30), utc(2026, 3, 29, 22), utc(2026, 4, 5, 22, 30), utc(2026, 4, 12, 22, 30)),
    ("Pacific/Chatham", date(2026, 3, 30), utc(2026, 3, 29, 19, 15), utc(2026, 4, 5, 20, 15), utc(2026, 4, 12, 20, 15)),
    ("UTC", date(2028, 2, 28), utc(2028, 2, 28, 9), utc(2028, 3, 6, 9), utc(2028, 3, 13, 9)),
]


@pytest.mark.parametrize(("zone", "first", "start", "middle", "end"), WEEKS)
def test_a_week_is_seven_days_of_the_teams_clocks(
    zone: str, first: date, start: datetime, middle: datetime, end: datetime
) -> None:
    spans = shift_spans(first, Begins(0, time(9), zone), 2, ONE_SEAT_EACH)
    assert [(span.place, span.seat, span.starts_at, span.ends_at) for span in spans] == [
        (0, Seat.LEAD, start, end), (1, Seat.PRIMARY, start, middle), (2, Seat.BACKUP, start, middle),
        (3, Seat.PRIMARY, middle, end), (4, Seat.BACKUP, middle, end),
    ]


@given(first=st.dates(date(2000, 1, 1), date(2090, 1, 1)), at=st.times(), weeks=st.integers(1, 6),
       zone=st.sampled_from(["America/New_York", "Europe/Dublin", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo",
                             "America/Sao_Paulo", "Pacific/Apia", "Asia/Tehran"]))
def test_rotations_follow_each_other_without_a_hole_or_an_overlap(
    first: date, at: time, weeks: int, zone: str
) -> None:
    when = Begins(first.weekday(), at.replace(fold=0), zone)
    one, two = rotation_days(first, weeks, 2)
    lead, next_lead = shift_spans(one, when, weeks, [])[0], shift_spans(two, when, weeks, [])[0]
    assert lead.ends_at == next_lead.starts_at
    assert abs(lead.ends_at - lead.starts_at - timedelta(weeks=weeks)) <= DAY


def test_a_pattern_cannot_give_a_seat_outside_its_weeks_nor_the_leads() -> None:
    begins = Begins(0, time(9), "UTC")
    for odd in ({"place": 1, "seat": "primary", "week": 3}, {"place": 1, "seat": "lead", "week": 1}):
        with pytest.raises(ValueError, match="has no"):
            shift_spans(date(2026, 11, 16), begins, 2, [odd])


@pytest.mark.parametrize(("ends", "zone", "due"), [
    # ends Monday 9:00 in New York: handed over on the Friday before, at five in the lead's own zone
    (utc(2026, 11, 30, 14), "America/New_York", utc(2026, 11, 27, 22)),
    (utc(2026, 11, 30, 14), "Europe/Berlin", utc(2026, 11, 27, 16)),
    (utc(2026, 11, 30, 14), "Asia/Kolkata", utc(2026, 11, 27, 11, 30)),
    (utc(2026, 11, 9, 14), "America/New_York", utc(2026, 11, 6, 22)),  # the clocks went back on the first
    (utc(2026, 11, 27, 21, 59), "America/New_York", utc(2026, 11, 20, 22)),  # ends before five on a Friday
    (utc(2026, 11, 27, 22), "America/New_York", utc(2026, 11, 27, 22)),
])
def test_the_hand_over_is_due_on_friday_at_the_end_of_the_leads_day(ends: datetime, zone: str, due: datetime) -> None:
    assert hand_over_due(ends, 4, time(17), zone) == due


# ---- Who is on duty ---------------------------------------------------------------------

# Ana is primary for the week of the change of the clocks in New York; Ben replaces her for three hours around it.
NIGHT = utc(2026, 11, 1, 5, 30)  # 1:30 am, the first of two
TABLE = [
    ("before the shift", NIGHT - 6 * DAY - 1 * HOUR, None),
    ("its first moment", utc(2026, 10, 26, 13), ANA),
    ("right before the override", NIGHT - timedelta(microseconds=1), ANA),
    ("the override's first moment: 1:30 am EDT", NIGHT, BEN),
    ("the same clock an hour later: 1:30 am EST", NIGHT + HOUR, BEN),
    ("its last moment", NIGHT + 3 * HOUR - timedelta(microseconds=1), BEN),
    ("when it is over", NIGHT + 3 * HOUR, ANA),
    ("the shift's last moment, an hour later than a week of hours", utc(2026, 11, 2, 13, 59, 59), ANA),
    ("when it is over", utc(2026, 11, 2, 14), None),
]


@pytest.mark.parametrize(("when", "at", "who"), TABLE)
@pytest.mark.parametrize("asked_in", ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_the_clocks_of_whoever_asks_make_no_difference(when: str, at: datetime, who: int | None, asked_in: str) -> None:
    shifts = [shift(1, ANA, utc(2026, 10, 26, 13), utc(2026, 11, 2, 14))]
    overrides = [over(1, BEN, NIGHT, NIGHT + 3 * HOUR)]
    found = on_duty(shifts, overrides, at.astimezone(ZoneInfo(asked_in))).primary
    assert (found.person if found else None) == who, when


def test_of_two_overrides_the_later_made_one_wins_where_they_overlap() -> None:
    shifts = [shift(1, ANA, START, START + 7 * DAY)]
    overrides = [over(2, CAL, START + HOUR, START + 3 * HOUR), over(1, BEN, START + 2 * HOUR, START + 5 * HOUR)]
    said = [(piece.person, (piece.starts_at - START) // HOUR, (piece.ends_at - START) // HOUR)
            for piece in effective(shifts, overrides)]
    assert said == [(ANA, 0, 1), (CAL, 1, 3), (BEN, 3, 5), (ANA, 5, 168)]


def test_an_override_replaces_its_seat_alone_and_fills_a_gap() -> None:
    shifts = [shift(1, None, START, START + DAY), shift(2, BEN, START, START + DAY, Seat.BACKUP)]
    assert on_duty(shifts, [], START).primary is None
    holds = on_duty(shifts, [over(1, CAL, START, START + HOUR)], START)
    assert (holds.primary and holds.primary.person, holds.backup and holds.backup.person) == (CAL, BEN)


def test_an_override_over_two_shifts_and_beyond_them_counts_where_there_are_shifts() -> None:
    shifts = [shift(1, ANA, START, START + DAY), shift(2, BEN, START + DAY, START + 2 * DAY)]
    pieces = effective(shifts, [over(1, CAL, START + 12 * HOUR, START + 9 * DAY)])
    assert [(piece.person, piece.shift) for piece in pieces] == [(ANA, 1), (CAL, 1), (CAL, 2)]
    assert pieces[-1].ends_at == START + 2 * DAY


def test_the_lead_in_another_seat_is_a_clash_and_a_touch_is_none() -> None:
    lead = shift(1, ANA, START, START + 14 * DAY, Seat.LEAD)
    assert not clashes(effective([lead, shift(2, BEN, START, START + DAY)], []))
    found = clashes(effective([lead, shift(2, ANA, START + DAY, START + 2 * DAY)], []))
    assert [(one.seat, other.seat) for one, other in found] == [(Seat.LEAD, Seat.PRIMARY)]
    touching = [shift(1, ANA, START, START + DAY), shift(2, ANA, START + DAY, START + 2 * DAY, Seat.BACKUP)]
    assert not clashes(effective(touching, []))


def test_only_what_lies_ahead_counts_as_moved_and_a_split_alone_does_not() -> None:
    shifts = [shift(1, ANA, START, START + 7 * DAY)]
    before = effective(shifts, [])
    after = effective(shifts, [over(1, BEN, START + DAY, START + 2 * DAY)])
    assert [change.person for change in moved(before, after, START + 36 * HOUR)] == [ANA, BEN]
    assert moved(before, after, START + 2 * DAY) == ()
    halves = [shift(1, ANA, START, START + DAY), shift(2, ANA, START + DAY, START + 7 * DAY)]
    assert moved(before, effective(halves, []), START) == ()


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Sequence[ShiftFact], Sequence[OverrideFact]]:
    """Shifts of a seat that do not overlap, with holes, and overrides anywhere, in whole hours."""
    edges = sorted(draw(st.sets(st.integers(0, 60), min_size=2, max_size=10)))
    people = st.one_of(st.none(), st.integers(1, 4))
    shifts = [shift(number, draw(people), START + one * HOUR, START + two * HOUR)
              for number, (one, two) in enumerate(itertools.pairwise(edges), 1) if draw(st.integers(0, 4))]
    overrides = [
        over(number, draw(st.integers(1, 4)), START + begin * HOUR, START + (begin + length) * HOUR)
        for number, (begin, length) in enumerate(
            draw(st.lists(st.tuples(st.integers(-5, 65), st.integers(1, 30)), max_size=6)), 1)
    ]
    return shifts, overrides


def told(shifts: Sequence[ShiftFact], overrides: Sequence[OverrideFact], at: datetime) -> int | None:
    """What the rule says, thought the slow and plain way."""
    held = next((each for each in shifts if each.starts_at <= at < each.ends_at), None)
    wins = [each for each in overrides if each.starts_at <= at < each.ends_at]
    if held is None:
        return None
    return max(wins, key=lambda each: each.id).person if wins else held.person


@given(rotas())
def test_each_moment_has_whom_the_plain_rule_says(given_rota: tuple[list[ShiftFact], list[OverrideFact]]) -> None:
    shifts, overrides = given_rota
    rota = Rota(shifts, overrides)
    for half_hours in range(-4, 140):
        at = START + half_hours * HOUR / 2
        found = rota.on_duty(at).primary
        assert (found.person if found else None) == told(shifts, overrides, at)


@given(rotas())
def test_the_pieces_tile_the_shifts(given_rota: tuple[list[ShiftFact], list[OverrideFact]]) -> None:
    shifts, overrides = given_rota
    pieces = effective(shifts, overrides)
    for each in shifts:
        mine = [piece for piece in pieces if piece.shift == each.id]
        assert (mine[0].starts_at, mine[-1].ends_at) == (each.starts_at, each.ends_at)
        assert all(one.ends_at == two.starts_at for one, two in itertools.pairwise(mine))

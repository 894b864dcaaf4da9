"""Which reminders are due when: once each, at the right local time, through every change of the clocks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.choices import Seat
from set_rotation.rules.reminders import Held, Kind, Reminder, Stint, Wants, due, earlier, merged

START, HOUR, DAY, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=1), timedelta(7)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NEW_YORK, KOLKATA, LORD_HOWE, SAO_PAULO = "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"
FREE = frozenset({date(2026, 11, 26)})


def held(seat: Seat = Seat.PRIMARY, start: datetime = START, end: datetime = START + WEEK, person: int = 1,
         known_at: datetime = LONG_AGO) -> Held:
    return Held(person, seat, start, end, known_at)


def at_once(at: datetime, *rows: Held, stints: Sequence[Stint] = (), zone: str = NEW_YORK,
            kinds: frozenset[Kind] = frozenset(Kind)) -> tuple[Reminder, ...]:
    people = {row.person for row in rows} | {stint.person for stint in stints}
    return due(stints=stints, held=rows, wants={pk: Wants(zone, kinds) for pk in people}, free=FREE, at=at)


def over(first: datetime, last: datetime, step: timedelta, *rows: Held, zone: str = NEW_YORK) -> dict[str, datetime]:
    """Every reminder of a time, by looking again and again: its key, and when it was first due."""
    found: dict[str, datetime] = {}
    while first <= last:
        for one in at_once(first, *rows, zone=zone):
            found.setdefault(one.key, first)
        first += step
    return found


def local(*parts: int, zone: str, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type, misc]


# ---- The same time some days before, by somebody's clocks ------------------------------


@pytest.mark.parametrize(("zone", "start", "days", "wanted"), [
    (NEW_YORK, local(2026, 11, 2, 9, zone=NEW_YORK), 7, local(2026, 10, 26, 9, zone=NEW_YORK)),  # back on 1 November
    (NEW_YORK, local(2026, 3, 9, 9, zone=NEW_YORK), 1, local(2026, 3, 8, 9, zone=NEW_YORK)),  # forward that night
    (NEW_YORK, local(2026, 3, 9, 2, 30, zone=NEW_YORK), 1, local(2026, 3, 8, 3, 0, zone=NEW_YORK)),  # 2:30 is left out
    (NEW_YORK, local(2026, 11, 2, 1, 30, zone=NEW_YORK), 1, local(2026, 11, 1, 1, 30, zone=NEW_YORK)),  # twice
    (NEW_YORK, local(2026, 11, 1, 1, 30, zone=NEW_YORK, fold=1), 1, local(2026, 10, 31, 1, 30, zone=NEW_YORK)),
    (KOLKATA, local(2026, 11, 2, 19, 30, zone=KOLKATA), 7, local(2026, 10, 26, 19, 30, zone=KOLKATA)),
    (LORD_HOWE, local(2026, 10, 5, 2, 15, zone=LORD_HOWE), 1, local(2026, 10, 4, 2, 30, zone=LORD_HOWE)),  # by 30 min
    (LORD_HOWE, local(2026, 4, 6, 1, 45, zone=LORD_HOWE), 1, local(2026, 4, 5, 1, 45, zone=LORD_HOWE)),
    (SAO_PAULO, local(2018, 11, 5, 0, 30, zone=SAO_PAULO), 1, local(2018, 11, 4, 1, 0, zone=SAO_PAULO)),  # at midnight
    (SAO_PAULO, local(2026, 11, 2, 9, zone=SAO_PAULO), 7, local(2026, 10, 26, 9, zone=SAO_PAULO)),
])
def test_so_many_days_before_is_the_same_time_of_the_clocks(
    zone: str, start: datetime, days: int, wanted: datetime
) -> None:
    assert earlier(start, days, zone) == wanted


# ---- Before the first duty -------------------------------------------------------------


def test_a_week_and_a_day_before_each_once_and_not_when_it_has_begun() -> None:
    stint = Stint(1, 7, START)
    assert [one.kind for one in at_once(START - WEEK, stints=[stint])] == [Kind.WEEK]
    assert [one.key for one in at_once(START - DAY + HOUR, stints=[stint])] == ["remind-r7-p1-day"]
    for at in (START - WEEK - timedelta(seconds=1), START - 5 * DAY, START, START + DAY):
        assert not at_once(at, stints=[stint])


def test_who_was_given_duty_after_that_moment_is_not_reminded_of_it() -> None:
    late = Stint(1, 7, START, known_at=START - 6 * DAY - 12 * HOUR)
    assert not at_once(START - 6 * DAY - 11 * HOUR, stints=[late])
    assert [one.kind for one in at_once(START - DAY, stints=[late])] == [Kind.DAY]


# ---- At start and end ------------------------------------------------------------------


def test_at_start_and_at_end_within_half_a_day() -> None:
    found = at_once(START, held())
    assert [(one.kind, one.moment) for one in found] == [(Kind.START, START)]
    assert [one.kind for one in at_once(START + WEEK, held())] == [Kind.END]
    assert not any(one.kind in {Kind.START, Kind.END} for one in at_once(START + 12 * HOUR, held()))
    assert not at_once(START - timedelta(seconds=1), held())


def test_duty_in_pieces_is_one_and_a_change_of_seats_is_said_once() -> None:
    pieces = [held(end=START + DAY), held(start=START + DAY)]
    assert merged(pieces)[0].ends_at == START + WEEK and len(merged(pieces)) == 1
    assert not [one for one in at_once(START + DAY, *pieces) if one.kind in {Kind.START, Kind.END}]
    backup = held(Seat.BACKUP, START + WEEK, START + 2 * WEEK)
    assert [(one.kind, one.held.seat) for one in at_once(START + WEEK, held(), backup) if one.held] == [
        (Kind.START, Seat.BACKUP)]


def test_what_was_changed_afterwards_was_told_then() -> None:
    edges = frozenset({Kind.START, Kind.END})
    assert not at_once(START + HOUR, held(known_at=START + HOUR), kinds=edges)
    assert not at_once(START + WEEK + HOUR, held(known_at=START + WEEK + HOUR), kinds=edges)
    now = held(start=START + HOUR, known_at=START + HOUR)  # taken over now
    assert [one.kind for one in at_once(START + HOUR, now, kinds=edges)] == [Kind.START]


# ---- The look at the questions ----------------------------------------------------------


@pytest.mark.parametrize("zone", [NEW_YORK, KOLKATA, LORD_HOWE, SAO_PAULO])
def test_twice_a_business_day_in_the_primarys_clocks_while_they_are_primary(zone: str) -> None:
    row = held(start=START, end=START + 2 * WEEK)
    found = over(START - DAY, START + 15 * DAY, timedelta(minutes=15), row, zone=zone)
    looks = {key: at.astimezone(ZoneInfo(zone)) for key, at in found.items() if "-look-" in key}
    assert all((at.hour, at.minute) in {(10, 0), (15, 0)} for at in looks.values())
    assert all(at.weekday() < 5 and at.date() != date(2026, 11, 26) for at in looks.values())
    assert all(START <= at < START + 2 * WEEK for at in looks.values())
    assert len(looks) == 18  # two weeks of five days, but for Thanksgiving
    assert not [key for key in over(START, START + WEEK, HOUR, held(Seat.BACKUP), zone=zone) if "look" in key]


@pytest.mark.parametrize(("zone", "change"), [
    (NEW_YORK, date(2026, 3, 8)), (NEW_YORK, date(2026, 11, 1)), (LORD_HOWE, date(2026, 4, 5)),
    (LORD_HOWE, date(2026, 10, 4)), (SAO_PAULO, date(2018, 11, 4)), (KOLKATA, date(2026, 11, 1)),
])
def test_around_a_change_of_clocks_none_is_doubled_or_skipped(zone: str, change: date) -> None:
    noon = local(change.year, change.month, change.day, 12, zone=zone)
    row = held(start=noon - 4 * DAY, end=noon + 4 * DAY, known_at=datetime(2018, 1, 1, tzinfo=UTC))
    found = over(noon - 4 * DAY, noon + 4 * DAY, timedelta(minutes=10), row, zone=zone)
    looks = sorted(at.astimezone(ZoneInfo(zone)).isoformat() for key, at in found.items() if "-look-" in key)
    days = sorted({at[:10] for at in looks})
    assert [at[11:16] for at in looks if at[:10] in days[1:-1]] == ["10:00", "15:00"] * (len(days) - 2)


def test_a_stale_look_is_left_out_and_one_that_has_handed_over_is_not_asked() -> None:
    ten = local(2026, 11, 17, 10, zone=NEW_YORK)
    assert [one.kind for one in at_once(ten + HOUR, held())] == [Kind.LOOK]
    assert not at_once(ten + 2 * HOUR, held())
    assert Kind.LOOK not in [one.kind for one in at_once(ten + HOUR, held(end=ten + timedelta(minutes=30)))]


# ---- Whatever the clock does ------------------------------------------------------------


@given(st.lists(st.timedeltas(timedelta(minutes=-600), timedelta(minutes=600)), max_size=60))
def test_looks_that_come_late_twice_or_after_a_jump_back_find_the_same_reminders(jumps: list[timedelta]) -> None:
    rows, at = [held(), held(Seat.BACKUP, START + WEEK, START + 2 * WEEK)], START
    whole = over(START - DAY, START + 16 * DAY, HOUR, *rows)
    for jump in jumps:
        at += jump
        for one in at_once(at, *rows):
            assert one.key in whole and one.moment <= at < one.moment + one.kind.stays


def test_each_is_reminded_of_what_they_chose_and_whoever_left_of_nothing() -> None:
    assert not at_once(START, held(), kinds=frozenset(Kind) - {Kind.START})
    assert not due(stints=[], held=[held()], wants={}, free=FREE, at=START)


def test_keys_fit_and_name_person_seat_and_moment() -> None:
    row = replace(held(), person=10**9)
    keys = {one.key for at in (START, START + WEEK, START + 25 * HOUR) for one in at_once(at, row)}
    assert len(keys) == 3 and all(len(key) <= 57 for key in keys)

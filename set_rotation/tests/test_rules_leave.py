"""Local times, clashes of leave with duty, whom an entry of a calendar means, and what may be done to a swap."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.choices import Seat, SwapState
from set_rotation.rules.away import AwayFact, DutyFact, Entry, Known, clashes, named_in, wanted, whom
from set_rotation.rules.local import days, moments, stretch_words, whole_days
from set_rotation.rules.swaps import SwapRights, held_whole, rights, until_choices

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
ZONES = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "UTC"]


@pytest.mark.parametrize(("zone", "day", "at", "found"), [
    ("America/New_York", date(2026, 3, 8), time(2, 30), []),
    ("America/New_York", date(2026, 11, 1), time(1, 30), ["2026-11-01T05:30", "2026-11-01T06:30"]),
    ("America/New_York", date(2026, 11, 1), time(2, 0), ["2026-11-01T07:00"]),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), []),  # half an hour is skipped
    ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), ["2026-04-04T14:45", "2026-04-04T15:15"]),
    ("Asia/Kolkata", date(2026, 11, 1), time(1, 30), ["2026-10-31T20:00"]),
    ("Africa/Cairo", date(2026, 4, 24), time(0, 30), []),  # the clocks skip midnight
])
def test_a_local_time_is_no_moment_one_or_two(zone: str, day: date, at: time, found: list[str]) -> None:
    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in moments(day, at, zone)] == found


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from(ZONES))
def test_every_moment_is_among_those_that_its_local_time_names(local: datetime, zone: str) -> None:
    moment = local.replace(tzinfo=UTC, microsecond=0)
    shown = moment.astimezone(ZoneInfo(zone))
    assert moment in moments(shown.date(), shown.time(), zone)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 40), st.sampled_from(ZONES))
def test_whole_days_are_known_again(first: date, length: int, zone: str) -> None:
    last = first + length * DAY
    starts_at, ends_at = days(first, last, zone)
    assert whole_days(starts_at, ends_at, zone) == (first, last)
    assert whole_days(starts_at, ends_at - HOUR / 4, zone) is None


@pytest.mark.parametrize(("start", "end", "words"), [
    ("2026-11-23T05:00", "2026-11-24T05:00", "Mon 23 Nov"),
    ("2026-11-23T05:00", "2026-11-28T05:00", "Mon 23 to Fri 27 Nov"),
    ("2026-11-30T05:00", "2026-12-03T05:00", "Mon 30 Nov to Wed 2 Dec"),
    ("2026-12-28T05:00", "2027-01-02T05:00", "Mon 28 Dec to Fri 1 Jan 2027"),
    ("2026-11-23T14:00", "2026-11-23T18:00", "Mon 23 Nov, 9:00 am to 1:00 pm"),
    ("2026-11-23T14:00", "2026-11-24T18:30", "Mon 23 Nov, 9:00 am to Tue 24 Nov, 1:30 pm"),
])
def test_a_stretch_in_words(start: str, end: str, words: str) -> None:
    starts_at, ends_at = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, end))
    assert stretch_words(starts_at, ends_at, "America/New_York", 2026) == words


# ---- Clashes --------------------------------------------------------------------------

hours = st.integers(0, 200)
spans = st.lists(st.tuples(st.integers(1, 3), hours, st.integers(1, 60)), max_size=6)


@given(spans, spans, hours)
def test_a_clash_is_every_hour_ahead_in_which_somebody_is_away_and_on_duty(
    away: list[tuple[int, int, int]], duty: list[tuple[int, int, int]], now: int
) -> None:
    at = START + now * HOUR
    rows = [AwayFact(number, who, START + begins * HOUR, START + (begins + lasts) * HOUR)
            for number, (who, begins, lasts) in enumerate(away)]
    held = [DutyFact(number, who, Seat.PRIMARY, START + begins * HOUR, START + (begins + lasts) * HOUR)
            for number, (who, begins, lasts) in enumerate(duty)]
    found = clashes(rows, held, at)
    for hour in range(270):
        moment = START + hour * HOUR
        both = {(one.id, other.id) for one in rows for other in held if one.person == other.person and moment >= at
                and one.starts_at <= moment < one.ends_at and other.starts_at <= moment < other.ends_at}
        assert both == {(clash.away, clash.duty) for clash in found if clash.starts_at <= moment < clash.ends_at}


# ---- Entries of shared calendars -----------------------------------------------------------

ADA, BOB = Known(1, "Ada Lovelace", "ada@example.org"), Known(2, "Bob Ross", "bob@example.org")
LONGER = Known(3, "Ada Lovelace Byron", "byron@example.org")
NAMESAKE = Known(4, "Bob Ross", "other.bob@example.org")


@pytest.mark.parametrize(("title", "guests", "organizer", "known", "meant"), [
    ("Ada Lovelace: PTO", (), "", [ADA, BOB], (1,)),
    ("PTO ada   LOVELACE", (), "", [ADA, BOB], (1,)),
    ("Ada Lovelace and Bob Ross at a wedding", (), "", [ADA, BOB], ()),
    ("Joada Lovelaces", (), "", [ADA, BOB], ()),
    ("Ada Lovelace Byron away", (), "", [ADA, LONGER], (3,)),
    ("Bob Ross away", (), "", [BOB, NAMESAKE], ()),
    ("Away", ("bob@example.org", "x@example.org"), "ada@example.org", [ADA, BOB], (2,)),
    ("Offsite", ("bob@example.org", "ada@example.org"), "", [ADA, BOB], (2, 1)),
    ("Away", (), "ada@example.org", [ADA, BOB], (1,)),
    ("Ada Lovelace away", ("bob@example.org",), "bob@example.org", [ADA, BOB], (1,)),
    ("Office closed", (), "office@example.org", [ADA, BOB], ()),
    ("", (), "", [ADA, BOB], ()),
])
def test_whom_an_entry_means(
    title: str, guests: tuple[str, ...], organizer: str, known: list[Known], meant: tuple[int, ...]
) -> None:
    day = date(2026, 11, 23)
    assert whom(Entry("a", title, day, day + DAY, guests, organizer), known) == meant


def test_one_word_is_no_full_name() -> None:
    assert named_in("Rose Monday", [Known(1, "Rose", "rose@example.org")]) == ()


def test_days_begin_in_the_clocks_of_whoever_is_away_and_strangers_are_counted() -> None:
    day = date(2026, 11, 23)
    entries = [Entry("a", "Ada Lovelace", day, day + DAY), Entry("b", "Party", day, day + DAY),
               Entry("c", "Party", day, day + DAY), Entry("d", "Bob Ross", datetime(2026, 11, 23, 9), START)]
    found, strangers = wanted(entries, {1: "Asia/Kolkata", 2: "UTC"}, None, [ADA, BOB])
    assert found == {("a", datetime(2026, 11, 22, 18, 30, tzinfo=UTC), 1):
                     (datetime(2026, 11, 23, 18, 30, tzinfo=UTC), True)}  # the last one ends before it starts
    assert strangers == {"Party": 2}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_leave_from_the_year_1_to_the_year_9999_is_leave_all_the_same(zone: str) -> None:
    ends = [date(9999, 12, 31), datetime(9999, 12, 31, 23, 59), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
    starts = [date(1, 1, 1), datetime(1, 1, 1), datetime(1, 1, 1, tzinfo=UTC)]
    entries = [Entry(str(number), "Away", *both) for number, both in enumerate(zip(starts, ends, strict=True))]
    found, _ = wanted(entries, {1: zone}, 1, [])
    assert len(found) == 3
    assert all(start < START < end for (_, start, _), (end, _) in found.items())


# ---- Swaps and taking over -------------------------------------------------------------


@pytest.mark.parametrize(("state", "reader", "asked", "plans", "begun", "left", "may"), [
    (SwapState.OPEN, 1, None, False, False, False, SwapRights(withdraw=True)),
    (SwapState.OPEN, 2, None, False, False, False, SwapRights(accept=True, decline=True)),
    (SwapState.OPEN, 2, 2, False, False, False, SwapRights(accept=True, decline=True)),
    (SwapState.OPEN, 2, 3, False, False, False, SwapRights()),
    (SwapState.OPEN, 2, 2, False, True, False, SwapRights()),
    (SwapState.OPEN, 9, 3, True, False, False, SwapRights(withdraw=True, answer_for=True)),
    (SwapState.OPEN, 9, 9, True, False, False, SwapRights(accept=True, decline=True, withdraw=True)),
    (SwapState.ACCEPTED, 1, None, False, False, True, SwapRights(undo=True)),
    (SwapState.ACCEPTED, 4, None, False, False, True, SwapRights(undo=True)),
    (SwapState.ACCEPTED, 4, None, False, False, False, SwapRights()),
    (SwapState.ACCEPTED, 2, 2, False, False, True, SwapRights()),
    (SwapState.ACCEPTED, 9, 2, True, False, True, SwapRights(undo=True)),
    (SwapState.UNDONE, 1, None, True, False, True, SwapRights()),
])
def test_who_may_do_what_to_a_swap(
    state: SwapState, reader: int, asked: int | None, plans: bool, begun: bool, left: bool, may: SwapRights
) -> None:
    assert rights(state=state, reader=reader, person=1, asked=asked, taken_by=4, declined=(), plans=plans, begun=begun,
                  left=left) == may


def test_who_has_declined_may_still_change_their_mind_but_not_decline_twice() -> None:
    may = rights(state=SwapState.OPEN, reader=2, person=1, asked=None, taken_by=None, declined={2}, plans=False,
                 begun=False, left=False)
    assert may == SwapRights(accept=True)


@given(st.lists(st.tuples(hours, st.integers(1, 30)), max_size=6), hours, st.integers(1, 60))
def test_a_seat_is_held_whole_when_every_hour_of_it_is(rows: list[tuple[int, int]], start: int, length: int) -> None:
    spans = [(START + begins * HOUR, START + (begins + lasts) * HOUR) for begins, lasts in rows]
    starts_at, ends_at = START + start * HOUR, START + (start + length) * HOUR
    every = all(any(one <= starts_at + number * HOUR < end for one, end in spans) for number in range(length))
    assert held_whole(spans, starts_at, ends_at) == every


def test_a_seat_is_taken_for_hours_for_the_day_or_for_the_shift() -> None:
    at, ends = START + 12 * HOUR, START + 7 * DAY  # 9 pm in New York
    found = {each.key: each.ends_at for each in until_choices(at, ends, "America/New_York")}
    assert found == {"1h": at + HOUR, "3h": at + 3 * HOUR, "day": datetime(2026, 11, 17, 5, 0, tzinfo=UTC),
                     "shift": ends}
    assert [each.key for each in until_choices(ends - 2 * HOUR, ends, "America/New_York")] == ["1h", "shift"]


def test_the_day_ends_with_the_readers_clocks_also_when_they_change() -> None:
    at = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)  # 0:30 in New York, on the day that has 25 hours
    found = {each.key: each.ends_at for each in until_choices(at, at + 7 * DAY, "America/New_York")}
    assert found["day"] == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)

"""The text in the channel's header, and its place among other people's words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.rules.header import LONGEST, Named, OnSet, found, remembered, segments, wanted_header

TEAM = "America/New_York"
INES, TOMASZ, PRIYA = Named("Ines Okafor", "ines.okafor"), Named("Tomasz Brandt", "tomasz.brandt"), Named("Priya V")
FULL = OnSet(42, INES, TOMASZ, Named("Priya V", "@priya.v"), (Named("A", "a"), Named("B", "b")),
             datetime(2026, 11, 30, 14, 0, tzinfo=UTC))
WORDS = "SET R42 · Lead: @ines.okafor · Primary: @tomasz.brandt · Backup: @priya.v · On SET: @a, @b"


def full(on_set: OnSet = FULL) -> str:
    return next(segments(on_set, TEAM))


def test_it_names_the_rotation_everybody_on_it_and_until_when_in_the_teams_zone() -> None:
    assert full() == f"{WORDS} · until Mon 30 Nov, 9:00 am EST"
    assert full(replace(FULL, until=datetime(2026, 7, 6, 13, 0, tzinfo=UTC))).endswith("until Mon 6 Jul, 9:00 am EDT")


def test_a_gap_is_named_and_whoever_has_no_name_in_mattermost_is_named_without_an_at() -> None:
    shown = full(OnSet(7, None, Named("Ana_Maria *Ruiz*"), PRIYA))
    assert shown == r"SET R7 · Lead: nobody · Primary: Ana\_Maria \*Ruiz\* · Backup: Priya V"


def test_between_rotations_it_says_when_the_next_one_begins() -> None:
    assert full(OnSet(until=FULL.until)) == "SET: nobody is on duty until Mon 30 Nov, 9:00 am EST"
    assert full(OnSet()) == "SET: nobody is on duty"


@pytest.mark.parametrize(("room", "shown"), [
    (LONGEST, f"{WORDS} · until Mon 30 Nov, 9:00 am EST"),
    (100, WORDS),
    (len(WORDS), WORDS),
    (len(WORDS) - 1, "SET R42 · Lead: @ines.okafor · Primary: @tomasz.brandt · Backup: @priya.v"),
    (70, "SET R42 · Lead: @ines.okafor · Primary: @tomasz.brandt"),
    (40, "SET R42 · Lead: @ines.okafor"),
])
def test_without_room_the_end_goes_first_then_the_engineers(room: int, shown: str) -> None:
    others = "x" * (LONGEST - room - 3) if room < LONGEST else ""
    wanted = wanted_header(others, [], FULL, TEAM)
    assert wanted.segment == shown and wanted.text == (f"{others} | {shown}" if others else shown)


def test_without_any_room_nothing_is_written() -> None:
    assert wanted_header("x" * 1_020, [], FULL, TEAM).text == ""


def test_ours_is_replaced_literally_and_what_stands_around_it_stays() -> None:
    old = full(replace(FULL, primary=PRIYA))
    wanted = wanted_header(f"[Docs](https://x.test) | {old}  :wave: ", [old], FULL, TEAM)
    assert wanted.text == f"[Docs](https://x.test) | {full()}  :wave: " and not wanted.lost


@pytest.mark.parametrize(("header", "after"), [
    ("", "{}"), ("  ", "{}"), ("Docs", "Docs | {}"), ("Docs |", "Docs | {}"), ("Docs\n", "Docs\n{}"),
])
def test_one_that_is_gone_is_appended_and_said_to_be_lost(header: str, after: str) -> None:
    wanted = wanted_header(header, ["an older text"], FULL, TEAM)
    assert wanted.text == after.format(full()) and wanted.lost


def test_a_text_whose_arrival_was_never_confirmed_is_ours_as_well() -> None:
    tried, before = full(replace(FULL, primary=PRIYA)), full(replace(FULL, backup=PRIYA))
    for there in (tried, before):
        assert wanted_header(f"a {there} b", [tried, before], FULL, TEAM).text == f"a {full()} b"


def test_a_shortened_text_is_not_taken_for_the_beginning_of_the_full_one() -> None:
    full_one, short = full(), "SET R42 · Lead: @ines.okafor"
    for written in ([short, full_one], [full_one, short]):
        assert found(f"a {full_one} b", written) == (2, 2 + len(full_one))
        assert found(f"a {short} b", written) == (2, 2 + len(short))


def test_of_a_copy_and_ours_the_newer_one_is_replaced() -> None:
    old, new = full(replace(FULL, primary=PRIYA)), full(replace(FULL, backup=PRIYA))
    assert wanted_header(f"{old} and {new}", [new, old], FULL, TEAM).text == f"{old} and {full()}"


def test_what_was_written_is_remembered_once_newest_first_and_not_for_ever() -> None:
    assert remembered(["b", "a"], "a") == ["a", "b"]
    assert len(remembered([str(number) for number in range(80)], "new")) == 50


NAMES = st.builds(Named, st.text(min_size=1, max_size=30), st.sampled_from(["", "ann", "anna", "ann.b", "b"]))
ON_SET = st.builds(
    OnSet, rotation=st.integers(1, 99), lead=NAMES | st.none(), primary=NAMES | st.none(), backup=NAMES | st.none(),
    others=st.lists(NAMES, max_size=3).map(tuple),
    until=st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
AROUND = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@given(before=AROUND, after=AROUND, held=st.lists(ON_SET, min_size=1, max_size=8))
def test_however_often_duty_changes_there_is_one_text_of_ours_between_the_same_words(
    before: str, after: str, held: list[OnSet]
) -> None:
    header, written = f"{before}{full(held[0])}{after}", [full(held[0])]
    for on_set in held:
        wanted = wanted_header(header, written, on_set, TEAM)
        header, written = wanted.text, remembered(written, wanted.segment)
        assert not wanted.lost
        assert wanted_header(header, written, on_set, TEAM).text == header
    # Words around it that themselves hold a text of ours cannot be told from ours: these are random ones.
    assert header == f"{before}{full(held[-1])}{after}"

"""What is promised: as it is written, kept, compared and said."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalations.choices import ClockKind, Unit
from escalations.rules.clocks.matrix import NO_PLAN, differences, promised, promises_from_json, promises_to_json
from escalations.rules.clocks.promises import (
    Promise,
    moment_after,
    office_from_json,
    office_to_json,
    promise_of,
    time_between,
)
from escalations.rules.clocks.words import left_words, length_words, moment_words, office_left_words
from escalations.tests.test_rules_clocks import DAY, KOLKATA, MOMENTS, NY, ZONES, local, office

NOON = local("2026-11-17T12:00", NY)


@pytest.mark.parametrize("text", ["soon", "0 h", "721 h", "241 bh", "31 bd", "4", "h", "4 hours", "4.5 h", "-1 h"])
def test_what_is_no_promise_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write a number|Between 1 and"):
        promise_of(text)


@pytest.mark.parametrize("text", ["4 h", "8 bh", "1 bd", "720 h"])
def test_a_promise_is_read_as_it_is_written(text: str) -> None:
    assert str(promise_of(f" {text.upper()} ")) == text
    assert promise_of("  ") is None


def test_an_office_is_kept_as_it_was() -> None:
    where = office(KOLKATA, "2026-12-25", opens=8, closes=0, days="0156")
    assert office_from_json(office_to_json(where)) == where


def test_a_plan_that_nobody_knows_is_promised_what_is_without_one() -> None:
    told = {(ClockKind.FIRST_REPLY, NO_PLAN, 1): Promise(4, Unit.BUSINESS_HOURS)}
    assert promised(told, ClockKind.FIRST_REPLY, "gold", 1) == Promise(4, Unit.BUSINESS_HOURS)
    assert promised(told, ClockKind.FIRST_REPLY, "premier", 1) is None
    assert promises_from_json(promises_to_json(told)) == told
    assert [str(one) for one in differences(told, {})] == ["First reply, No plan, L1: 4 bh → none"]


@pytest.mark.parametrize(("seconds", "words"), [
    (18 * 60, "18 min left"), (17 * 60 + 1, "18 min left"), (1, "1 min left"), (4 * 3600 + 56 * 60, "4 h 56 left"),
    (3600, "1 h left"), (3599, "1 h left"), (27 * 3600, "1 d 3 h left"), (0, "overdue by 1 min"),
    (-4 * 60 - 59, "overdue by 4 min"), (-26 * 3600, "overdue by 1 d 2 h"), (48 * 3600, "2 d left"),
])
def test_a_clock_speaks(seconds: int, words: str) -> None:
    assert left_words(seconds) == words


def test_lengths_and_moments_in_words() -> None:
    assert length_words(70 * 60) == "1 h 10"
    assert office_left_words(90 * 60, Unit.BUSINESS_HOURS) == "1 h 30 of office hours"
    assert office_left_words(-60, Unit.HOURS) == "overdue by 1 min"
    assert moment_words(NOON, NOON, NY) == "12:00 pm EST"
    assert moment_words(NOON + DAY, NOON, NY) == "Wed 12:00 pm EST"
    assert moment_words(NOON + 10 * DAY, NOON, NY) == "Fri 27 Nov 12:00 pm EST"
    assert moment_words(NOON, NOON, "America/Sao_Paulo") == "2:00 pm Sao Paulo time"


@given(ZONES, MOMENTS, st.integers(-500_000, 500_000))
def test_office_time_goes_there_and_back(zone: str, start: datetime, seconds: int) -> None:
    where = office(zone)
    assert time_between(start, moment_after(start, seconds, Unit.BUSINESS_HOURS, where), Unit.BUSINESS_HOURS, where
                        ) == seconds

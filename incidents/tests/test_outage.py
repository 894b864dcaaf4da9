"""How long production was down, where it was well for a while in between."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.actions import states
from incidents.actions.merging import merge
from incidents.choices import What
from incidents.models import Incident
from incidents.queries.editions import internal_document
from incidents.queries.listing import rows_of
from incidents.queries.public import page_of
from incidents.queries.retrospective import retro_page
from incidents.rules.outage import break_of, breaks_before, lasted, with_break
from incidents.tests import factories as make
from people.choices import Role
from people.models import Person
from people.tests import factories as people

THREE = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTES = st.integers(0, 5_000)
BREAKS = st.lists(st.tuples(MINUTES, MINUTES), max_size=5)


def at(minutes: int) -> datetime:
    return THREE + timedelta(minutes=minutes)


def kept(pairs: list[tuple[int, int]]) -> list[list[str]]:
    breaks: list[list[str]] = []
    for start, end in pairs:
        breaks = with_break(breaks, at(start), at(end))
    return breaks


def test_the_hours_in_which_it_was_well_are_no_outage() -> None:
    breaks = with_break([], THREE + HOUR, THREE + 20 * HOUR)  # down from 3 to 4, and from 23 to 24
    assert lasted(breaks, THREE, THREE + 21 * HOUR) == 2 * HOUR
    assert break_of(breaks, THREE, THREE + 21 * HOUR) == 19 * HOUR
    assert lasted(breaks, THREE, THREE + HOUR / 2) == HOUR / 2, "a moment before it knows of no break"


def test_what_was_never_resolved_and_a_clock_that_was_set_back_make_no_break() -> None:
    assert with_break([], None, THREE) == with_break([], THREE, THREE - HOUR) == []
    assert lasted([], THREE, THREE + HOUR) == HOUR
    assert lasted([], THREE, THREE - HOUR) == timedelta()


@given(pairs=BREAKS, began=MINUTES, end=MINUTES)
def test_each_minute_of_an_outage_counts_once(pairs: list[tuple[int, int]], began: int, end: int) -> None:
    down = {*range(began, end)} - {minute for start, until in pairs for minute in range(start, until)}
    assert lasted(kept(pairs), at(began), at(end)) == timedelta(minutes=len(down))


@given(pairs=BREAKS, began=MINUTES, end=MINUTES, later=MINUTES)
def test_it_never_grows_shorter_and_is_the_same_in_any_order(
    pairs: list[tuple[int, int]], began: int, end: int, later: int
) -> None:
    breaks = kept(pairs)
    assert timedelta() <= lasted(breaks, at(began), at(end)) <= lasted(breaks, at(began), at(end + later))
    assert lasted(breaks[::-1], at(began), at(end)) == lasted(breaks, at(began), at(end))


@given(pairs=BREAKS, began=MINUTES, moment=MINUTES, end=MINUTES)
def test_of_the_breaks_before_a_moment_none_lies_behind_it(
    pairs: list[tuple[int, int]], began: int, moment: int, end: int
) -> None:
    breaks = kept(pairs)
    assert break_of(breaks_before(breaks, at(moment)), at(began), at(end)) == break_of(
        breaks, at(began), at(min(moment, end)))


# ---- What is read of it ---------------------------------------------------------------


@pytest.fixture
def by() -> Person:
    return people.person(Role.ENGINEER)


@pytest.fixture
def again(by: Person) -> Incident:
    """Down from 3:04 am to 4:04, and from 11:04 pm to midnight and four minutes."""
    row = make.incident(title="Posts fail", commander=by)
    began = row.at
    row = states.resolve(incident=row, by=by, at=began + HOUR)
    row = states.reopen(incident=row, reason="It is down again", by=by, at=began + 20 * HOUR)
    return states.resolve(incident=row, by=by, at=began + 21 * HOUR)


@pytest.mark.django_db
def test_an_incident_that_was_opened_again_is_told_without_the_hours_between(again: Incident) -> None:
    retro, theirs = again.retrospective, again.customers.get().customer
    page = retro_page(again, retro, lacking=(), at=again.at + 22 * HOUR)
    assert page.numbers[0] == ("Lasted", "2 hours, with a break of 19 hours")
    assert page.measured.lasted == 2 * HOUR
    said = "to 18 November 2026, 12:04 am ET (2 hours, with a break of 19 hours)"
    assert said in page.customer_text and said in page.summary
    assert said in internal_document(page).about
    assert page_of(again, theirs, again.at + 30 * HOUR).lasted == "2 hours, with a break of 19 hours"
    assert rows_of([again], again.at + 30 * HOUR)[0].lasted == "2 h"
    assert again.events.filter(what=What.RESOLVED).last().to_value == "Resolved after 2 h"  # type: ignore[union-attr]


@pytest.mark.django_db
def test_while_it_is_down_again_only_the_hours_of_the_outage_count(by: Person) -> None:
    row = make.incident(commander=by)
    states.resolve(incident=row, by=by, at=row.at + HOUR)
    row = states.reopen(incident=row, reason="It is down again", by=by, at=row.at + 20 * HOUR)
    found = page_of(row, row.customers.get().customer, row.at + 20.5 * HOUR)
    assert not found.over and found.lasted == "1 hour, with a break of 19 hours"
    row = states.resolve(incident=row, by=by, at=row.at + 21 * HOUR)
    states.reopen(incident=row, reason="And again", by=by, at=row.at + 22 * HOUR)
    row = states.resolve(incident=row, by=by, at=row.at + 23 * HOUR)
    assert lasted(row.breaks, row.began_at, row.resolved_at or row.at) == 3 * HOUR, "each break counts"


@pytest.mark.django_db
def test_one_that_was_merged_and_goes_on_by_itself_had_no_break(by: Person) -> None:
    row, other = make.incident(), make.incident()
    merge(incident=row, into=other, reason="It is the same", by=by, at=row.at + HOUR)
    row = states.reopen(incident=row, reason="It is another one", by=by, at=row.at + 3 * HOUR)
    assert row.breaks == []


@pytest.mark.django_db
def test_what_was_well_before_the_other_began_is_no_outage_after_a_merge(by: Person, again: Incident) -> None:
    """Down from 3:04 am to 4:04 and again from 11:04 pm; the other is down since 11:34 pm."""
    again = states.reopen(incident=again, reason="Not yet", by=by, at=again.at + 21 * HOUR)
    other = make.incident(title="Nothing is sent", commander=by, at=again.at + 20.5 * HOUR)
    other = merge(incident=again, into=other, reason="It is the same", by=by, at=again.at + 22 * HOUR)
    other.refresh_from_db()
    assert other.began_at == again.began_at
    assert lasted(other.breaks, other.began_at, again.at + 22 * HOUR) == 3 * HOUR

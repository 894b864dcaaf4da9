"""Fairness: what each carried, what would have been theirs, and the page."""

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from set_rotation import actions
from set_rotation.choices import PageSource, Seat, Urgency
from set_rotation.models import Away, Commitment, Page
from set_rotation.queries.fairness.reading import read_asked
from set_rotation.rules.fairness import (
    Owes,
    Served,
    Standing,
    available,
    clipped,
    edges,
    fairness,
    length,
    team_fairness,
)
from set_rotation.rules.load import PER_PAGE
from set_rotation.tests import factories as make

START = datetime(2026, 1, 5, 14, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
END = START + 52 * WEEK
YEAR = ((START, END),)
FIRST = date(2026, 11, 16)


def served(person: int, week: int, seat: Seat = Seat.PRIMARY, weeks: int = 1) -> Served:
    return Served(person, seat, START + week * WEEK, START + (week + weeks) * WEEK)


def standing(person: int, **more: object) -> Standing:
    return Standing(person, "America/New_York", **{"member": YEAR, **more})  # type: ignore[arg-type]


def test_equal_people_with_equal_duty_are_even() -> None:
    found = fairness([served(1, 0), served(2, 1)], [standing(1), standing(2)], [], start=START, end=END)
    assert [one.over for one in found] == [0, 0]
    assert found[0].norm == found[1].norm == found[0].load.points
    assert [one.load.weeks for one in found] == [1.0, 1.0]


def test_who_carried_three_weeks_more_is_over_and_the_others_under() -> None:
    duty = [served(1, week) for week in range(9)] + [served(2, week) for week in range(9, 12)]
    one, two = fairness(duty, [standing(1), standing(2)], [], start=START, end=END)
    assert (one.over, two.over) == (3, -3)


def test_who_joined_in_july_owes_half_and_leave_takes_its_part() -> None:
    half = ((START + 26 * WEEK, END),)
    away = ((START + 26 * WEEK, START + 39 * WEEK),)
    duty = [served(1, week) for week in range(7)]
    all_year, july, away_too = fairness(
        duty, [standing(1), standing(2, member=half), standing(3, member=half, away=away)], [], start=START, end=END
    )
    assert july.norm == pytest.approx(all_year.norm / 2)
    assert away_too.norm == pytest.approx(all_year.norm / 4)
    assert july.days == 26 * 7


def test_only_those_who_can_serve_in_a_seat_share_it() -> None:
    duty = [served(1, 0, Seat.LEAD, 2), served(2, 0), served(3, 0, Seat.BACKUP)]
    lead, engineer, both = fairness(
        duty, [standing(1, engineers=False), standing(2, leads=False), standing(3)], [], start=START, end=END
    )
    assert lead.norm == pytest.approx(lead.load.points / 2)
    assert engineer.norm == pytest.approx((engineer.load.points + both.load.points) / 2)
    assert both.norm == pytest.approx(lead.norm + engineer.norm)


def test_pages_that_were_answered_weigh_and_count() -> None:
    found = fairness([served(1, 0)], [standing(1), standing(2)], [(1, START + DAY), (1, END)], start=START, end=END)
    quiet = fairness([served(1, 0)], [standing(1), standing(2)], [], start=START, end=END)
    assert found[0].load.pages == 1
    assert found[0].load.points == quiet[0].load.points + PER_PAGE


@pytest.mark.parametrize(("weeks", "tone"), [
    (10, ""), (15, ""), (16, "amber"), (25, "amber"), (26, "red"), (52, "red"),
])
def test_more_than_a_third_on_call_is_amber_and_half_is_never(weeks: int, tone: str) -> None:
    (one,) = fairness([served(1, 0, weeks=weeks)], [standing(1)], [], start=START, end=END)
    assert one.share == pytest.approx(weeks / 52)
    assert one.alarm == tone


def test_what_lies_outside_the_span_does_not_count_and_what_reaches_in_counts_in_part() -> None:
    duty = [Served(1, Seat.PRIMARY, START - WEEK, START + WEEK), Served(1, Seat.PRIMARY, END, END + WEEK),
            Served(1, Seat.BACKUP, START + WEEK, START + 2 * WEEK, override=True)]
    (one,) = fairness(duty, [standing(1)], [], start=START, end=END)
    assert (one.weeks[Seat.PRIMARY], one.weeks[Seat.BACKUP], one.stood_in) == (1.0, 1.0, 1.0)


def test_without_a_roster_whoever_served_shares_it_and_with_one_a_stranger_owes_nothing() -> None:
    duty = [served(1, 0), served(2, 1)]
    assert [one.over for one in fairness(duty, [], [], start=START, end=END)] == [0, 0]
    one, stranger = fairness(duty, [standing(1)], [], start=START, end=END)
    assert stranger.norm == 0
    assert stranger.days == 0
    assert one.norm == one.load.points + stranger.load.points


stretches = st.lists(st.tuples(st.integers(-60, 420), st.integers(1, 90)).map(
    lambda pair: (START + pair[0] * DAY, START + (pair[0] + pair[1]) * DAY)), max_size=4)
duties = st.lists(st.builds(served, st.integers(1, 4), st.integers(-2, 51), st.sampled_from(Seat)), max_size=12)


@given(stretches)
def test_clipped_stretches_are_inside_apart_and_in_order(given_: list[tuple[datetime, datetime]]) -> None:
    found = clipped(given_, START, END)
    assert all(START <= begins < ends <= END for begins, ends in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    hours = [START + n * DAY + DAY / 2 for n in range(364)]
    assert [any(a <= at < b for a, b in given_) for at in hours] == [any(a <= at < b for a, b in found) for at in hours]
    assert length(found) <= END - START


@given(duties, stretches, stretches)
def test_all_norms_together_are_all_that_was_carried(
    duty: list[Served], member: list[tuple[datetime, datetime]], away: list[tuple[datetime, datetime]]
) -> None:
    who = [standing(1), standing(2, member=tuple(member)), standing(3, away=tuple(away)), standing(4)]
    found = fairness(duty, who, [(1, START + DAY)], start=START, end=END)
    assert sum(one.norm for one in found) == pytest.approx(sum(one.load.points for one in found))
    assert all(timedelta(0) <= available(one, START, END) <= END - START for one in who)


def test_the_parts_of_a_span_are_twelve_and_touch() -> None:
    marks = edges(START, END)
    assert (len(marks), marks[0], marks[-1]) == (13, START, END)
    assert marks == sorted(set(marks))


def test_a_quarter_without_duty_is_empty_in_the_trend() -> None:
    (one,) = fairness([served(1, 1), served(1, 40)], [standing(1)], [], start=START, end=END)
    assert [bool(part) for part in one.quarters] == [True, False, False, True]


def test_a_team_owes_by_the_rotations_in_which_its_commitment_held() -> None:
    days = [date(2026, 1, 5) + n * 2 * WEEK for n in range(10)]
    owes = [Owes(1, 1, 0, 1, date(2026, 1, 1), date(2026, 3, 1)), Owes(2, 4, 1, 5, date(2026, 1, 1), None)]
    lent = [(1, False)] * 3 + [(2, False)] * 8 + [(2, True)] * 4 + [(3, False)]
    first, second, third = team_fairness(days, owes, lent)
    assert (first.owed_engineers, first.engineers, first.more) == (4.0, 3, -1)
    assert (second.owed_engineers, second.owed_leads, second.more) == (8.0, 2.0, 2)
    assert (third.owed_engineers, third.more) == (0.0, 1)


@pytest.mark.parametrize("address", [
    {}, {"from": "soon"}, {"from": "2026-11-21", "until": "2026-11-21"}, {"from": "2027-01-01", "until": "2026-01-01"},
    {"from": "2001-01-01"}, {"until": "9999-12-31"}, {"sort": "shoe size"},
])
def test_an_address_that_says_nothing_good_is_the_last_twelve_months(address: dict[str, str]) -> None:
    asked = read_asked(address, date(2026, 11, 21))
    assert (asked.first, asked.until, asked.sort) == (date(2025, 11, 22), date(2026, 11, 21), "-load")


# ---- The page ---------------------------------------------------------------------------


@pytest.fixture
def reader(client: Client, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Signed in, and may only look."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 14, 17, tzinfo=UTC))
    person = people.person(Role.VIEWER, name="Somebody Else")
    client.force_login(person)
    return person


def shown(client: Client, query: str = "") -> str:
    response = client.get(f"/rotations/fairness/{query}")
    assert response.status_code == 200
    return response.content.decode()


def crew_on_duty() -> list[Person]:
    crew = make.crew()
    team = people.team("Channels")
    for person in crew:
        make.member(person, team=team)
    make.rotation(crew)
    Commitment.objects.create(team=team, engineers=2, leads=1, per=1, starts_on=date(2026, 1, 1))
    return crew


@pytest.mark.django_db
def test_the_page_says_who_carried_what_and_what_each_team_lent(client: Client, reader: Person) -> None:
    crew = crew_on_duty()
    late = make.engineer("Lena Vogt")
    make.member(late, joins_on=date(2026, 7, 1))
    page = shown(client)
    assert all(person.name in page for person in crew)
    assert "joined in July, norm is shared out" in page
    assert "Channels" in page
    assert "2 more than owed" in page
    assert "4 + 1" in page


@pytest.mark.django_db
def test_without_anybody_it_says_what_to_do(client: Client, reader: Person) -> None:
    assert "Nobody was on the roster" in shown(client)


@pytest.mark.django_db
def test_pages_count_for_whoever_acknowledged_them_and_tests_for_nobody(client: Client, reader: Person) -> None:
    crew = crew_on_duty()
    at = datetime(2026, 11, 18, 3, tzinfo=UTC)
    for key, test in (("a", False), ("b", True)):
        Page.objects.create(key=key, urgency=Urgency.URGENT, reason="x", source=PageSource.BUTTON, policy={}, token=key,
                            at=at, acknowledged_by=crew[1], acknowledged_at=at, test=test)
    head, *rows = csv.reader(shown(client, "?format=csv").splitlines())
    pages = {row[0]: row[head.index("pages answered")] for row in rows}
    assert pages == {person.name: "1" if person == crew[1] else "0" for person in crew}


@pytest.mark.django_db
def test_the_order_and_the_span_are_in_the_address(client: Client, reader: Person) -> None:
    crew = crew_on_duty()
    names = [row[0] for row in csv.reader(shown(client, "?format=csv&sort=name").splitlines())][1:]
    assert names == sorted(person.name for person in crew)
    turned = [row[0] for row in csv.reader(shown(client, "?format=csv&sort=-name").splitlines())][1:]
    assert turned == names[::-1]
    assert 'aria-sort="ascending"' in shown(client, "?sort=weeks")
    empty = shown(client, "?from=2025-01-01&until=2025-06-01")
    assert "Nobody was on the roster" in empty


@pytest.mark.django_db
def test_a_name_that_is_a_formula_is_text_in_the_spreadsheet(client: Client, reader: Person) -> None:
    make.member(make.engineer("=cmd()"))
    assert "'=cmd()" in shown(client, "?format=csv")


@pytest.mark.django_db
def test_a_year_of_sixty_people_is_quick_and_takes_no_more_queries_than_a_fortnight_of_five(
    client: Client, reader: Person
) -> None:
    crew_on_duty()
    shown(client)  # what every page's head says is kept from now on, until duty changes
    with CaptureQueriesContext(connection) as few:
        shown(client)
    many = make.crew(60)
    for person in many:
        make.member(person)
    for number in range(1, 24):
        five = [many[(number * 5 + place) % 60] for place in range(5)]
        first = FIRST - number * 2 * WEEK
        made = make.rotation(five, first_on=first)
        Away.objects.create(person=five[0], starts_at=made.starts_at, ends_at=made.ends_at, made_at=made.starts_at)
        actions.make_override(seat=Seat.PRIMARY, person=many[(number * 5 + 7) % 60], starts_at=made.starts_at + DAY,
                              ends_at=made.starts_at + 2 * DAY, by=None, at=made.starts_at, tells=False)
    shown(client)
    with CaptureQueriesContext(connection) as counted:
        shown(client)
    assert len(counted) == len(few)

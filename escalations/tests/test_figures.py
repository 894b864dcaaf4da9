"""Figures: definitions that can be recounted, and numbers that open what they count."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from customers.tests.factories import customer
from escalations.actions.knowledge import Note, add_note
from escalations.actions.level import merge
from escalations.actions.states import move
from escalations.choices import Category, ClockKind, ClockState, Kind, Level, Outcome, Status
from escalations.models import Affected, Clock, ClockMatrix, Escalation, Message, Rating
from escalations.rules.figures import (
    LONGEST,
    Fact,
    Promise,
    Span,
    Verdict,
    answered,
    counted,
    in_time,
    percent,
    punctuality,
    read_span,
    verdict,
)
from escalations.tests import factories as make
from people.choices import Role
from people.models import Person
from people.tests.factories import NOON, person

DB = pytest.mark.django_db
DAY = date(2026, 11, 17)
SPAN = {"from": "2026-11-10", "until": "2026-11-20"}


@pytest.fixture
def engineer(client: Client) -> Person:
    found = person(Role.ENGINEER)
    client.force_login(found)
    return found


# ---- The rules ------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "met", "missed", "said"), [
    (ClockState.MET, True, False, Verdict.MET), (ClockState.MET, True, True, Verdict.LATE),
    (ClockState.RUNNING, False, True, Verdict.MISSED), (ClockState.ENDED, False, True, Verdict.MISSED),
    (ClockState.PAUSED, False, True, Verdict.MISSED), (ClockState.RUNNING, False, False, Verdict.RUNNING),
    (ClockState.PAUSED, False, False, Verdict.RUNNING), (ClockState.ENDED, False, False, Verdict.ENDED),
])
def test_what_became_of_a_promise(state: str, *, met: bool, missed: bool, said: Verdict) -> None:
    assert verdict(state, NOON if met else None, NOON if missed else None) == said


def promise(said: Verdict, day: date = DAY, level: int = 2) -> Promise:
    return Promise(day, ClockKind.FIRST_REPLY, level, said)


def test_the_share_in_time_is_of_those_that_are_decided() -> None:
    found = [promise(said) for said in (Verdict.MET, Verdict.MET, Verdict.LATE, Verdict.MISSED, Verdict.RUNNING,
                                        Verdict.ENDED)] + [promise(Verdict.MET, level=1)]
    whole, urgent = punctuality(found, ClockKind.FIRST_REPLY), punctuality(found, ClockKind.FIRST_REPLY, 1)
    assert (whole.share, whole.decided, urgent.share) == ("60 %", 5, "100 %")
    assert punctuality(found, ClockKind.UPDATE).share == "–"
    assert in_time(found, ClockKind.FIRST_REPLY, DAY, DAY) == 60
    assert in_time(found, ClockKind.FIRST_REPLY, DAY + timedelta(days=1), DAY + timedelta(days=2)) is None


@given(st.dates(date(2000, 1, 2), date(2099, 1, 1)), st.integers(0, LONGEST - 1))
def test_the_stretches_of_a_chart_cover_every_day_once(first: date, length: int) -> None:
    span = Span(first, first + timedelta(days=length))
    days = [low + timedelta(days=step) for low, high in span.buckets() for step in range((high - low).days + 1)]
    assert days == [first + timedelta(days=step) for step in range(span.days)]


@pytest.mark.parametrize(("asked", "first", "until"), [
    ({}, date(2026, 10, 21), DAY), ({"span": "quarter"}, date(2026, 8, 19), DAY),
    ({"from": "2026-11-01", "until": "2026-11-02"}, date(2026, 11, 1), date(2026, 11, 2)),
    ({"from": "2026-11-02", "until": "2026-11-01"}, date(2026, 10, 21), DAY),
    ({"from": "2000-01-01", "until": "2026-11-01"}, date(2026, 10, 21), DAY),
    ({"from": "\x00", "until": "9999-99-99", "span": "for ever"}, date(2026, 10, 21), DAY),
])
def test_the_span_of_an_address(asked: dict[str, str], first: date, until: date) -> None:
    span = read_span(asked, DAY)
    assert (span.first, span.until) == (first, until)


def fact(number: int, *, category: str = "", settled: bool = False, ticket: bool = False) -> Fact:
    return Fact(number, DAY, 2, category, "support", "problem", "", ("a", "A"), ("", ""), settled, ticket)


def test_counts_name_the_most_frequent_first_and_what_was_not_said_last() -> None:
    found = [fact(1), fact(2), fact(3), fact(4, category="ldap"), fact(5, category="ui"), fact(6, category="ui")]
    lines = counted(found, lambda one: one.category, str.upper)
    assert [(line.value, line.count, line.percent) for line in lines] == [("ui", 2, 33), ("ldap", 1, 17), ("", 3, 50)]
    assert counted([], lambda one: one.category, str.upper) == []


@pytest.mark.parametrize(("part", "whole", "said"), [
    (0, 0, 0), (1, 8, 13), (3, 8, 38), (5, 8, 63), (1, 200, 1), (1, 3, 33), (2, 3, 67), (1, 201, 0), (199, 200, 100),
    (7, 7, 100),
])
def test_a_share_is_rounded_as_people_round_with_halves_up(part: int, whole: int, said: int) -> None:
    assert percent(part, whole) == said


@given(st.integers(1, 10_000), st.data())
def test_a_share_is_off_by_half_a_percent_at_most(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    assert -whole <= 200 * part - 2 * whole * percent(part, whole) < whole


def test_answered_without_a_ticket_counts_what_is_settled() -> None:
    assert answered([fact(1, settled=True), fact(2, settled=True, ticket=True), fact(3)]) == (1, 2)


# ---- The page -------------------------------------------------------------------------


def clock(row: Escalation, kind: ClockKind = ClockKind.FIRST_REPLY, **how: object) -> None:
    matrix = ClockMatrix.objects.first() or ClockMatrix.objects.create(number=1, promises=[], at=NOON)
    values = {"state": ClockState.ENDED, "started_at": NOON, "runs_since": NOON} | how
    Clock.objects.create(escalation=row, kind=kind, matrix=matrix, level=row.level, amount=4, unit="hours", hours={},
                         **values)


def story(reader: Person) -> list[Escalation]:
    """Three of LDAP (one solved without a ticket, one a feature), one urgent question of another customer."""
    one = make.escalation("Groups are lost", customer=customer("Initech"))
    two = make.escalation("Filters are lost", customer=customer("Globex"))
    three = make.escalation("Two filters at once")
    four = make.escalation("Which ports are needed?", level=Level.L1, category=Category.INSTALLATION,
                           kind=Kind.QUESTION)
    Clock.objects.all().delete()
    move(escalation=one, to=Status.SOLVED, by=reader, at=NOON, outcome=Outcome.CONFIGURATION)
    move(escalation=three, to=Status.SOLVED, by=reader, at=NOON, outcome=Outcome.FEATURE)
    Escalation.objects.filter(pk=three.pk).update(ticket_state="pending")
    Clock.objects.all().delete()
    for row, how in ((one, {"state": ClockState.MET, "met_at": NOON}), (two, {"missed_at": NOON}),
                     (four, {"state": ClockState.MET, "met_at": NOON, "missed_at": NOON})):
        clock(row, **how)
    Rating.objects.create(escalation=one, token_hash="a", asked_at=NOON, good=True, comment="Quick", at=NOON)
    return [one, two, three, four]


def rows(client: Client, name: str) -> dict[str, list[str]]:
    response = client.get("/escalations/figures/", SPAN | {"csv": name})
    assert response.status_code == 200
    return {line[0]: line[1:] for line in list(csv.reader(StringIO(response.content.decode())))[1:]}


@DB
def test_the_numbers_are_those_of_the_story(client: Client, engineer: Person) -> None:
    story(engineer)
    assert rows(client, "category") == {"AD/LDAP": ["3", "75"], "Installation": ["1", "25"]}
    assert rows(client, "outcome") == {"A configuration": ["1", "25"], "A new feature": ["1", "25"],
                                       "Not known yet": ["2", "50"]}
    assert rows(client, "level")["L1 urgent"] == ["1", "25"]
    assert set(rows(client, "customer")) >= {"Initech", "Globex"}
    assert rows(client, "questions") == {"Installation": ["1", "100"]}
    assert rows(client, "punctuality")["First reply"] == ["1", "1", "1", "0", "0", "33 %"]
    assert rows(client, "raised")["2026-11-14"][:2] == ["2026-11-20", "4"]
    page = client.get("/escalations/figures/", SPAN).content.decode()
    assert re.search(r"Answered without a ticket</span><span[^>]*>50 %", page)
    assert re.search(r"Found it helpful</span><span[^>]*>100 %", page)


def opened(client: Client, url: str) -> str:
    """How many the list of an address says it holds."""
    page = client.get(url).content.decode().split("results-h")[-1]
    found = re.search(r'class="count"(?: role="status")?>(\d+)<', page)
    return found[1] if found else ""


@DB
def test_every_number_opens_a_list_that_holds_as_many(client: Client, engineer: Person) -> None:
    one, two, *_ = story(engineer)  # Initech is added to what Globex raised, and counts where it raised
    Affected.objects.create(escalation=two, customer=one.customer, reporter_name="Mia", at=NOON)
    merge(escalation=make.escalation("Two filters again"), into=two, reason="The same", by=engineer, at=NOON)
    page = client.get("/escalations/figures/", SPAN).content.decode().replace("&amp;", "&")
    links = re.findall(r'<a[^>]*href="(/escalations/(?:figures/promises/)?\?[^"]+)"[^>]*>(\d+)<', page)
    assert len(links) > 15
    assert [(url, opened(client, url)) for url, _ in links] == links
    # In short: what is named first opens; of what was found helpful, those who said so.
    stats = re.findall(r'class="stat" href="([^"]+)">.*?stat-value-big">([^<]+)<.*?quiet">(\d+)', page)
    (raised, said, _), *others = stats
    assert opened(client, raised) == said == "5"
    assert [opened(client, url) for url, _, _ in others] == [part for _, _, part in others] == ["1", "1", "1"]


@DB
def test_confidential_ones_are_counted_for_those_who_see_them_alone(client: Client, engineer: Person) -> None:
    make.escalation(confidential=True)
    assert rows(client, "category") == {}
    client.force_login(person(Role.LEAD))
    assert rows(client, "category") == {"AD/LDAP": ["1", "100"]}
    client.force_login(person(Role.SUPPORT))
    assert client.get("/escalations/figures/").status_code == 403


@DB
def test_a_note_is_asked_by_its_own_by_links_and_by_words(client: Client, engineer: Person) -> None:
    one, two, three, _ = story(engineer)
    row = add_note(note=Note("lost groups", "So."), by=engineer, at=NOON)
    assert rows(client, "asked") == {"lost groups": ["1"]}
    Message.objects.create(escalation=three, author="us", by_name="A", public=True, at=NOON, key="k",
                           text=f"See https://portal.example.org/knowledge/{row.pk}/ for it.")
    type(row).objects.filter(pk=row.pk).update(escalation=two)
    assert rows(client, "asked") == {"lost groups": ["3"]}
    page = client.get("/escalations/", {"tab": "all", "note": str(row.pk)}).content.decode()
    assert all(f"/escalations/{found}/" in page for found in (one, two, three))


@DB
def test_the_page_costs_the_same_with_many(client: Client, engineer: Person) -> None:
    def cost() -> int:
        client.get("/escalations/figures/", SPAN)
        with CaptureQueriesContext(connection) as queries:
            client.get("/escalations/figures/", SPAN)
        return len(queries)

    story(engineer)
    few = cost()
    story_of = customer()
    for _ in range(10):
        clock(make.escalation(customer=story_of), ClockKind.UPDATE, missed_at=NOON)
    assert cost() == few <= 14


@DB
@pytest.mark.parametrize("name", ["nothing", "\x00", "../x"])
def test_a_chart_that_is_none_is_not_found(client: Client, engineer: Person, name: str) -> None:
    assert client.get("/escalations/figures/", {"csv": name}).status_code == 404


@DB
def test_days_in_which_nothing_was_raised_say_so(client: Client, engineer: Person) -> None:
    page = client.get("/escalations/figures/?from=2020-01-01&until=2020-02-01").content.decode()
    assert "Nothing was raised in these days" in page
    assert client.get("/escalations/figures/promises/?kind=x&verdict=y&level=9&page=99").status_code == 200

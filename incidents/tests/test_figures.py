"""The figures and Monday's review: what is counted, what is not, and what each reader sees of it."""

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from customers.tests import factories as customers
from escalations.rules.figures import Span
from incidents.access import rights_of
from incidents.actions import followups
from incidents.actions import retrospective as actions
from incidents.actions.promises import promise, settle_promise
from incidents.actions.states import change_status, resolve
from incidents.choices import PromiseState, Severity, State
from incidents.models import Incident, IncidentStatus, Promise
from incidents.queries.figures import FiguresPage, facts, figures_page
from incidents.queries.measured import measured_of
from incidents.queries.retrospective import told_of
from incidents.queries.review import monday_of, review_page
from incidents.rules.figures import Fact, grouped, in_status, line_of, middle
from incidents.tests import factories as make
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people

pytestmark = pytest.mark.django_db

NIGHT = make.NIGHT
MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SPAN = Span(date(2026, 11, 1), date(2026, 11, 30))


def fact(number: int, **more: object) -> Fact:
    given = {
        "day": date(2026, 11, 17), "severity": 1, "cause": "", "customers": (("abc", "ABC"),),
        "acknowledge": timedelta(minutes=number), "identify": None, "resolve": None, "kept": 3, "late": 1,
    } | more
    return Fact(id=number, **given)  # type: ignore[arg-type]


def closed(ines: Person, days: int = 0, **more: Any) -> Incident:
    at = NIGHT + timedelta(days=days)
    row = resolve(incident=make.incident(commander=ines, at=at, **more), by=ines, at=at + timedelta(hours=2))
    actions.close(incident=row, cause="code", why="A test.", by=ines, at=at + timedelta(hours=3))
    return row


@pytest.fixture
def ines() -> Person:
    return people.person(PersonRole.ENGINEER)


# ---- Rules ----------------------------------------------------------------------------


def test_what_is_not_known_is_no_zero() -> None:
    assert middle([None, timedelta(minutes=4), None, timedelta(minutes=8)]) == timedelta(minutes=6)
    assert middle([None]) is None
    assert line_of("", "All", [fact(1, kept=0, late=0)]).punctuality == "–"


def test_an_incident_of_two_customers_stands_at_each() -> None:
    both = fact(1, customers=(("abc", "ABC"), ("nw", "Northwind")))
    lines = grouped([both, fact(2)], lambda one: one.customers)
    found = [(one.label, one.count, one.kept, one.promised) for one in lines]
    assert found == [("ABC", 2, 6, 8), ("Northwind", 1, 3, 4)]


def test_customers_that_were_merged_count_as_the_one_that_remains(ines: Person) -> None:
    one, other = customers.customer("Initech"), customers.customer("Umbrella")
    make.incident(commander=ines, customers=(one, other))
    Customer.objects.filter(pk=one.pk).update(merged_into=other)
    [found] = facts(ines, rights_of(ines), SPAN, NIGHT)
    assert found.customers == ((other.slug, "Umbrella"),)


def test_time_in_a_status_has_its_share_of_the_whole() -> None:
    lines = in_status([fact(1, statuses={"Investigating": timedelta(hours=3), "Monitoring": timedelta(hours=1)}),
                       fact(2, statuses={"Investigating": timedelta(hours=4)})])
    assert [(one.name, one.count, one.percent) for one in lines] == [("Investigating", 2, 88), ("Monitoring", 1, 13)]


# ---- Read -----------------------------------------------------------------------------


def test_drills_and_merged_ones_are_left_out_and_private_ones_are_their_peoples(ines: Person) -> None:
    mine, other = closed(ines), people.person(PersonRole.ENGINEER)
    make.incident(commander=ines, drill=True)
    hidden = make.incident(commander=ines, private=True)
    Incident.objects.filter(pk=make.incident(commander=ines).pk).update(state="merged", merged_into=mine)
    assert {one.id for one in facts(ines, rights_of(ines), SPAN, NIGHT)} == {mine.pk, hidden.pk}
    assert {one.id for one in facts(other, rights_of(other), SPAN, NIGHT)} == {mine.pk}


def test_promises_count_once_they_are_kept_or_late(ines: Person) -> None:
    row = make.incident(commander=ines)
    Promise.objects.filter(incident=row).update(state="late", ended_at=NIGHT + timedelta(minutes=19))
    again = promise(incident=row, due_at=NIGHT + timedelta(hours=1), at=NIGHT, by=ines)
    Promise.objects.filter(pk=again.pk).update(state="kept", ended_at=NIGHT)
    promise(incident=row, due_at=NIGHT + timedelta(minutes=50), at=NIGHT, by=ines)
    [found] = facts(ines, rights_of(ines), SPAN, NIGHT)
    assert (found.kept, found.late, found.statuses) == (1, 1, {})
    settle_promise(incident=row, update=None, at=NIGHT)


@pytest.mark.parametrize(("after", "late"), [(0, 0), (1, 1), (40, 1)])
def test_a_promise_is_broken_from_its_time_on_and_stays_so_however_it_ends(
    ines: Person, after: int, late: int,
) -> None:
    row = make.incident(commander=ines)
    due = Promise.objects.get(incident=row).due_at
    at = due + timedelta(minutes=after)
    [waits] = facts(ines, rights_of(ines), SPAN, at)
    settle_promise(incident=row, update=None, at=at)
    [ended] = facts(ines, rights_of(ines), SPAN, at + timedelta(days=1))
    assert (waits.kept, waits.late) == (ended.kept, ended.late) == (0, late)
    told = measured_of(row, *told_of(row), at)
    assert (told.kept, told.late, told.broken) == (0, late, late)
    assert told.punctuality == ("0 of 1 in time, 1 did not come" if late else "No update was promised")


def test_a_status_that_is_renamed_in_the_middle_is_the_same_one_in_figures_and_retrospective(ines: Person) -> None:
    row = make.incident(commander=ines)
    first, second = IncidentStatus.objects.filter(resolves=False).order_by("position")[:2]
    row = change_status(incident=row, status=second, by=ines, at=NIGHT + timedelta(hours=1))
    IncidentStatus.objects.filter(pk=second.pk).update(name="~")
    IncidentStatus.objects.filter(pk=first.pk).update(name=second.name)
    IncidentStatus.objects.filter(pk=second.pk).update(name="Cause known")
    row = change_status(incident=row, status=IncidentStatus.objects.get(pk=first.pk), by=ines,
                        at=NIGHT + timedelta(hours=3))
    row = resolve(incident=row, by=ines, at=NIGHT + timedelta(hours=4))
    [found] = facts(ines, rights_of(ines), SPAN, MONDAY)
    assert found.statuses == {second.name: timedelta(hours=2), "Cause known": timedelta(hours=2)}
    told = measured_of(row, *told_of(row), MONDAY)
    assert {one.name: one.length for one in told.statuses} == found.statuses


def test_days_are_the_teams(ines: Person) -> None:
    make.incident(commander=ines, at=datetime(2026, 12, 1, 3, 0, tzinfo=UTC))  # 30 November, 10 pm in New York
    assert len(facts(ines, rights_of(ines), SPAN, NIGHT)) == 1
    assert not facts(ines, rights_of(ines), Span(date(2026, 12, 1), date(2026, 12, 2)), NIGHT)


# ---- Pages ----------------------------------------------------------------------------


ASKED = {"from": "2026-11-01", "until": "2026-11-30"}
NAMES = ("declared", "resolved", "spent", "punctual", "statuses", "customer", "severity", "cause")


def cells(client: Client, name: str, **more: str) -> list[list[str]]:
    """The rows of a CSV, heads first."""
    answer = client.get("/incidents/figures/", {**ASKED, **more, "csv": name})
    assert answer.status_code == 200
    return list(csv.reader(answer.content.decode().splitlines()))


def page_of(person: Person, **more: str) -> FiguresPage:
    return figures_page({**ASKED, **more}, person, rights_of(person), MONDAY)


@pytest.fixture
def two(ines: Person) -> tuple[Incident, Incident]:
    """Of 17 November: a Sev1 of =ABC, acknowledged after 5 minutes, identified after 60, resolved after 140, whose
    update was late; and one day later a Sev2 of Northwind, resolved after 30 minutes, whose update was in time."""
    first = outage(ines, customers.customer("=ABC"), cause="code", kept=False,
                   minutes={"acknowledged": 5, "identified": 40, "resolved": 120})
    second = outage(ines, customers.customer("Northwind"), cause="database", kept=True, day=1, severity=Severity.SEV2,
                    minutes={"acknowledged": 3, "identified": 4, "resolved": 10})
    return first, second


def outage(
    ines: Person, customer: Customer, *, cause: str, kept: bool, minutes: dict[str, int], day: int = 0, **more: Any,
) -> Incident:
    """One that began 20 minutes before it was declared; `minutes` from the declaring."""
    at = NIGHT + timedelta(days=day)
    row = make.incident(commander=ines, customer=customer, at=at, began_at=at - timedelta(minutes=20), **more)
    Promise.objects.filter(incident=row).update(state=PromiseState.KEPT if kept else PromiseState.LATE)
    Incident.objects.filter(pk=row.pk).update(acknowledged_at=at + timedelta(minutes=minutes["acknowledged"]))
    change_status(incident=row, status=IncidentStatus.objects.get(slug="identified"), by=ines,
                  at=at + timedelta(minutes=minutes["identified"]))
    row = resolve(incident=row, by=ines, at=at + timedelta(minutes=minutes["resolved"]))
    Incident.objects.filter(pk=row.pk).update(cause=cause)
    row.refresh_from_db()
    return row


def test_each_time_is_counted_from_its_own_beginning(ines: Person, two: tuple[Incident, Incident]) -> None:
    first, _ = facts(ines, rights_of(ines), SPAN, MONDAY)
    minutes = [length.total_seconds() / 60 for length in (first.acknowledge, first.identify, first.resolve) if length]
    assert minutes == [5, 60, 140]
    told = measured_of(two[0], *told_of(two[0]), MONDAY)
    assert (told.to_acknowledge, told.to_identify, told.lasted) == (first.acknowledge, first.identify, first.resolve)
    assert first.statuses == {"Investigating": timedelta(minutes=40), "Identified": timedelta(minutes=80)}


@pytest.mark.usefixtures("two")
def test_every_csv_holds_what_was_measured(client: Client) -> None:
    client.force_login(people.person(PersonRole.VIEWER))
    lengths = ["incidents", "minutes to acknowledge", "minutes to identify", "minutes to resolve", "updates in time",
               "updates promised", "minutes in Identified", "minutes in Investigating"]
    first, second = ["1", "5", "60", "140", "0", "1", "80", "40"], ["1", "3", "24", "30", "1", "1", "6", "4"]
    both = ["All", "2", "4", "42", "85", "1", "2", "43", "22"]
    assert cells(client, "customer") == [["By customer", *lengths], ["'=ABC", *first], ["Northwind", *second], both]
    assert cells(client, "severity") == [["By severity", *lengths], ["Sev1", *first], ["Sev2", *second], both]
    assert cells(client, "cause") == [["By cause", *lengths], ["Database", *second], ["Our code", *first], both]
    assert cells(client, "statuses") == [
        ["status", "incidents", "median minutes", "minutes in all", "percent"],
        ["Identified", "2", "43", "86", "66"], ["Investigating", "2", "22", "44", "34"]]
    days = ["2026-11-17", "2026-11-23"]
    assert cells(client, "declared")[0] == ["from", "until", "declared", "Sev1", "Sev2", "Sev3"]
    assert [*days, "2", "1", "1", "0"] in cells(client, "declared")
    assert cells(client, "resolved")[0] == ["from", "until", "Resolved", "Identified", "Acknowledged"]
    assert [*days, "1.4", "0.7", "0.1"] in cells(client, "resolved")
    assert cells(client, "spent")[0] == ["from", "until", "Identified", "Investigating"]
    assert [*days, "1.4", "0.7"] in cells(client, "spent")
    assert cells(client, "punctual")[0] == ["from", "until", "in time", "promised", "percent"]
    assert [*days, "1", "2", "50"] in cells(client, "punctual")
    assert client.get("/incidents/figures/", ASKED | {"csv": "nothing"}).status_code == 404


@pytest.mark.usefixtures("two")
def test_the_page_shows_the_same_numbers_as_its_csv(client: Client, ines: Person) -> None:
    page = page_of(ines)
    assert [(one.label, one.value) for one in page.stats] == [
        ("Incidents", "2"), ("Acknowledged after", "4 min"), ("Identified after", "42 min"),
        ("Resolved after", "1 h 25 min"), ("Updates in time", "50 %")]
    client.force_login(people.person(PersonRole.VIEWER))
    for chart in page.charts:
        assert [list(chart.heads), *map(list, chart.rows)] == cells(client, chart.id), chart.id
    customer = page.tables[0]
    assert (customer.title, page.heads[-2:]) == ("By customer", ("In Identified", "In Investigating"))
    assert [(row.line.label, row.line.punctuality, row.statuses[0]) for row in customer.rows] == [
        ("=ABC", "0 %", timedelta(minutes=80)), ("Northwind", "100 %", timedelta(minutes=6))]
    shown = client.get("/incidents/figures/", ASKED).content.decode()
    assert shown.count("<figure") == 4
    for text in ("1 h 25 min", "In Investigating", "2 h 20 min", "Time in each status, in hours"):
        assert text in shown, text


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(("asked", "count"), [
    ({"customer": "abc"}, 1), ({"severity": "2"}, 1), ({"cause": "code"}, 1), ({"customer": "abc", "cause": "code"}, 1),
    ({"customer": "abc", "severity": "2"}, 0), ({"cause": "-"}, 0), ({"customer": "-"}, 0), ({"customer": "nobody"}, 0),
    ({"customer": "\x00 <b>"}, 0), ({"severity": "7"}, 2), ({"severity": "²"}, 2), ({"cause": "nonsense"}, 2),
    ({"customer": ""}, 2),
])
def test_every_number_chart_table_and_csv_follows_the_filters(
    client: Client, ines: Person, asked: dict[str, str], count: int,
) -> None:
    page = page_of(ines, **asked)
    assert (page.count, page.stats[0].value) == (count, str(count))
    assert [sum(int(row[2]) for row in chart.rows) for chart in page.charts if chart.id == "declared"] == [count]
    assert [sum(row.line.count for row in table.rows) for table in page.tables] == [count] * 3
    client.force_login(people.person(PersonRole.VIEWER))
    shown = client.get("/incidents/figures/", ASKED | asked)
    assert shown.status_code == 200
    assert ("Nothing matches" in shown.content.decode()) == (count == 0)
    assert cells(client, "severity", **asked)[-1][1] == str(count)


def test_what_a_filter_leaves_has_its_own_times_in_each_status(
    client: Client, ines: Person, two: tuple[Incident, Incident],
) -> None:
    client.force_login(people.person(PersonRole.VIEWER))
    assert cells(client, "statuses", severity="2")[1:] == [
        ["Identified", "1", "6", "6", "60"], ["Investigating", "1", "4", "4", "40"]]
    assert ["2026-11-17", "2026-11-23", "0.1", "0.1"] in cells(client, "spent", severity="2")
    assert cells(client, "customer", cause="database")[1][0] == "Northwind"


@pytest.mark.usefixtures("two")
def test_an_address_with_filters_leads_to_the_same_figures_and_csv(client: Client, ines: Person) -> None:
    client.force_login(ines)
    shown = client.get("/incidents/figures/", ASKED | {"customer": "abc", "severity": "1"}).content.decode()
    assert '<option value="abc" selected>=ABC</option>' in shown
    assert '<option value="1" selected>Sev1</option>' in shown
    assert "?span=year&amp;customer=abc&amp;severity=1" in shown
    assert "?from=2026-11-01&amp;until=2026-11-30&amp;customer=abc&amp;severity=1&amp;csv=spent" in shown
    assert "Northwind" in shown  # the filter offers every customer of these days
    part = client.get("/incidents/figures/", ASKED | {"customer": "abc"}, headers={
        "HX-Request": "true", "HX-Target": "figures"}).content.decode()
    assert part.lstrip().startswith('<div class="inc-figures-of" id="figures">')


def test_an_address_with_a_customer_that_was_merged_counts_the_one_that_remains(ines: Person) -> None:
    one, other = customers.customer("Initech"), customers.customer("Umbrella")
    make.incident(commander=ines, customers=(one,))
    Customer.objects.filter(pk=one.pk).update(merged_into=other)
    page = page_of(ines, customer="initech")
    assert (page.count, page.choices[0].chosen) == (1, "umbrella")
    assert page.choices[0].options == (("umbrella", "Umbrella"),)


def test_the_queries_of_the_figures_do_not_grow(
    ines: Person, two: tuple[Incident, Incident], django_assert_num_queries: Any,
) -> None:
    rights = rights_of(ines)
    with django_assert_num_queries(5):
        figures_page(ASKED, ines, rights, MONDAY)
    closed(ines, customers=(customers.customer("Initech"), customers.customer("Umbrella")))
    with django_assert_num_queries(6):
        figures_page({**ASKED, "customer": "initech"}, ines, rights, MONDAY)


def test_what_was_promised_before_a_merge_counts_for_the_incident_it_went_into(
    ines: Person, two: tuple[Incident, Incident],
) -> None:
    late, into, last = two[0], make.incident(commander=ines), make.incident(commander=ines)
    for one, other in ((late, into), (into, last)):
        Incident.objects.filter(pk=one.pk).update(state=State.MERGED, merged_into=other)
    Promise.objects.filter(incident__in=(into, last)).update(state=PromiseState.KEPT)
    found = {one.id: (one.kept, one.late) for one in facts(ines, rights_of(ines), SPAN, MONDAY)}
    assert found == {last.pk: (2, 1), two[1].pk: (1, 0)}
    told = measured_of(last, *told_of(last), MONDAY)
    assert (told.kept, told.late) == (2, 1)


def test_without_any_the_figures_say_so(client: Client) -> None:
    client.force_login(people.person(PersonRole.VIEWER))
    shown = client.get("/incidents/figures/?from=2020-01-01&until=2020-02-01").content.decode()
    assert "No incident was declared" in shown


@pytest.mark.parametrize(("asked", "monday"), [
    ("", date(2026, 11, 23)), ("2026-11-16", date(2026, 11, 16)), ("2026-11-17", date(2026, 11, 23)),
    ("nonsense", date(2026, 11, 23)), ("9999-12-31", date(2026, 11, 30)), ("2030-01-01", date(2026, 11, 30)),
])
def test_a_review_is_that_of_a_monday(asked: str, monday: date) -> None:
    assert monday_of(asked, date(2026, 11, 21)) == monday


def test_a_week_that_nobody_can_count_back_to_is_no_fault(client: Client, ines: Person) -> None:
    assert monday_of("0001-01-01", date(2026, 11, 21)) == date(2000, 1, 3)
    client.force_login(ines)
    for asked in ("?monday=0001-01-01", "?monday=9999-12-31", "?monday=%00"):
        assert client.get(f"/incidents/review/{asked}").status_code == 200
    assert client.get("/incidents/figures/?from=0001-01-01&until=0001-01-02").status_code == 200


def test_mondays_review_holds_what_was_closed_in_the_week_before(ines: Person) -> None:
    mine, waiting = closed(ines), make.incident(commander=ines)
    old = closed(ines, days=-7)
    resolve(incident=waiting, by=ines, at=NIGHT + timedelta(hours=1))
    closed(ines, drill=True)
    followups.add_action(incident=old, by=ines, at=NIGHT,
                         given=followups.Given("Add a test", due_on=date(2026, 11, 20)))
    page = review_page("", ines, rights_of(ines), MONDAY)
    assert [one.incident for one in page.closed] == [mine]
    assert [one.incident for one in page.waiting] == [waiting]
    assert (page.monday, len(page.actions), page.overdue) == (date(2026, 11, 23), 1, 1)
    before = review_page("2026-11-16", ines, rights_of(ines), MONDAY)
    assert [one.incident for one in before.closed] == [old]
    assert before.following == date(2026, 11, 23)


def test_the_review_shows_what_was_learnt(client: Client, ines: Person) -> None:
    row = closed(ines)
    actions.save_texts(incident=row, texts={"root_cause": "A **cache** <script>"}, cause="code", seen=1, by=ines,
                       at=MONDAY)
    client.force_login(people.person(PersonRole.VIEWER))
    shown = client.get("/incidents/review/?monday=2026-11-23").content.decode()
    assert "<strong>cache</strong> &lt;script&gt;" in shown

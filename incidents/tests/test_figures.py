"""The figures and Monday's review: what is counted, what is not, and what each reader sees of it."""

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
from incidents.choices import Severity
from incidents.models import Incident, IncidentStatus, Promise
from incidents.queries.figures import facts
from incidents.queries.retrospective import measured_of, told_of
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


def test_the_figures_have_charts_tables_and_csv(client: Client, ines: Person) -> None:
    closed(ines, customer=customers.customer("=ABC"), severity=Severity.SEV2)
    client.force_login(people.person(PersonRole.VIEWER))
    asked = {"from": "2026-11-01", "until": "2026-11-30"}
    shown = client.get("/incidents/figures/", asked).content.decode()
    assert shown.count("<figure") == 3
    assert "By customer" in shown
    for name in ("declared", "resolved", "punctual", "statuses", "customer", "severity", "cause"):
        rows = client.get("/incidents/figures/", asked | {"csv": name}).content.decode().splitlines()
        assert len(rows) > 1, name
    assert "'=ABC" in client.get("/incidents/figures/", asked | {"csv": "customer"}).content.decode()
    assert client.get("/incidents/figures/", asked | {"csv": "nothing"}).status_code == 404


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

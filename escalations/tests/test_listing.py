"""The list of escalations: who sees which, filters, order, bulk moves, CSV."""

import csv
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import customer
from escalations.actions.people import follow, set_owner
from escalations.actions.states import move
from escalations.choices import Category, Level, Outcome, Source, Status
from escalations.models import Escalation, EscalationEvent
from escalations.queries.seen import visible
from escalations.rules.filters import SORTS, ListFilters, Tab, number_like, read_list_filters
from escalations.tests import factories as make
from people import rules
from people.choices import Role
from people.models import Person
from people.tests.factories import NOON, person
from portal.common.tables import cell
from set_rotation.choices import Seat
from set_rotation.models import Duty
from set_rotation.queries.on_now import ON_NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(client: Client) -> Person:
    found = person(Role.ENGINEER)
    client.force_login(found)
    return found


def names(client: Client, **query: str) -> list[str]:
    response = client.get("/escalations/", query, headers={"HX-Request": "true", "HX-Target": "results"})
    assert response.status_code == 200
    return re.findall(r'class="esc-link" href="/escalations/(E-\d+)/"', response.content.decode())


def on_duty(who: Person, seat: Seat = Seat.PRIMARY) -> None:
    now = make.NOON
    Duty.objects.create(person=who, seat=seat, starts_at=now - timedelta(days=4000), ends_at=now + timedelta(days=4000),
                        changed_at=now)
    cache.delete(ON_NOW)


# ---- Who sees which -------------------------------------------------------------------

OWN, SUPPORTS, OTHERS, SECRET, FOLLOWED, CUSTOMERS = "own", "of support", "of account", "secret", "followed", "customer"
SEEN: dict[str, set[str]] = {
    "viewer": {OWN, SUPPORTS, OTHERS, FOLLOWED, CUSTOMERS},
    "executive": {OWN, SUPPORTS, OTHERS, FOLLOWED, CUSTOMERS},
    "support": {OWN, SUPPORTS, FOLLOWED, CUSTOMERS},
    "account": {OWN, FOLLOWED, CUSTOMERS},
    "engineer": {OWN, SUPPORTS, OTHERS, FOLLOWED, CUSTOMERS},
    "deployment_engineer": {OWN, SUPPORTS, OTHERS, FOLLOWED, CUSTOMERS},
    "lead": {OWN, SUPPORTS, OTHERS, SECRET, FOLLOWED, CUSTOMERS},
    "coordinator": {OWN, SUPPORTS, OTHERS, SECRET, FOLLOWED, CUSTOMERS},
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("duty", [False, True])
def test_who_sees_which(role: Role, duty: bool) -> None:
    """Own ones always, confidential too; others by right; confidential ones of others for those who lead, and for
    whoever works on escalations and is on duty."""
    reader = person(role)
    if duty:
        on_duty(reader)
    rows = {
        OWN: make.escalation("own", reporter=reader, source=Source.ACCOUNT, confidential=True),
        SUPPORTS: make.escalation("of support"),
        OTHERS: make.escalation("of account", source=Source.ACCOUNT),
        SECRET: make.escalation("secret", confidential=True),
        FOLLOWED: make.escalation("followed", source=Source.ACCOUNT, confidential=True),
        CUSTOMERS: make.escalation("customer", customer=customer(csm=reader), source=Source.ACCOUNT, confidential=True),
    }
    rows[FOLLOWED].followers.create(person=reader, at=NOON)
    seen = set(visible(reader, rules.rights_of([role]), NOON).values_list("title", flat=True))
    works = role in {Role.ENGINEER, Role.DEPLOYMENT_ENGINEER}
    more = {SECRET} if duty and works else set()
    assert {name for name, row in rows.items() if row.title in seen} == SEEN[role] | more


def test_without_a_role_nothing_is_seen() -> None:
    reader = person()
    make.escalation("own", reporter=reader)
    assert not visible(reader, frozenset(), NOON)


def test_the_page_shows_support_no_confidential_one_and_a_lead_all(client: Client) -> None:
    hidden, shown = make.escalation("Hidden", confidential=True), make.escalation("Shown")
    client.force_login(person(Role.SUPPORT))
    assert names(client, tab="all") == [f"E-{shown.pk}"]
    client.force_login(person(Role.LEAD))
    assert set(names(client, tab="all")) == {f"E-{shown.pk}", f"E-{hidden.pk}"}


# ---- Tabs, filters, order -------------------------------------------------------------


def test_my_queue_is_what_i_own_and_on_duty_also_what_is_new_and_nobodys(client: Client, engineer: Person) -> None:
    mine, new = make.escalation("Mine"), make.escalation("New")
    make.escalation("Somebody's", owner=person(Role.ENGINEER))
    set_owner(escalation=mine, owner=engineer, by=engineer, at=NOON)
    assert names(client, tab="mine") == names(client) == [f"E-{mine.pk}"]
    on_duty(engineer)
    assert set(names(client, tab="mine")) == {f"E-{mine.pk}", f"E-{new.pk}"}


def test_what_is_solved_stands_under_all_alone(client: Client, engineer: Person) -> None:
    row = make.escalation()
    move(escalation=row, to=Status.SOLVED, by=engineer, at=NOON)
    assert names(client, tab="team") == []
    assert names(client, tab="all") == names(client, tab="all", status="solved") == [f"E-{row.pk}"]
    assert names(client, tab="all", status="open") == []


@pytest.mark.parametrize(("query", "found"), [
    ({"level": "1"}, {"urgent"}), ({"category": "search"}, {"urgent"}), ({"category": "nobody"}, {"plain"}),
    ({"customer": "initech"}, {"urgent"}), ({"plan": "e20"}, {"urgent"}), ({"q": "elephant"}, {"urgent"}),
    ({"q": "initech"}, {"urgent"}), ({"q": "zd-77"}, {"urgent"}), ({"owner": "nobody"}, {"urgent", "plain"}),
    ({"owner": "12"}, set()), ({"from": "2026-11-18"}, set()), ({"from": "2026-11-17", "until": "2026-11-17"},
                                                                {"urgent", "plain"}),
    ({"missed": "1"}, {"urgent"}), ({"waiting": "1"}, {"plain"}), ({"unticketed": "1"}, {"urgent", "plain"}),
    ({"level": "9", "status": "nonsense", "owner": "x", "from": "yesterday", "sort": "--level", "page": "0"},
     {"urgent", "plain"}),
    ({"q": "\x00' OR zz=zz --"}, set()), ({"note": "99"}, set()), ({"kind": "problem"}, {"urgent", "plain"}),
])
def test_filters_find_what_they_say(client: Client, engineer: Person, query: dict[str, str], found: set[str]) -> None:
    urgent = make.escalation("An elephant in the search", level=Level.L1, category=Category.SEARCH,
                             customer=customer("Initech", plan="e20"), support_ticket="ZD-77")
    plain = make.escalation("Plain", category="")
    move(escalation=plain, to=Status.REPORTER, by=engineer, at=NOON)
    Escalation.objects.filter(pk=urgent.pk).update(next_due_at=NOON)
    Escalation.objects.filter(pk=plain.pk).update(next_due_at=None)
    rows = {f"E-{urgent.pk}": "urgent", f"E-{plain.pk}": "plain"}
    assert {rows[name] for name in names(client, tab="team", **query)} == found


def test_an_address_with_a_number_leads_there_and_to_nothing_that_is_hidden(client: Client) -> None:
    hidden = make.escalation(confidential=True)
    client.force_login(person(Role.SUPPORT))
    assert client.get("/escalations/", {"q": f"E-{hidden.pk}"}).status_code == 200
    client.force_login(person(Role.LEAD))
    assert client.get("/escalations/", {"q": f"e-{hidden.pk}"})["Location"] == f"/escalations/E-{hidden.pk}/"


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_and_its_reverse_show_all(client: Client, engineer: Person, sort: str) -> None:
    rows = {f"E-{make.escalation(title, level=level).pk}" for title, level in (("b", Level.L1), ("A", Level.L4))}
    assert set(names(client, tab="all", sort=sort)) == set(names(client, tab="all", sort=f"-{sort}")) == rows


def test_by_clock_the_promise_that_is_due_first_stands_first(client: Client, engineer: Person) -> None:
    later, none, first = (make.escalation(title) for title in ("later", "none", "first"))
    for row, due in ((later, NOON + timedelta(hours=2)), (none, None), (first, NOON)):
        Escalation.objects.filter(pk=row.pk).update(next_due_at=due)
    assert names(client, tab="clock") == [f"E-{row.pk}" for row in (first, later, none)]


def test_a_saved_link_is_read_back_as_it_was_written() -> None:
    asked = {"tab": "clock", "q": "ldap", "level": "2", "customer": "initech", "owner": "nobody", "area": "3",
             "from": "2026-11-01", "missed": "1", "sort": "-age"}
    filters = read_list_filters(asked, Tab.TEAM)
    pairs = dict(pair.split("=") for pair in filters.query().lstrip("?").split("&"))
    assert pairs == asked
    assert read_list_filters(pairs, Tab.MINE) == filters
    assert filters.without("since") == read_list_filters({k: v for k, v in asked.items() if k != "from"}, Tab.TEAM)
    assert not ListFilters().active


@pytest.mark.parametrize(("text", "number"), [("E-12", 12), ("e-12", 12), ("#7", 7), ("7", 7), ("seven", None),
                                              ("E-", None), ("0", None), ("9" * 30, None), ("²", None)])
def test_what_is_a_number(text: str, number: int | None) -> None:
    assert number_like(text) == number


# ---- Queries --------------------------------------------------------------------------


def test_a_page_costs_the_same_with_fifty_as_with_two(client: Client, engineer: Person) -> None:
    def cost() -> int:
        client.get("/escalations/?tab=clock")
        with CaptureQueriesContext(connection) as queries:
            client.get("/escalations/?tab=clock")
        return len(queries)

    make.escalation()
    few, who = cost(), person(Role.SUPPORT)
    theirs = customer()
    for _ in range(20):
        make.escalation(reporter=who, customer=theirs, owner=engineer)
    assert cost() == few <= 10


# ---- Bulk -----------------------------------------------------------------------------


def bulk(client: Client, *rows: Escalation, **asked: str) -> list[str]:
    response = client.post("/escalations/bulk/", {"pick": [row.pk for row in rows], **asked}, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_several_are_given_and_taken_back_but_for_one_that_somebody_else_took(client: Client, engineer: Person) -> None:
    first, second, other = make.escalation(), make.escalation(), person(Role.ENGINEER)
    set_owner(escalation=first, owner=other, by=other, at=NOON)
    response = client.post("/escalations/bulk/", {"pick": [first.pk, second.pk], "do": "owner", "owner": engineer.pk},
                           follow=True)
    [message] = response.context["messages"]
    assert str(message) == f"2 given to {engineer.name}."
    assert set(Escalation.objects.values_list("owner", flat=True)) == {engineer.pk}
    set_owner(escalation=second, owner=other, by=other, at=NOON)
    said = client.post(message.extra_tags, follow=True)
    assert [str(one) for one in said.context["messages"]] == [
        f"1 given back. E-{second.pk}: somebody else has it meanwhile."]
    first.refresh_from_db()
    assert first.owner == other


def test_legal_moves_are_done_and_the_others_named(client: Client, engineer: Person) -> None:
    new, ours = make.escalation(), make.escalation()
    move(escalation=ours, to=Status.REPLY_OWED, by=engineer, at=NOON)
    [said] = bulk(client, new, ours, do="status", status="closed")
    assert said == f"1 moved: closed. E-{new.pk}: " + "From new it can go to: waiting for us, waiting for reporter, " \
        "handed over, fix released: reply owed, solved."


def test_several_are_solved_where_it_was_said_what_they_turned_out_to_be(client: Client, engineer: Person) -> None:
    known, unknown = make.escalation(outcome=Outcome.BUG), make.escalation()
    [said] = bulk(client, known, unknown, do="status", status="solved")
    assert said == f"1 moved: solved. E-{unknown.pk}: say on its own page what it turned out to be."
    assert set(Escalation.objects.filter(status=Status.SOLVED)) == {known}


def test_what_one_may_not_see_is_not_moved_though_its_number_is_sent(client: Client, engineer: Person) -> None:
    hidden = make.escalation(confidential=True)
    assert bulk(client, hidden, do="owner", owner=str(engineer.pk)) == [
        "Tick the escalations that are meant first."]
    hidden.refresh_from_db()
    assert hidden.owner is None


def test_following_several_passes_over_those_that_are_followed(client: Client, engineer: Person) -> None:
    first, second = make.escalation(), make.escalation()
    follow(escalation=first, person=engineer, by=engineer, at=NOON)
    assert bulk(client, first, second, do="follow") == ["1 followed."]


@pytest.mark.parametrize("asked", [{"do": "owner"}, {"do": "owner", "owner": "99999"}, {"do": "status"},
                                   {"do": "status", "status": "x"}, {"do": "drop"}, {}])
def test_what_says_nothing_does_nothing(client: Client, engineer: Person, asked: dict[str, str]) -> None:
    row, before = make.escalation(), EscalationEvent.objects.count()
    assert bulk(client, row, **asked)
    assert EscalationEvent.objects.count() == before


def test_anothers_undo_and_one_made_up_are_refused(client: Client, engineer: Person) -> None:
    row = make.escalation()
    response = client.post("/escalations/bulk/", {"pick": [row.pk], "do": "owner", "owner": engineer.pk}, follow=True)
    [message] = response.context["messages"]
    client.force_login(person(Role.ENGINEER))
    assert [str(one) for one in client.post(message.extra_tags, follow=True).context["messages"]] == [
        "Somebody else gave them: they can take it back."]
    assert client.post("/escalations/bulk/undo/guess/").status_code == 302
    row.refresh_from_db()
    assert row.owner == engineer


def test_a_reporter_moves_nothing(client: Client) -> None:
    row = make.escalation()
    client.force_login(person(Role.SUPPORT))
    assert client.post("/escalations/bulk/", {"pick": [row.pk], "do": "owner", "owner": "nobody"}).status_code == 403


# ---- CSV ------------------------------------------------------------------------------


def lines(client: Client, **query: str) -> list[list[str]]:
    response: Any = client.get("/escalations/", {"format": "csv", **query})
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.reader(StringIO(b"".join(response).decode())))


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")  # the test client is no ASGI server
def test_the_csv_holds_what_the_list_shows_and_no_formula(client: Client) -> None:
    shown = make.escalation("=HYPERLINK(1)", customer=customer("+1"), level=Level.L1)
    make.escalation("Hidden", confidential=True, level=Level.L1)
    make.escalation("Another level", level=Level.L4)
    client.force_login(person(Role.ENGINEER))
    heads, *rows = lines(client, tab="team", level="1")
    assert (len(rows), rows[0][: 4]) == (1, [f"E-{shown.pk}", "L1 urgent", "'=HYPERLINK(1)", "'+1"])
    assert len(heads) == len(rows[0])


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1"])
def test_what_would_be_a_formula_is_text(text: str) -> None:
    assert cell(text).startswith("'")


# ---- One's own ------------------------------------------------------------------------


def test_what_i_raised_has_what_waits_for_me_first_and_no_owner(client: Client) -> None:
    me, worker = person(Role.SUPPORT), person(Role.ENGINEER, name="Wren Worker")
    waits, ours, solved = (make.escalation(title, reporter=me) for title in ("Waits", "Ours", "Solved"))
    make.escalation("Of a colleague")
    set_owner(escalation=ours, owner=worker, by=worker, at=NOON)
    move(escalation=waits, to=Status.REPORTER, by=worker, at=NOON)
    move(escalation=solved, to=Status.SOLVED, by=worker, at=NOON)
    client.force_login(me)
    page = client.get("/escalations/mine/").content.decode()
    assert page.index("Waits</a>") < page.index("Ours</a>") < page.index("Solved</a>")
    assert "Of a colleague" not in page
    assert "Wren Worker" not in page
    everybody = client.get("/escalations/mine/?whose=support").content.decode()
    assert "Of a colleague" in everybody


def test_account_has_no_view_of_what_support_raised(client: Client) -> None:
    make.escalation("Of support")
    client.force_login(person(Role.ACCOUNT))
    assert "Of support" not in client.get("/escalations/mine/?whose=support").content.decode()


def test_a_customers_part_shows_what_concerns_them_to_those_who_see_it(client: Client) -> None:
    theirs, other = customer("Initech"), make.escalation("Of another customer too")
    make.escalation("Their own", customer=theirs)
    make.escalation("Their secret", customer=theirs, confidential=True)
    other.affected.create(customer=theirs, reporter_name="Ada", at=NOON)
    client.force_login(person(Role.SUPPORT))
    part = client.get("/escalations/of/initech/").content.decode()
    assert "Their own" in part
    assert "Of another customer too" in part
    assert "Their secret" not in part
    move(escalation=other, to=Status.REPORTER, by=None, at=NOON)
    part = client.get("/escalations/of/initech/").content.decode()
    assert f"It waits for {other.reporter_name} to answer" in part and "your answer" not in part
    client.force_login(person(Role.ACCOUNT))
    assert "None that you may see" in client.get("/escalations/of/initech/").content.decode()
    assert client.get("/escalations/of/nobody/").status_code == 404

"""The list of incidents, on the page, as a spreadsheet and for programs."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given as drawn
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from customers.models import Customer
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions import states
from incidents.choices import Role, Severity
from incidents.models import Incident
from incidents.rules.filters import ListFilters, read_filters
from incidents.tests import factories
from incidents.tests.factories import NIGHT
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people

pytestmark = pytest.mark.django_db
LIST, API = "/incidents/", "/api/v1/incidents/"


@pytest.fixture
def by(client: Client) -> Person:
    person = people.person(PersonRole.ENGINEER)
    client.force_login(person)
    return person


def names(client: Client, query: str = "") -> list[str]:
    return [row.name for row in client.get(f"{LIST}{query}").context["found"].rows]


@drawn(st.dictionaries(st.sampled_from(["tab", "q", "severity", "kind", "customer", "drill", "mine", "sort", "page"]),
                       st.text(max_size=12)))
def test_whatever_an_address_asks_for_is_read(values: dict[str, str]) -> None:
    found = read_filters(values)
    assert isinstance(found, ListFilters)
    assert found.page >= 1
    assert read_filters(dict(found.hidden()) | dict(found.pairs())) == found.on(found.tab).__class__(
        **{**found.__dict__, "page": 1})


def test_an_empty_list_says_what_to_do_and_to_readers_what_will_stand_here(client: Client, by: Person) -> None:
    assert "declared here in under a minute" in client.get(LIST).content.decode()
    client.force_login(people.person(PersonRole.VIEWER))
    page = client.get(LIST).content.decode()
    assert "Nothing is down" in page
    assert "/incidents/new/" not in page


def test_open_watched_and_past_stand_apart_the_most_urgent_first(client: Client, by: Person) -> None:
    minor, major, drill = (factories.incident(commander=by, **more) for more in (
        {"severity": Severity.SEV3}, {"severity": Severity.SEV1}, {"severity": Severity.SEV1, "drill": True}))
    over = factories.incident(commander=by)
    states.resolve(incident=over, by=by, at=NIGHT + timedelta(hours=2))
    assert names(client) == [str(major), str(minor), str(drill)]
    assert names(client, "?tab=watched") == [str(over)]
    assert names(client, "?tab=past") == []
    assert names(client, "?tab=all&drill=only") == [str(drill)]
    page = client.get(f"{LIST}?tab=watched").context["found"]
    assert (page.rows[0].lasted, page.rows[0].status) == ("2 h", "Resolved, being watched")


def test_it_is_filtered_by_words_customer_severity_and_what_is_mine(client: Client, by: Person) -> None:
    umbrella = customers.customer("Umbrella")
    mine = factories.incident("LDAP fails", customer=umbrella, commander=by)
    factories.incident(severity=Severity.SEV2)
    for query in ("?q=ldap", "?q=umbrel", f"?q=I-{mine.pk}&tab=open", f"?customer={umbrella.slug}", "?severity=1",
                  "?mine=1"):
        assert names(client, query) == [str(mine)], query
    assert names(client, "?q=nothing+of+it") == []
    assert client.get(f"{LIST}?q=I-{mine.pk}")["Location"] == f"/incidents/I-{mine.pk}/"


def test_a_private_one_is_on_the_list_of_its_people_alone(client: Client, by: Person) -> None:
    leader = people.person(PersonRole.ENGINEER)
    row = factories.incident("Keys were stolen", private=True, commander=leader)
    assert names(client) == []
    assert "Keys were" not in client.get(f"{LIST}?format=csv").getvalue().decode()
    assert client.get(f"{LIST}?q=I-{row.pk}").status_code == 200
    client.force_login(leader)
    assert names(client) == [str(row)]


@pytest.mark.parametrize("sort", ["severity", "-severity", "number", "customer", "-status", "began", "next", "-began"])
def test_each_order_holds(client: Client, by: Person, sort: str) -> None:
    first = factories.incident(customer=customers.customer("Acme"), commander=by)
    second = factories.incident(customer=customers.customer("Zeta"), commander=by, at=NIGHT + timedelta(hours=1),
                                severity=Severity.SEV2)
    found = names(client, f"?sort={sort}")
    assert found == ([str(first), str(second)] if not sort.startswith("-") else [str(second), str(first)])


def test_its_queries_do_not_grow_with_its_rows(
    client: Client, by: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(4):
        factories.incident(commander=by)
    client.get(LIST)
    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_a_formula_in_a_spreadsheet_is_text(client: Client, by: Person) -> None:
    factories.incident("=HYPERLINK(1)", commander=by)
    text = client.get(f"{LIST}?format=csv").getvalue().decode()
    assert text.splitlines()[0].startswith("number,severity,title")
    assert ",'=HYPERLINK(1)," in text


# ---- For programs ---------------------------------------------------------------------


def declared(client: Client, **more: Any) -> Any:
    told = {"title": "Messages fail", "severity": 1, "customers": ["Initech"]} | more
    return client.post(API, told, content_type="application/json")


def test_a_program_declares_and_reads_it_back(client: Client, by: Person) -> None:
    answer = declared(client, known="One in five", began_at="2026-11-17T08:00:00Z", bridge="https://meet.example.com/a")
    assert answer.status_code == 201
    row = Incident.objects.get()
    told = answer.json()
    assert (told["number"], told["url"], told["customers"]) == (f"I-{row.pk}", f"/incidents/I-{row.pk}/", ["initech"])
    assert [(one["role"], one["person"]) for one in told["parts"]] == [("commander", by.pk)]
    assert client.get(f"{API}{row.pk}/").json() == told
    assert [one["id"] for one in client.get(f"{API}?state=open&customer=initech").json()["results"]] == [row.pk]
    assert client.get(f"{API}?state=past").json()["results"] == []


def test_a_program_that_sends_it_twice_gets_the_same(client: Client, by: Person) -> None:
    key = str(uuid.uuid4())
    first, again = declared(client, submission=key), declared(client, submission=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_a_program_is_told_of_what_may_be_the_same_and_declares_another_one_if_it_means_it(
    client: Client, by: Person
) -> None:
    first = declared(client).json()
    answer = declared(client)
    assert answer.status_code == 409
    assert f"Somebody works on this already: {first['number']}." in answer.json()["detail"]
    assert declared(client, drill=True).status_code == 201
    assert declared(client, anyway=True).status_code == 201
    assert declared(client, customers=["Acme"]).status_code == 201
    ours = {"kind": "community", "customers": []}
    assert [declared(client, **ours).status_code for _ in range(2)] == [201, 409]
    hidden = factories.incident("Keys were stolen", private=True, customer=customers.customer("Umbrella"))
    answer = declared(client, customers=["Umbrella"])
    assert answer.status_code == 201 and str(hidden) not in answer.content.decode()


def test_a_program_names_people_and_where_it_comes_from(client: Client, by: Person) -> None:
    scribe, asked = people.person(PersonRole.SUPPORT), escalations.escalation(title="Down")
    answer = declared(client, roles={"scribe": scribe.pk}, escalation=f"E-{asked.pk}", customers=[])
    assert answer.status_code == 201
    row = Incident.objects.get()
    assert [(one.role, one.person) for one in row.roles.all()] == [(Role.SCRIBE, scribe)]
    assert (row.escalation, row.customers.get().customer) == (asked, asked.customer)


@pytest.mark.parametrize(("more", "field"), [
    ({"title": ""}, "title"), ({"severity": 4}, "severity"), ({"customers": []}, "non_field_errors"),
    ({"bridge": "ftp://x"}, "bridge"), ({"zone": "Mars/Olympus"}, "zone"), ({"began_at": "2999-01-01T00:00:00Z"},
                                                                           "non_field_errors"),
    ({"roles": {"scribe": 999_999}}, "roles"), ({"roles": {"king": 1}}, "roles"), ({"ticket": "MM-404"}, "ticket"),
    ({"escalation": "E-404"}, "escalation"), ({"page": 404}, "page"), ({"decision": "fix"}, "non_field_errors"),
    ({"submission": "x"}, "submission"), ({"roles": {"scribe": 10**30}}, "roles"), ({"page": 10**30}, "page"),
    ({"began_at": "0001-01-02T00:00:00Z"}, "non_field_errors"),
    ({"decision": "fix", "decision_reason": "x"}, "non_field_errors"),
])
def test_what_a_program_sends_wrong_is_said_by_field(
    client: Client, by: Person, more: dict[str, Any], field: str
) -> None:
    answer = declared(client, **more)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Incident.objects.exists()


def test_from_a_confidential_escalation_a_program_declares_a_private_one_unless_it_says_otherwise(
    client: Client, by: Person
) -> None:
    client.force_login(people.person(PersonRole.LEAD))
    asked = escalations.escalation(title="Keys were stolen", confidential=True)
    given = {"escalation": f"E-{asked.pk}", "customers": []}
    assert declared(client, **given).json()["private"] is True
    assert declared(client, **given, private=False, anyway=True).json()["private"] is False


def test_our_own_server_makes_no_customer_of_the_names_that_come_along(client: Client, by: Person) -> None:
    answer = declared(client, kind="community", customers=["Nobody knows them"])
    assert (answer.status_code, answer.json()["customers"]) == (201, [])
    assert not Customer.objects.filter(name="Nobody knows them").exists()


def test_who_only_reads_declares_nothing_by_a_program_either(client: Client) -> None:
    client.force_login(people.person(PersonRole.VIEWER))
    assert declared(client).status_code == 403
    hidden = factories.incident(private=True)
    assert client.get(f"{API}{hidden.pk}/").status_code == 404
    assert client.get(API).json()["results"] == []

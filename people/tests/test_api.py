from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people import actions
from people.authentication import PersonalTokenThrottle
from people.choices import Right, Role
from people.models import Person, PersonalToken
from people.tests import factories
from people.tests.conftest import SignedIn
from portal.common import clock

pytestmark = pytest.mark.django_db
ALL = ["/api/v1/me/", "/api/v1/people/", "/api/v1/teams/"]
WithToken = Callable[[Person], Client]


def with_token(person: Person) -> Client:
    _, text = actions.make_token(person=person, name="script", at=clock.now())
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("path", ALL)
def test_without_session_or_token_the_answer_is_401_and_says_how(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("path", ALL)
def test_a_session_or_a_token_reads(signed_in: SignedIn, path: str) -> None:
    assert signed_in(Role.VIEWER).get(path).status_code == 200
    assert with_token(factories.person(Role.VIEWER)).get(path).status_code == 200


@pytest.mark.parametrize("path", ALL)
def test_somebody_without_a_role_is_refused(signed_in: SignedIn, path: str) -> None:
    assert signed_in().get(path).status_code == 403


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer setp_guess", "Bearer a b", "Bearer \xff\xfe", "bearer setp_" + "x" * 5_000],
)
def test_a_wrong_token_is_refused_even_with_a_session(signed_in: SignedIn, header: str) -> None:
    response = signed_in(Role.VIEWER).get("/api/v1/me/", headers={"Authorization": header})
    assert response.status_code == 401


def test_another_kind_of_authorization_is_passed_over(signed_in: SignedIn) -> None:
    response = signed_in(Role.VIEWER).get("/api/v1/me/", headers={"Authorization": "Basic YTpi"})
    assert response.status_code == 200


def test_a_revoked_an_expired_and_a_closed_account_s_token_are_refused() -> None:
    revoked, expired, closed = (factories.person(Role.VIEWER) for _ in range(3))
    clients = [with_token(person) for person in (revoked, expired, closed)]
    assert [client.get("/api/v1/me/").status_code for client in clients] == [200, 200, 200]
    actions.revoke_token(token=PersonalToken.objects.get(person=revoked), by=revoked, at=clock.now())
    PersonalToken.objects.filter(person=expired).update(expires_at=clock.now() - timedelta(seconds=1))
    Person.objects.filter(pk=closed.pk).update(is_active=False)
    assert [client.get("/api/v1/me/").status_code for client in clients] == [401, 401, 401]


def test_a_token_costs_two_reads_and_a_session_keeps_its_csrf_check(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person = factories.person(Role.LEAD)
    client = with_token(person)
    client.get("/api/v1/me/")
    with django_assert_num_queries(2):  # the token; the person with roles and team
        client.get("/api/v1/me/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    assert strict.post("/api/v1/people/", {}, content_type="application/json").status_code == 403


def test_me_says_roles_and_rights(signed_in: SignedIn) -> None:
    person = factories.person(Role.ENGINEER, name="Tomasz Brandt", team=factories.team())
    body = signed_in(person=person).get("/api/v1/me/").json()
    assert (body["name"], body["initials"], body["team"], body["roles"]) == (
        "Tomasz Brandt", "TB", "server-platform", ["engineer"],
    )
    assert Right.RUN_SYNC in body["rights"]
    assert Right.MANAGE_PEOPLE not in body["rights"]
    assert "password" not in body


def test_people_are_listed_in_pages_with_a_constant_number_of_queries(
    signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        factories.person(Role.ENGINEER)
    client = signed_in(Role.VIEWER)
    with django_assert_max_num_queries(6):
        body = client.get("/api/v1/people/?page_size=5").json()
    assert (body["count"], len(body["results"])) == (13, 5)
    assert client.get("/api/v1/people/?page=99").status_code == 404


def test_people_are_found_by_words_role_and_team(signed_in: SignedIn) -> None:
    found = factories.person(Role.SUPPORT, name="Amara Njoroge", team=factories.team("Customer Support"))
    client = signed_in(Role.VIEWER)
    for query in ("q=njoroge", "role=support", "team=customer-support"):
        assert [row["id"] for row in client.get(f"/api/v1/people/?{query}").json()["results"]] == [found.pk]


@pytest.mark.parametrize("query", ["q=%00", "role=king", "state=dead", "team=%F0%9F%A6%8A", "q=" + "x" * 500])
def test_a_wrong_filter_is_refused_with_its_name(signed_in: SignedIn, query: str) -> None:
    response = signed_in(Role.VIEWER).get(f"/api/v1/people/?{query}")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [query.split("=")[0]]


@pytest.mark.parametrize("path", ["people/0/", "people/999999999999999999/", "people/x/", "teams/none/", "teams/%00/"])
def test_what_is_not_there_is_not_found(signed_in: SignedIn, path: str) -> None:
    assert signed_in(Role.VIEWER).get(f"/api/v1/{path}").status_code == 404


def test_one_person_and_one_team_are_read(signed_in: SignedIn) -> None:
    team, manager = factories.team("Channels"), factories.person(Role.VIEWER)
    area = factories.component("Search", team)
    actions.save_component(component=area, changes={"product_manager": manager}, by=None, at=clock.now())
    client = signed_in(Role.VIEWER)
    assert client.get(f"/api/v1/people/{manager.pk}/").json()["roles"] == ["viewer"]
    body = client.get("/api/v1/teams/channels/").json()
    assert body["areas"] == [{"id": area.pk, "name": "Search", "product_manager": manager.pk}]


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_here(path: str, method: str) -> None:
    client = with_token(factories.person(Role.COORDINATOR))
    assert getattr(client, method)(path).status_code == 405


def test_the_schema_declares_every_status_and_the_token(signed_in: SignedIn) -> None:
    body = signed_in(Role.VIEWER).get("/api/schema/?format=json").json()
    for path, verbs in body["paths"].items():
        if path.split("/")[3] in {"me", "people", "teams"}:
            assert set(verbs["get"]["responses"]) == {"200", "400", "401", "403", "404", "429"}
            assert {"personalToken": []} in verbs["get"]["security"]
    assert body["components"]["securitySchemes"]["personalToken"]["scheme"] == "bearer"
    me = body["paths"]["/api/v1/me/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert me == {"$ref": "#/components/schemas/Me"}


def test_a_script_that_runs_wild_is_told_to_wait_and_nobody_else_is(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PersonalTokenThrottle, "rate", "2/day")
    wild, other = factories.person(Role.VIEWER), factories.person(Role.VIEWER)
    script, others, browser = with_token(wild), with_token(other), signed_in(person=wild)
    assert [script.get("/api/v1/me/").status_code for _ in range(3)] == [200, 200, 429]
    told = with_token(wild).get("/api/v1/me/")
    assert 0 < int(told["Retry-After"]) <= 24 * 3_600
    assert "throttled" in told.json()["detail"]
    assert others.get("/api/v1/me/").status_code == 200
    assert {browser.get("/api/v1/me/").status_code for _ in range(4)} == {200}

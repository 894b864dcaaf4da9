"""The frame of every page, what is said when something breaks, and the doors of whoever watches the portal."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest
from django.template import loader
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from people.choices import Role
from people.tests.factories import person
from portal.pages import errors, health
from portal.pages.frame import frame, frame_of
from tickets.tests.factories import make_project


@pytest.mark.django_db
def test_the_rail_marks_where_one_is(client: Client) -> None:
    client.force_login(person(Role.VIEWER, name="Ada Park"))
    shown = client.get("/tickets/").content.decode()
    assert 'href="/tickets/"\n   title="Tickets"\n   aria-current="page"' in shown
    assert shown.count('aria-current="page"') == 1  # the rail; a phone's bottom bar has the first five
    duty = client.get("/on-call/").content.decode()
    assert duty.count('title="Duty"\n   aria-current="page"') == 2
    assert ">AP<" in shown


@pytest.mark.django_db
def test_the_reader_is_known_by_their_jira_account(client: Client) -> None:
    ada = person(Role.VIEWER, jira_account_id="acc-ada")
    bo = person(Role.VIEWER)
    client.force_login(ada)
    assert 'data-me="acc-ada"' in client.get("/tickets/").content.decode()
    client.force_login(bo)
    assert f'data-me="person-{bo.pk}"' in client.get("/tickets/").content.decode()


@pytest.mark.django_db
def test_trouble_with_the_mirror_is_counted_in_the_rail(client: Client) -> None:
    client.force_login(person(Role.VIEWER))
    make_project(notice="Half of it is missing.")
    assert b"waiting" in client.get("/people/").content


@pytest.mark.django_db
def test_signed_out_there_is_no_frame(client: Client, rf: RequestFactory) -> None:
    assert b'class="rail"' not in client.get("/sign-in/").content
    assert frame_of(rf.get("/")) is None


def test_nothing_is_asked_until_a_page_draws_the_frame(rf: RequestFactory) -> None:
    frame(rf.get("/"))  # without a database: a query would fail this test


def test_a_database_that_is_away_leaves_a_page_without_a_frame(rf: RequestFactory) -> None:
    def gone() -> None:
        raise OperationalError("gone")

    request = rf.get("/")
    request.user = SimpleLazyObject(gone)  # type: ignore[assignment]
    assert frame_of(request) is None


# ---- Errors ---------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [True, False])
def test_an_unknown_address_says_so_and_offers_ways_on(client: Client, signed_in: bool) -> None:
    if signed_in:
        client.force_login(person(Role.VIEWER))
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content
    assert b"Search tickets" in answer.content


@pytest.mark.django_db
def test_programs_get_a_problem_in_json(client: Client) -> None:
    answer = client.get("/api/v1/nowhere/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert "detail" in answer.json()


@pytest.mark.django_db
def test_without_the_right_the_page_names_it(client: Client) -> None:
    client.force_login(person(Role.VIEWER))
    answer = client.post("/sync/run/")
    assert answer.status_code == 403
    assert b"This needs the right: Start a run that mirrors Jira." in answer.content


@pytest.mark.parametrize(("path", "kind"), [("/board/", "text/html"), ("/api/v1/tickets/", "application/json")])
def test_what_breaks_is_said_without_a_database(rf: RequestFactory, path: str, kind: str) -> None:
    answer = errors.broken(rf.get(path))
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith(kind)


def test_even_a_broken_template_leaves_words(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(loader, "get_template", gone)
    assert b"Something broke" in errors.broken(rf.get("/")).content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("handler", "status"), [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404)]
)
def test_each_refusal_has_its_page(rf: RequestFactory, handler: Callable[..., Any], status: int) -> None:
    request: HttpRequest = rf.get("/x/")
    request.request_id = "abcdef12"  # type: ignore[attr-defined]
    answer = handler(request, Exception("inner words"))
    assert answer.status_code == status
    assert b"inner words" not in answer.content
    assert b"abcdef12" in answer.content


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(Role.LEAD))
    answer = client.post("/sync/run/")
    assert answer.status_code == 403
    assert b"This form was open too long" in answer.content


# ---- Health ---------------------------------------------------------------------------


def test_alive_asks_nobody(client: Client) -> None:
    assert client.get("/healthz").json() == {"alive": True}


@pytest.mark.django_db
def test_ready_names_each_check(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "migrations": "ok", "broker": "ok"}}


@pytest.mark.django_db
def test_not_ready_while_the_broker_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_client", lambda: redis.Redis(unix_socket_path="/nowhere/at/all"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "cannot be reached"


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [object()])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "not applied yet"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_doors_of_the_watch_take_no_writing(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "back"), [
    ("/escalations/forms/make/", "/escalations/forms/"), ("/responses/a-template/edit/", "/responses/a-template/"),
    ("/escalations/forms/7/revoke/", "/escalations/forms/"), ("/sign-out/", ""),
])
def test_who_opens_a_forms_address_is_told_so_and_led_back(client: Client, path: str, back: str) -> None:
    client.force_login(person(Role.LEAD))
    answer = client.get(path, headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "There is nothing to open here" in answer.content.decode()
    assert answer.context["back"] == back


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"Accept": "text/html", "HX-Request": "true"}])
def test_a_program_or_a_script_gets_the_bare_answer(client: Client, headers: dict[str, str]) -> None:
    client.force_login(person(Role.LEAD))
    answer = client.get("/escalations/forms/make/", headers=headers)
    assert (answer.status_code, answer.content) == (405, b"")

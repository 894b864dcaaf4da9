"""What every request goes through first."""

import pytest
from django.test import Client

from people.choices import Role
from people.tests.factories import person


def test_every_answer_carries_an_id_and_a_proxys_well_formed_one_is_kept(client: Client) -> None:
    assert len(client.get("/healthz")["X-Request-ID"]) == 32
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345678"})["X-Request-ID"] == "abc-12345678"


@pytest.mark.parametrize("given", ["short", "has space here", "x" * 65, "né-not-ascii-1", "a\x0bbbbbbbbb"])
def test_a_malformed_id_is_replaced(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_a_body_that_says_it_is_too_large_is_refused_in_words(client: Client) -> None:
    answer = client.generic("POST", "/webhooks/jira/", b"x", CONTENT_LENGTH="6000000")
    assert answer.status_code == 413
    assert "larger than the 5 MB" in answer.content.decode()


def test_every_page_is_served_under_a_strict_policy(client: Client) -> None:
    policy = client.get("/healthz")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert client.get("/healthz")["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["\x00" * 32, "a" * 31 + "\x00", "short", "x" * 65, "É" * 32, "' OR 1=1", ""])
@pytest.mark.parametrize("path", ["/", "/board/", "/sign-in/", "/api/v1/tickets/", "/board/live/"])
def test_a_session_cookie_that_no_portal_has_written_is_none(client: Client, cookie: str, path: str) -> None:
    without = client.get(path).status_code
    client.cookies["set_session"] = cookie
    assert client.get(path, headers={"Cookie": f"set_session={cookie}"}).status_code == without < 500


@pytest.mark.django_db
def test_a_session_of_the_portal_goes_on(client: Client) -> None:
    client.force_login(person(Role.VIEWER))
    assert client.get("/board/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["more-off", "more-unmapped", "more-done", "more-", "more-\x00", "more-nowhere"])
def test_a_part_of_the_board_that_there_is_not_is_the_whole_of_it(client: Client, target: str) -> None:
    client.force_login(person(Role.VIEWER))
    assert client.get("/board/", headers={"HX-Request": "true", "HX-Target": target}).status_code == 200


@pytest.mark.parametrize("address", ["http://[", "http://testserver:x/", "\x00", "//", "é"])
def test_an_address_that_is_none_leads_to_the_first_page(client: Client, address: str) -> None:
    answer = client.get("/board/", headers={"HX-Request": "true", "HX-Current-URL": address})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/sign-in/")


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["%00", "1%0d%0aX-Other:%20y", "1", "2", "%F0%9F%92%A9"])
def test_the_schema_has_one_version_whatever_is_asked_for(client: Client, version: str) -> None:
    client.force_login(person(Role.VIEWER))
    answer = client.get(f"/api/schema/?version={version}")
    assert answer.status_code == 200
    assert "X-Other" not in answer


def test_healthz_asks_no_database_whoever_comes(client: Client) -> None:
    client.cookies["set_session"] = "a" * 32  # a test without `db` may not ask it
    assert client.get("/healthz").json() == {"alive": True}
    assert client.head("/healthz").status_code == 200
    assert "no-store" in client.get("/healthz")["Cache-Control"]
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.mark.django_db
def test_healthz_takes_nothing_else(client: Client) -> None:
    assert client.post("/healthz").status_code == 405

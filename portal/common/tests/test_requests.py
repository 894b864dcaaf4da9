"""What every request goes through first."""

import pytest
from django.test import Client


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

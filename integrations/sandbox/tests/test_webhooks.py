"""Webhooks are signed, come again with the same identifier, and never delay the answer."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox
from integrations.sandbox.tests.receiver import Receiver, receive
from portal.tests.patience import until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receive() as running:
        yield running


@pytest.fixture
def sandbox(receiver: Receiver) -> Iterator[Sandbox]:
    options: dict[str, Any] = {"issues": 5, "webhook_retry_seconds": 0.02}
    with run_sandbox(webhook_url=receiver.url, webhook_secret="s3cret", **options) as running:
        yield running


def events(receiver: Receiver, count: int) -> list[Any]:
    return [json.loads(body) for _, body in receiver.wait(count)]


def answers(sandbox: Sandbox) -> list[int]:
    """What the receiver answered to the first delivery."""
    return list(sandbox.control("webhooks", method="GET")["deliveries"][0]["statuses"])


def test_an_edit_is_told_with_its_change_log_and_signed(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.jira("PUT", "/rest/api/2/issue/MM-1", json={"fields": {"summary": "Told"}})
    headers, body = receiver.wait(1)[0]
    wanted = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature"] == f"sha256={wanted}"
    assert headers["x-atlassian-webhook-identifier"]
    event = json.loads(body)
    assert event["webhookEvent"] == "jira:issue_updated"
    assert event["issue"]["key"] == "MM-1"
    assert event["issue"]["self"].startswith(sandbox.jira_url)
    assert event["changelog"]["items"][0]["toString"] == "Told"


def test_each_kind_of_change_has_its_event(sandbox: Sandbox, receiver: Receiver) -> None:
    fields = {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "New"}
    sandbox.jira("POST", "/rest/api/2/issue", json={"fields": fields})
    number = sandbox.jira("POST", "/rest/api/2/issue/MM-2/comment", json={"body": "one"}).json()["id"]
    sandbox.jira("PUT", f"/rest/api/2/issue/MM-2/comment/{number}", json={"body": "two"})
    sandbox.jira("DELETE", f"/rest/api/2/issue/MM-2/comment/{number}")
    sandbox.jira("DELETE", "/rest/api/2/issue/MM-3")
    names = {event["webhookEvent"] for event in events(receiver, 5)}
    assert names == {
        "jira:issue_created", "comment_created", "comment_updated", "comment_deleted", "jira:issue_deleted",
    }  # fmt: skip


def test_a_failing_receiver_gets_it_again_with_the_same_identifier(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [503, 429, 408]
    sandbox.jira("PUT", "/rest/api/2/issue/MM-1", json={"fields": {"summary": "Again"}})
    got = receiver.wait(4)
    assert len({headers["x-atlassian-webhook-identifier"] for headers, _ in got}) == 1
    assert len({body for _, body in got}) == 1


def test_a_refusal_is_final(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [403]
    sandbox.jira("PUT", "/rest/api/2/issue/MM-1", json={"fields": {"summary": "Refused"}})
    receiver.wait(1)
    until(lambda: answers(sandbox) == [403], "the refusal was not noted")
    time.sleep(0.2)
    assert len(receiver.got) == 1
    assert answers(sandbox) == [403]


def test_a_receiver_that_hangs_does_not_keep_the_answer(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.free.clear()
    assert sandbox.jira("PUT", "/rest/api/2/issue/MM-1", json={"fields": {"summary": "Quick"}}).status_code == 204
    assert answers(sandbox) == []  # nobody has answered, nor was given up
    receiver.wait(1)


def test_neither_a_re_rank_nor_a_bulk_change_is_told(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.jira("PUT", "/rest/agile/1.0/issue/rank", json={"issues": ["MM-5"], "rankBeforeIssue": "MM-1"})
    sandbox.bulk("set", jql="project = MM", fields={"labels": ["x"]})
    sandbox.jira("PUT", "/rest/api/2/issue/MM-1", json={"fields": {"summary": "The only one"}})
    assert [event["changelog"]["items"][0]["field"] for event in events(receiver, 1)] == ["summary"]


def test_data_center_tells_of_a_comment_twice_and_once_without_its_issue(receiver: Receiver) -> None:
    with run_sandbox(webhook_url=receiver.url, flavour="datacenter", issues=2) as sandbox:
        sandbox.jira("POST", "/rest/api/2/issue/MM-1/comment", json={"body": "hello"})
        found = {event["webhookEvent"]: event for event in events(receiver, 2)}
        assert "issue" not in found["comment_created"]
        assert found["jira:issue_updated"]["issue_event_type_name"] == "issue_commented"
        assert "x-hub-signature" not in receiver.got[0][0]

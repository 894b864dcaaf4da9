"""What goes wrong on demand, and what a restart finds again."""

import time
from pathlib import Path

import httpx
import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox

MYSELF = "/rest/api/2/myself"
COMMENT = "/rest/api/2/issue/MM-1/comment"


@pytest.fixture(scope="module")
def shared() -> object:
    with run_sandbox(issues=4) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.clear_faults()
    shared.reset_log()
    return shared


def comments(sandbox: Sandbox) -> int:
    return int(sandbox.jira("GET", COMMENT).json()["total"])


@pytest.mark.parametrize("wait", [600, "Wed, 21 Oct 2037 07:28:00 GMT"])
def test_a_status_with_retry_after_hits_only_so_often(sandbox: Sandbox, wait: object) -> None:
    sandbox.fault(path="myself$", method="GET", status=429, retry_after=wait, times=2)
    for _ in range(2):
        answer = sandbox.jira("GET", MYSELF)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, str(wait))
    assert sandbox.jira("GET", MYSELF).status_code == 200
    assert [seen["status"] for seen in sandbox.requests()] == [429, 429, 200]


def test_a_login_page_comes_with_status_200(sandbox: Sandbox) -> None:
    sandbox.fault(path="myself", html=True)
    answer = sandbox.jira("GET", MYSELF)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html;charset=UTF-8")


def test_garbage_claims_to_be_json(sandbox: Sandbox) -> None:
    sandbox.fault(path="myself", garbage=True)
    answer = sandbox.jira("GET", MYSELF)
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_half_an_answer_breaks_off(sandbox: Sandbox) -> None:
    sandbox.fault(path="myself", truncate=True)
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.jira("GET", MYSELF)


def test_a_connection_dropped_before_has_no_effect_and_one_dropped_after_has(sandbox: Sandbox) -> None:
    for drop, effect in (("before", 0), ("after", 1)):
        before = comments(sandbox)
        sandbox.fault(path="comment$", method="POST", drop=drop)
        with pytest.raises(httpx.TransportError):
            sandbox.jira("POST", COMMENT, json={"body": "lost answer"})
        assert comments(sandbox) == before + effect


def test_a_write_can_be_applied_and_still_answer_an_error(sandbox: Sandbox) -> None:
    before = comments(sandbox)
    sandbox.fault(path="comment$", method="POST", status=502, apply=True)
    assert sandbox.jira("POST", COMMENT, json={"body": "applied"}).status_code == 502
    assert comments(sandbox) == before + 1


def test_a_delay_is_a_delay(sandbox: Sandbox) -> None:
    sandbox.fault(path="myself", delay_ms=150)
    started = time.monotonic()
    assert sandbox.jira("GET", MYSELF).status_code == 200
    assert time.monotonic() - started >= 0.15


def test_an_unknown_word_in_a_fault_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        sandbox.fault(pth="myself")


def test_faults_of_the_mattermost_are_its_own(sandbox: Sandbox) -> None:
    sandbox.fault(chat=True, path="users/me", status=503)
    assert sandbox.jira("GET", MYSELF).status_code == 200
    assert sandbox.mattermost("GET", "users/me").status_code == 503
    sandbox.clear_faults(chat=True)


def test_kill_9_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    with run_sandbox(state=tmp_path) as sandbox:
        sandbox.jira("PUT", "/rest/api/2/issue/MM-20", json={"fields": {"summary": "Kept"}})
        sandbox.jira("POST", "/rest/api/2/issue/MM-20/comment", json={"body": "kept too"})
        moved = sandbox.bulk("move", issues=["CLD-1"], project="MM")["moved"]["CLD-1"]
        sandbox.bulk("delete", issues=["CLD-2"])
        channel = _channel(sandbox)
        post = sandbox.mattermost("POST", "posts", json={"channel_id": channel, "message": "kept"}).json()
        before, clock = sandbox.counts(), sandbox.jira("GET", "/rest/api/2/issue/MM-30").json()
        sandbox.kill()
        sandbox.start()
        assert sandbox.counts() == before
        assert sandbox.jira("GET", "/rest/api/2/issue/MM-30").json() == clock
        issue = sandbox.jira("GET", "/rest/api/2/issue/MM-20", params={"expand": "changelog"}).json()
        assert issue["fields"]["summary"] == "Kept"
        assert issue["fields"]["comment"]["comments"][-1]["body"] == "kept too"
        assert sandbox.jira("GET", "/rest/api/2/issue/CLD-1").json()["key"] == moved
        assert sandbox.jira("GET", "/rest/api/2/issue/CLD-2").status_code == 404
        assert sandbox.mattermost("GET", f"posts/{post['id']}").json()["message"] == "kept"
        # Ids given out after the restart are new ones.
        sandbox.jira("PUT", "/rest/api/2/issue/MM-20", json={"fields": {"summary": "Kept on"}})
        log = sandbox.jira("GET", "/rest/api/2/issue/MM-20/changelog").json()["values"]
        assert len({entry["id"] for entry in log}) == len(log)


def test_state_of_other_content_is_made_again_and_fresh_throws_it_away(tmp_path: Path) -> None:
    with run_sandbox(state=tmp_path, issues=3) as sandbox:
        sandbox.bulk("delete", issues=["MM-1"])
    with run_sandbox(state=tmp_path, issues=3) as sandbox:
        assert sandbox.counts()["issues"] == 2
    with run_sandbox(state=tmp_path, issues=3, fresh=True) as sandbox:
        assert sandbox.counts()["issues"] == 3
    with run_sandbox(state=tmp_path, issues=7, flavour="datacenter") as sandbox:
        assert sandbox.counts()["issues"] == 7


def test_it_ends_though_connections_are_open() -> None:
    with run_sandbox(issues=1) as sandbox:
        sandbox.jira("GET", MYSELF)
        sandbox.stop()  # it waits for the end, with patience


def _channel(sandbox: Sandbox) -> str:
    path = "teams/name/community/channels/name/town-square"
    return str(sandbox.mattermost("GET", path).json()["id"])

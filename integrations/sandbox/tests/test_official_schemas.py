"""The main answers are valid against the official API documents."""

import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox
from integrations.sandbox.tests.conftest import SHARED

jsonschema = pytest.importorskip("jsonschema")
SPECS = SHARED / "specs"

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason=f"the official API documents are absent: {SPECS}")


@functools.cache
def document(name: str) -> Any:
    with gzip.open(Path(SPECS / f"{name}.openapi.json.gz"), "rt", encoding="utf-8") as text:
        return json.load(text)


def without_nulls(value: Any) -> Any:
    """Drop nulls: Jira gives null for what is unset, while its document knows no null at all."""
    if isinstance(value, dict):
        return {key: without_nulls(entry) for key, entry in value.items() if entry is not None}
    return [without_nulls(entry) for entry in value] if isinstance(value, list) else value


def check(name: str, method: str, path: str, answer: Any) -> None:
    """Validate one answer against what its operation promises for its status."""
    whole = document(name)
    operation = whole["paths"][path][method.lower()]
    assert str(answer.status_code) in operation["responses"], f"{answer.status_code} is not declared: {answer.text}"
    response = operation["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = whole["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    if schema is None or not answer.content:
        return
    validator = jsonschema.Draft4Validator({**schema, "components": whole["components"]})
    faults = [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
        for e in validator.iter_errors(without_nulls(answer.json()))
    ]
    assert not faults, "\n".join(faults[:5])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with run_sandbox() as running:
        yield running


V3 = "/rest/api/3/"
ONE = V3 + "issue/{issueIdOrKey}"
READS = [
    (V3 + "serverInfo", {}, {}), (V3 + "myself", {}, {}), (V3 + "field", {}, {}), (V3 + "status", {}, {}),
    (V3 + "statuscategory", {}, {}), (V3 + "priority", {}, {}), (V3 + "resolution", {}, {}),
    (V3 + "issuetype", {}, {}), (V3 + "issueLinkType", {}, {}), (V3 + "project", {}, {}),
    (V3 + "project/search", {}, {}), (V3 + "project/{projectIdOrKey}", {"projectIdOrKey": "MM"}, {}),
    (V3 + "project/{projectIdOrKey}/statuses", {"projectIdOrKey": "MM"}, {}),
    (V3 + "project/{projectIdOrKey}/versions", {"projectIdOrKey": "MM"}, {}),
    (V3 + "project/{projectIdOrKey}/components", {"projectIdOrKey": "MM"}, {}),
    (V3 + "user", {}, {"accountId": "5f3c9a10b4e7d2006f1a0e01"}), (V3 + "user/search", {}, {"query": "a"}),
    (V3 + "users/search", {}, {}), (V3 + "user/assignable/search", {}, {"project": "MM"}),
    (V3 + "search/jql", {}, {"jql": "project = MM", "fields": "*all", "expand": "changelog,names", "maxResults": 100}),
    (V3 + "search/jql", {}, {"jql": "project = MM", "fields": "id"}),
    (ONE, {"issueIdOrKey": "MM-40"}, {"expand": "changelog,transitions,names"}),
    (ONE + "/changelog", {"issueIdOrKey": "MM-40"}, {}), (ONE + "/comment", {"issueIdOrKey": "MM-40"}, {}),
    (ONE + "/transitions", {"issueIdOrKey": "MM-40"}, {"expand": "transitions.fields"}),
    (ONE + "/properties", {"issueIdOrKey": "MM-40"}, {}),
    ("/rest/agile/1.0/board", {}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "parts", "query"), READS)
def test_reading_the_jira(sandbox: Sandbox, path: str, parts: dict[str, str], query: dict[str, Any]) -> None:
    answer = sandbox.jira("GET", path.format(**parts), params=query)
    assert answer.status_code == 200
    check("jira", "GET", path, answer)


TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}]}
NEW = {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "New", "description": TEXT}
WRITES: list[tuple[str, str, str, Any, int]] = [
    ("POST", V3 + "issue", "", {"fields": NEW}, 201),
    ("PUT", ONE, "MM-41", {"fields": {"labels": ["a"]}, "update": {"components": [{"add": {"name": "Search"}}]}}, 204),
    ("POST", ONE + "/comment", "MM-41", {"body": TEXT, "properties": [{"key": "k", "value": {"v": 1}}]}, 201),
    ("PUT", ONE + "/assignee", "MM-41", {"accountId": "5f3c9a10b4e7d2006f1a0e02"}, 204),
    ("POST", ONE + "/remotelink", "MM-41", {"object": {"url": "https://git.example.test/1", "title": "PR"}}, 201),
    (
        "POST",
        V3 + "issue/bulkfetch",
        "",
        {"issueIdsOrKeys": ["MM-41"], "fields": ["*all"], "expand": ["changelog"]},
        200,
    ),
    ("POST", V3 + "changelog/bulkfetch", "", {"issueIdsOrKeys": ["MM-41", "MM-40"]}, 200),
    ("POST", V3 + "search/approximate-count", "", {"jql": "project = MM"}, 200),
    ("PUT", V3 + "issue/archive", "", {"issueIdsOrKeys": ["MM-42", "MM-99999"]}, 200),
    ("PUT", "/rest/agile/1.0/issue/rank", "", {"issues": ["MM-50"], "rankAfterIssue": "MM-51"}, 204),
    ("PUT", "/rest/agile/1.0/issue/rank", "", {"issues": ["MM-50", "MM-99999"], "rankAfterIssue": "MM-51"}, 207),
    ("DELETE", ONE, "MM-43", None, 204),
]


@pytest.mark.parametrize(("method", "path", "key", "body", "status"), WRITES)
def test_writing_to_the_jira(sandbox: Sandbox, method: str, path: str, key: str, body: Any, status: int) -> None:
    answer = sandbox.jira(method, path.format(issueIdOrKey=key), json=body)
    assert answer.status_code == status, answer.text
    check("jira", method, path, answer)


V4 = "/api/v4/"
CHAT_READS = [
    ("users/{user_id}", "users/me"), ("users/username/{username}", "users/username/priya.v"),
    ("users/email/{email}", "users/email/hana.lindqvist@example.test"), ("users", "users"), ("teams", "teams"),
    ("teams/name/{team_name}", "teams/name/community"), ("teams/{team_id}", "teams/{team}"),
    ("teams/{team_id}/channels/name/{channel_name}", "teams/{team}/channels/name/town-square"),
    ("channels/{channel_id}", "channels/{channel}"), ("channels/{channel_id}/members", "channels/{channel}/members"),
    ("channels/{channel_id}/posts", "channels/{channel}/posts"), ("posts/{post_id}", "posts/{post}"),
    ("posts/{post_id}/thread", "posts/{post}/thread"), ("posts/{post_id}/reactions", "posts/{post}/reactions"),
]  # fmt: skip


@pytest.fixture(scope="module")
def ids(sandbox: Sandbox) -> dict[str, str]:
    channel = sandbox.mattermost("GET", "teams/name/community/channels/name/ask-r-and-d").json()
    body = {"channel_id": channel["id"], "message": "Hello", "props": {"set_delivery": "1"}}
    made = sandbox.mattermost("POST", "posts", json=body)
    check("mattermost", "POST", V4 + "posts", made)
    me = sandbox.mattermost("GET", "users/me").json()["id"]
    reaction = sandbox.mattermost(
        "POST", "reactions", json={"user_id": me, "post_id": made.json()["id"], "emoji_name": "eyes"}
    )
    check("mattermost", "POST", V4 + "reactions", reaction)
    return {"channel": channel["id"], "team": channel["team_id"], "post": made.json()["id"]}


@pytest.mark.parametrize(("path", "asked"), CHAT_READS)
def test_reading_the_mattermost(sandbox: Sandbox, ids: dict[str, str], path: str, asked: str) -> None:
    check("mattermost", "GET", V4 + path, sandbox.mattermost("GET", asked.format(**ids)))


def test_writing_to_the_mattermost(sandbox: Sandbox, ids: dict[str, str]) -> None:
    patched = sandbox.mattermost("PUT", f"channels/{ids['channel']}/patch", json={"header": "New"})
    check("mattermost", "PUT", V4 + "channels/{channel_id}/patch", patched)
    edited = sandbox.mattermost("PUT", f"posts/{ids['post']}/patch", json={"message": "Edited"})
    check("mattermost", "PUT", V4 + "posts/{post_id}/patch", edited)
    body = {"team_id": ids["team"], "name": "incident-1", "display_name": "Incident 1", "type": "O"}
    check("mattermost", "POST", V4 + "channels", sandbox.mattermost("POST", "channels", json=body))
    refused = sandbox.mattermost("PUT", f"channels/{ids['channel']}/patch", json={"header": "x" * 1025})
    check("mattermost", "PUT", V4 + "channels/{channel_id}/patch", refused)

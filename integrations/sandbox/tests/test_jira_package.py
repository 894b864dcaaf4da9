"""The `jira` package, which the portal's client builds on, can talk to the sandbox."""

from collections.abc import Iterator

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox

jira = pytest.importorskip("jira")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with run_sandbox() as running:
        yield running


def test_the_package_works_against_the_cloud(sandbox: Sandbox) -> None:
    client = jira.JIRA(sandbox.jira_url, basic_auth=(sandbox.jira_email, sandbox.jira_token), max_retries=0)
    assert client._is_cloud
    assert client.myself()["timeZone"] == "America/New_York"
    page = client.enhanced_search_issues("project = MM", maxResults=5, fields="summary", json_result=True)
    assert len(page["issues"]) == 5
    assert page["nextPageToken"]
    issues = client.enhanced_search_issues("project = CLD", maxResults=False, fields="summary,status")
    assert len(issues) == 40
    issue = client.issue("MM-30", expand="changelog")
    before = issue.fields.status.name
    assert [step for step in client.transitions(issue) if step["to"]["name"] != before]
    comment = client.add_comment("MM-30", "Said by the package")
    assert client.comment("MM-30", comment.id).body == "Said by the package"
    issue.update(fields={"summary": "Changed by the package"})
    assert client.issue("MM-30").fields.summary == "Changed by the package"


def test_the_package_ranks_and_creates(sandbox: Sandbox) -> None:
    client = jira.JIRA(sandbox.jira_url, basic_auth=(sandbox.jira_email, sandbox.jira_token), max_retries=0)
    made = client.create_issue(project="MM", issuetype={"name": "Bug"}, summary="Made by the package")
    client.rank(made.key, next_issue="MM-20")
    step = next(entry for entry in client.transitions(made) if entry["to"]["name"] == "To Do")
    client.transition_issue(made, step["id"])
    assert client.issue(made.key).fields.status.name == "To Do"


def test_the_package_works_against_data_center(datacenter: Sandbox) -> None:
    client = jira.JIRA(datacenter.jira_url, token_auth=datacenter.jira_token, max_retries=0)
    assert not client._is_cloud
    assert client.myself()["name"] == "set-portal"
    assert client.search_issues("project = MM", maxResults=1, json_result=True)["total"] == 400
    assert len(client.search_issues("project = CLD", maxResults=False)) == 40
    client.add_comment("CLD-1", "Said by the package")
    assert client.transitions("CLD-1")

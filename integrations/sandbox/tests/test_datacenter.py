"""Data Center: v2 only, search by startAt, people by name."""

import pytest

from integrations.sandbox.testing import Sandbox


def test_search_pages_by_start_at_and_tells_the_total(datacenter: Sandbox) -> None:
    seen, start = [], 0
    while True:
        query = {"jql": "project = MM ORDER BY key", "startAt": start, "maxResults": 150, "fields": "summary"}
        page = datacenter.jira("GET", "/rest/api/2/search", params=query).json()
        seen += [issue["key"] for issue in page["issues"]]
        start += len(page["issues"])
        if start >= page["total"]:
            break
    assert len(set(seen)) == len(seen) == 400


def test_an_unbounded_search_is_allowed(datacenter: Sandbox) -> None:
    assert datacenter.jira("POST", "/rest/api/2/search", json={"jql": "", "maxResults": 1}).json()["total"] == 440


def test_people_have_names_and_no_account_ids(datacenter: Sandbox) -> None:
    issue = datacenter.jira("GET", "/rest/api/2/issue/MM-20", params={"expand": "changelog"}).json()
    reporter = issue["fields"]["reporter"]
    assert reporter["name"]
    assert reporter["key"]
    assert "accountId" not in str(issue)
    assert datacenter.jira("GET", "/rest/api/2/user", params={"username": reporter["name"]}).json() == reporter


def test_the_server_says_what_it_is(datacenter: Sandbox) -> None:
    assert datacenter.jira("GET", "/rest/api/2/serverInfo").json()["deploymentType"] == "Server"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/rest/api/2/search/jql"),
        ("POST", "/rest/api/2/issue/bulkfetch"),
        ("POST", "/rest/api/2/changelog/bulkfetch"),
        ("GET", "/rest/api/2/issue/MM-20/changelog"),
        ("GET", "/rest/api/3/myself"),
    ],
)
def test_what_only_the_cloud_has_is_absent(datacenter: Sandbox, method: str, path: str) -> None:
    body: dict[str, dict[str, str]] = {"json": {}} if method == "POST" else {}
    assert datacenter.jira(method, path, **body).status_code in (404, 405)


def test_a_wrong_or_basic_sign_in_is_refused(datacenter: Sandbox) -> None:
    for given in ("Bearer wrong", "Basic c2V0LXBvcnRhbEBleGFtcGxlLnRlc3Q6c2FuZGJveC10b2tlbg=="):
        answer = datacenter._client.get(f"{datacenter.jira_url}/rest/api/2/myself", headers={"Authorization": given})
        assert answer.status_code == 401

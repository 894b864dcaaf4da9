"""What the mirror asks first: search, its pages, its dates, its limits."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox

ZONE = ZoneInfo("America/New_York")


def search(sandbox: Sandbox, jql: str, **more: Any) -> Any:
    answer = sandbox.jira("POST", "/rest/api/3/search/jql", json={"jql": jql, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def keys(sandbox: Sandbox, jql: str) -> list[str]:
    return [issue["key"] for issue in search(sandbox, jql, fields=["summary"], maxResults=100)["issues"]]


def test_pages_follow_the_token_and_together_hold_every_issue_once(cloud: Sandbox) -> None:
    jql, token, seen = "project in (MM, CLD) ORDER BY created ASC", None, []
    for _ in range(20):
        page = search(cloud, jql, fields=["summary"], maxResults=100, **({"nextPageToken": token} if token else {}))
        seen += [issue["id"] for issue in page["issues"]]
        token = page.get("nextPageToken")
        assert page["isLast"] is (token is None)
        if token is None:
            break
    assert len(seen) == len(set(seen)) == cloud.counts()["issues"] == 440


def test_a_page_holds_at_most_100_issues_with_fields_but_5000_ids(cloud: Sandbox) -> None:
    assert len(search(cloud, "project = MM", fields=["summary"], maxResults=5000)["issues"]) == 100
    census = search(cloud, "project = MM", fields=["id"], maxResults=5000)
    assert len(census["issues"]) == 400
    assert set(census["issues"][0]) == {"id"}


def test_without_named_fields_only_ids_are_given(cloud: Sandbox) -> None:
    assert set(search(cloud, "project = MM", maxResults=1)["issues"][0]) == {"id"}


def test_a_token_belongs_to_its_query(cloud: Sandbox) -> None:
    token = search(cloud, "project = MM", maxResults=2)["nextPageToken"]
    for body in ({"jql": "project = CLD", "nextPageToken": token}, {"jql": "project = MM", "nextPageToken": "x"}):
        answer = cloud.jira("POST", "/rest/api/3/search/jql", json=body)
        assert answer.status_code == 400
        assert answer.json()["errorMessages"]


def test_a_token_outlives_a_restart_of_the_cached_search(cloud: Sandbox) -> None:
    first = search(cloud, "project = MM ORDER BY id", maxResults=3)
    cloud.control("expire-tokens")
    second = search(cloud, "project = MM ORDER BY id", maxResults=3, nextPageToken=first["nextPageToken"])
    assert [issue["id"] for issue in second["issues"]] == ["10503", "10504", "10505"]


@pytest.mark.parametrize("jql", ["", "ORDER BY created"])
def test_an_unbounded_query_is_refused(cloud: Sandbox, jql: str) -> None:
    answer = cloud.jira("GET", "/rest/api/2/search/jql", params={"jql": jql})
    assert answer.status_code == 400
    assert "Unbounded" in answer.json()["errorMessages"][0]


@pytest.mark.parametrize(
    "jql",
    [
        "project = NOPE",
        "status = Nonsense",
        "colour = red",
        "project =",
        "project = MM AND",
        "updated >= yesterday-ish",
    ],
)
def test_bad_jql_is_refused_in_jiras_form(cloud: Sandbox, jql: str) -> None:
    answer = cloud.jira("GET", "/rest/api/3/search/jql", params={"jql": jql})
    assert answer.status_code == 400
    assert set(answer.json()) == {"errorMessages", "errors"}


def test_the_old_search_is_gone(cloud: Sandbox) -> None:
    for method in ("GET", "POST"):
        answer = cloud.jira(method, "/rest/api/2/search", **({"json": {}} if method == "POST" else {}))
        assert answer.status_code == 410
        assert "search/jql" in answer.json()["errorMessages"][0]


def test_a_date_literal_is_read_in_the_accounts_zone_to_the_minute(cloud: Sandbox) -> None:
    assert cloud.jira("GET", "/rest/api/3/myself").json()["timeZone"] == "America/New_York"
    newest = search(cloud, "project = CLD ORDER BY updated DESC", fields=["updated"], maxResults=1)["issues"][0]
    at = datetime.fromisoformat(newest["fields"]["updated"]).astimezone(ZONE)
    minute, later = f"{at:%Y-%m-%d %H:%M}", f"{at + timedelta(minutes=1):%Y-%m-%d %H:%M}"
    assert newest["key"] in keys(cloud, f'project = CLD AND updated >= "{minute}"')
    assert newest["key"] not in keys(cloud, f'project = CLD AND updated >= "{later}"')
    as_utc = at.astimezone(ZoneInfo("UTC"))
    assert newest["key"] not in keys(cloud, f'project = CLD AND updated >= "{as_utc:%Y-%m-%d %H:%M}"')


def test_order_by_rank_is_the_order_of_the_rank_strings(cloud: Sandbox) -> None:
    page = search(
        cloud, 'project = MM AND status = "To Do" ORDER BY Rank ASC', fields=["customfield_10019"], maxResults=50
    )
    ranks = [issue["fields"]["customfield_10019"] for issue in page["issues"]]
    assert 15 <= len(ranks) <= 25
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("project = MM AND statusCategory = Done", "project = MM AND status in (Done, Closed)"),
        ("project = MM AND statusCategory != Done", 'project = MM AND NOT (status = "Done" OR status = Closed)'),
        ("project = MM AND labels = customer-bug", 'project = MM AND labels in ("customer-bug")'),
        ("project = MM AND resolution is EMPTY", "project = MM AND resolution = Unresolved"),
        ("project = MM AND assignee is not EMPTY", "project = MM AND NOT assignee is EMPTY"),
        ("key in (MM-9, CLD-2)", "key = MM-9 OR issuekey = CLD-2"),
    ],
)
def test_two_ways_to_ask_find_the_same(cloud: Sandbox, one: str, same: str) -> None:
    found = keys(cloud, f"{one} ORDER BY key DESC, created")
    assert found
    assert found == keys(cloud, f"{same} ORDER BY key DESC, created")


def test_text_search_looks_into_summary_description_and_comments(cloud: Sandbox) -> None:
    found = search(cloud, 'project = MM AND summary ~ "websocket"', fields=["summary"], maxResults=5)["issues"]
    assert found
    assert all("websocket" in issue["fields"]["summary"].lower() for issue in found)
    assert keys(cloud, 'project = MM AND text ~ "bisect tomorrow"')


def test_an_approximate_count_is_given(cloud: Sandbox) -> None:
    answer = cloud.jira("POST", "/rest/api/3/search/approximate-count", json={"jql": "project = MM"})
    assert answer.json() == {"count": 400}


def test_search_can_lag_behind_a_write_but_reconciled_issues_do_not() -> None:
    with run_sandbox(issues=5, index_delay_seconds=30) as sandbox:
        sandbox.bulk("set", issues=["MM-3"], fields={"labels": ["fresh"]})
        assert sandbox.jira("GET", "/rest/api/3/issue/MM-3").json()["fields"]["labels"] == ["fresh"]
        assert search(sandbox, "project = MM AND labels = fresh", fields=["labels"])["issues"] == []
        number = 100002
        page = search(sandbox, "project = MM AND labels = fresh", fields=["labels"], reconcileIssues=[number])
        assert [issue["id"] for issue in page["issues"]] == [str(number)]
        sandbox.control("index-delay", {"seconds": 0})


def test_of_a_long_change_log_search_gives_only_the_newest_but_counts_all() -> None:
    with run_sandbox(issues=3, changes=95) as sandbox:
        issue = search(sandbox, "key = MM-1", fields=["status"], expand="changelog")["issues"][0]
        log = issue["changelog"]
        assert (log["total"], len(log["histories"])) == (95, 40)
        pages, start = [], 0
        while True:
            page = sandbox.jira(
                "GET", "/rest/api/3/issue/MM-1/changelog", params={"startAt": start, "maxResults": 50}
            ).json()
            pages += page["values"]
            start += len(page["values"])
            if page["isLast"]:
                break
        assert len({history["id"] for history in pages}) == 95
        assert {history["id"] for history in log["histories"]} == {history["id"] for history in pages[-40:]}
        assert [history["created"] for history in pages] == sorted(history["created"] for history in pages)


def test_change_logs_come_in_bulk_oldest_first_and_by_token() -> None:
    with run_sandbox(issues=4, changes=6) as sandbox:
        body: dict[str, Any] = {"issueIdsOrKeys": ["MM-1", "MM-2", "nothing"], "fieldIds": ["status"], "maxResults": 4}
        sandbox.control("bulk-dates", {"numbers": True})
        seen: dict[str, list[int]] = {}
        while True:
            page = sandbox.jira("POST", "/rest/api/3/changelog/bulkfetch", json=body).json()
            for log in page["issueChangeLogs"]:
                seen.setdefault(log["issueId"], []).extend(entry["created"] for entry in log["changeHistories"])
            if not page.get("nextPageToken"):
                break
            body["nextPageToken"] = page["nextPageToken"]
        assert {issue: len(found) for issue, found in seen.items()} == {"100000": 5, "100001": 5}
        assert all(found == sorted(found) for found in seen.values())


def test_bulk_fetch_leaves_missing_issues_out(cloud: Sandbox) -> None:
    body = {"issueIdsOrKeys": ["CLD-2", "MM-99999", "CLD-1"], "fields": ["summary"]}
    answer = cloud.jira("POST", "/rest/api/3/issue/bulkfetch", json=body).json()
    assert [issue["key"] for issue in answer["issues"]] == ["CLD-1", "CLD-2"]


def test_a_page_of_100_with_change_logs_is_quick() -> None:
    with run_sandbox(issues=6000, changes=5) as sandbox:
        for _ in range(3):
            page = search(sandbox, "project = MM ORDER BY updated", fields=["*all"], expand="changelog", maxResults=100)
            assert len(page["issues"]) == 100
        assert min(seen["ms"] for seen in sandbox.requests()) < 100
        assert sandbox.counts()["histories"] == 30_000

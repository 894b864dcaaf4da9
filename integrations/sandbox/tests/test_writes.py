"""Every write changes the issue, its log and its date, as a Jira does."""

from typing import Any

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox

RANK = "customfield_10019"


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with run_sandbox() as running:
        yield running


def issue(sandbox: Sandbox, key: str, expand: str = "changelog") -> Any:
    return sandbox.jira("GET", f"/rest/api/2/issue/{key}", params={"expand": expand}).json()


def first(sandbox: Sandbox, jql: str) -> str:
    body = {"jql": jql, "fields": ["status"], "maxResults": 1}
    return str(sandbox.jira("POST", "/rest/api/2/search/jql", json=body).json()["issues"][0]["key"])


def test_an_edit_writes_the_change_log_and_moves_updated(sandbox: Sandbox) -> None:
    key = first(sandbox, 'project = MM AND status = "To Do" AND priority != Highest')
    before = issue(sandbox, key)
    body = {
        "fields": {"priority": {"name": "Highest"}, "summary": "A better summary"},
        "update": {"labels": [{"add": "escalated"}]},
    }
    assert sandbox.jira("PUT", f"/rest/api/2/issue/{key}", json=body).status_code == 204
    after = issue(sandbox, key)
    assert after["fields"]["updated"] > before["fields"]["updated"]
    assert "escalated" in after["fields"]["labels"]
    newest = after["changelog"]["histories"][0]
    assert {item["field"] for item in newest["items"]} == {"priority", "summary", "labels"}
    assert newest["author"]["displayName"] == "SET Portal"


def test_a_refused_edit_changes_nothing_and_names_each_field(sandbox: Sandbox) -> None:
    body = {"fields": {"priority": {"name": "Purple"}, "status": {"name": "Done"}, "summary": "changed"}}
    answer = sandbox.jira("PUT", "/rest/api/2/issue/CLD-1", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"priority", "status"}
    assert issue(sandbox, "CLD-1")["fields"]["summary"] != "changed"


def test_closing_demands_a_resolution_that_the_transition_announces(sandbox: Sandbox) -> None:
    key = first(sandbox, "project = MM AND status = Backlog")
    path = f"/rest/api/3/issue/{key}/transitions"
    found = sandbox.jira("GET", path, params={"expand": "transitions.fields"}).json()["transitions"]
    close = next(entry for entry in found if entry["to"]["name"] == "Closed")
    assert close["fields"]["resolution"]["required"] is True
    refused = sandbox.jira("POST", path, json={"transition": {"id": close["id"]}})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["resolution"])
    body = {"transition": {"id": close["id"]}, "fields": {"resolution": {"name": "Duplicate"}}}
    assert sandbox.jira("POST", path, json=body).status_code == 204
    closed = issue(sandbox, key)
    assert closed["fields"]["resolution"]["name"] == "Duplicate"
    assert closed["fields"]["resolutiondate"]
    assert {item["field"] for item in closed["changelog"]["histories"][0]["items"]} == {"status", "resolution"}


def test_reopening_takes_the_resolution_away(sandbox: Sandbox) -> None:
    key = first(sandbox, "project = MM AND status = Done")
    assert sandbox.jira("POST", f"/rest/api/2/issue/{key}/transitions", json={"transition": {"id": "91"}}).is_success
    fields = issue(sandbox, key)["fields"]
    assert (fields["status"]["name"], fields["resolution"], fields["resolutiondate"]) == ("In Progress", None, None)


def test_a_transition_that_is_not_open_is_refused_and_ids_differ_by_project(sandbox: Sandbox) -> None:
    assert (
        sandbox.jira("POST", "/rest/api/2/issue/CLD-1/transitions", json={"transition": {"id": "41"}}).status_code
        == 400
    )
    found = sandbox.jira("GET", "/rest/api/2/issue/CLD-1/transitions").json()["transitions"]
    assert found
    assert all(int(entry["id"]) > 100 for entry in found)


def test_a_re_rank_moves_the_issue_but_neither_updated_nor_the_log(sandbox: Sandbox) -> None:
    body = {"jql": 'project = MM AND status = "To Do" ORDER BY Rank', "fields": ["updated"], "maxResults": 50}
    before = sandbox.jira("POST", "/rest/api/3/search/jql", json=body).json()["issues"]
    moved, anchor = before[-1]["key"], before[0]["key"]
    log = issue(sandbox, moved)["changelog"]["total"]
    answer = sandbox.jira("PUT", "/rest/agile/1.0/issue/rank", json={"issues": [moved], "rankBeforeIssue": anchor})
    assert answer.status_code == 204
    after = sandbox.jira("POST", "/rest/api/3/search/jql", json=body).json()["issues"]
    assert [entry["key"] for entry in after] == [moved, *[entry["key"] for entry in before[:-1]]]
    assert after[0]["fields"]["updated"] == before[-1]["fields"]["updated"]
    assert issue(sandbox, moved)["changelog"]["total"] == log


def test_ranking_again_and_again_between_two_neighbours_always_finds_room(sandbox: Sandbox) -> None:
    body = {"jql": "project = CLD ORDER BY Rank", "fields": [RANK], "maxResults": 50}
    for _ in range(60):
        listed = [entry["key"] for entry in sandbox.jira("POST", "/rest/api/3/search/jql", json=body).json()["issues"]]
        ask = {"issues": [listed[2]], "rankAfterIssue": listed[0]}
        assert sandbox.jira("PUT", "/rest/agile/1.0/issue/rank", json=ask).status_code == 204
        now = [entry["key"] for entry in sandbox.jira("POST", "/rest/api/3/search/jql", json=body).json()["issues"]]
        assert now[:3] == [listed[0], listed[2], listed[1]]


def test_ranking_answers_207_with_a_result_per_issue_where_some_are_unknown(sandbox: Sandbox) -> None:
    ask = {"issues": ["MM-20", "MM-99999"], "rankAfterIssue": "MM-21"}
    answer = sandbox.jira("PUT", "/rest/agile/1.0/issue/rank", json=ask)
    assert answer.status_code == 207
    assert [entry["status"] for entry in answer.json()["entries"]] == [200, 404]


def test_at_most_50_issues_are_ranked_at_once(sandbox: Sandbox) -> None:
    ask = {"issues": [f"MM-{number}" for number in range(20, 71)], "rankAfterIssue": "MM-15"}
    assert sandbox.jira("PUT", "/rest/agile/1.0/issue/rank", json=ask).status_code == 400


def test_a_created_issue_is_found_and_a_deleted_one_is_gone(sandbox: Sandbox) -> None:
    fields = {
        "project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Made by a test",
        "labels": ["set-0123456789ab"], "description": "h3. Steps\n# one\n# two",
    }  # fmt: skip
    body = {"fields": fields, "properties": [{"key": "set", "value": {"row": 1}}]}
    made = sandbox.jira("POST", "/rest/api/2/issue", json=body)
    assert made.status_code == 201
    key = made.json()["key"]
    assert first(sandbox, "project = MM AND labels = set-0123456789ab") == key
    assert sandbox.jira("GET", f"/rest/api/2/issue/{key}/properties/set").json()["value"] == {"row": 1}
    shown = sandbox.jira("GET", f"/rest/api/3/issue/{key}").json()["fields"]["description"]
    assert [block["type"] for block in shown["content"]] == ["heading", "orderedList"]
    assert sandbox.jira("DELETE", f"/rest/api/2/issue/{key}").status_code == 204
    assert sandbox.jira("GET", f"/rest/api/2/issue/{key}").status_code == 404


def test_comments_carry_properties_by_which_they_are_found_again(sandbox: Sandbox) -> None:
    path = "/rest/api/2/issue/CLD-3/comment"
    body = {"body": "Looked *twice*.", "properties": [{"key": "set_delivery", "value": {"key": "row-7"}}]}
    made = sandbox.jira("POST", path, json=body)
    assert made.status_code == 201
    listed = sandbox.jira("GET", path, params={"expand": "properties"}).json()
    assert listed["comments"][-1]["properties"] == body["properties"]
    assert "properties" not in sandbox.jira("GET", path).json()["comments"][-1]
    number = made.json()["id"]
    document = sandbox.jira("GET", f"/rest/api/3/issue/CLD-3/comment/{number}").json()["body"]
    assert document["content"][0]["content"][1]["marks"] == [{"type": "strong"}]
    assert sandbox.jira("PUT", f"{path}/{number}", json={"body": "Again."}).json()["body"] == "Again."
    assert sandbox.jira("DELETE", f"{path}/{number}").status_code == 204
    assert sandbox.jira("GET", f"{path}/{number}").status_code == 404


def test_v3_refuses_a_string_and_v2_a_document(sandbox: Sandbox) -> None:
    document = {"type": "doc", "version": 1, "content": []}
    assert sandbox.jira("POST", "/rest/api/3/issue/CLD-3/comment", json={"body": "text"}).status_code == 400
    assert sandbox.jira("PUT", "/rest/api/2/issue/CLD-3", json={"fields": {"description": document}}).status_code == 400


def test_a_document_written_in_v3_is_kept_whole(sandbox: Sandbox) -> None:
    panel = {"type": "panel", "attrs": {"panelType": "info"}, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "Read this"}]}]}  # fmt: skip
    document = {"type": "doc", "version": 1, "content": [panel]}
    assert sandbox.jira("PUT", "/rest/api/3/issue/CLD-4", json={"fields": {"description": document}}).is_success
    assert sandbox.jira("GET", "/rest/api/3/issue/CLD-4").json()["fields"]["description"] == document
    assert issue(sandbox, "CLD-4")["fields"]["description"] == "Read this"


def test_links_show_on_both_issues_until_removed(sandbox: Sandbox) -> None:
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "CLD-5"}, "outwardIssue": {"key": "CLD-6"}}
    assert sandbox.jira("POST", "/rest/api/2/issueLink", json=body).status_code == 201
    link = issue(sandbox, "CLD-5")["fields"]["issuelinks"][-1]
    assert link["outwardIssue"]["key"] == "CLD-6"
    assert issue(sandbox, "CLD-6")["fields"]["issuelinks"][-1]["inwardIssue"]["key"] == "CLD-5"
    assert sandbox.jira("DELETE", f"/rest/api/2/issueLink/{link['id']}").status_code == 204
    assert issue(sandbox, "CLD-6")["fields"]["issuelinks"] == []


def test_a_remote_link_with_a_known_global_id_is_changed_and_not_doubled(sandbox: Sandbox) -> None:
    path = "/rest/api/2/issue/CLD-7/remotelink"
    body = {"globalId": "pr=12", "object": {"url": "https://git.example.test/12", "title": "Pull request 12"}}
    assert sandbox.jira("POST", path, json=body).status_code == 201
    assert sandbox.jira("POST", path, json=body).status_code == 200
    assert len(sandbox.jira("GET", path).json()) == 1


def test_an_assignee_is_set_and_taken_away(sandbox: Sandbox) -> None:
    someone = sandbox.jira("GET", "/rest/api/2/user/assignable/search", params={"query": "tomasz"}).json()[0]
    for account in (someone["accountId"], None):
        assert sandbox.jira("PUT", "/rest/api/2/issue/CLD-8/assignee", json={"accountId": account}).status_code == 204
        shown = issue(sandbox, "CLD-8")["fields"]["assignee"]
        assert (shown and shown["accountId"]) == account


def test_moved_archived_and_deleted_issues_look_as_a_census_needs_them(sandbox: Sandbox) -> None:
    new = sandbox.bulk("move", issues=["CLD-20"], project="MM")["moved"]["CLD-20"]
    old = sandbox.jira("GET", "/rest/api/2/issue/CLD-20").json()
    assert (old["key"], old["fields"]["project"]["key"]) == (new, "MM")
    done = sandbox.jira("PUT", "/rest/api/3/issue/archive", json={"issueIdsOrKeys": ["CLD-21"]}).json()
    assert done["numberOfIssuesUpdated"] == 1
    sandbox.bulk("delete", issues=["CLD-22"])
    body = {"jql": "project = CLD", "fields": ["id"], "maxResults": 5000}
    assert len(sandbox.jira("POST", "/rest/api/3/search/jql", json=body).json()["issues"]) == 37
    assert sandbox.jira("GET", "/rest/api/2/issue/CLD-21").status_code == 200
    assert sandbox.jira("GET", "/rest/api/2/issue/CLD-22").status_code == 404


def test_many_issues_change_at_once_without_webhooks(sandbox: Sandbox) -> None:
    done = sandbox.bulk("set", jql="project = CLD AND status = Backlog", limit=3, fields={"status": "To Do"})
    assert done["count"] == 3
    assert issue(sandbox, done["issues"][0])["changelog"]["histories"][0]["items"][0]["toString"] == "To Do"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic bm9ib2R5Ondyb25n"}, {"Authorization": "Bearer sandbox-token"}]
)
def test_strangers_are_refused_in_jiras_form(sandbox: Sandbox, headers: dict[str, str]) -> None:
    answer = sandbox._client.get(f"{sandbox.jira_url}/rest/api/3/myself", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["errorMessages"]


def test_the_page_of_an_issue_is_plain_and_safe(sandbox: Sandbox) -> None:
    sandbox.bulk("set", issues=["CLD-9"], fields={"summary": "Less < and <script>"})
    page = sandbox._client.get(f"{sandbox.jira_url}/browse/CLD-9")
    assert "CLD-9 Less &lt; and &lt;script&gt;" in page.text
    front = sandbox._client.get(sandbox.jira_url + "/")
    assert '<a href="/browse/CLD-9">CLD-9 Less &lt; and &lt;script&gt;</a>' in front.text

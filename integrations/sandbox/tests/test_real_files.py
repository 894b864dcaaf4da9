"""Real issues are served as they are, whole, and can be written to."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox

FILES = ("apache_ase2015", "devlake_cloud", "titanium_6000")


def read(path: Path) -> dict[str, Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {issue["id"]: issue for issue in map(json.loads, lines)}


def everything(sandbox: Sandbox, projects: set[str], **more: Any) -> dict[str, Any]:
    named = ", ".join(f'"{key}"' for key in sorted(projects))
    body: dict[str, Any] = {"jql": f"project in ({named}) ORDER BY id", "maxResults": 100, "fields": ["*all"], **more}
    found: dict[str, Any] = {}
    while True:
        page = sandbox.jira("POST", "/rest/api/2/search/jql", json=body).json()
        found |= {issue["id"]: issue for issue in page["issues"]}
        if "nextPageToken" not in page:
            return found
        body["nextPageToken"] = page["nextPageToken"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_served_whole_and_unchanged(real_data: Path, name: str) -> None:
    path = real_data / f"{name}.jsonl.gz"
    given = read(path)
    with run_sandbox(data=path) as sandbox:
        counts = sandbox.counts()
        assert counts["issues"] == len(given)
        assert counts["statuses"] == Counter(issue["fields"]["status"]["name"] for issue in given.values())
        assert counts["histories"] == sum(len(_histories(issue)) for issue in given.values())
        found = everything(sandbox, set(counts["projects"]))
        assert found.keys() == given.keys()
        for number, issue in given.items():
            shown = found[number]["fields"]
            wanted = {key: value for key, value in issue["fields"].items() if key != "comment"}
            assert {key: value for key, value in shown.items() if key != "comment"} == wanted
            assert shown["comment"]["comments"] == (issue["fields"].get("comment") or {}).get("comments", [])


def _histories(issue: Any) -> list[Any]:
    return list((issue.get("changelog") or {}).get("histories") or [])


def test_change_logs_of_a_file_are_complete(real_data: Path) -> None:
    path = real_data / "apache_ase2015.jsonl.gz"
    given = read(path)
    with run_sandbox(data=path, flavour="datacenter") as sandbox:
        body = {"jql": "", "maxResults": 1000, "fields": ["status"], "expand": ["changelog"]}
        for issue in sandbox.jira("POST", "/rest/api/2/search", json=body).json()["issues"]:
            assert {h["id"]: h for h in issue["changelog"]["histories"]} == {
                h["id"]: h for h in _histories(given[issue["id"]])
            }


def test_dates_move_by_one_offset_so_that_the_newest_is_now(real_data: Path) -> None:
    path = real_data / "devlake_cloud.jsonl.gz"
    given = read(path)
    with run_sandbox(data=path, shift_to_now=True) as sandbox:
        found = everything(sandbox, {"EE", "K5"})

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text)

    offsets = {
        moment(found[n]["fields"][name]) - moment(given[n]["fields"][name])
        for n in given
        for name in ("created", "updated")
    }
    assert len(offsets) == 1
    newest = max(moment(issue["fields"]["updated"]) for issue in found.values())
    assert abs((datetime.now(UTC) - newest).total_seconds()) < 86_400


def test_issues_of_a_file_can_be_written_to(real_data: Path) -> None:
    with run_sandbox(data=real_data / "apache_ase2015.jsonl.gz") as sandbox:
        key = "ANY23-174"
        steps = sandbox.jira("GET", f"/rest/api/2/issue/{key}/transitions").json()["transitions"]
        ask = {"transition": {"id": steps[0]["id"]}}
        assert sandbox.jira("POST", f"/rest/api/2/issue/{key}/transitions", json=ask).status_code == 204
        assert sandbox.jira("POST", f"/rest/api/2/issue/{key}/comment", json={"body": "hi"}).status_code == 201
        issue = sandbox.jira("GET", f"/rest/api/2/issue/{key}", params={"expand": "changelog"}).json()
        assert issue["fields"]["status"]["name"] == steps[0]["to"]["name"]
        assert issue["changelog"]["histories"][0]["author"]["displayName"] == "SET Portal"
        rank = {"issues": [key], "rankBeforeIssue": "CB-3"}
        assert sandbox.jira("PUT", "/rest/agile/1.0/issue/rank", json=rank).status_code in (204, 400)
        fields = sandbox.jira("GET", "/rest/api/2/field").json()
        assert [f["id"] for f in fields if f["schema"].get("custom", "").endswith("gh-lexo-rank")] == [
            "customfield_12311820"
        ]

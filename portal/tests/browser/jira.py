"""What happens in Jira while somebody looks at the portal, and what Jira itself would count."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.sandbox.testing import Sandbox
from portal.tests.patience import until

COLUMNS = {
    "Backlog": "backlog", "Will Do": "backlog", "To Do": "todo", "In Progress": "in_progress", "Submitted": "submitted",
    "Done": "done", "Closed": "done",
}
DONE_FOR = timedelta(days=14)
WAY = ["To Do", "In Progress", "Submitted", "Done"]
FIELDS = ["summary", "status", "assignee", "labels", "created", "priority"]


class Jira:
    """The stand-in for Jira, used as its people use it. `told` is the address of the portal that it calls."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def _ask(self, method: str, path: str, **given: Any) -> Any:
        answer = self.sandbox.jira(method, path, **given)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def create(self, summary: str, status: str = "Backlog", **fields: Any) -> str:
        """A new ticket that has gone its way to this status; returns its key."""
        given = {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": summary, **fields}
        key = str(self._ask("POST", "/rest/api/2/issue", json={"fields": given})["key"])
        for step in WAY[: WAY.index(status) + 1] if status in WAY else []:
            self.move(key, step)
        return key

    def move(self, key: str, status: str) -> None:
        """Take the transition that leads to this status."""
        path = f"/rest/api/2/issue/{key}/transitions"
        found = self._ask("GET", path, params={"expand": "transitions.fields"})["transitions"]
        taken = next(each for each in found if each["to"]["name"] == status)
        fields = {}
        if taken.get("fields", {}).get("resolution", {}).get("required"):
            fields = {"resolution": {"name": "Done"}}
        self._ask("POST", path, json={"transition": {"id": taken["id"]}, "fields": fields})

    def edit(self, key: str, **fields: Any) -> None:
        self._ask("PUT", f"/rest/api/2/issue/{key}", json={"fields": fields})

    def comment(self, key: str, text: str) -> None:
        self._ask("POST", f"/rest/api/2/issue/{key}/comment", json={"body": text})

    def status(self, key: str) -> str:
        """The name of the status in which the ticket is."""
        found = self._ask("GET", f"/rest/api/2/issue/{key}", params={"fields": "status"})
        return str(found["fields"]["status"]["name"])

    def comments(self, key: str) -> list[str]:
        """What was said to the ticket."""
        told = self._ask("GET", f"/rest/api/2/issue/{key}/comment", params={"maxResults": 100})
        return [str(each["body"]) for each in told["comments"]]

    def delete(self, key: str) -> None:
        self._ask("DELETE", f"/rest/api/2/issue/{key}")

    def rank_first(self, key: str) -> None:
        """Put the ticket before all others of To Do."""
        first = self.search('project = MM AND status = "To Do" ORDER BY Rank')[0]["key"]
        self._ask("PUT", "/rest/agile/1.0/issue/rank", json={"issues": [key], "rankBeforeIssue": first})

    def search(self, jql: str, **more: Any) -> list[dict[str, Any]]:
        """All issues that match, page by page."""
        found: list[dict[str, Any]] = []
        token = None
        while True:
            body = {"jql": jql, "fields": FIELDS, "maxResults": 100,
            **more} | ({"nextPageToken": token} if token else {})
            page = self._ask("POST", "/rest/api/2/search/jql", json=body)
            found += page["issues"]
            token = page.get("nextPageToken")
            if not token:
                return found

    def has_told(self, key: str) -> None:
        """Wait until all that happened to a ticket has been told to the portal, and taken by it."""

        def taken() -> bool:
            told = self.sandbox.control("webhooks", method="GET")["deliveries"]
            return all(each["done"] for each in told if each["issue"] == key)

        until(taken, f"what happened to {key} was not taken")

    def user(self, number: int = 0) -> dict[str, str]:
        """Somebody who can own tickets."""
        people = self._ask("GET", "/rest/api/2/user/assignable/search", params={"project": "MM"})
        return {"accountId": people[number]["accountId"], "displayName": people[number]["displayName"]}

    def columns(self) -> dict[str, int]:
        """How many tickets each column of SET's board must show, by Jira's own word and log."""
        counts = dict.fromkeys([*COLUMNS.values(), "unmapped"], 0)
        for issue in self.search("project = MM", expand="changelog"):
            column = COLUMNS.get(issue["fields"]["status"]["name"], "unmapped")
            if column != "done" or _since(issue) > datetime.now(UTC) - DONE_FOR:
                counts[column] += 1
        return counts


def _since(issue: dict[str, Any]) -> datetime:
    """When the issue came into the status that it has."""
    moves = [
        entry["created"] for entry in issue["changelog"]["histories"]
        if any(item["field"] == "status" for item in entry["items"])
    ]
    return datetime.strptime(max(moves, default=issue["fields"]["created"]), "%Y-%m-%dT%H:%M:%S.%f%z")


def word(start: str = "word") -> str:
    """A word that no other ticket has: letters only, so that a search takes it as one word."""
    return start + "".join(chr(97 + byte % 26) for byte in os.urandom(8))

"""What the portal writes to Jira. Each call is one write, or one strong read around it, and is never repeated here.

Facts: Jira's REST v2 and Agile 1.0 documents. A marker that is looked for afterwards stands where STACK.md says.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.jira.client import JiraClient
from integrations.jira.faults import JiraGarbled, JiraMissing

MARKER = "set.delivery"  # the property that holds a delivery's key
NUMBER = re.compile("[1-9][0-9]{0,17}")
RANKED_AT_ONCE = 50


@dataclass(frozen=True)
class Field:
    """A field that a transition's screen demands: `allowed` are (id, name) to choose from, empty for free text."""

    id: str
    name: str
    kind: str
    allowed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Step:
    """A transition that is open to an issue now."""

    id: str
    name: str
    to: str
    to_name: str
    required: tuple[Field, ...]


@dataclass(frozen=True)
class Unranked:
    """An issue that a rank call left where it was, and why."""

    issue: str
    words: str


class JiraWriter:
    """The verbs of Jira over a conversation with it."""

    def __init__(self, client: JiraClient) -> None:
        self.client = client

    def person(self, account: str | None) -> dict[str, str | None] | None:
        """A person as this Jira's fields take one; None takes the owner away."""
        if account is None:
            return None
        return {"accountId": account} if self.client.cloud else {"name": account}

    def steps(self, issue: int) -> tuple[Step, ...]:
        """The transitions open to an issue now, with the fields they demand."""
        path = f"issue/{issue}/transitions"
        told, _ = self.client._asked("GET", path, {"expand": "transitions.fields"})
        found = told.get("transitions") if isinstance(told, Mapping) else None
        return tuple(_step(entry) for entry in found or [] if isinstance(entry, Mapping) and entry.get("id"))

    def transition(self, issue: int, step: str, fields: Mapping[str, Any]) -> None:
        """Take a transition. Raises `JiraRefused` with Jira's words."""
        body: dict[str, Any] = {"transition": {"id": step}}
        if fields:
            body["fields"] = dict(fields)
        self.client.write("POST", f"api/2/issue/{issue}/transitions", body)

    def edit(self, issue: int, *, fields: Mapping[str, Any], update: Mapping[str, Any]) -> None:
        """Set fields, and add to or take from lists."""
        body = {name: dict(value) for name, value in (("fields", fields), ("update", update)) if value}
        self.client.write("PUT", f"api/2/issue/{issue}", body)

    def comment(self, issue: int, text: str, key: str) -> str:
        """Add a comment in wiki markup, marked with a delivery's key; returns its id."""
        body = {"body": text, "properties": [{"key": MARKER, "value": {"key": key}}]}
        told = self.client.write("POST", f"api/2/issue/{issue}/comment", body)
        return _identity(told, "comment")

    def find_comment(self, issue: int, key: str) -> str | None:
        """The id of the comment with this marker."""
        start = 0
        while True:
            query = {"startAt": start, "maxResults": 100, "orderBy": "-created", "expand": "properties"}
            told, _ = self.client._asked("GET", f"issue/{issue}/comment", query)
            found = told.get("comments") if isinstance(told, Mapping) else None
            if not isinstance(found, list) or not found:
                return None
            for entry in found:
                if isinstance(entry, Mapping) and _marked(entry, key):
                    return str(entry.get("id"))
            start += len(found)

    def rank(self, issues: Sequence[int], *, anchor: int, before: bool) -> tuple[Unranked, ...]:
        """Move at most 50 issues, in this order, right before or after an anchor; returns those that Jira left."""
        if len(issues) > RANKED_AT_ONCE:
            raise ValueError(f"Jira ranks at most {RANKED_AT_ONCE} issues a call, not {len(issues)}.")
        place = "rankBeforeIssue" if before else "rankAfterIssue"
        body = {"issues": [str(issue) for issue in issues], place: str(anchor)}
        told = self.client.write("PUT", "agile/1.0/issue/rank", body)
        entries = told.get("entries") if isinstance(told, Mapping) else None
        if entries is not None and not isinstance(entries, list):
            raise JiraGarbled("Jira did not say which issues it moved.", unanswered=True)
        return tuple(
            Unranked(str(entry.get("issueId") or entry.get("issueKey") or ""), _errors(entry))
            for entry in entries or []
            if isinstance(entry, Mapping) and entry.get("status") not in range(200, 300)
        )

    def create(self, fields: Mapping[str, Any], *, label: str, key: str) -> tuple[str, str]:
        """Make an issue, marked by a label and a property; returns its id and key."""
        labels = [*fields.get("labels", []), label]
        body = {"fields": {**fields, "labels": labels}, "properties": [{"key": MARKER, "value": {"key": key}}]}
        told = self.client.write("POST", "api/2/issue", body)
        return _identity(told, "issue"), str(told.get("key", ""))

    def find_issue(self, project: str, label: str, key: str) -> tuple[str, str] | None:
        """The issue with a marker's label and property, by a search whose index lags: nothing found proves nothing."""
        for page in self.client.search(f'project = "{project}" AND labels = "{label}"', fields=["labels"], page=20):
            for raw, _ in page.issues:
                if self._is_marked(str(raw.get("id", "")), key):
                    return str(raw.get("id", "")), str(raw.get("key", ""))
        return None

    def _is_marked(self, issue: str, key: str) -> bool:
        """Whether an issue carries this delivery's property: a label alone may have been copied with the issue."""
        try:
            told, _ = self.client._asked("GET", f"issue/{issue}/properties/{MARKER}", {})
        except JiraMissing:
            return False
        value = told.get("value") if isinstance(told, Mapping) else None
        return isinstance(value, Mapping) and value.get("key") == key

    def link(self, issue: int, other: str, kind: str) -> None:
        """Link an issue outward to another (by key), such as "Duplicate"."""
        body = {"type": {"name": kind}, "inwardIssue": {"id": str(issue)}, "outwardIssue": {"key": other}}
        self.client.write("POST", "api/2/issueLink", body)

    def links(self, issue: int) -> frozenset[tuple[str, str]]:
        """The links of an issue, as (kind, key of the other)."""
        told = self.client.issue(issue, fields=["issuelinks"])
        found = (told[0].get("fields") or {}).get("issuelinks") if told else None
        return frozenset(
            (str((entry.get("type") or {}).get("name")), str((entry.get(side) or {}).get("key")))
            for entry in found or [] for side in ("inwardIssue", "outwardIssue") if entry.get(side)
        )

    def remote_link(self, issue: int, *, identity: str, url: str, title: str) -> None:
        """Link an issue to a page elsewhere; the same `identity` is changed, not doubled."""
        body = {"globalId": identity, "object": {"url": url, "title": title}}
        self.client.write("POST", f"api/2/issue/{issue}/remotelink", body)


def _step(entry: Mapping[str, Any]) -> Step:
    to = entry.get("to") if isinstance(entry.get("to"), Mapping) else {}
    screen = entry.get("fields") if isinstance(entry.get("fields"), Mapping) else {}
    required = tuple(
        _field(str(name), shown) for name, shown in (screen or {}).items()
        if isinstance(shown, Mapping) and shown.get("required") and not shown.get("hasDefaultValue")
    )
    return Step(str(entry["id"]), str(entry.get("name", "")), str((to or {}).get("id", "")),
                str((to or {}).get("name", "")), required)


def _field(name: str, shown: Mapping[str, Any]) -> Field:
    kind = str((shown.get("schema") or {}).get("type", "string"))
    allowed = [entry for entry in shown.get("allowedValues") or [] if isinstance(entry, Mapping) and entry.get("id")]
    return Field(
        name, str(shown.get("name") or name), kind,
        tuple((str(entry["id"]), str(entry.get("name") or entry.get("value") or entry["id"])) for entry in allowed),
    )


def _identity(told: Any, what: str) -> str:
    found = str(told.get("id") or "") if isinstance(told, Mapping) else ""
    if not NUMBER.fullmatch(found):  # what is made is looked for by its number later
        raise JiraGarbled(f"Jira did not say which {what} it made.", unanswered=True)
    return found


def _marked(entry: Mapping[str, Any], key: str) -> bool:
    held = entry.get("properties")
    return isinstance(held, list) and any(
        isinstance(one, Mapping) and one.get("key") == MARKER and (one.get("value") or {}).get("key") == key
        for one in held
    )


def _errors(entry: Mapping[str, Any]) -> str:
    words = entry.get("errors")
    return " ".join(str(word) for word in words)[:500] if isinstance(words, list) else "Jira did not say why."

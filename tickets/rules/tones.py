"""Colour with a meaning: which tone a status, a priority or a severity has. "" is grey, nothing to act on."""

from tickets.choices import Column

URGENT = frozenset({"blocker", "critical", "highest", "urgent", "1 urgent", "1 - urgent"})
BY_COLUMN = {Column.IN_PROGRESS: "blue", Column.SUBMITTED: "amber", Column.DONE: "green"}
BY_FIELD = {
    "status": "right", "resolution": "done", "assignee": "person", "reporter": "person", "priority": "flag",
    "severity": "flag", "labels": "tag", "component": "tag", "components": "tag", "fix version": "deploy",
    "fixversions": "deploy", "link": "link", "issuelinks": "link", "attachment": "clip", "summary": "edit",
    "description": "edit", "environment": "edit", "comment": "chat", "rank": "order", "sprint": "calendar",
    "epic link": "link", "parent": "link", "key": "key", "project": "key",
}


def status_tone(column: str) -> str:
    """Blue is being worked on, amber waits for a review, green is done."""
    return BY_COLUMN.get(Column(column), "") if column in Column.values else ""


def priority_tone(priority: str) -> str:
    return "red" if priority.lower() in URGENT else ""


def severity_tone(severity: str) -> str:
    return "red" if severity[:2].upper() == "S1" else ""


def field_icon(field: str) -> str:
    """The symbol of a field in a timeline."""
    return BY_FIELD.get(field.lower(), "edit")

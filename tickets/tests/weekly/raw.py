"""An independent count: plain loops over Jira's own JSON, that share nothing with the portal."""

from datetime import datetime, timedelta
from typing import Any

WEEK = timedelta(hours=168)
Issue = dict[str, Any]


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def history_of(issue: Issue, field: str) -> list[tuple[datetime, str, str]]:
    """(when, from, to) of each change of a field, in the order in which Jira numbers them."""
    found = []
    for entry in issue["changelog"]["histories"]:
        for place, item in enumerate(entry["items"]):
            if item["field"] == field:
                found.append((moment(entry["created"]), int(entry["id"]), place,
                              item.get("fromString") or "", item.get("toString") or ""))
    found.sort()
    return [(when, old, new) for when, _, _, old, new in found]


def value_at(issue: Issue, field: str, today: str, at: datetime) -> str:
    changes = history_of(issue, field)
    value = changes[0][1] if changes else today
    for when, _, new in changes:
        if when < at:
            value = new
    return value


def count(issues: list[Issue], at: datetime, done: set[str], submitted: set[str], customer: set[str]
          ) -> dict[str, int]:
    """The numbers of the week before `at`, by the names of statuses."""
    told = dict.fromkeys(
        ("resolved", "resolved by customers", "submitted", "submitted by customers", "backlog", "apart"), 0
    )
    for issue in issues:
        fields = issue["fields"]
        created = moment(fields["created"])
        if created >= at or value_at(issue, "issuetype", fields["issuetype"]["name"], at) != "Bug":
            continue
        moves = history_of(issue, "status")
        status = moves[0][1] if moves else fields["status"]["name"]
        labels = value_at(issue, "labels", " ".join(fields.get("labels") or []), at).split()
        customers = any(label in customer for label in labels)
        closed = created if status in done else None
        pulled = [created] if status in submitted else []
        for when, _, new in moves:
            if when >= at:
                break
            if new in done and status not in done:
                closed = when
            if new in submitted and status not in submitted:
                pulled.append(when)
            status = new
        if status in done:
            assert closed is not None
            if closed >= at - WEEK:
                told["resolved"] += 1
                told["resolved by customers"] += customers
                resolution = value_at(issue, "resolution", (fields.get("resolution") or {}).get("name", ""), at)
                told["apart"] += resolution in {"Won't Fix", "Won't Do", "Duplicate", "Cannot Reproduce"}
        else:
            told["backlog"] += 1
        if any(when >= at - WEEK for when in pulled):
            told["submitted"] += 1
            told["submitted by customers"] += customers
    return told

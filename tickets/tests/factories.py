"""Rows for tests: a small Jira, mirrored."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tickets.choices import Category, Column, RunKind, RunState
from tickets.models import (
    JiraStatus,
    JiraUser,
    MirroredProject,
    SyncRun,
    Ticket,
    TicketChange,
    TicketComment,
    TicketDetail,
)

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
STATUSES: dict[str, tuple[Column, Category]] = {
    "Backlog": (Column.BACKLOG, Category.NEW), "To Do": (Column.TODO, Category.NEW),
    "In Progress": (Column.IN_PROGRESS, Category.INDETERMINATE),
    "Submitted": (Column.SUBMITTED, Category.INDETERMINATE), "Done": (Column.DONE, Category.DONE),
    "Ready for QA": (Column.UNMAPPED, Category.INDETERMINATE),
}
_numbers = count(10_001)


def make_status(name: str = "To Do") -> JiraStatus:
    """A status of Jira's in its column; "Ready for QA" has none."""
    column, category = STATUSES.get(name, (Column.UNMAPPED, Category.UNDEFINED))
    status, _ = JiraStatus.objects.get_or_create(
        id=f"s-{name.lower().replace(' ', '-')}", defaults={"name": name, "column": column, "category": category}
    )
    return status


def make_user(name: str = "Ada Park", account_id: str = "") -> JiraUser:
    user, _ = JiraUser.objects.get_or_create(
        account_id=account_id or f"acc-{name.lower().replace(' ', '-')}", defaults={"display_name": name}
    )
    return user


def make_project(key: str = "MM", **kw: Any) -> MirroredProject:
    """A project that was read whole a minute before noon; name what is to be otherwise."""
    values = {
        "name": f"Project {key}", "on_board": True, "complete": True, "answered_at": NOON - timedelta(minutes=1),
        "watermark": NOON - timedelta(minutes=1),
    } | kw
    project, _ = MirroredProject.objects.update_or_create(key=key, defaults=values)
    return project


def make_ticket(status: str | JiraStatus = "To Do", **kw: Any) -> Ticket:
    """A present ticket; `description` goes to its detail, everything else are the ticket's own fields."""
    identity = kw.pop("id", None) or next(_numbers)
    description, environment = kw.pop("description", ""), kw.pop("environment", "")
    status = make_status(status) if isinstance(status, str) else status
    values = {
        "key": f"MM-{identity}", "kind": "Bug", "status": status, "column": status.column,
        "summary": f"Ticket {identity}", "created": NOON - timedelta(days=30), "updated": NOON - timedelta(days=1),
        "status_since": NOON - timedelta(days=2), "mirrored_at": NOON - timedelta(minutes=1),
    } | kw
    values.setdefault("project_key", str(values["key"]).rpartition("-")[0])
    ticket = Ticket.objects.create(id=identity, **values)
    TicketDetail.objects.create(
        ticket=ticket, description=description, environment=environment, payload={}, digest=str(identity)
    )
    return ticket


def make_change(ticket: Ticket, field: str = "status", old: str = "To Do", new: str = "In Progress", **kw: Any
                ) -> TicketChange:
    """One item of a change log, of a history of its own."""
    values = {
        "history_id": next(_numbers), "position": 0, "at": NOON - timedelta(hours=1), "author": None, "field": field,
        "field_id": field, "from_text": old, "to_text": new, "from_value": None,
        "to_value": make_status(new).id if field == "status" else None,
    } | kw
    return TicketChange.objects.create(ticket=ticket, **values)


def make_comment(ticket: Ticket, body: str = "Looks *good*.", **kw: Any) -> TicketComment:
    created = kw.pop("created", NOON - timedelta(hours=2))
    return TicketComment.objects.create(
        id=next(_numbers), ticket=ticket, body=body, created=created, updated=kw.pop("updated", created), **kw
    )


def make_run(project: MirroredProject, **kw: Any) -> SyncRun:
    """A run that took two seconds and found nothing new."""
    started = kw.pop("started_at", NOON - timedelta(minutes=1))
    values = {"kind": RunKind.INCREMENTAL, "state": RunState.DONE, "finished_at": started + timedelta(seconds=2)} | kw
    return SyncRun.objects.create(project=project, started_at=started, **values)

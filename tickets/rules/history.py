"""What the change log says of a status, and what changed between two states of a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tickets.choices import Category
from tickets.rules.reading import ChangeFacts, IssueFacts


@dataclass(frozen=True)
class Since:
    """Since when a ticket has its status; `floor`: at the latest since then, the log does not say when."""

    at: datetime
    floor: bool


@dataclass(frozen=True)
class Shown:
    """What a card shows of a ticket, as far as a change of it is told in words."""

    status: str
    column: str
    assignee: str
    priority: str
    severity: str
    summary: str
    customer: bool


def status_since(facts: IssueFacts, kept: Since | None, kept_status: str | None) -> Since:
    """The last change into the present status; with a log that knows of none, the creation.

    A ticket under way or done whose log knows of no move was brought in from elsewhere: how it came there is unknown.
    Every change of status touches `updated`, so there (and without a log, or with one that ends in another status) the
    status is at least as old as that; what was known before (`kept`, of `kept_status`) holds while the status does.
    """
    changes = [change for change in facts.changes if _is_status(change)]
    if changes and _leads_to(changes[-1], facts):
        return Since(changes[-1].at, floor=False)
    if not changes and facts.has_changelog and not _moved_elsewhere(facts):
        return Since(facts.created, floor=False)
    if kept is not None and facts.status is not None and kept_status == facts.status.id:
        return kept
    return Since(facts.updated, floor=True)


def _moved_elsewhere(facts: IssueFacts) -> bool:
    return facts.status is not None and facts.status.category in {Category.INDETERMINATE, Category.DONE}


def _is_status(change: ChangeFacts) -> bool:
    return change.field_id == "status" or change.field.lower() == "status"


def _leads_to(change: ChangeFacts, facts: IssueFacts) -> bool:
    if facts.status is None:
        return False
    return change.to_value == facts.status.id or change.to_text == facts.status.name


def differences(before: Shown | None, after: Shown) -> tuple[str, ...]:
    """What changed on a card, each in a few words; `("is new",)` for a ticket that was not there."""
    if before is None:
        return ("is new",)
    said = []
    if before.status != after.status:
        said.append(f"moved to {after.status or 'no status'}")
    if before.assignee != after.assignee:
        said.append(f"assigned to {after.assignee}" if after.assignee else "unassigned")
    if before.priority != after.priority:
        said.append(f"priority {after.priority or 'none'}")
    if before.severity != after.severity:
        said.append(f"severity {after.severity or 'none'}")
    if before.summary != after.summary:
        said.append("renamed")
    if before.customer != after.customer:
        said.append("marked as a customer's" if after.customer else "no longer a customer's")
    return tuple(said)


def joined(said: Sequence[str]) -> str:
    """`moved to Done, assigned to Ada Park`; `changed` where nothing on the card did."""
    return ", ".join(said) or "changed"

"""What the mirror shows of a ticket that has open writes: theirs over what Jira says, until Jira says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from integrations.outbox.choices import State
from tickets.actions.writes.shown import open_writes
from tickets.models import JiraStatus, TicketWrite
from tickets.rules.reading import IssueFacts, StatusFacts
from tickets.rules.writes import with_labels

BY_OWN_WRITE = "write"  # the way by which an issue is read again after a write of ours: it holds that write
GIVEN_UP = timedelta(minutes=10)  # a sent write that Jira has not shown since: something else came after it
MIRRORED = {"status_id", "assignee_id", "priority"}


def lay_over(issues: Sequence[IssueFacts], *, at: datetime, via: str) -> list[IssueFacts]:
    """The facts with open writes over them. A sent write ends when Jira shows it; for one that has not left, what Jira
    has meanwhile is noted, so that taking it back shows that."""
    writes = open_writes([facts.id for facts in issues])
    if not writes:
        return list(issues)
    statuses = JiraStatus.objects.in_bulk(
        [write.mine["status_id"] for own in writes.values() for write in own if "status_id" in write.mine]
    )
    return [_over(facts, writes.get(facts.id, []), statuses, at, via) for facts in issues]


def _over(
    facts: IssueFacts, writes: Sequence[TicketWrite], statuses: Mapping[str, JiraStatus], at: datetime, via: str
) -> IssueFacts:
    theirs = {
        "status_id": facts.status.id if facts.status else None, "assignee_id": facts.assignee,
        "priority": facts.priority,
    }
    for write in writes:
        if write.delivery.state == State.SENT:
            if via == BY_OWN_WRITE or _shows(facts, theirs, write) or _given_up(write, at):
                TicketWrite.objects.filter(id=write.id).update(open=False)
                continue
        else:
            _note_theirs(write, theirs)
        facts = _with(facts, write.mine, statuses)
    return facts


def _shows(facts: IssueFacts, theirs: Mapping[str, Any], write: TicketWrite) -> bool:
    """Whether Jira shows what was written."""
    labels = set(facts.labels)
    return (
        all(theirs[name] == value for name, value in write.mine.items() if name in MIRRORED)
        and labels >= set(write.mine.get("labels_add", [])) and not labels & set(write.mine.get("labels_remove", []))
    )


def _given_up(write: TicketWrite, at: datetime) -> bool:
    return write.delivery.sent_at is not None and at - write.delivery.sent_at > GIVEN_UP


def _note_theirs(write: TicketWrite, theirs: Mapping[str, Any]) -> None:
    changed = {name: theirs[name] for name in MIRRORED & set(write.mine) if theirs[name] != write.base.get(name)}
    if "status_id" in changed:
        column = JiraStatus.objects.filter(id=changed["status_id"]).values_list("column", flat=True).first()
        changed["column"] = column or write.base.get("column")
    if changed != (write.theirs or {}):
        TicketWrite.objects.filter(id=write.id).update(theirs=changed or None)


def _with(facts: IssueFacts, mine: Mapping[str, Any], statuses: Mapping[str, JiraStatus]) -> IssueFacts:
    new: dict[str, Any] = {}
    if "status_id" in mine and mine["status_id"] in statuses:
        status = statuses[mine["status_id"]]
        new["status"] = StatusFacts(status.id, status.name, status.category)
    if "assignee_id" in mine:
        new["assignee"] = mine["assignee_id"]
    if "priority" in mine:
        new["priority"] = mine["priority"]
    if "labels_add" in mine:
        new["labels"] = tuple(with_labels(facts.labels, [mine]))
    return replace(facts, **new)

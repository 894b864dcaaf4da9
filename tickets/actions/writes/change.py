"""Moving, assigning, labelling, setting a priority: changes of a ticket's own fields."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from integrations.outbox import actions as outbox
from integrations.outbox.choices import STUCK
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.actions.writes.shown import NotThere, locked, show, show_states
from tickets.choices import Column, Verb, WriteState
from tickets.models import JiraStatus, JiraUser, Ticket, TicketWrite, WipLimit, WorkflowStep
from tickets.queries.addresses import ticket_url
from tickets.queries.kanban import over_with
from tickets.rules.writes import (
    StepFacts,
    conflicts_of,
    question_of_conflict,
    question_of_fields,
    question_words,
    with_labels,
)

PURPOSE = "tickets"
UNASKED: Any = object()


def scope_of(ticket_id: int) -> str:
    """Writes to one issue leave one after the other."""
    return f"jira:issue:{ticket_id}"


def move_ticket(
    *, ticket_id: int, to: Sequence[str], by: Person, at: datetime, drawn: str | None = None,
    answers: Mapping[str, str] | None = None, due_at: datetime | None = None, after: Delivery | None = None,
) -> TicketWrite | None:
    """Move a ticket to the first of these statuses (by Jira's id) that its workflow allows. None: it stands there.

    `drawn`: the status that the person saw; where it stands elsewhere since, they are asked. `after`: not while that
    delivery is open. Raises `NotThere`.
    """
    return change_ticket(ticket_id=ticket_id, verb=Verb.MOVE, to=to, by=by, at=at, answers=answers, due_at=due_at,
                         after=after, drawn={"status": drawn} if drawn else {})


def assign_ticket(
    *, ticket_id: int, assignee: str | None, by: Person, at: datetime, drawn: Any = UNASKED,
    due_at: datetime | None = None,
) -> TicketWrite | None:
    """Give a ticket to a person of Jira's (by account id), or to nobody. Raises `NotThere`."""
    return change_ticket(ticket_id=ticket_id, verb=Verb.ASSIGN, values={"assignee": assignee}, by=by, at=at,
                         drawn={} if drawn is UNASKED else {"assignee": drawn}, due_at=due_at)


def prioritise_ticket(
    *, ticket_id: int, priority: str, by: Person, at: datetime, drawn: str | None = None
) -> TicketWrite | None:
    """Set Jira's priority, by its name. Raises `NotThere`."""
    return change_ticket(ticket_id=ticket_id, verb=Verb.PRIORITY, values={"priority": priority}, by=by, at=at,
                         drawn={} if drawn is None else {"priority": drawn})


def label_ticket(
    *, ticket_id: int, add: Sequence[str] = (), remove: Sequence[str] = (), by: Person, at: datetime,
    due_at: datetime | None = None,
) -> TicketWrite | None:
    """Add and take away labels; others that Jira has stay. Raises `NotThere`."""
    return change_ticket(ticket_id=ticket_id, verb=Verb.LABEL, add=add, remove=remove, by=by, at=at, due_at=due_at)


def pull_next(*, by: Person, at: datetime) -> TicketWrite | None:
    """The top of To Do that nobody has becomes this person's, In Progress. None: there is nothing to take.

    What is blocked, and epics, are passed over: nobody can work on the one, the other is no work of its own.
    Two at once never get the same: whoever comes second finds the first one's ticket locked, and takes the next.
    Raises `NotThere` where the person has no Jira account, or no status stands in In Progress.
    """
    if not by.jira_account_id:
        raise NotThere("Your Jira account id is not set. Set it on your own page, then pull again.")
    to = statuses_of(Column.IN_PROGRESS)
    if not to:
        raise NotThere("No status of Jira's stands in In Progress. The lead can map one on the Mirror page.")
    with transaction.atomic():
        todo = Ticket.objects.present().filter(column=Column.TODO)
        free = todo.filter(assignee__isnull=True, blocked_since__isnull=True).exclude(kind__iexact="epic")
        first = (
            free.order_by("rank_position", "id").select_for_update(skip_locked=True, of=("self",))
            .values_list("id", flat=True).first()
        )
        if first is None:
            return None
        mine = {"assignee": by.jira_account_id}
        # Somebody new may never have been seen in a ticket; Jira says no itself where there is no such account.
        known = {"display_name": by.jira_name or by.name}
        JiraUser.objects.get_or_create(account_id=by.jira_account_id, defaults=known)
        return change_ticket(ticket_id=first, verb=Verb.PULL, to=to, values=mine, by=by, at=at)


def statuses_of(column: str) -> list[str]:
    """The statuses that stand in a column, by their ids."""
    found = JiraStatus.objects.filter(column=column).exclude(id__startswith="name:")
    return list(found.order_by("id").values_list("id", flat=True))


def change_ticket(
    *, ticket_id: int, verb: Verb, by: Person, at: datetime, to: Sequence[str] = (),
    values: Mapping[str, Any] | None = None, add: Sequence[str] = (), remove: Sequence[str] = (),
    drawn: Mapping[str, Any] | None = None, answers: Mapping[str, str] | None = None, due_at: datetime | None = None,
    after: Delivery | None = None,
) -> TicketWrite | None:
    """Change a ticket: shown at once, written by its delivery. None where nothing would change. Raises `NotThere`."""
    with transaction.atomic():
        ticket = locked(ticket_id)
        now = {"status": ticket.status_id or "", "assignee": ticket.assignee_id, "priority": ticket.priority}
        wanted: dict[str, Any] = {name: value for name, value in (values or {}).items() if now[name] != value}
        targets = _targets(ticket, to) if to and now["status"] not in to else []
        add = [label for label in add if label not in ticket.labels]
        remove = [label for label in remove if label in ticket.labels]
        if not (wanted or targets or add or remove):
            return None
        touched = [*wanted, *(["status"] if targets else [])]
        jiras, seen = _as_jira_has_it(ticket, now), drawn or {}
        base = {name: jiras[name] if seen.get(name, now[name]) == now[name] else seen[name] for name in touched}
        payload = {
            "issue": ticket.id, "base": base, "set": wanted, "to": targets, "add": add, "remove": remove,
            "answers": dict(answers or {}), "names": _names(ticket, wanted, targets, base),
        }
        title, question = _title(ticket, verb, payload), _question(ticket, payload, jiras)
        delivery = outbox.enqueue(
            topic="jira.change", scope=scope_of(ticket.id), title=title, payload=payload, at=at, by=by,
            path=ticket_url(ticket.key), purpose=PURPOSE, question=question, words=question_words(question),
            due_at=due_at, after=after,
        )
        before, mine = _columns(ticket, payload, at)
        _keep_limits(ticket, mine)
        write = TicketWrite.objects.create(
            ticket=ticket, delivery=delivery, verb=verb, by=by, at=at, base=before, mine=mine
        )
        show(ticket, mine | ({"labels": with_labels(ticket.labels, [mine])} if add or remove else {}))
        show_states([ticket.id])
    return write


def _as_jira_has_it(ticket: Ticket, now: Mapping[str, Any]) -> dict[str, Any]:
    """The values as Jira has them: what it refused, or what asks, stands on the row alone."""
    found = dict(now)
    stuck = TicketWrite.objects.filter(ticket=ticket, open=True, delivery__state__in=STUCK).order_by("-id")
    for write in stuck if ticket.write_state in {WriteState.ASKS, WriteState.FAILED} else ():
        under = {**write.base, **(write.theirs or {})}
        for name, column in (("status", "status_id"), ("assignee", "assignee_id"), ("priority", "priority")):
            if column in write.mine:
                found[name] = under.get(column)
    return found


def _keep_limits(ticket: Ticket, mine: Mapping[str, Any]) -> None:
    """Refuse what a limit of work in progress forbids. Raises `NotThere` in words."""
    column = mine.get("column", ticket.column)
    comes, owned = column != ticket.column, "assignee_id" in mine
    if not (comes or owned):
        return
    # Two at once count one after the other: whoever is second counts the first one's ticket.
    if not list(WipLimit.objects.select_for_update().filter(column=column).order_by("id")):
        return
    owner = mine.get("assignee_id", ticket.assignee_id)
    for over in over_with(column=column, ticket_id=ticket.id, owner=owner, comes=comes):
        if over.forbids:
            raise NotThere(over.words)


def _targets(ticket: Ticket, to: Sequence[str]) -> list[str]:
    """The statuses wanted, those that the workflow is known to allow from here first."""
    known = set(
        WorkflowStep.objects.filter(project_key=ticket.project_key, kind=ticket.kind, status_id=ticket.status_id or "")
        .values_list("to_status", flat=True)
    )
    return sorted(dict.fromkeys(to), key=lambda status: status not in known)


def _question(ticket: Ticket, payload: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any] | None:
    """What has to be asked before anything leaves: a value that changed since it was drawn, or fields that Jira is
    known to demand."""
    words = payload["names"]
    shown = {name: words.get(name, {}).get(str(value), "") for name, value in now.items()}
    conflicts = conflicts_of(payload, {**now, "words": shown})
    if conflicts:
        return question_of_conflict(conflicts)
    if not payload["to"]:
        return None
    step = (
        WorkflowStep.objects.filter(project_key=ticket.project_key, kind=ticket.kind, status_id=ticket.status_id or "",
                                    to_status=payload["to"][0]).order_by("step_id").first()
    )
    if step is None or all(payload["answers"].get(field["id"]) for field in step.fields):
        return None
    return question_of_fields(StepFacts(step.step_id, step.name, step.to_status, step.to_name, tuple(step.fields)))


def _columns(ticket: Ticket, payload: Mapping[str, Any], at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of the ticket's row that the write is about: as they are, and as they are wanted."""
    before: dict[str, Any] = {}
    mine: dict[str, Any] = {}
    if payload["to"]:
        status = JiraStatus.objects.get(id=payload["to"][0])
        before |= {"status_id": ticket.status_id, "column": ticket.column,
                   "status_since": ticket.status_since.isoformat()}
        column = Column.OFF if ticket.column == Column.OFF else status.column
        mine |= {"status_id": status.id, "column": column, "status_since": at.isoformat()}
    for name, column in (("assignee", "assignee_id"), ("priority", "priority")):
        if name in payload["set"]:
            before[column], mine[column] = getattr(ticket, column), payload["set"][name]
    if payload["add"] or payload["remove"]:
        mine |= {"labels_add": payload["add"], "labels_remove": payload["remove"]}
        before |= {"labels_add": payload["remove"], "labels_remove": payload["add"]}
    return before, mine


def _names(
    ticket: Ticket, wanted: Mapping[str, Any], targets: Sequence[str], base: Mapping[str, Any]
) -> dict[str, dict[str, str]]:
    """The values in words, for the page that asks about them later."""
    known = JiraStatus.objects.filter(id__in=[*targets, ticket.status_id, base.get("status")])
    statuses = dict(known.values_list("id", "name"))
    names: dict[str, dict[str, str]] = {"status": {str(key): name for key, name in statuses.items()}}
    if "assignee" in wanted:
        people = [account for account in (wanted["assignee"], ticket.assignee_id, base["assignee"]) if account]
        found = JiraUser.objects.filter(account_id__in=people).values_list("account_id", "display_name")
        names["assignee"] = {account: name or account for account, name in found}
    return names


def _title(ticket: Ticket, verb: Verb, payload: Mapping[str, Any]) -> str:
    names, set_ = payload["names"], payload["set"]
    if verb == Verb.PULL:
        return f"Pull {ticket.key}"
    if payload["to"]:
        return f"Move {ticket.key} to {names['status'].get(payload['to'][0], payload['to'][0])}"
    if "assignee" in set_:
        name = names["assignee"].get(set_["assignee"] or "", set_["assignee"])
        return f"Assign {ticket.key} to {name}" if set_["assignee"] else f"Take {ticket.key} from its owner"
    if "priority" in set_:
        return f"Set {ticket.key} to priority {set_['priority']}"
    labels = ", ".join([*(f"+{label}" for label in payload["add"]), *(f"−{label}" for label in payload["remove"])])
    return f"Label {ticket.key}: {labels}"

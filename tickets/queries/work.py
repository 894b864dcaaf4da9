"""What can be done to a ticket, what of it is on its way to Jira, and what a write asks: for dialogs and pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Func
from django.db.models.functions import Coalesce

from integrations.outbox.choices import State
from integrations.outbox.queries import Receipt, receipt
from people.models import Person
from tickets.choices import Column
from tickets.models import JiraStatus, JiraUser, Ticket, TicketWrite, WorkflowStep
from tickets.queries.addresses import ticket_url
from tickets.queries.ordering import UNRANKED
from tickets.rules.tones import priority_tone

KEPT = 300  # seconds for which names to choose from may be old
OPTIONS = 300
LATEST = 30  # writes of a ticket that its page lists
ORDER = [Column.BACKLOG, Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED, Column.DONE]


@dataclass(frozen=True)
class Target:
    """A status that a ticket can go to; `asks`: the names of the fields that Jira demands."""

    status: str
    name: str
    asks: str


@dataclass(frozen=True)
class TargetGroup:
    column: str
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class WriteLine:
    """A write of a ticket: what, whose, and what became of it."""

    id: int
    title: str
    by: str
    at: datetime
    said: str  # the text of a comment
    asks: bool
    open: bool
    receipt: Receipt


@dataclass(frozen=True)
class Names:
    """What can be chosen from, on the whole board."""

    people: tuple[tuple[str, str], ...]
    priorities: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Work:
    """See templates/tickets/actions.html."""

    id: int
    key: str
    url: str
    summary: str
    status: str
    status_id: str
    column: str
    guessed: bool
    groups: tuple[TargetGroup, ...]
    first: str
    last: str
    assignee: str
    me: str
    priority: str
    labels: tuple[str, ...]
    names: Names
    writes: tuple[WriteLine, ...]


def work_of(ticket: Ticket, person: Person) -> Work:
    """Everything that this person can do to a ticket now, in a constant number of queries."""
    groups, guessed = _groups(ticket)
    first, last = _ends(ticket)
    return Work(
        id=ticket.id, key=ticket.key, url=ticket_url(ticket.key), summary=ticket.summary or ticket.key,
        status=ticket.status.name if ticket.status else "No status", status_id=ticket.status_id or "",
        column=ticket.column, guessed=guessed, groups=groups, first=first, last=last,
        assignee=ticket.assignee_id or "", me=person.jira_account_id, priority=ticket.priority,
        labels=tuple(ticket.labels), names=_with_own(names(), ticket, person),
        writes=write_lines(ticket.id, only_open=True),
    )


def _groups(ticket: Ticket) -> tuple[tuple[TargetGroup, ...], bool]:
    """The statuses that the workflow is known to allow from here; all of the board's while it is not known (True)."""
    columns = {row.id: (row.name, row.column) for row in JiraStatus.objects.exclude(id__startswith="name:")}
    steps = WorkflowStep.objects.filter(
        project_key=ticket.project_key, kind=ticket.kind, status_id=ticket.status_id or ""
    ).order_by("to_name", "step_id")
    found: dict[str, Target] = {}
    for step in steps:
        asks = ", ".join(str(field["name"]) for field in step.fields)
        found.setdefault(step.to_status, Target(step.to_status, step.to_name, asks))
    guessed = not found
    if guessed:
        found = {key: Target(key, name, "") for key, (name, column) in columns.items() if column in ORDER}
    found.pop(ticket.status_id or "", None)
    grouped: dict[str, list[Target]] = {}
    for target in found.values():
        grouped.setdefault(columns.get(target.status, ("", Column.UNMAPPED))[1], []).append(target)
    order = [*ORDER, Column.UNMAPPED, Column.OFF]
    return tuple(
        TargetGroup(str(Column(column).label), tuple(grouped[column])) for column in order if column in grouped
    ), guessed


def _ends(ticket: Ticket) -> tuple[str, str]:
    """The keys of the first and the last ticket of To Do, for one that stands there; "" where it is that one."""
    if ticket.column != Column.TODO:
        return "", ""
    todo = Ticket.objects.present().filter(column=Column.TODO)
    place = Coalesce("rank_position", UNRANKED)
    first = todo.order_by(place, "id").values_list("key", flat=True).first() or ""
    last = todo.order_by(place.desc(), "-id").values_list("key", flat=True).first() or ""
    return ("" if first == ticket.key else first), ("" if last == ticket.key else last)


def names() -> Names:
    """Who owns tickets, which priorities and labels there are: asked for at most every five minutes."""
    kept: Names | None = cache.get("work:names")
    if kept is None:
        here: Any = Ticket.objects.present().order_by()
        people = JiraUser.objects.filter(assigned__in=here.exclude(column=Column.OFF)).distinct()[:OPTIONS]
        priorities = [name for name in here.values_list("priority", flat=True).distinct()[:50] if name]
        labels = here.annotate(label=Func(F("labels"), function="unnest")).values_list("label").annotate(n=Count("id"))
        kept = Names(
            people=tuple(sorted(((row.account_id, str(row)) for row in people), key=lambda pair: pair[1].casefold())),
            priorities=tuple(sorted(priorities, key=_urgency)),
            labels=tuple(sorted((label for label, _ in labels.order_by("-n")[:OPTIONS]), key=str.casefold)),
        )
        cache.set("work:names", kept, KEPT)
    return kept


URGENCIES = ("highest", "blocker", "critical", "high", "major", "medium", "normal", "low", "minor", "lowest", "trivial")


def _urgency(name: str) -> tuple[int, int, str]:
    """Jira's usual names from the most urgent on; others by whether they are drawn in a tone."""
    known = name.casefold()
    place = URGENCIES.index(known) if known in URGENCIES else len(URGENCIES)
    return place, 0 if priority_tone(name) else 1, known


def _with_own(known: Names, ticket: Ticket, person: Person) -> Names:
    """The names, and those that this ticket and this person have even where nobody else does."""
    people = dict(known.people)
    if ticket.assignee_id and ticket.assignee_id not in people:
        people[ticket.assignee_id] = str(ticket.assignee)
    if person.jira_account_id:
        people[person.jira_account_id] = person.name
    priorities = known.priorities
    if ticket.priority and ticket.priority not in priorities:
        priorities = (ticket.priority, *priorities)
    return Names(tuple(sorted(people.items(), key=lambda pair: pair[1].casefold())), priorities, known.labels)


def write_lines(ticket_id: int, *, only_open: bool = False) -> tuple[WriteLine, ...]:
    """The writes of a ticket, newest first: those that are not through, or the latest 30."""
    found = TicketWrite.objects.filter(ticket_id=ticket_id).select_related("delivery", "by").order_by("-id")
    if only_open:
        found = found.filter(open=True).exclude(delivery__state=State.SENT)
    return tuple(_line(write) for write in found[:LATEST])


def _line(write: TicketWrite) -> WriteLine:
    delivery = write.delivery
    return WriteLine(
        id=write.id, title=delivery.title, by=write.by.name if write.by else "", at=write.at,
        said=str(delivery.payload.get("said", "")), asks=delivery.state == State.ASKING, open=write.open,
        receipt=receipt(delivery),
    )


@dataclass(frozen=True)
class QuestionField:
    """A field of a question. Of a conflict: what it was, mine, theirs; else what can be chosen, or "" for free text."""

    name: str
    label: str
    base: str = ""
    mine: str = ""
    theirs: str = ""
    kind: str = ""
    allowed: tuple[tuple[str, str], ...] = ()
    value: str = ""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """See templates/tickets/question.html. `kind`: "conflict" or "fields"; None as a question: nothing is asked."""

    write: WriteLine
    key: str
    url: str
    summary: str
    kind: str
    fields: tuple[QuestionField, ...]


def question_of(write: TicketWrite, given: dict[str, str], faults: dict[str, str]) -> Question | None:
    """What a write asks, with what was answered already and what is wrong with it."""
    asked = write.delivery.question
    if not asked:
        return None
    is_conflict = asked.get("kind") == "conflict"
    fields = tuple(
        _conflict(field, faults) if is_conflict else _field(field, given, faults) for field in asked.get("fields", [])
    )
    ticket = write.ticket
    return Question(
        _line(write), ticket.key, ticket_url(ticket.key), ticket.summary or ticket.key,
        "conflict" if is_conflict else "fields", fields,
    )


def _conflict(field: dict[str, Any], faults: dict[str, str]) -> QuestionField:
    name = field["field"]
    return QuestionField(
        name, field["label"], str(field["base_words"]), str(field["mine_words"]), str(field["theirs_words"]),
        errors=_errors(name, faults),
    )


def _field(field: dict[str, Any], given: dict[str, str], faults: dict[str, str]) -> QuestionField:
    name, allowed = field["id"], tuple((str(value), str(words)) for value, words in field.get("allowed", []))
    return QuestionField(
        name, field["name"], kind=str(field.get("kind", "")), allowed=allowed, value=given.get(name, ""),
        errors=_errors(name, faults),
    )


def _errors(name: str, faults: dict[str, str]) -> tuple[str, ...]:
    return (faults[name],) if name in faults else ()


def waiting_write(ticket_id: int, states: Sequence[str]) -> TicketWrite | None:
    """The oldest open write of a ticket in one of these states."""
    found = TicketWrite.objects.filter(ticket_id=ticket_id, open=True, delivery__state__in=states)
    return found.select_related("delivery", "ticket").order_by("id").first()

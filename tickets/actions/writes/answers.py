"""What a person does with a write that is not through: answer it, try again, take it back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from integrations.outbox import actions as outbox
from integrations.outbox.actions import NotOpen
from people.models import Person
from tickets.actions.writes.rank import neighbours_of, put_back
from tickets.actions.writes.shown import lock_tickets, locked, open_writes, show, show_states
from tickets.choices import Column, Verb
from tickets.models import JiraStatus, JiraUser, Ticket, TicketWrite
from tickets.rules.writes import answered, with_labels, writes_nothing

COLUMNS = {"status": ("status_id", "column", "status_since"), "assignee": ("assignee_id",), "priority": ("priority",)}


def answer_write(*, write: TicketWrite, answers: Mapping[str, str], by: Person, at: datetime) -> TicketWrite:
    """Answer what a write asks. Raises `NotOpen`, `NotThere`, and `rules.writes.BadAnswer` with a sentence a field."""
    with transaction.atomic():
        ticket = locked(write.ticket_id)
        delivery = write.delivery
        delivery.refresh_from_db()
        if delivery.question is None:
            raise NotOpen("This has been answered already.")
        payload = answered(delivery.payload, delivery.question, answers)
        if delivery.question["kind"] == "conflict":
            _note_theirs(ticket, write, delivery.question, at)
        if writes_nothing(payload):
            return drop_write(write=write, by=by, at=at, words="Jira's value was taken")
        words = ", ".join(f"{name}: {value}" for name, value in answers.items())
        outbox.answer(delivery=delivery, payload=payload, by=by, at=at, words=words[:500])
        if delivery.question["kind"] == "conflict":
            _take_theirs(ticket, write, delivery.question, answers)
        show_states([ticket.id])
    return write


def _take_theirs(ticket: Ticket, write: TicketWrite, question: Mapping[str, Any], answers: Mapping[str, str]) -> None:
    """Of a conflict, the fields in which Jira's value was chosen are no longer shown as mine."""
    left = [name for field in question["fields"] if answers.get(field["field"]) == "theirs"
            for name in COLUMNS[field["field"]] if name in write.mine]
    if left:
        _uncover(ticket, write, _others(write), left)
        write.mine = {name: value for name, value in write.mine.items() if name not in left}
        write.save(update_fields=["mine"])


def _note_theirs(ticket: Ticket, write: TicketWrite, question: Mapping[str, Any], at: datetime) -> None:
    """Jira's values as the question told them: the mirror may not know them yet."""
    theirs = dict(write.theirs or {})
    for field in question["fields"]:
        name, value = field["field"], field["theirs"]
        if name == "status":
            status = JiraStatus.objects.filter(id=value).first()
            if status is not None and status.id != theirs.get("status_id", write.base.get("status_id")):
                column = Column.OFF if ticket.column == Column.OFF else status.column
                # Since when, Jira tells when it is read again.
                theirs |= {"status_id": status.id, "column": column, "status_since": at.isoformat()}
        elif name == "priority" or value is None or JiraUser.objects.filter(account_id=value).exists():
            theirs[COLUMNS[name][0]] = value
    write.theirs = theirs or None
    write.save(update_fields=["theirs"])


def retry_write(*, write: TicketWrite, by: Person, at: datetime) -> TicketWrite:
    """Try again what Jira refused. Raises `NotOpen`."""
    with transaction.atomic():
        locked(write.ticket_id)
        outbox.retry(delivery=write.delivery, by=by, at=at)
        show_states([write.ticket_id])
    return write


def drop_write(
    *, write: TicketWrite, by: Person, at: datetime, words: str = "", anyway: bool = False
) -> TicketWrite:
    """Take a write back: its tickets show again what they would without it. Raises `NotOpen` when it has left."""
    with transaction.atomic():
        # Tickets before deliveries, as everybody locks.
        here = TicketWrite.objects.filter(delivery_id=write.delivery_id)
        lock_tickets({one for each in here for one in (each.ticket_id, *neighbours_of(each))})
        outbox.drop(delivery=write.delivery, by=by, at=at, words=words, anyway=anyway)
        forget_writes(write.delivery_id)
    write.refresh_from_db()
    return write


def forget_writes(delivery_id: int) -> list[int]:
    """The tickets of a dropped delivery show again what they would without it. Returns their ids."""
    writes = list(TicketWrite.objects.filter(delivery_id=delivery_id, open=True).order_by("ticket_id"))
    ids = [write.ticket_id for write in writes]
    lock_tickets(ids)
    for write in writes:
        ticket = Ticket.objects.get(id=write.ticket_id)
        _uncover(ticket, write, _others(write), [name for name in write.mine if not name.startswith("labels_")])
        if "labels_add" in write.mine:
            back = {"labels_add": write.mine["labels_remove"], "labels_remove": write.mine["labels_add"]}
            changes = [back, *(other.mine for other in _others(write))]
            show(ticket, {"labels": with_labels(ticket.labels, changes)})
        write.open = False
        write.save(update_fields=["open"])
    put_back([write for write in writes if write.verb == Verb.RANK])
    show_states(ids)
    return ids


def _others(write: TicketWrite) -> list[TicketWrite]:
    return [other for other in open_writes([write.ticket_id]).get(write.ticket_id, []) if other.id != write.id]


def _uncover(ticket: Ticket, write: TicketWrite, others: list[TicketWrite], names: Sequence[str]) -> None:
    """Take these values of a write off the row: an earlier open write's show, or Jira's; a later one's stay, and stand
    on those. Places are another thing, see `put_back`."""
    under = _under(write)
    for name in [name for name in names if name != "rank_position"]:
        earlier = [other for other in others if other.id < write.id and name in other.mine]
        later = [other for other in others if other.id > write.id and name in other.mine]
        value = earlier[-1].mine[name] if earlier else under.get(name)
        if later:
            later[0].base[name] = value
            later[0].save(update_fields=["base"])
            _rebase(later[0], name, value)
        else:
            show(ticket, {name: value})


def _rebase(write: TicketWrite, column: str, value: Any) -> None:
    """What a later write leaves with stands on that value too: else it would be asked about a conflict that nobody
    made."""
    field = next((field for field, columns in COLUMNS.items() if columns[0] == column), None)
    if field is not None:
        outbox.rebase(delivery_id=write.delivery_id, field=field, value=value or "" if field == "status" else value)


def _under(write: TicketWrite) -> dict[str, Any]:
    """The columns as they are without this write: as Jira has them since, else as they were."""
    return {**write.base, **(write.theirs or {})}

"""What a person does with a write that is not through: answer, try again, take back; and undo what is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from integrations.outbox import actions as outbox
from integrations.outbox.actions import NotOpen
from people.models import Person
from tickets.actions.writes.change import change_ticket
from tickets.actions.writes.shown import NotThere, locked, open_writes, show, show_states
from tickets.choices import Verb
from tickets.models import Ticket, TicketWrite
from tickets.rules.writes import answered, with_labels, writes_nothing


def answer_write(*, write: TicketWrite, answers: Mapping[str, str], by: Person, at: datetime) -> TicketWrite:
    """Answer what a write asks. Raises `NotOpen`, `NotThere`, and `rules.writes.BadAnswer` with a sentence a field."""
    with transaction.atomic():
        ticket = locked(write.ticket_id)
        delivery = write.delivery
        delivery.refresh_from_db()
        if delivery.question is None:
            raise NotOpen("This has been answered already.")
        payload = answered(delivery.payload, delivery.question, answers)
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
    columns = {"status": ("status_id", "column", "status_since"), "assignee": ("assignee_id",),
               "priority": ("priority",)}
    left = [name for field in question["fields"] if answers.get(field["field"]) == "theirs"
            for name in columns[field["field"]]]
    if left:
        show(ticket, {name: value for name, value in _under(write).items() if name in left})
        write.mine = {name: value for name, value in write.mine.items() if name not in left}
        write.save(update_fields=["mine"])


def retry_write(*, write: TicketWrite, by: Person, at: datetime) -> TicketWrite:
    """Try again what Jira refused. Raises `NotOpen`."""
    with transaction.atomic():
        locked(write.ticket_id)
        outbox.retry(delivery=write.delivery, by=by, at=at)
        show_states([write.ticket_id])
    return write


def drop_write(*, write: TicketWrite, by: Person, at: datetime, words: str = "") -> TicketWrite:
    """Take a write back: its tickets show again what they would without it. Raises `NotOpen` when it has left."""
    with transaction.atomic():
        # Tickets before deliveries, as everybody locks.
        here = TicketWrite.objects.filter(delivery_id=write.delivery_id).values_list("ticket_id", flat=True)
        list(Ticket.objects.select_for_update(of=("self",)).filter(id__in=list(here)).order_by("id"))
        outbox.drop(delivery=write.delivery, by=by, at=at, words=words)
        forget_writes(write.delivery_id)
    write.refresh_from_db()
    return write


def forget_writes(delivery_id: int) -> list[int]:
    """The tickets of a dropped delivery show again what they would without it. Returns their ids."""
    writes = list(TicketWrite.objects.filter(delivery_id=delivery_id, open=True).order_by("ticket_id"))
    for write in writes:
        ticket = Ticket.objects.select_for_update(of=("self",)).get(id=write.ticket_id)
        others = [other for other in open_writes([ticket.id]).get(ticket.id, []) if other.id != write.id]
        _uncover(ticket, write, others)
        write.open = False
        write.save(update_fields=["open"])
    ids = [write.ticket_id for write in writes]
    show_states(ids)
    return ids


def _uncover(ticket: Ticket, write: TicketWrite, others: list[TicketWrite]) -> None:
    """Take a write's values off the row: an earlier open write's show, or Jira's; a later one's stay, and stand on
    those."""
    under = _under(write)
    for name in [name for name in write.mine if not name.startswith("labels_")]:
        earlier = [other for other in others if other.id < write.id and name in other.mine]
        later = [other for other in others if other.id > write.id and name in other.mine]
        value = earlier[-1].mine[name] if earlier else under.get(name)
        if later:
            later[0].base[name] = value
            later[0].save(update_fields=["base"])
        else:
            show(ticket, {name: value})
    if "labels_add" in write.mine:
        back = {"labels_add": write.mine["labels_remove"], "labels_remove": write.mine["labels_add"]}
        show(ticket, {"labels": with_labels(ticket.labels, [back, *(other.mine for other in others)])})


def _under(write: TicketWrite) -> dict[str, Any]:
    """The columns as they are without this write: as Jira has them since, else as they were."""
    return {**write.base, **(write.theirs or {})}


def reverse_write(*, write: TicketWrite, by: Person, at: datetime) -> TicketWrite | None:
    """Undo a change that Jira has: another one, the other way. None where there is nothing to undo.

    Raises `NotThere` for what cannot be undone so: a comment, an order.
    """
    if write.verb not in {Verb.MOVE, Verb.PULL, Verb.ASSIGN, Verb.PRIORITY, Verb.LABEL}:
        raise NotThere("This is in Jira and cannot be undone from here.")
    base, mine = write.base, write.mine
    values = {name: base[column] for name, column in (("assignee", "assignee_id"), ("priority", "priority"))
              if column in base}
    drawn = {name: mine[column] for name, column in (("assignee", "assignee_id"), ("priority", "priority"),
                                                     ("status", "status_id")) if column in mine}
    return change_ticket(
        ticket_id=write.ticket_id, verb=Verb(write.verb), by=by, at=at, values=values, drawn=drawn,
        to=[base["status_id"]] if base.get("status_id") else [],
        add=mine.get("labels_remove", []), remove=mine.get("labels_add", []),
    )

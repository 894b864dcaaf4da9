"""The fix is out: a reply is owed to each affected customer, sent or left out; then the escalation closes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from escalations.actions.base import Refused, held, record
from escalations.actions.clocks import settle_clocks
from escalations.actions.states import change_status
from escalations.choices import OPEN, Outcome, OwedState, Status, What
from escalations.models import Affected, Escalation, Message, OwedReply, TemplateVersion
from escalations.rules.states import may_move
from people.models import Person

LONGEST_NOTE = 300


@dataclass(frozen=True)
class Prefilled:
    """What a customer is to be told, and the version of the template that said it, if one did."""

    text: str
    template: TemplateVersion | None = None


@transaction.atomic
def owe_replies(
    *, escalation: Escalation, why: str, outcome: Outcome | None, text_for: Callable[[Affected], Prefilled],
    at: datetime,
) -> int:
    """A reply is owed to each affected customer that was not told: waiting with this text. Those that wait for an
    earlier reason get the new one; those told or left out since the fix are not asked for again. `outcome`: what it
    turned out to be, unless somebody said already. Returns how many wait. Nothing for one that is settled."""
    row = held(escalation)
    if row.status not in OPEN or row.merged_into_id:
        return 0
    first = row.released_at is None
    if first:
        row.released_at = at
        row.outcome = row.outcome or outcome or ""
        row.save(update_fields=["released_at", "outcome"])
    since = row.released_at or at
    waiting = {one.affected_id: one for one in row.owed.select_for_update().filter(state=OwedState.WAITING)}
    settled = set(row.owed.exclude(state=OwedState.WAITING).filter(at__gte=since).values_list("affected", flat=True))
    made = 0
    for affected in row.affected.filter(told_at__isnull=True).exclude(pk__in=settled):
        one = waiting.get(affected.pk)
        if one is None:
            told = text_for(affected)
            OwedReply.objects.create(escalation=row, affected=affected, why=why[:200], text=told.text,
                                     template=told.template, at=at)
            made += 1
        elif one.why != why[:200]:
            told = text_for(affected)
            one.why, one.text, one.template = why[:200], told.text, told.template
            one.save(update_fields=["why", "text", "template"])
    if made:
        record(What.REPLY_OWED, escalation=row, at=at, by=None, to_value=f"{why}: {made} to tell", internal=True)
    if made and may_move(Status(row.status), Status.REPLY_OWED):
        change_status(row, Status.REPLY_OWED, by=None, at=at)
    settle_clocks(escalation=row, at=at)
    return len(waiting) + made


@transaction.atomic
def take_back(*, escalation: Escalation, why: str, at: datetime) -> bool:
    """The fix is not out after all: nothing waits to be told any more, and whoever was told is told again once it is.
    Returns whether anything was owed."""
    row = held(escalation)
    if row.status not in OPEN or row.released_at is None:
        return False
    row.released_at = None
    row.save(update_fields=["released_at"])
    row.owed.filter(state=OwedState.WAITING).delete()
    row.affected.filter(told_at__isnull=False).update(told_at=None)
    record(What.TICKET_CHANGED, escalation=row, at=at, by=None, to_value=why, internal=True)
    if row.status == Status.REPLY_OWED:
        change_status(row, Status.OURS, by=None, at=at, why=why)
    return True


def held_reply(owed: OwedReply) -> OwedReply:
    """The reply as it is now, locked, its escalation first. Raises `Refused` where it was settled meanwhile."""
    held(owed.escalation)
    row = OwedReply.objects.select_for_update(of=("self",)).select_related("affected__customer", "escalation").filter(
        pk=owed.pk).first()
    if row is None:
        raise Refused("The ticket was opened again meanwhile: nothing is owed now.")
    if row.state != OwedState.WAITING:
        who = row.settled_by.name if row.settled_by else "somebody"
        raise Refused(f"{row.affected.customer} was settled by {who} already: {OwedState(row.state).label.lower()}.")
    return row


def note_told(*, owed: OwedReply, message: Message, by: Person, at: datetime) -> None:
    """A held reply was sent as this message: the customer was told. Call it inside the transaction of the message."""
    owed.state, owed.message, owed.text = OwedState.SENT, message, message.text
    _settle(owed, by, at)
    owed.affected.told_at = at
    owed.affected.save(update_fields=["told_at"])
    other = owed.affected.customer_id != owed.escalation.customer_id  # who else asks is not for the reporter
    record(What.TOLD, escalation=owed.escalation, at=at, by=by, to_value=owed.affected.customer.name, internal=other)
    close_when_told(owed.escalation, by, at)


@transaction.atomic
def skip(*, owed: OwedReply, note: str, by: Person, at: datetime) -> None:
    """Nothing has to be said to this customer, for this reason. Raises `Refused`."""
    said = " ".join(note.replace("\x00", "").split())
    if not said:
        raise Refused("Say why nothing has to be said.")
    if len(said) > LONGEST_NOTE:
        raise Refused(f"Say it in {LONGEST_NOTE} characters.")
    row = held_reply(owed)
    row.state, row.note = OwedState.SKIPPED, said
    _settle(row, by, at)
    record(What.SKIPPED, escalation=row.escalation, at=at, by=by, to_value=f"{row.affected.customer}: {said}",
           internal=True)
    close_when_told(row.escalation, by, at)


def _settle(owed: OwedReply, by: Person, at: datetime) -> None:
    owed.settled_at, owed.settled_by = at, by
    owed.save(update_fields=["state", "message", "text", "note", "settled_at", "settled_by"])


def close_when_told(escalation: Escalation, by: Person | None, at: datetime) -> bool:
    """Once nobody is owed a reply it is closed. Returns whether it was."""
    row = held(escalation)
    if row.status != Status.REPLY_OWED or row.owed.filter(state=OwedState.WAITING).exists():
        return False
    change_status(row, Status.CLOSED, by=by, at=at, why="each customer was told")
    return True

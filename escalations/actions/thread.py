"""What is said in a thread: to the reporter, by the reporter, among us. What it does to the escalation is done here."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from escalations.actions.base import Refused, held, look_again, record, topic_of
from escalations.actions.clocks import settle_clocks
from escalations.actions.states import SETTLED, change_status
from escalations.choices import Author, Status, What
from escalations.models import Affected, Escalation, Message, ReplyDraft, TemplateVersion
from escalations.rules.markdown import LONGEST, clean
from escalations.rules.pasted import mask_json, mask_text
from escalations.rules.states import may_move
from people.models import Person
from portal.common import live


class Meanwhile(Refused):
    """Somebody else answered since the writer looked; `messages` are what they have not seen."""

    def __init__(self, messages: list[Message]) -> None:
        names = ", ".join(dict.fromkeys(message.by_name for message in messages))
        super().__init__(f"{names} answered meanwhile. Look, and send yours anyway if it is still right.")
        self.messages = messages


@transaction.atomic
def write(
    *, escalation: Escalation, author: Author, by: Person | None, by_name: str, text: str, public: bool, key: str,
    at: datetime, asks: bool = False, template: TemplateVersion | None = None, affected: Affected | None = None,
    seen: int | None = None,
) -> Message:
    """Say something in the thread; secrets in it are masked. `key` (64 characters at most): the same form sent twice is
    one message, the first.

    A public reply of ours meets the clocks, and with `asks` it waits for the reporter; one to another affected customer
    does neither. The reporter's answer gives it back to us, and opens again what was solved or closed. `seen`: the
    newest message that the writer saw. Raises `Refused` for an empty or too long text, and for one that was merged;
    `Meanwhile` when somebody else of us answered after `seen`.
    """
    row = held(escalation)
    there = Message.objects.filter(key=key).first()
    if there is not None:
        if there.escalation_id != row.pk:
            raise Refused("This form belongs to another escalation. Open this one again, and send it there.")
        return there
    said = _checked(row, text)
    if seen is not None and author == Author.US:
        _refuse_unseen(row, by, seen)
    message = Message.objects.create(
        escalation=row, author=author, by=by, by_name=by_name[:120], text=said, at=at, key=key, template=template,
        public=public and author != Author.NOTE, asks=asks and public and author == Author.US, affected=affected,
    )
    _note_said(row, message)
    ReplyDraft.objects.filter(escalation=row, person=by).delete()
    look_again(row)
    settle_clocks(escalation=row, at=at)
    return message


def _checked(row: Escalation, text: str) -> str:
    if row.merged_into_id:
        raise Refused(f"This was merged into E-{row.merged_into_id}: write there.")
    said = clean(text)
    if not said:
        raise Refused("Write something first.")
    if len(said) > LONGEST:
        raise Refused(f"A message has at most {LONGEST:,} characters; this has {len(said):,}. Attach the rest.")
    return mask_text(said)[0]


def _refuse_unseen(row: Escalation, by: Person | None, seen: int) -> None:
    missed = Message.objects.filter(escalation=row, pk__gt=seen, public=True, affected__isnull=True)
    found = list(missed.exclude(by=by).exclude(author=Author.JIRA).order_by("at", "pk"))
    if found:
        raise Meanwhile(found)


def _note_said(row: Escalation, message: Message) -> None:
    """What a message does to the escalation: the times by which clocks are met, and whose turn it is."""
    row.updated_at = message.at
    if message.author == Author.REPORTER:
        row.last_asked_at = message.at
        row.save(update_fields=["last_asked_at", "updated_at"])
        _give_back(row, message)
    elif message.author == Author.US and message.public and _to_the_reporter(row, message):
        row.first_reply_at, row.last_reply_at = row.first_reply_at or message.at, message.at
        row.save(update_fields=["first_reply_at", "last_reply_at", "updated_at"])
        if message.asks and may_move(Status(row.status), Status.REPORTER):
            change_status(row, Status.REPORTER, by=message.by, at=message.at)
    else:
        row.save(update_fields=["updated_at"])


def _to_the_reporter(row: Escalation, message: Message) -> bool:
    return message.affected is None or message.affected.customer_id == row.customer_id


def _give_back(row: Escalation, message: Message) -> None:
    if row.status == Status.REPORTER:
        change_status(row, Status.OURS, by=message.by, at=message.at, why="the reporter answered")
    elif row.status in SETTLED:
        words = "the reporter wrote again"
        change_status(row, Status.OURS, by=message.by, at=message.at, why=words, what=What.REOPENED)


@transaction.atomic
def publish(*, message: Message, public: bool, by: Person, at: datetime) -> None:
    """Let the reporter read a comment of the ticket, or no longer. It is no reply: clocks go on. The same again changes
    nothing. Raises `Refused` for anything else than a comment from Jira."""
    if message.author != Author.JIRA:
        raise Refused("Only a comment from Jira can be shown to the reporter afterwards.")
    if not Message.objects.filter(pk=message.pk, public=not public).update(public=public):
        return
    words = "shows the reporter a comment from Jira" if public else "hides a comment from Jira from the reporter"
    record(What.CHANGED, escalation=message.escalation, at=at, by=by, to_value=words, internal=True)


def keep_draft(
    *, escalation: Escalation, person: Person, text: str, at: datetime, values: Mapping[str, Any] | None = None
) -> bool:
    """Keep what somebody is writing, as typed but for secrets, and let open pages see that they write; an empty text
    without `values` keeps nothing. Returns whether there was anything to keep or to forget. `values`: the template
    chosen and what was filled in."""
    said = mask_text(text.replace("\x00", ""))[0][: LONGEST * 2]
    if not said.strip() and not values:
        if not ReplyDraft.objects.filter(escalation=escalation, person=person).delete()[0]:
            return False
    else:
        told = {"text": said, "updated_at": at} | ({"values": mask_json(values)} if values is not None else {})
        ReplyDraft.objects.update_or_create(escalation=escalation, person=person, defaults=told)
    transaction.on_commit(partial(live.publish, topic_of(escalation.pk), "writing", ""))
    return True

"""A reply leaves: by mail, by Mattermost, as a comment in Jira. Rows of the outbox in the reply's own transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from escalations.actions import thread
from escalations.actions.people import entitled, path_of, tell_all, tell_said
from escalations.choices import Author
from escalations.models import Affected, Escalation, Message, MessageDelivery, TemplateVersion
from escalations.queries.ways import asker_of, places_of
from escalations.rules.markdown import wiki
from escalations.rules.ways import Asker, Way, subject
from integrations.outbox import actions as outbox
from integrations.outbox.models import Delivery
from people.models import Person
from portal.flows.delivery import queue_delivery
from portal.flows.escalations.comments import REPLY


@dataclass(frozen=True)
class Reply:
    """What somebody of us writes: `ways` by which it leaves, `note`: for us alone. See `actions.thread.write`."""

    text: str
    key: str
    ways: tuple[Way, ...] = ()
    note: bool = False
    asks: bool = False
    template: TemplateVersion | None = None
    affected: Affected | None = None
    seen: int | None = None
    below: str = ""  # what a letter says below it, and the thread does not: a link that is for its reader alone


@transaction.atomic
def reply(*, escalation: Escalation, given: Reply, by: Person, at: datetime) -> Message:
    """Write a reply or a note of ours into the thread and put it on its way; the same `key` again does neither. Raises
    what `actions.thread.write` raises."""
    message = thread.write(
        escalation=escalation, author=Author.NOTE if given.note else Author.US, by=by, by_name=by.name,
        text=given.text, public=not given.note, key=given.key, at=at, asks=given.asks, template=given.template,
        affected=given.affected, seen=given.seen,
    )
    send_reply(escalation=message.escalation, message=message, ways=given.ways, at=at, below=given.below)
    tell_said(message=message, at=at)
    return message


@transaction.atomic
def answer(*, escalation: Escalation, text: str, key: str, by: Person, at: datetime) -> Message:
    """The answer of the reporter, or of somebody beside them; our side is told. Raises as `reply`."""
    message = thread.write(escalation=escalation, author=Author.REPORTER, by=by, by_name=by.name, text=text,
                           public=True, key=key, at=at)
    tell_said(message=message, at=at)
    return message


def send_reply(
    *, escalation: Escalation, message: Message, ways: Iterable[Way], at: datetime, below: str = ""
) -> list[Delivery]:
    """Put a message on its way by each of these ways that is open, in the caller's transaction. One that goes no
    other way than to Jira is told to its reporter by the ways they chose for themselves; a note is told to nobody.

    Sent again it is the same: each way of a message has one key.
    """
    asker = asker_of(escalation, message.affected)
    found, reached = [], False
    for place in places_of(escalation, message.affected):
        # A note may go to Jira, where we work; never to whoever asked.
        if place.way not in set(ways) or (not message.public and place.way != Way.JIRA):
            continue
        topic, scope, payload = PAYLOADS[place.way](escalation, message, asker)
        if below and place.way != Way.JIRA:
            said = "message" if place.way == Way.MATTERMOST else "text"
            payload = {**payload, said: f"{payload[said].rstrip()}\n\n{below}\n"}
        delivery = outbox.enqueue(
            topic=topic, scope=scope, payload=payload, at=at, by=message.by, path=path_of(escalation), purpose=REPLY,
            title=f"{escalation}: {place.label}", key=f"esc-reply-{message.pk}-{place.way}",
        )
        MessageDelivery.objects.get_or_create(message=message, delivery=delivery, defaults={"label": place.label})
        queue_delivery(delivery)
        found.append(delivery)
        reached = reached or place.way != Way.JIRA
    if not reached and message.public and message.author == Author.US:
        _tell_the_reporter(escalation, message, at, below)
    return found


def _tell_the_reporter(escalation: Escalation, message: Message, at: datetime, below: str) -> None:
    person = message.affected.reporter if message.affected else escalation.reporter
    if person is not None and person != message.by:
        tell_all([person], escalation, key=f"esc-answer-{message.pk}", text=f"{message.text}\n\n{below}".strip(),
                 subject=entitled(f"{escalation} was answered", escalation), by=message.by, at=at)


def _mail(to: str, escalation: Escalation, message: Message, asker: Asker) -> dict[str, Any]:
    """A letter. Its answer goes to whoever wrote it: mail that comes in is not read into the thread."""
    named = subject(number=escalation.pk, title=escalation.title, support_ticket=asker.support_ticket)
    link = settings.PORTAL_BASE_URL + path_of(escalation)
    return {"to": to, "subject": named, "text": f"{message.text}\n\n-- \n{message.by_name}\n{escalation}: {link}\n",
            "reply_to": message.by.email if message.by else ""}


def _by_support(escalation: Escalation, message: Message, asker: Asker) -> tuple[str, str, Mapping[str, Any]]:
    scope = f"mail:escalation:{escalation.pk}:support"
    return "mail.send", scope, _mail(asker.support_mail, escalation, message, asker)


def _by_mail(escalation: Escalation, message: Message, asker: Asker) -> tuple[str, str, Mapping[str, Any]]:
    return "mail.send", f"mail:escalation:{escalation.pk}", _mail(asker.mail, escalation, message, asker)


def _by_chat(escalation: Escalation, message: Message, asker: Asker) -> tuple[str, str, Mapping[str, Any]]:
    link = settings.PORTAL_BASE_URL + path_of(escalation)
    text = f"**[{escalation}]({link}) {message.by_name} answered**\n\n{message.text}"
    payload = {"username": asker.username, "email": asker.mail, "message": text}
    return "mattermost.direct", f"mattermost:escalation:{escalation.pk}", payload


def _by_jira(escalation: Escalation, message: Message, asker: Asker) -> tuple[str, str, Mapping[str, Any]]:
    text = wiki(message.text)
    said = f"{text}\n\n— {message.by_name}, {escalation} in the SET portal"
    scope = f"jira:issue:{escalation.ticket_id}"
    return "jira.comment", scope, {"issue": escalation.ticket_id, "text": said, "said": text}


PAYLOADS: dict[Way, Callable[[Escalation, Message, Asker], tuple[str, str, Mapping[str, Any]]]] = {
    Way.SUPPORT: _by_support, Way.MAIL: _by_mail, Way.MATTERMOST: _by_chat, Way.JIRA: _by_jira,
}

"""Comments of a linked ticket in the thread: they come, are edited and go as they do in Jira."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from escalations.actions.base import look_again, record
from escalations.choices import Author, TicketState, What
from escalations.models import Escalation, Message
from integrations.outbox.models import Delivery
from tickets.models import TicketComment

MOST = 500  # comments of a ticket that a thread holds, the latest


def take_comments(*, ticket_ids: Iterable[int], at: datetime) -> int:
    """Have the threads of these tickets hold their comments as the mirror has them: after a ticket was linked, and each
    time Jira changes it. Returns how many threads changed. One query where no escalation has any of the tickets.

    A comment that came from here is the message it was sent as. All others begin internal: of an ordinary project Jira
    calls every comment public, which says nothing about the reporter. One that the reporter was shown and that is
    edited in Jira is internal again: nobody has read its new words for them.
    """
    rows = Escalation.objects.filter(ticket__in=list(ticket_ids), ticket_state=TicketState.LINKED)
    rows = rows.filter(merged_into__isnull=True)
    return sum(1 for row in rows.only("pk", "ticket") if _take(row, at))


@transaction.atomic
def _take(row: Escalation, at: datetime) -> bool:
    """One thread. The lock keeps two webhooks of one ticket from writing a comment twice."""
    Escalation.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    there = TicketComment.objects.filter(ticket=row.ticket_id).select_related("author")
    comments = {comment.id: comment for comment in there.order_by("-created", "-id")[:MOST]}
    held = {message.jira_comment: message for message in
            Message.objects.filter(escalation=row, jira_comment__isnull=False)}
    ours = _ours(row, [one for one in comments if one not in held])
    new = [_message(row, comment) for pk, comment in comments.items() if pk not in held and pk not in ours]
    Message.objects.bulk_create(new)
    known = [(held[pk], comment) for pk, comment in comments.items() if pk in held]
    edited = [_edited(row, message, comment, at) for message, comment in known if _is_newer(message, comment)]
    Message.objects.bulk_update(edited, ["text", "jira_updated", "public"])
    # Of what the reporter has read nothing is taken away behind their back.
    gone = Message.objects.filter(escalation=row, author=Author.JIRA, public=False)
    gone = gone.exclude(jira_comment__in=TicketComment.objects.filter(ticket=row.ticket_id).values("id"))
    changed = bool(new or edited or ours or gone.delete()[0])
    if changed:
        look_again(row)
    return changed


def _ours(row: Escalation, ids: list[int]) -> set[int]:
    """Those of these comments that messages of the thread were sent as; each gets its comment's id."""
    if not ids:
        return set()
    sent = Delivery.objects.filter(topic="jira.comment", remote_id__in=[str(one) for one in ids])
    found = Message.objects.filter(escalation=row, deliveries__delivery__in=sent, jira_comment__isnull=True)
    known = {message.pk: int(remote) for message, remote in
             ((one, one.deliveries.filter(delivery__in=sent).values_list("delivery__remote_id", flat=True).first())
              for one in found) if remote}
    for pk, comment in known.items():
        Message.objects.filter(pk=pk).update(jira_comment=comment)
    return set(known.values())


def _message(row: Escalation, comment: TicketComment) -> Message:
    return Message(
        escalation=row, author=Author.JIRA, by_name=str(comment.author or "Somebody in Jira")[:120], text=comment.body,
        public=False, at=comment.created, key=f"jira-{row.pk}-{comment.id}", jira_comment=comment.id,
        jira_updated=comment.updated,
    )


def _is_newer(message: Message, comment: TicketComment) -> bool:
    """Whether Jira's is an edit that the thread does not hold. What was written here keeps its own words."""
    return message.author == Author.JIRA and message.jira_updated != comment.updated


def _edited(row: Escalation, message: Message, comment: TicketComment, at: datetime) -> Message:
    if message.public and message.text != comment.body:
        words = "a comment that the reporter was shown was edited in Jira: it is internal until it is shown again"
        record(What.CHANGED, escalation=row, at=at, by=None, to_value=words, internal=True)
        message.public = False
    message.text, message.jira_updated = comment.body, comment.updated
    return message


@transaction.atomic
def note_sent(*, delivery: Delivery) -> None:
    """A way by which messages left has another state: open pages see it. What arrived as a comment in Jira knows its
    id from now on; a copy that came in before the answer is gone."""
    messages = list(Message.objects.filter(deliveries__delivery=delivery).select_related("escalation"))
    for message in messages:
        if delivery.topic == "jira.comment" and delivery.remote_id.isdigit():
            comment = int(delivery.remote_id)
            copy = Q(author=Author.JIRA, jira_comment=comment)
            Message.objects.filter(copy, escalation=message.escalation).delete()
            Message.objects.filter(pk=message.pk).update(jira_comment=comment)
        look_again(message.escalation)

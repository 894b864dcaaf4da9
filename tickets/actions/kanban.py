"""Limits, blocks and threads: the verbs of the board that Jira knows nothing of."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from people.models import Person
from tickets.actions.writes.shown import NotThere, locked
from tickets.choices import KanbanWhat
from tickets.models import KanbanEvent, Ticket, TicketBlock, TicketThread, WipLimit
from tickets.queries.addresses import ticket_url
from tickets.rules.posts import plain

THREAD = "ticket_thread"


def block_ticket(*, ticket_id: int, why: str, by_what: str, by: Person, at: datetime) -> TicketBlock:
    """Say that a ticket cannot go on, and why. Said again, the words change and the time stays.

    Raises `NotThere`, and `ValueError` without a reason.
    """
    why, by_what = (" ".join(text.replace("\x00", "").split()) for text in (why, by_what))
    why, by_what = why[:500], by_what[:200]
    if not why:
        raise ValueError("Say what it waits for.")
    with transaction.atomic():
        ticket = locked(ticket_id)
        block = TicketBlock.objects.filter(ticket=ticket, ended_at=None).first()
        if block is None:
            block = TicketBlock.objects.create(ticket=ticket, why=why, by_what=by_what, since=at, by=by)
        else:
            block.why, block.by_what = why, by_what
            block.save(update_fields=["why", "by_what"])
        words = f"{why} ({by_what})" if by_what else why
        Ticket.objects.filter(id=ticket.id).update(blocked_since=block.since, blocked_why=words)
        _note(ticket, KanbanWhat.BLOCKED, words, by, at)
    return block


def unblock_ticket(*, ticket_id: int, by: Person, at: datetime) -> bool:
    """It goes on. False: nothing blocked it. Raises `NotThere`."""
    with transaction.atomic():
        ticket = locked(ticket_id)
        ended = TicketBlock.objects.filter(ticket=ticket, ended_at=None).update(ended_at=at, ended_by=by)
        if ended:
            Ticket.objects.filter(id=ticket.id).update(blocked_since=None, blocked_why="")
            _note(ticket, KanbanWhat.UNBLOCKED, "", by, at)
    return bool(ended)


def start_thread(*, ticket_id: int, channel: str, link: str, by: Person, at: datetime) -> TicketThread:
    """Start the thread in which a ticket is talked about; one that is there or on its way is returned, one whose post
    was dropped is none. Raises `NotThere`."""
    with transaction.atomic():
        ticket = locked(ticket_id)
        thread = TicketThread.objects.select_related("delivery").filter(ticket=ticket).first()
        if thread is not None and (thread.url or _is_coming(thread)):
            return thread
        delivery = outbox.enqueue(
            topic="mattermost.post", scope=f"mattermost:{channel}", title=f"Start a thread about {ticket.key}", at=at,
            payload={"channel": channel, "message": f"#### [{ticket.key}]({link}) {plain(ticket.summary)}"}, by=by,
            path=ticket_url(ticket.key), purpose=THREAD,
        )
        values = {"delivery": delivery, "by": by, "at": at}
        thread, _ = TicketThread.objects.update_or_create(ticket=ticket, defaults=values)
        _note(ticket, KanbanWhat.THREAD, "started", by, at)
    return thread


def _is_coming(thread: TicketThread) -> bool:
    return thread.delivery is not None and thread.delivery.state != State.DROPPED


def link_thread(*, ticket_id: int, url: str, allowed: str, by: Person, at: datetime) -> TicketThread:
    """Say where a ticket is talked about already. `allowed`: the address of our Mattermost.

    Raises `NotThere`, and `ValueError` for an address elsewhere.
    """
    url = url.replace("\x00", "").strip()
    ours = bool(allowed) and url.startswith(f"{allowed}/")
    post = url.partition("/pl/")[2].strip("/") if ours else ""
    if not post or len(url) > 500 or len(post) > 40 or not post.isalnum():
        raise ValueError(f"Paste the link of a post in our Mattermost: {allowed}/team/pl/…")
    with transaction.atomic():
        ticket = locked(ticket_id)
        values = {"url": url, "post_id": post, "delivery": None, "by": by, "at": at}
        thread, _ = TicketThread.objects.update_or_create(ticket=ticket, defaults=values)
        _note(ticket, KanbanWhat.THREAD, url, by, at)
    return thread


def note_thread(*, delivery_id: int, url: str, post_id: str) -> int | None:
    """The post that starts a thread is there. Returns the ticket's id."""
    thread = TicketThread.objects.filter(delivery_id=delivery_id).first()
    if thread is None:
        return None
    TicketThread.objects.filter(ticket_id=thread.ticket_id).update(url=url, post_id=post_id)
    return thread.ticket_id


def set_limits(*, wanted: Mapping[tuple[str, str], tuple[int, bool] | None], by: Person, at: datetime) -> int:
    """Set the limits of work in progress, by (column, of); None takes one away. Returns how many changed."""
    changed = 0
    with transaction.atomic():
        for (column, of), value in wanted.items():
            held = WipLimit.objects.select_for_update().filter(column=column, of=of).first()
            before = (held.most, held.forbids) if held else None
            if before == value:
                continue
            changed += 1
            if value is None:
                WipLimit.objects.filter(column=column, of=of).delete()
            else:
                new = {"most": value[0], "forbids": value[1]}
                WipLimit.objects.update_or_create(column=column, of=of, defaults=new)
            KanbanEvent.objects.create(
                what=KanbanWhat.LIMIT, by=by, at=at, via="page", from_value=_words(before),
                to_value=f"{column}, {of}: {_words(value)}",
            )
    return changed


def _words(limit: tuple[int, bool] | None) -> str:
    return "none" if limit is None else f"{limit[0]}{', more are refused' if limit[1] else ''}"


def _note(ticket: Ticket, what: KanbanWhat, words: str, by: Person, at: datetime) -> None:
    KanbanEvent.objects.create(ticket=ticket, what=what, to_value=words, by=by, at=at, via="page")


__all__ = [
    "THREAD", "NotThere", "block_ticket", "link_thread", "note_thread", "set_limits", "start_thread", "unblock_ticket",
]

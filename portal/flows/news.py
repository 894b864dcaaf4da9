"""Tell open pages what changed, after the commit: each card drawn once for everybody."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.template.loader import render_to_string

from portal.common import live
from tickets.actions.mirror import Told
from tickets.choices import Column
from tickets.models import Ticket
from tickets.queries.cards import card_news
from tickets.queries.sync import MirrorState

FEW = 25  # cards told one by one; beyond that a page had better look again
STALE_EVERY = 2.0  # seconds between two "look again" of a long run
NO_BOARD = {None, "", Column.OFF.value}  # a ticket that came from none of these to none of these is no board's news
IN_TRIAGE = {Column.BACKLOG.value, Column.UNMAPPED.value}  # what comes to these or leaves them may be triage's news


def tell_boards(
    told: Sequence[Told], at: datetime, *, by: str = "", offs: Mapping[int, int] | None = None
) -> list[str]:
    """A card an event; many at once are one "look again". `by`: whose boards are spared the line; `offs`: who is out
    of order, where it is known. Returns the events."""
    if any({ticket.came_from, ticket.column} & IN_TRIAGE for ticket in told):
        live.publish("triage", "stale", "")
    told = [ticket for ticket in told if not {ticket.came_from, ticket.column} <= NO_BOARD]
    if not told:
        return []
    if len(told) > FEW:
        live.publish("board", "stale", "")
        return []
    lines = [(ticket.id, f"{ticket.key} {ticket.said}" if ticket.said else "") for ticket in told]
    events = card_news(lines, at, by=by, offs=offs)
    for html in events:
        live.publish("board", "card", html)
    return events


def tell_gone(ticket: Ticket, said: str, at: datetime) -> None:
    """A ticket that stood on a board no longer does."""
    tell_boards([Told(ticket.id, ticket.key, said, ticket.column, "")], at)


def look_again() -> None:
    """Open boards and the mirror's page fetch themselves again: more changed than a card."""
    live.publish("board", "stale", "")
    live.publish("sync", "stale", "")


def tell_sync() -> None:
    """The mirror's page looks again."""
    live.publish("sync", "stale", "")


def tell_state(before: MirrorState, after: MirrorState, at: datetime) -> None:
    """Open pages learn how fresh the mirror is: by the stamp alone, or by looking again where there is more to say."""
    if (before.trouble, before.first_import, before.notices) != (after.trouble, after.first_import, after.notices):
        live.publish("board", "stale", "")
        tell_sync()
        return
    stamp = render_to_string("parts/stamp.html", {"stamp": after.stamp, "live": True, "now": at}).strip()
    live.publish("board", "swap", stamp)
    live.publish("sync", "swap", stamp)


class News:
    """What a run has to tell, held back so that a first import does not make every open board look again each page."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.many = False
        self.last = 0.0
        self.last_sync = 0.0

    def add(self, told: Sequence[Told]) -> None:
        if self.many or len(self.told) + len(told) > FEW:
            self.many, self.told = True, []
            if told and time.monotonic() - self.last > STALE_EVERY:
                self.last = time.monotonic()
                live.publish("board", "stale", "")
        else:
            self.told += told
        if time.monotonic() - self.last_sync > STALE_EVERY / 4:
            self.last_sync = time.monotonic()
            tell_sync()

    def flush(self, at: datetime, *, reordered: bool = False) -> None:
        if self.many or reordered:
            live.publish("board", "stale", "")
            live.publish("triage", "stale", "")
        else:
            tell_boards(self.told, at)
        tell_sync()

"""What changed in Jira since somebody last looked: the newest entries of the change log, and new tickets."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.functions import Coalesce, Left, Lower
from django.urls import reverse

from tickets.choices import Column, Presence
from tickets.models import JiraStatus, Ticket, TicketChange
from tickets.queries.addresses import ticket_url
from tickets.rules.timeline import ChangeRow, Entry, change_entries
from tickets.rules.tones import status_tone

ENTRIES = 12
READ = 80  # items of the change log that the newest entries are gathered from
WATCHED = ("status", "assignee", "priority", "labels", "severity", "resolution")


@dataclass(frozen=True)
class Since:
    at: datetime
    count: int
    entries: tuple[Entry, ...]
    more_url: str


def changed_since(since: datetime, at: datetime) -> Since:
    """What changed on the board after `since`, the newest first. Five queries at most."""
    on_board = Q(ticket__presence=Presence.PRESENT) & ~Q(ticket__column=Column.OFF)
    # Jira's log writes the name of an own field as people see it: "Severity".
    named = TicketChange.objects.annotate(named=Lower("field"))
    changes = named.filter(on_board, at__gt=since, at__lte=at, named__in=WATCHED)
    new = Ticket.objects.present().exclude(column=Column.OFF).filter(created__gt=since, created__lte=at)
    entries = sorted([*_changes(changes), *_new(new)], key=lambda entry: entry.at, reverse=True)[:ENTRIES]
    count = len(entries)
    if count == ENTRIES:
        count = changes.order_by().values("ticket_id", "history_id").distinct().count() + new.count()
    return Since(since, count, tuple(entries), _more_url() if count > len(entries) else "")


def _more_url() -> str:
    return f"{reverse('tickets:list')}?{urlencode({'sort': '-updated'})}"


def _changes(changes: Any) -> list[Entry]:
    rows = list(
        changes.annotate(
            author_name=Coalesce("author__display_name", "author_id"), old=Left("from_text", 300),
            new=Left("to_text", 300),
        )
        .order_by("-at", "ticket_id", "-history_id", "position")
        .values_list("history_id", "at", "author_name", "field", "field_id", "old", "new", "to_value", "ticket__key",
                     "ticket__summary")[:READ]
    )
    columns = dict(JiraStatus.objects.values_list("id", "column")) if rows else {}
    entries = []
    # Two tickets can share the id of a history: a number is Jira's own only together with the ticket.
    for (key, summary, _), items in groupby(rows, key=lambda row: (row[8], row[9], row[0])):
        changed = [ChangeRow(row[0], row[1], *(word or "" for word in row[2:8])) for row in items]
        entries += [
            replace(entry, key=key, url=ticket_url(key), text=summary)
            for entry in change_entries(changed, lambda status: status_tone(columns.get(status, "")))
        ]
    return entries


def _new(tickets: Any) -> list[Entry]:
    rows = tickets.order_by("-created", "-id").values_list(
        "key", "summary", "created", "reporter__display_name", "reporter_id"
    )[:ENTRIES]
    return [
        Entry(at=created, icon="plus", tone="blue", text=f"is new: {summary}", by=name or account or "", key=key,
              url=ticket_url(key))
        for key, summary, created, name, account in rows
    ]

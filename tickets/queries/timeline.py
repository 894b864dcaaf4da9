"""A ticket's history, merged: what was changed, what was said, what befell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce, Left

from tickets.models import JiraStatus, Ticket, TicketChange, TicketComment, TicketEvent
from tickets.queries.addresses import ticket_url
from tickets.rules import wiki
from tickets.rules.timeline import ChangeRow, Entry, change_entries, fate_entry
from tickets.rules.tones import status_tone

FIRST = 60  # entries of the timeline before "Show all"
MOST = 2_000  # entries that one page ever draws
CUT = 4_000  # characters of an old or new value that a page shows
ALL, STATUS, COMMENTS = "all", "status", "comments"
SHOWS = {ALL: "All", STATUS: "Status", COMMENTS: "Comments"}
IS_STATUS = Q(field_id="status") | Q(field__iexact="status")


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class Timeline:
    entries: tuple[Entry, ...]
    total: int
    filters: tuple[Choice, ...]
    more_url: str
    reaches_back: bool


def timeline(
    ticket: Ticket, comments: Sequence[TicketComment], events: Sequence[TicketEvent], names: Mapping[str, str], *,
    show: str, everything: bool,
) -> Timeline:
    """The newest entries of the kind asked for (`SHOWS`), 60 or all of them: three queries."""
    changes = TicketChange.objects.filter(ticket=ticket)
    counts = changes.aggregate(
        all=Count("history_id", distinct=True), status=Count("history_id", distinct=True, filter=IS_STATUS)
    )
    totals = {ALL: counts["all"] + len(comments) + len(events), STATUS: counts["status"], COMMENTS: len(comments)}
    most = MOST if everything else FIRST
    entries = _entries(changes, comments, events, names, show=show, most=most)
    address = ticket_url(ticket.key)
    shown = tuple(entries[:most])
    return Timeline(
        entries=shown, total=totals[show],
        filters=tuple(
            Choice(label, _address(address, name, everything=False), totals[name], name == show)
            for name, label in SHOWS.items()
        ),
        more_url="" if everything or totals[show] <= len(shown) else _address(address, show, everything=True),
        reaches_back=not (ticket.status_since_is_floor and not counts["status"]),
    )


def _address(address: str, show: str, *, everything: bool) -> str:
    pairs = ([("show", show)] if show != ALL else []) + ([("all", "1")] if everything else [])
    return f"{address}?{urlencode(pairs)}#activity" if pairs else f"{address}#activity"


def _entries(
    changes: QuerySet[TicketChange], comments: Sequence[TicketComment], events: Sequence[TicketEvent],
    names: Mapping[str, str], *, show: str, most: int,
) -> list[Entry]:
    """The newest entries first. Where the change log was cut, nothing older than the cut is shown: no holes."""
    found: list[Entry] = []
    oldest: datetime | None = None
    if show != COMMENTS:
        rows = _change_rows(changes.filter(IS_STATUS) if show == STATUS else changes, most * 5 + 1)
        if len(rows) > most * 5:
            oldest = rows[-1].at
        columns = dict(JiraStatus.objects.values_list("id", "column"))
        found += change_entries(rows, lambda status: status_tone(columns.get(status, "")))
    if show == ALL:
        found += [
            fate_entry(what=event.what, at=event.at, old=event.from_value, new=event.to_value, via=event.via,
                       by=event.by.name if event.by else "")
            for event in events
        ]
    if show != STATUS:
        found += [_comment(comment, names) for comment in comments[:most]]
    kept = [entry for entry in found if oldest is None or entry.at >= oldest]
    return sorted(kept, key=lambda entry: entry.at, reverse=True)


def _change_rows(changes: QuerySet[TicketChange], most: int) -> list[ChangeRow]:
    rows = (
        changes.annotate(
            author_name=Coalesce("author__display_name", "author_id"), old=Left("from_text", CUT),
            new=Left("to_text", CUT), old_value=Left("from_value", CUT), fresh=Left("to_value", CUT),
        )
        .order_by("-at", "-history_id", "position")
        .values_list("history_id", "at", "author_name", "field", "field_id", "old", "new", "old_value", "fresh")[:most]
    )
    return [
        ChangeRow(history, at, author or "", field, field_id, old or old_value or "", new or value or "", value or "")
        for history, at, author, field, field_id, old, new, old_value, value in rows
    ]


def _comment(comment: TicketComment, names: Mapping[str, str]) -> Entry:
    edited = comment.updated > comment.created
    via = " · ".join(word for word in ("edited" if edited else "", "" if comment.is_public else "internal") if word)
    return Entry(
        at=comment.created, icon="chat", tone="blue", text="Comment",
        by=str(comment.author) if comment.author else "Somebody", via=via,
        body_html=wiki.render(comment.body, names) or "(empty)",
    )



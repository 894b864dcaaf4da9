"""A ticket's history as entries: one per change that somebody saved, one per comment, one per fate."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from tickets.choices import TicketWhat
from tickets.rules.tones import field_icon

_SOURCE = re.compile(r"\A([a-z]+):(\S+), level (\d)")
SHORT = 160  # characters of a value that stand in a line
LONG = frozenset({"description", "environment", "comment"})
NAMES = {"issuetype": "Type", "fix version": "Fix version", "epic link": "Epic", "duedate": "Due", "rank": "Rank"}
FATES = {
    TicketWhat.MOVED: ("out", "amber", "moved out of the mirrored projects"),
    TicketWhat.ARCHIVED: ("archive", "", "archived in Jira"),
    TicketWhat.GONE: ("eye", "amber", "no longer to be seen in Jira"),
    TicketWhat.DELETED: ("fail", "red", "deleted in Jira"),
    TicketWhat.RETURNED: ("undo", "green", "back in Jira"),
    TicketWhat.KEY: ("key", "", "got another key"),
}
# What somebody said here, or another room: how it began, and how it ended (without a new value).
SAID = {
    TicketWhat.WEIGHT: ("up", "weighs in the priority of work", "no longer weighs in the priority of work"),
    TicketWhat.ORDER: ("order", "stands against the priority of work", "counts in the priority of work again"),
}


@dataclass(frozen=True)
class ChangeRow:
    """One item of the change log, as far as a timeline shows it. Texts may be cut."""

    history_id: int
    at: datetime
    author: str
    field: str
    field_id: str
    old: str
    new: str
    new_value: str


@dataclass(frozen=True)
class FieldChange:
    """A field's old and new value; `long`: shown only when asked for."""

    field: str
    old: str
    new: str
    long: bool = False


@dataclass(frozen=True)
class Entry:
    """See templates/parts/entry.html."""

    at: datetime
    icon: str
    tone: str
    text: str = ""
    by: str = ""
    via: str = ""
    change: FieldChange | None = None
    changes: tuple[FieldChange, ...] = ()
    body_html: str = ""
    url: str = ""
    key: str = ""


def change_entries(rows: Iterable[ChangeRow], tone: Callable[[str], str]) -> list[Entry]:
    """An entry for each history, in the order of the rows. `tone`: of the status with this id."""
    return [_entry(list(items), tone) for _, items in groupby(rows, key=lambda row: row.history_id)]


def _entry(items: Sequence[ChangeRow], tone: Callable[[str], str]) -> Entry:
    status = next((item for item in items if is_status(item)), None)
    main = status or items[0]
    changes = tuple(field_change(item) for item in sorted(items, key=lambda item: item is not main))
    return Entry(
        at=main.at, icon=field_icon(main.field), tone=tone(main.new_value) if status else "", by=main.author,
        changes=changes,
    )


def is_status(row: ChangeRow) -> bool:
    return row.field_id == "status" or row.field.lower() == "status"


def field_change(row: ChangeRow) -> FieldChange:
    """A field's name in words with both values; what is a page of text is marked as long."""
    long = row.field.lower() in LONG or len(row.old) > SHORT or len(row.new) > SHORT or "\n" in row.old + row.new
    name = NAMES.get(row.field.lower()) or row.field[:1].upper() + row.field[1:]
    return FieldChange(name or "Something", row.old, row.new, long)


def fate_entry(*, what: str, at: datetime, old: str, new: str, via: str, by: str = "") -> Entry:
    """What befell a ticket outside the change log; `by` whom, where somebody did it here."""
    if what in SAID:
        icon, begun, ended = SAID[TicketWhat(what)]
        old, new = (_SOURCE.sub(r"\1 \2, L\3", value) for value in (old, new))  # escalation:E-12, level 2
        words = f"{begun}: {new}" if new else f"{ended} (was: {old})"
        return Entry(at=at, icon=icon, tone="amber" if new else "", text=words[:1].upper() + words[1:], by=by)
    icon, tone, words = FATES.get(TicketWhat(what), ("info", "", "changed")) if what in TicketWhat.values else (
        "info", "", what)
    change = FieldChange("Key", old, new) if what == TicketWhat.KEY else None
    told = "" if change else words.capitalize() + (f": {new}" if new and what != TicketWhat.RETURNED else "")
    return Entry(at=at, icon=icon, tone=tone, text=told, via=f"seen by the {via}" if via else "", change=change)

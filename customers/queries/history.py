"""What happened to a customer, as its page tells it."""

from dataclasses import dataclass
from datetime import datetime

from customers.choices import What
from customers.models import Customer, CustomerEvent
from customers.rules.changes import MONEY, Difference, read_event

LATEST = 50
ICONS = {
    What.ADDED: "plus", What.CONFIRMED: "done", What.RENAMED: "tag", What.CHANGED: "edit", What.ALIAS_ADDED: "tag",
    What.ALIAS_REMOVED: "tag", What.CONTACT_ADDED: "person", What.CONTACT_CHANGED: "person",
    What.CONTACT_REMOVED: "person", What.HOLIDAYS_CHANGED: "calendar", What.MERGED: "link", What.ARCHIVED: "archive",
    What.BROUGHT_BACK: "undo",
}


@dataclass(frozen=True)
class Line:
    """A field before and after: see templates/parts/entry.html."""

    field: str
    old: str
    new: str
    long: bool = False


@dataclass(frozen=True)
class Entry:
    """See templates/parts/entry.html."""

    at: datetime
    icon: str
    text: str
    changes: tuple[Line, ...]
    by: str
    tone: str = ""


def history(customer: Customer) -> list[Entry]:
    """The latest events, newest first: one query. No amount of money is in them."""
    rows = CustomerEvent.objects.filter(customer=customer).select_related("by")[:LATEST]
    return [_entry(row) for row in rows]


def _entry(row: CustomerEvent) -> Entry:
    found = _changes(row)
    return Entry(
        at=row.at, icon=ICONS.get(What(row.what), "right"), text=_text(row, found), by=row.by.name if row.by else "",
        changes=tuple(Line(one.label, one.old, one.new) for one in found if one.label != MONEY),
    )


def _changes(row: CustomerEvent) -> tuple[Difference, ...]:
    match row.what:
        case What.CHANGED:
            return read_event(row.from_value, row.to_value)
        case What.CONTACT_CHANGED:
            return read_event(row.from_value.partition("\n")[2], row.to_value.partition("\n")[2])
        case What.RENAMED:
            return (Difference("Name", row.from_value, row.to_value),)
        case _:
            return ()


def _text(row: CustomerEvent, found: tuple[Difference, ...]) -> str:
    old, new = row.from_value, row.to_value
    match row.what:
        case What.ADDED:
            return f"Added, {new}" if new else "Added"
        case What.CHANGED:
            return "Changed; the ARR too" if any(one.label == MONEY for one in found) else "Changed"
        case What.RENAMED:
            return "Renamed"
        case What.ALIAS_ADDED:
            return f"{new} was merged into this one" if old == "merged" else f"Also called {new}"
        case What.ALIAS_REMOVED:
            return f"No longer called {old}"
        case What.CONTACT_ADDED:
            return f"New contact: {new}"
        case What.CONTACT_CHANGED:
            return f"Contact changed: {new.partition(chr(10))[0]}"
        case What.CONTACT_REMOVED:
            return f"No longer a contact: {old}"
        case What.HOLIDAYS_CHANGED:
            return f"Shut on {new}" if new else f"Open again on {old}"
        case What.MERGED:
            return f"Merged into {new}"
        case _:
            return What(row.what).label.removeprefix("was ").capitalize()

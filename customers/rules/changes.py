"""What differs between a customer before and after, in words: for the history, and for what an import would do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from customers.choices import Plan
from customers.rules import money
from customers.rules.hours import weekdays_words

LABELS = {
    "name": "Name", "aliases": "Other names", "plan": "Plan", "arr": "ARR", "seats": "Seats", "zone": "Time zone",
    "opens": "Opens", "closes": "Closes", "weekdays": "Open on", "holidays": "Holidays", "csm": "CSM", "tam": "TAM",
    "contacts": "Contacts", "notes": "Notes", "confirmed": "Confirmed",
}
MONEY = LABELS["arr"]
LONGEST = 200  # characters of a value in a line of the history


@dataclass(frozen=True)
class Difference:
    """A field before and after, in words; "" is nothing."""

    label: str
    old: str
    new: str


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Difference, ...]:
    """The fields of `after` that differ, in the order of `after`. Amounts are in it: see `without_money`."""
    return tuple(
        Difference(LABELS[name], said(name, before.get(name)), said(name, value))
        for name, value in after.items() if not _same(before.get(name), value)
    )


def said(name: str, value: object) -> str:
    """A value in words."""
    if value is None or value == "":
        return ""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case Decimal():
            return money.exact(value)
        case time():
            return f"{value.hour}:{value.minute:02d}"
        case list() if name == "weekdays":
            return weekdays_words(value)
        case _ if name == "plan" and str(value) in Plan.values:
            return Plan(str(value)).label
        case _:
            return " ".join(str(value).split())


def without_money(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """The same for an event: that the amount changed, not from what to what."""
    return tuple(Difference(MONEY, "", "changed") if one.label == MONEY else one for one in found)


def event_texts(found: Iterable[Difference]) -> tuple[str, str]:
    """What an event keeps, before and after: a line for each field, without amounts."""
    safe = without_money(found)
    before = "\n".join(f"{one.label}: {one.old[:LONGEST]}" for one in safe)
    return before, "\n".join(f"{one.label}: {one.new[:LONGEST]}" for one in safe)


def read_event(before: str, after: str) -> tuple[Difference, ...]:
    """The differences that an event keeps: `event_texts` wrote a line in each for every field."""
    lines = zip(before.split("\n"), after.split("\n"), strict=False)
    parts = [(*old.partition(": ")[::2], new.partition(": ")[2]) for old, new in lines if old or new]
    return tuple(Difference(label, old, new) for label, old, new in parts)


def _same(old: object, new: object) -> bool:
    return (old or None) == (new or None) if not isinstance(new, bool | time | Decimal) else old == new

"""What a file would do to the customers that are there, row by row, and why not."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from customers.rules.changes import Difference, differences
from customers.rules.imports import cells
from customers.rules.imports.cells import ContactLine, key_of
from customers.rules.imports.table import Table
from customers.rules.names import clean, fault_of

PARSERS: Mapping[str, Any] = {
    "plan": cells.plan, "arr": cells.money, "seats": cells.seats, "zone": cells.zone, "opens": cells.clock,
    "closes": cells.clock, "weekdays": cells.weekdays, "csm": cells.address, "tam": cells.address, "notes": cells.notes,
    "confirmed": cells.yes_or_no, "aliases": cells.aliases, "holidays": cells.holidays, "contacts": cells.contacts,
}
LISTS = ("aliases", "holidays", "contacts")
BEFORE_ANYTHING: Mapping[str, object] = {"opens": time(9), "closes": time(17)}


@dataclass(frozen=True)
class KnownContact:
    """A contact that is there."""

    id: int
    line: ContactLine


@dataclass(frozen=True)
class KnownCustomer:
    """A customer that is there. `values`: its columns by the keys of the file; `csm` and `tam` as addresses."""

    id: int
    name: str
    values: Mapping[str, object]
    archived: bool = False
    aliases: tuple[str, ...] = ()
    holidays: Mapping[date, str] = field(default_factory=dict)
    contacts: tuple[KnownContact, ...] = ()


@dataclass(frozen=True)
class Known:
    """Everything that a file is held against. `names`: every name and other name in lower case, and whose it is."""

    customers: Mapping[int, KnownCustomer]
    names: Mapping[str, int]
    people: Mapping[str, int]


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where: "row 12, arr: …"."""

    row: int
    column: str
    words: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.words}" if self.column else f"row {self.row}: {self.words}"


@dataclass(frozen=True)
class Change:
    """What one row would do. `id`: the customer it changes, None for a new one. `shown` holds amounts: it is for
    those who see them."""

    row: int
    id: int | None
    name: str
    values: Mapping[str, object]
    aliases: tuple[str, ...]
    holidays: Mapping[date, str]
    contacts: tuple[tuple[int | None, ContactLine], ...]
    shown: tuple[Difference, ...]

    @property
    def empty(self) -> bool:
        return self.id is not None and not (self.values or self.aliases or self.holidays or self.contacts)


@dataclass(frozen=True)
class Plan:
    """What a file would do. It is done whole or not at all: while there is a fault, nothing is."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[str, ...]
    faults: tuple[Fault, ...]
    unread: tuple[str, ...]

    @property
    def touches(self) -> int:
        """How many customers it would add or change."""
        return len(self.added) + len(self.changed)

    @property
    def does_something(self) -> bool:
        return self.touches > 0

    @property
    def digest(self) -> str:
        """Two plans with the same digest do the same."""
        return hashlib.sha256(repr((self.added, self.changed, self.faults)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class _Row:
    number: int
    name: str
    customer: KnownCustomer | None
    found: Mapping[str, Any]


def plan_of(table: Table, known: Known, *, sees_money: bool) -> Plan:
    """What the rows would do to what is known. Without the right to see money the column `arr` is a fault, and is not
    looked at."""
    faults = [Fault(*one) for one in table.wrong]
    if "arr" in table.columns and not sees_money:
        faults.append(Fault(1, "arr", "You may not see what customers pay. Leave this column out."))
    rows: list[_Row] = []
    for number, row in table.rows if "name" in table.columns else ():
        read = _read(number, row if sees_money else {key: cell for key, cell in row.items() if key != "arr"}, known)
        faults += read if isinstance(read, list) else []
        rows += [] if isinstance(read, list) else [read]
    faults += _collisions(rows, known)
    changes = [_change(row) for row in rows]
    return Plan(
        added=tuple(one for one in changes if one.id is None),
        changed=tuple(one for one in changes if one.id is not None and not one.empty),
        unchanged=tuple(one.name for one in changes if one.empty),
        faults=tuple(sorted(faults, key=lambda fault: fault.row)), unread=table.unread,
    )


def _read(number: int, row: Mapping[str, str], known: Known) -> _Row | list[Fault]:
    name = clean(row.get("name", ""))
    if fault := fault_of(name):
        return [Fault(number, "name", "A row needs the customer's name." if not name else fault)]
    pk = known.names.get(name.lower())
    customer = known.customers[pk] if pk is not None else None
    faults = []
    if customer is not None and customer.archived:
        words = f"{customer.name} was set aside. Bring it back first, or leave the row out."
        faults.append(Fault(number, "name", words))
    found: dict[str, Any] = {}
    for column, cell in row.items():
        if column in PARSERS:
            try:
                found[column] = PARSERS[column](cell)
            except ValueError as error:
                faults.append(Fault(number, column, str(error)))
    faults += _people(number, found, known, customer)
    faults += _hours(number, found, customer)
    return faults or _Row(number, name, customer, found)


def _people(
    number: int, found: Mapping[str, Any], known: Known, customer: KnownCustomer | None
) -> Iterator[Fault]:
    for column in ("csm", "tam"):
        wanted = found.get(column)
        # Who has left stays where they stand: an export of today can be read tomorrow.
        stays = customer is not None and customer.values.get(column) == wanted
        if wanted and wanted not in known.people and not stays:
            yield Fault(number, column, f"Nobody here has the address {wanted}. Invite them first, or leave it empty.")


def _hours(number: int, found: Mapping[str, Any], customer: KnownCustomer | None) -> Iterator[Fault]:
    values = {**BEFORE_ANYTHING, **(customer.values if customer else {}), **found}
    opens, closes = values["opens"], values["closes"]
    if {"opens", "closes"} & set(found) and closes != time(0) and closes <= opens:
        yield Fault(number, "closes", f"The office would close at {closes:%H:%M}, and open at {opens:%H:%M}.")


def _collisions(rows: Sequence[_Row], known: Known) -> Iterator[Fault]:
    """Names that two would have: two rows of one customer, and other names that are somebody else's."""
    whose: dict[str, int] = {}  # lower-case name -> row
    for row in rows:
        for key in {row.name.lower(), row.customer.name.lower() if row.customer else row.name.lower()}:
            if key in whose:
                yield Fault(row.number, "name", f"{row.name} stands in row {whose[key]} already.")
                break
            whose[key] = row.number
    for row in rows:
        for alias in row.found.get("aliases", ()):
            owner = known.names.get(alias.lower())
            elsewhere = whose.setdefault(alias.lower(), row.number) != row.number
            if elsewhere or (owner is not None and (row.customer is None or owner != row.customer.id)):
                yield Fault(row.number, "aliases", f"“{alias}” is the name of another customer.")


def _change(row: _Row) -> Change:
    there = row.customer or KnownCustomer(0, row.name, {})
    values = {key: value for key, value in row.found.items() if key not in LISTS and _differs(there, key, value)}
    if row.customer is not None and values.get("confirmed") is False:
        del values["confirmed"]  # nobody is looked at less than before
    if row.customer is None:
        values.setdefault("confirmed", True)
    has = {there.name.lower(), row.name.lower(), *(alias.lower() for alias in there.aliases)}
    aliases = tuple(alias for alias in row.found.get("aliases", ()) if alias.lower() not in has)
    holidays = {day: name for day, name in row.found.get("holidays", {}).items()
                if day not in there.holidays or (name and name != there.holidays[day])}
    contacts = tuple(_contacts(row.found.get("contacts", ()), there.contacts))
    shown = (*differences(there.values, _to_show(row, values)), *_lists(there, aliases, holidays, contacts))
    pk = row.customer.id if row.customer else None
    return Change(row.number, pk, there.name, values, aliases, holidays, contacts, shown)


def _differs(there: KnownCustomer, key: str, value: object) -> bool:
    return key not in there.values or there.values[key] != value


def _to_show(row: _Row, values: Mapping[str, object]) -> dict[str, object]:
    """That a new one is confirmed goes without saying."""
    return {key: value for key, value in values.items() if not (key == "confirmed" and value and row.customer is None)}


def _contacts(
    wanted: Sequence[ContactLine], there: Sequence[KnownContact]
) -> Iterator[tuple[int | None, ContactLine]]:
    by_key = {key_of(one.line): one for one in there}
    for line in wanted:
        known = by_key.get(key_of(line))
        if known is None:
            yield None, line
            continue
        merged = replace(line, email=known.line.email, role=line.role or known.line.role,
                         phone=line.phone or known.line.phone)
        if merged != known.line:
            yield known.id, merged


def _lists(
    there: KnownCustomer, aliases: Sequence[str], holidays: Mapping[date, str],
    contacts: Sequence[tuple[int | None, ContactLine]],
) -> Iterator[Difference]:
    if aliases:
        yield Difference("Other names", "", ", ".join(aliases))
    for day, name in holidays.items():
        yield Difference("Holidays", f"{day} {there.holidays[day]}".strip() if day in there.holidays else "",
                         f"{day} {name}".strip())
    lines = {one.id: one.line for one in there.contacts}
    for pk, line in contacts:
        yield Difference("Contacts", str(lines[pk]) if pk is not None else "", str(line))

"""Customers as a file that can be read in again: what an import reads, it writes."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal

from customers.choices import Plan
from customers.rules.hours import WEEKDAYS
from customers.rules.imports.cells import ContactLine, joined
from customers.rules.imports.plan import KnownCustomer
from customers.rules.imports.table import COLUMNS, guarded

SAMPLE: tuple[tuple[str, ...], ...] = (
    tuple(column.key for column in COLUMNS),
    tuple("" if column.key in {"csm", "tam"} else column.example for column in COLUMNS),
    ("Second Example", "", "Enterprise", "1,200.50", "75", "America/New_York", "8:00", "16:30", "Mon, Tue, Wed", "",
     "", "", "", "", ""),
)


def written(customers: Iterable[KnownCustomer], *, sees_money: bool) -> str:
    """The customers as CSV; the column `arr` only for who may see it. What would be a formula is marked as text."""
    columns = [column.key for column in COLUMNS if sees_money or column.key != "arr"]
    return as_csv([columns, *([_cell(customer, column) for column in columns] for customer in customers)])


def sample(*, sees_money: bool) -> str:
    """A small file to begin with."""
    kept = [place for place, key in enumerate(SAMPLE[0]) if sees_money or key != "arr"]
    return as_csv([row[place] for place in kept] for row in SAMPLE)


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    """Rows as text, with the mark that tells a spreadsheet that it is UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


def _cell(customer: KnownCustomer, column: str) -> str:
    match column:
        case "name":
            return customer.name
        case "aliases":
            return joined(customer.aliases, ";")
        case "holidays":
            return joined((f"{day} {name}".strip() for day, name in sorted(customer.holidays.items())), ";")
        case "contacts":
            return joined((_contact(one.line) for one in customer.contacts), ";")
        case _:
            return _value(column, customer.values)


def _value(column: str, values: Mapping[str, object]) -> str:
    match values.get(column):
        case bool() as value:
            return "yes" if value else "no"
        case None | "":
            return ""
        case Decimal() as value:
            return f"{value:.2f}"
        case time() as value:
            return f"{value:%H:%M}"
        case list() as days:
            return ", ".join(WEEKDAYS[day] for day in days)
        case value if column == "plan" and value in Plan.values:
            return Plan(str(value)).label
        case value:
            return str(value)


def _contact(line: ContactLine) -> str:
    parts = [line.name, line.email, line.role, line.phone]
    while not parts[-1]:
        parts.pop()
    return joined(parts, "|")

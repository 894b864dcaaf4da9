"""A CSV file of customers: reading it, and what it would do. Pure.

An import only adds and changes: an empty cell leaves what is there, and the lists of a cell (other names, holidays,
contacts) are added to. So a file that holds less than the portal takes nothing away.
"""

from customers.rules.imports.cells import ContactLine
from customers.rules.imports.plan import Change, Fault, Known, KnownContact, KnownCustomer, Plan, plan_of
from customers.rules.imports.table import COLUMNS, Column, Table, Unreadable, decoded, table_of
from customers.rules.imports.written import sample, written

__all__ = [
    "COLUMNS", "Change", "Column", "ContactLine", "Fault", "Known", "KnownContact", "KnownCustomer", "Plan",
    "Table", "Unreadable", "decoded", "plan_of", "sample", "table_of", "written",
]

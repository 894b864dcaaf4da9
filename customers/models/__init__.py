"""Customers, their other names, their people, and the files they were imported from."""

from customers.models.customer import (
    Contact,
    Customer,
    CustomerAlias,
    CustomerEvent,
    CustomerHoliday,
    CustomerSlug,
)
from customers.models.imports import CustomerImport

__all__ = [
    "Contact", "Customer", "CustomerAlias", "CustomerEvent", "CustomerHoliday", "CustomerImport", "CustomerSlug",
]

"""What a file of customers is held against, and what it would do."""

from django.db.models import Prefetch

from customers.models import Contact, Customer, CustomerAlias, CustomerImport
from customers.rules import imports as reading
from customers.rules.imports import ContactLine, Known, KnownContact, KnownCustomer, Plan
from people.models import Person

PAST = 20


def plan(text: str, *, sees_money: bool) -> Plan:
    """What a file with this text would do now: six queries."""
    return reading.plan_of(reading.table_of(text), known(), sees_money=sees_money)


def known() -> Known:
    """All customers that were not merged, their names, and the people here: six queries."""
    customers = {row.id: row for row in known_customers(with_archived=True)}
    names = {alias.lower(): row.id for row in customers.values() for alias in row.aliases}
    # A name that was merged finds the one that remains, unless somebody is called so now.
    merged = Customer.objects.filter(merged_into__isnull=False).values_list("name", "merged_into")
    names |= {name.lower(): into for name, into in merged if into in customers}
    names |= {row.name.lower(): row.id for row in customers.values()}
    people = Person.objects.active().values_list("email", "pk")
    return Known(customers, names, {email.lower(): pk for email, pk in people})


def known_customers(*, with_archived: bool = False) -> list[KnownCustomer]:
    """The customers as a file has them, by name: four queries."""
    rows = Customer.objects.filter(merged_into=None) if with_archived else Customer.objects.current()
    contacts = Prefetch("contacts", Contact.objects.filter(removed_at=None))
    found = rows.select_related("csm", "tam").prefetch_related("aliases", "holidays", contacts)
    return [_known(row) for row in found]


def past_imports() -> list[CustomerImport]:
    """The latest files that were applied, newest first: one query."""
    rows = CustomerImport.objects.filter(applied_at__isnull=False).select_related("by").defer("text")
    return list(rows.order_by("-applied_at")[:PAST])


def _known(row: Customer) -> KnownCustomer:
    values: dict[str, object] = {
        "plan": row.plan, "arr": row.arr, "seats": row.seats, "zone": row.zone, "opens": row.opens,
        "closes": row.closes, "weekdays": sorted(row.weekdays), "csm": _email(row.csm), "tam": _email(row.tam),
        "notes": row.notes, "confirmed": row.confirmed,
    }
    return KnownCustomer(
        id=row.pk, name=row.name, values=values, archived=row.archived_at is not None,
        aliases=tuple(_name(alias) for alias in row.aliases.all()),
        holidays={holiday.day: holiday.name for holiday in row.holidays.all()},
        contacts=tuple(
            KnownContact(one.pk, ContactLine(one.name, one.email, one.role, one.phone)) for one in row.contacts.all()
        ),
    )


def _name(alias: CustomerAlias) -> str:
    return alias.name


def _email(person: Person | None) -> str:
    return person.email if person else ""

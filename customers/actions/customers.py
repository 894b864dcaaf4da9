"""Adding, changing, renaming and confirming customers, and setting them aside."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from customers.actions.base import Refused, held, naming, record
from customers.choices import What
from customers.models import Customer, CustomerAlias, CustomerSlug
from customers.queries.find import also_called, by_name, called
from customers.rules import names
from customers.rules.changes import differences, event_texts
from people.models import Person


@transaction.atomic
def add_unconfirmed(*, name: str, by: Person | None, at: datetime) -> Customer:
    """The customer of this name or other name; where there is none a new one, unconfirmed until somebody says who it
    is. Two at the same moment get the same row. Refused for a name that is none."""
    cleaned = good_name(name)
    found = by_name(cleaned)
    if found is not None:
        return found
    naming()
    return by_name(cleaned) or _made(cleaned, {"confirmed": False}, by=by, at=at)


@transaction.atomic
def add_customer(*, name: str, changes: Mapping[str, object], by: Person | None, at: datetime) -> Customer:
    """Add a customer with these columns. Refused for a name that somebody has, and says who."""
    naming()
    return _made(free_name(name), changes, by=by, at=at)


@transaction.atomic
def change_customer(
    *, customer: Customer, name: str, changes: Mapping[str, object], by: Person | None, at: datetime
) -> Customer:
    """Change a customer's columns, and its name: then its slug follows, and the old one leads to it. The same again
    changes nothing. Refused for a name that somebody else has."""
    naming()
    row = held(customer)
    _rename(row, name, by=by, at=at)
    found = differences(values_of(row, changes), changes)
    if found:
        before, after = event_texts(found)
        Customer.objects.filter(pk=row.pk).update(**changes)
        record(What.CHANGED, customer=row, at=at, by=by, from_value=before, to_value=after)
    return Customer.objects.get(pk=row.pk)


@transaction.atomic
def confirm(*, customer: Customer, by: Person | None, at: datetime) -> Customer:
    """Say that this customer is who it is called; again changes nothing."""
    row = held(customer)
    if Customer.objects.filter(pk=row.pk, confirmed=False).update(confirmed=True):
        record(What.CONFIRMED, customer=row, at=at, by=by)
        row.confirmed = True
    return row


@transaction.atomic
def archive(*, customer: Customer, by: Person | None, at: datetime) -> Customer:
    """Set a customer aside: it is not offered any more, and everything of it stays. Again changes nothing."""
    row = held(customer)
    if Customer.objects.filter(pk=row.pk, archived_at=None).update(archived_at=at):
        record(What.ARCHIVED, customer=row, at=at, by=by)
        row.archived_at = at
    return row


@transaction.atomic
def bring_back(*, customer: Customer, by: Person | None, at: datetime) -> Customer:
    """Offer a customer again that was set aside. Again changes nothing."""
    row = held(customer)
    if Customer.objects.filter(pk=row.pk, archived_at__isnull=False).update(archived_at=None):
        record(What.BROUGHT_BACK, customer=row, at=at, by=by)
        row.archived_at = None
    return row


def values_of(row: Customer, wanted: Mapping[str, object]) -> dict[str, object]:
    """The columns of these names, as they are."""
    return {name: getattr(row, name) for name in wanted}


def good_name(text: str) -> str:
    """A name as it is stored. Refused for one that is none."""
    name = names.clean(text)
    if fault := names.fault_of(name):
        raise Refused(fault)
    return name


def free_name(text: str, *, of: Customer | None = None) -> str:
    """A name, or another name, that nobody but `of` has. Refused with who has it. Call it after `naming`."""
    name = good_name(text)
    for taken in (called(name), also_called(name)):
        if taken is not None and (of is None or taken.pk != of.pk):
            raise Refused(_taken(name, taken))
    return name


def new_slug(name: str, *, of: Customer | None = None) -> str:
    """A slug for this name that no other customer has or had."""
    base, own = names.slug_base(name), of.pk if of else 0
    now = Customer.objects.filter(slug__startswith=base).exclude(pk=own)
    formerly = CustomerSlug.objects.filter(slug__startswith=base).exclude(customer=own)
    return names.free_slug(name, [*now.values_list("slug", flat=True), *formerly.values_list("slug", flat=True)])


def _made(name: str, changes: Mapping[str, object], *, by: Person | None, at: datetime) -> Customer:
    made = Customer.objects.create(name=name, slug=new_slug(name), created_at=at, **changes)
    record(What.ADDED, customer=made, at=at, by=by, to_value="" if made.confirmed else "unconfirmed")
    return made


def _rename(row: Customer, name: str, *, by: Person | None, at: datetime) -> None:
    wanted = free_name(name, of=row)
    if wanted == row.name:
        return
    slug = row.slug if names.is_slug_of(row.slug, wanted) else new_slug(wanted, of=row)
    if slug != row.slug:
        CustomerSlug.objects.filter(slug=slug, customer=row).delete()
        CustomerSlug.objects.create(slug=row.slug, customer=row)
    CustomerAlias.objects.filter(customer=row, name__iexact=wanted).delete()
    Customer.objects.filter(pk=row.pk).update(name=wanted, slug=slug)
    record(What.RENAMED, customer=row, at=at, by=by, from_value=row.name, to_value=wanted)


def _taken(name: str, taken: Customer) -> str:
    if taken.merged_into is not None:
        return f"{taken.name} was merged into {taken.merged_into.name}, which is found by this name."
    if taken.name.lower() != name.lower():
        return f"“{name}” is another name of {taken.name}."
    aside = " It was set aside; it can be brought back." if taken.archived_at else ""
    return f"A customer called {taken.name} is here already.{aside}"

"""A file of customers: kept as it came, tried as often as somebody looks, applied once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from customers.actions.base import Refused, event, naming
from customers.choices import What
from customers.models import (
    Contact,
    Customer,
    CustomerAlias,
    CustomerEvent,
    CustomerHoliday,
    CustomerImport,
    CustomerSlug,
)
from customers.queries import imports as queries
from customers.rules import names
from customers.rules.changes import event_texts
from customers.rules.imports import Change, Unreadable, decoded
from people.models import Person

STALE = "Customers have changed since you looked. Here is what the file would do now; apply it again if it is right."


def keep_file(*, name: str, raw: bytes, by: Person, at: datetime) -> CustomerImport:
    """Keep a file, to be looked at before anything is done. Refused for one that cannot be read at all."""
    try:
        text = decoded(raw)
    except Unreadable as error:
        raise Refused(str(error)) from error
    digest = hashlib.sha256(raw).hexdigest()
    return CustomerImport.objects.create(name=names.clean(name)[-200:] or "customers.csv", text=text, digest=digest,
                                         by=by, at=at)


def apply_file(
    *, file: CustomerImport, shown: str, sees_money: bool, by: Person, at: datetime
) -> CustomerImport:
    """Do what the file would do, whole or not at all. `shown`: the digest of the plan that somebody looked at.

    Refused while there is a fault, for a plan that is not the one shown, and for a file that was applied already.
    """
    try:
        with transaction.atomic():
            return _applied(file, shown, sees_money=sees_money, by=by, at=at)
    except IntegrityError as error:  # two names that the database takes for one, and we for two
        raise Refused("Somebody changed customers at the same moment. Nothing was done; please try again.") from error


def _applied(file: CustomerImport, shown: str, *, sees_money: bool, by: Person, at: datetime) -> CustomerImport:
    naming()
    row = CustomerImport.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if row.applied_at is not None:
        raise Refused("This file was applied already.")
    plan = queries.plan(row.text, sees_money=sees_money)
    if plan.faults:
        raise Refused("Nothing was done: the file holds something that is wrong.")
    if plan.digest != shown:
        raise Refused(STALE)
    people = dict(Person.objects.values_list("email", "pk"))
    added = _add(plan.added, people, at)
    changed = _change(plan.changed, people)
    _add_around([*zip(plan.added, added, strict=True), *zip(plan.changed, changed, strict=True)])
    CustomerEvent.objects.bulk_create([
        *(event(What.ADDED, customer=one, at=at, by=by, to_value="from a file") for one in added),
        *(_changed(change, one, by=by, at=at) for change, one in zip(plan.changed, changed, strict=True)),
    ])
    row.added, row.changed, row.unchanged, row.applied_at = len(added), len(changed), len(plan.unchanged), at
    row.save(update_fields=["added", "changed", "unchanged", "applied_at"])
    return row


def _add(changes: Sequence[Change], people: Mapping[str, int], at: datetime) -> list[Customer]:
    taken = {*Customer.objects.values_list("slug", flat=True), *CustomerSlug.objects.values_list("slug", flat=True)}
    rows = []
    for change in changes:
        slug = names.free_slug(change.name, taken)
        taken.add(slug)
        rows.append(Customer(name=change.name, slug=slug, created_at=at, **_columns(change.values, people)))
    return Customer.objects.bulk_create(rows)


def _change(changes: Sequence[Change], people: Mapping[str, int]) -> list[Customer]:
    there = Customer.objects.select_for_update().in_bulk([change.id for change in changes])
    touched: set[str] = set()
    for change in changes:
        for name, value in _columns(change.values, people).items():
            setattr(there[change.id or 0], name, value)
            touched.add(name)
    if touched:
        Customer.objects.bulk_update(there.values(), sorted(touched), batch_size=500)
    return [there[change.id or 0] for change in changes]


def _columns(values: Mapping[str, object], people: Mapping[str, int]) -> dict[str, object]:
    return {(f"{key}_id" if key in {"csm", "tam"} else key): people[str(value)] if key in {"csm", "tam"} else value
            for key, value in values.items()}


def _add_around(done: Iterable[tuple[Change, Customer]]) -> None:
    pairs = list(done)
    aliases = [CustomerAlias(customer=row, name=name) for one, row in pairs for name in one.aliases]
    CustomerAlias.objects.bulk_create(aliases)
    CustomerHoliday.objects.bulk_create(
        [CustomerHoliday(customer=row, day=day, name=name) for one, row in pairs for day, name in one.holidays.items()],
        update_conflicts=True, unique_fields=["customer", "day"], update_fields=["name"],
    )
    contacts = [(pk, Contact(pk=pk, customer=row, name=line.name, email=line.email, role=line.role, phone=line.phone))
                for one, row in pairs for pk, line in one.contacts]
    Contact.objects.bulk_create([contact for pk, contact in contacts if pk is None])
    Contact.objects.bulk_update([contact for pk, contact in contacts if pk is not None], ["name", "role", "phone"])


def _changed(change: Change, row: Customer, *, by: Person, at: datetime) -> CustomerEvent:
    before, after = event_texts(change.shown)
    return event(What.CHANGED, customer=row, at=at, by=by, from_value=before, to_value=after)

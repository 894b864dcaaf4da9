"""What belongs to a customer: other names, holidays, contacts."""

from datetime import date, datetime

from django.db import transaction

from customers.actions.base import Refused, held, naming, record
from customers.actions.customers import free_name
from customers.choices import What
from customers.models import Contact, Customer, CustomerAlias, CustomerHoliday
from customers.rules.changes import Difference, event_texts
from people.models import Person

MOST = 200  # other names, contacts, and holidays of a customer


@transaction.atomic
def add_alias(*, customer: Customer, name: str, by: Person | None, at: datetime) -> CustomerAlias | None:
    """Another name by which a customer is found; None if it has it, or is called so. Refused where another has it."""
    naming()
    row = held(customer)
    wanted = free_name(name, of=row)
    if wanted.lower() == row.name.lower() or row.aliases.filter(name__iexact=wanted).exists():
        return None
    _room(row.aliases.count())
    made = CustomerAlias.objects.create(customer=row, name=wanted)
    record(What.ALIAS_ADDED, customer=row, at=at, by=by, to_value=wanted)
    return made


@transaction.atomic
def remove_alias(*, customer: Customer, name: str, by: Person | None, at: datetime) -> bool:
    """Take another name away; False if it is gone already."""
    row = held(customer)
    gone, _ = row.aliases.filter(name=name).delete()
    if gone:
        record(What.ALIAS_REMOVED, customer=row, at=at, by=by, from_value=name)
    return bool(gone)


@transaction.atomic
def add_holiday(*, customer: Customer, day: date, name: str, by: Person | None, at: datetime) -> CustomerHoliday:
    """A day on which the customer's office is shut; for one that stands there the name is changed."""
    row = held(customer)
    there = row.holidays.filter(day=day).first()
    if there is None:
        _room(row.holidays.count())
    made, _ = CustomerHoliday.objects.update_or_create(customer=row, day=day, defaults={"name": name})
    if there is None or there.name != name:
        before = _day_words(there.day, there.name) if there else ""
        record(What.HOLIDAYS_CHANGED, customer=row, at=at, by=by, from_value=before, to_value=_day_words(day, name))
    return made


@transaction.atomic
def remove_holiday(*, customer: Customer, day: date, by: Person | None, at: datetime) -> str | None:
    """Make it a working day again: the name it had, None if it was none."""
    row = held(customer)
    there = row.holidays.filter(day=day).first()
    if there is None:
        return None
    there.delete()
    record(What.HOLIDAYS_CHANGED, customer=row, at=at, by=by, from_value=_day_words(there.day, there.name))
    return there.name


@transaction.atomic
def add_contact(
    *, customer: Customer, name: str, email: str = "", role: str = "", phone: str = "", by: Person | None, at: datetime
) -> Contact:
    """Somebody on the customer's side. Refused for somebody who is there: by the address, or without one by name."""
    row = held(customer)
    _new_to(row, name, email)
    _room(row.contacts.filter(removed_at=None).count())
    made = Contact.objects.create(customer=row, name=name, email=email, role=role, phone=phone)
    record(What.CONTACT_ADDED, customer=row, at=at, by=by, to_value=name)
    return made


@transaction.atomic
def change_contact(
    *, contact: Contact, name: str, email: str = "", role: str = "", phone: str = "", by: Person | None, at: datetime
) -> Contact:
    """Change what is known of a contact; the same again changes nothing. Refused as `add_contact` is."""
    row = held(contact.customer)
    stored = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    _new_to(row, name, email, other_than=stored)
    wanted = {"name": name, "email": email, "role": role, "phone": phone}
    found = [Difference(key.capitalize(), getattr(stored, key), value)
             for key, value in wanted.items() if getattr(stored, key) != value]
    if found:
        before, after = event_texts(found)
        Contact.objects.filter(pk=stored.pk).update(**wanted)
        record(What.CONTACT_CHANGED, customer=row, at=at, by=by, from_value=f"{stored.name}\n{before}",
               to_value=f"{stored.name}\n{after}")
    return Contact.objects.get(pk=stored.pk)


@transaction.atomic
def remove_contact(*, contact: Contact, by: Person | None, at: datetime) -> None:
    """Take a contact off the customer's page. Its row stays; again changes nothing."""
    row = held(contact.customer)
    if Contact.objects.filter(pk=contact.pk, removed_at=None).update(removed_at=at):
        record(What.CONTACT_REMOVED, customer=row, at=at, by=by, from_value=contact.name)


@transaction.atomic
def bring_back_contact(*, contact: Contact, by: Person | None, at: datetime) -> None:
    """Put a contact back that was taken off. Refused if somebody with this address has come meanwhile."""
    row = held(contact.customer)
    stored = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if stored.removed_at is not None:
        _new_to(row, stored.name, stored.email, other_than=stored)
        Contact.objects.filter(pk=stored.pk).update(removed_at=None)
        record(What.CONTACT_ADDED, customer=row, at=at, by=by, to_value=stored.name)


def _new_to(row: Customer, name: str, email: str, *, other_than: Contact | None = None) -> None:
    others = row.contacts.filter(removed_at=None).exclude(pk=other_than.pk if other_than else 0)
    if email and others.filter(email__iexact=email).exists():
        raise Refused(f"Somebody with the address {email} is among the contacts already.")
    if not email and others.filter(name__iexact=name, email="").exists():
        raise Refused(f"{name} is among the contacts already. An address would tell the two apart.")


def _room(count: int) -> None:
    if count >= MOST:
        raise Refused(f"A customer has at most {MOST} of these.")


def _day_words(day: date, name: str) -> str:
    return f"{day:%Y-%m-%d} {name}".strip()

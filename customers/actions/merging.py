"""Two customers that are one."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from customers.actions.base import Refused, naming, record
from customers.choices import What
from customers.models import Contact, Customer, CustomerAlias
from people.models import Person


@transaction.atomic
def merge(*, customer: Customer, into: Customer, by: Person | None, at: datetime) -> Customer:
    """Merge a customer into another, and give the one that remains.

    The row stays, and its pages lead to the one that remains. Its names find that one from now on, its contacts are
    added to that one's, and what was merged into it before is merged on. Plan, money, hours and people are those of
    the one that remains. Refused for one that was merged or set aside meanwhile, and into itself.
    """
    naming()
    gone, stays = _both(customer, into)
    Customer.objects.filter(pk=gone.pk).update(merged_into=stays, confirmed=True)
    Customer.objects.filter(merged_into=gone).update(merged_into=stays)
    _hand_over_names(gone, stays)
    _hand_over_contacts(gone, stays)
    record(What.MERGED, customer=gone, at=at, by=by, to_value=stays.name)
    record(What.ALIAS_ADDED, customer=stays, at=at, by=by, from_value="merged", to_value=gone.name)
    return stays


def _both(customer: Customer, into: Customer) -> tuple[Customer, Customer]:
    if customer.pk == into.pk:
        raise Refused("A customer cannot be merged into itself.")
    # In one order, whoever asks: two that are merged into each other at the same moment do not wait for each other.
    rows = Customer.objects.select_for_update(of=("self",)).filter(pk__in=[customer.pk, into.pk]).order_by("pk")
    found = {row.pk: row for row in rows}
    gone, stays = found[customer.pk], found[into.pk]
    for row in (gone, stays):
        if row.merged_into_id is not None:
            raise Refused(f"{row.name} was merged into another customer in the meantime.")
    if stays.archived_at is not None:
        raise Refused(f"{stays.name} was set aside. Bring it back first.")
    return gone, stays


def _hand_over_names(gone: Customer, stays: Customer) -> None:
    taken = stays.name.lower()
    CustomerAlias.objects.alias(low=Lower("name")).filter(customer=gone, low=taken).delete()
    CustomerAlias.objects.filter(customer=gone).update(customer=stays)
    if not CustomerAlias.objects.filter(name__iexact=gone.name).exists():
        CustomerAlias.objects.create(customer=stays, name=gone.name)


def _hand_over_contacts(gone: Customer, stays: Customer) -> None:
    theirs = Contact.objects.filter(customer=stays, removed_at=None)
    addresses = {email.lower() for email in theirs.values_list("email", flat=True) if email}
    called = {name.lower() for name in theirs.filter(email="").values_list("name", flat=True)}
    for contact in Contact.objects.filter(customer=gone, removed_at=None):
        known = contact.email.lower() in addresses if contact.email else contact.name.lower() in called
        if not known:
            Contact.objects.filter(pk=contact.pk).update(customer=stays)

"""Adding, changing and renaming customers."""

from datetime import datetime

from django.db import IntegrityError, transaction

from customers.actions.base import Refused, record
from customers.choices import What
from customers.models import Customer, CustomerSlug
from customers.queries.find import by_name
from customers.rules import names
from people.models import Person

TRIES = 5  # somebody else takes a slug at the same moment: how often that can happen in a row


def add_unconfirmed(*, name: str, by: Person | None, at: datetime) -> Customer:
    """The customer of this name or alias; where there is none a new one, unconfirmed until somebody says who it is.
    Two at the same moment get the same row. Refused for a name that is none."""
    cleaned = _good_name(name)
    return by_name(cleaned) or _added(cleaned, by=by, at=at)


def _added(name: str, *, by: Person | None, at: datetime) -> Customer:
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                made = Customer.objects.create(name=name, slug=new_slug(name), confirmed=False, created_at=at)
                record(What.ADDED, customer=made, at=at, by=by, to_value="unconfirmed")
                return made
        except IntegrityError:  # the name or the slug was taken a moment ago
            found = by_name(name)
            if found is not None:
                return found
    raise Refused("Somebody is adding customers of this name. Please try again.")


def new_slug(name: str) -> str:
    """A slug for this name that no customer has or had."""
    base = names.slug_base(name)
    now = Customer.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    formerly = CustomerSlug.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    return names.free_slug(name, [*now, *formerly])


def _good_name(text: str) -> str:
    name = names.clean(text)
    if fault := names.fault_of(name):
        raise Refused(fault)
    return name

"""What befalls a customer and concerns other rooms."""

from datetime import datetime

from django.db import transaction

from customers.actions import merging
from customers.models import Customer
from escalations.actions.merging import give_escalations
from incidents.actions.giving import give_incidents
from people.models import Person


@transaction.atomic
def merge_customers(*, customer: Customer, into: Customer, by: Person | None, at: datetime) -> Customer:
    """Merge a customer into another; its escalations and incidents are that one's from then on. Returns the one that
    remains. Raises `customers.actions.base.Refused`, changing nothing."""
    stays = merging.merge(customer=customer, into=into, by=by, at=at)
    give_escalations(gone=customer, stays=stays, by=by, at=at)
    give_incidents(gone=customer, stays=stays, by=by, at=at)
    return stays

"""Two customers turned out to be one: what befell either of them is the one's that remains."""

from datetime import datetime

from django.db import transaction

from customers.models import Customer
from incidents.actions.base import held, record
from incidents.choices import What
from incidents.models import Incident, IncidentCustomer, PatchStep, StakeholderList, StatusLink, Target
from people.models import Person


@transaction.atomic
def give_incidents(*, gone: Customer, stays: Customer, by: Person | None, at: datetime) -> int:
    """Give the one that remains the incidents of the other, its private pages, its targets and its lists: whoever was
    told of them is told of them still. Returns how many incidents changed."""
    found = Incident.objects.filter(customers__customer=gone).order_by("pk")
    for incident in found:
        row = held(incident)
        first, *rest = IncidentCustomer.objects.filter(incident=row, customer__in=(gone, stays)).order_by("pk")
        for one in rest:
            one.delete()
        first.customer = stays
        first.save(update_fields=["customer"])
        record(What.CHANGED, incident=row, at=at, by=by, words=f"{gone.name} is {stays.name}: the two are one customer")
    for table in (StatusLink, Target, StakeholderList):
        table.objects.filter(customer=gone).update(customer=stays)
    theirs = PatchStep.objects.filter(customer=stays)
    PatchStep.objects.filter(customer=gone).exclude(incident__in=theirs.values("incident")).update(customer=stays)
    return len(found)

"""Lists of stakeholders: who is told of incidents by mail, by customer and severity."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from customers.models import Contact, Customer
from incidents.actions.base import Refused
from incidents.choices import Reading, Severity
from incidents.models import Stakeholder, StakeholderList
from incidents.rules.words import clean_line
from people.models import Person

MOST = 200  # members of one list


@dataclass(frozen=True)
class Told:
    """What a list is: `customer` None: of every customer's incidents; `severity`: this one and the more urgent."""

    name: str
    severity: Severity
    reading: Reading
    customer: Customer | None = None


@transaction.atomic
def make_list(*, told: Told, at: datetime) -> StakeholderList:
    """Make a list, empty at first. Raises `Refused` for a name that is taken or empty, and for a customer's reading
    without a customer: others would read of it."""
    _refuse(told)
    try:
        with transaction.atomic():
            return StakeholderList.objects.create(
                name=clean_line(told.name, 80), customer=told.customer, severity=told.severity, reading=told.reading,
                at=at,
            )
    except IntegrityError as error:
        raise Refused("Another list has this name.") from error


@transaction.atomic
def change_list(*, row: StakeholderList, told: Told) -> StakeholderList:
    """Change what a list is. Incidents that are open keep the reading that they send it. Raises `Refused` as
    `make_list` does, and where an address on it must not get the reading."""
    _refuse(told)
    found = StakeholderList.objects.select_for_update().get(pk=row.pk)
    found.customer, found.reading = told.customer, told.reading
    for email in found.members.exclude(email="").values_list("email", flat=True):
        _refuse_address(found, email)
    found.name, found.severity = clean_line(told.name, 80), told.severity
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "customer", "severity", "reading"])
    except IntegrityError as error:
        raise Refused("Another list has this name.") from error
    return found


def _refuse(told: Told) -> None:
    if not clean_line(told.name, 80):
        raise Refused("Give the list a name.")
    if told.reading == Reading.CUSTOMER and told.customer is None:
        raise Refused("A list that gets the customer's reading is of one customer: others would read of it.")


def archive_list(*, row: StakeholderList, at: datetime) -> bool:
    """Nobody on it is told any more; its name is free. False: it was archived already."""
    return StakeholderList.objects.filter(pk=row.pk, archived_at=None).update(archived_at=at) == 1


@transaction.atomic
def add_member(
    *, row: StakeholderList, person: Person | None = None, email: str = "", name: str = ""
) -> Stakeholder:
    """Put one of us on a list, or an address. Raises `Refused` for who is on it already, for an address that belongs to
    another customer, or to any customer where what the list gets is not for customers."""
    found = StakeholderList.objects.select_for_update().get(pk=row.pk)
    if found.archived_at is not None:
        raise Refused("This list is not used any more.")
    if person is None and not email:
        raise Refused("Choose somebody, or type an address.")
    same = Q(person=person) if person else Q(email__iexact=email) | Q(person__email__iexact=email)
    if found.members.filter(same).exists():
        raise Refused(f"{person.name if person else email} is on it already.")
    if found.members.count() >= MOST:
        raise Refused(f"{MOST} are on it: that is a mailing list's work. Add its address instead.")
    if person is None:
        _refuse_address(found, email)
    return Stakeholder.objects.create(list=found, person=person, email="" if person else email,
                                      name="" if person else clean_line(name, 120))


def _refuse_address(row: StakeholderList, email: str) -> None:
    """An address at a customer's own domain is a customer's: they read what is for customers, of their own outages."""
    domain = email.rpartition("@")[2]
    contacts = Contact.objects.filter(removed_at=None, email__iendswith=f"@{domain}").select_related("customer")
    whose = {one.customer_id: one.customer.name for one in contacts}
    if not whose:
        return
    name = next(iter(whose.values()))
    if row.reading != Reading.CUSTOMER:
        raise Refused(f"{email} is at {name}: a list with the {Reading(row.reading).label.lower()} reading is for us "
                      "alone. Make one with the customer's reading.")
    if row.customer_id not in whose:
        raise Refused(f"{email} is at {name}, and this list is of another customer.")


def remove_member(*, row: StakeholderList, pk: int) -> bool:
    """Take somebody off a list; what is on its way to them still arrives. False: they were not on it."""
    return Stakeholder.objects.filter(list=row, pk=pk).delete()[0] > 0

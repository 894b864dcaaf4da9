"""Lists of stakeholders: who is told of incidents by mail, by customer and severity."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from customers.models import Customer
from incidents.actions.base import Refused, record_setting
from incidents.actions.less_urgent import follow_list_severity
from incidents.actions.strangers import refuse_stranger
from incidents.actions.targets import follow_list
from incidents.choices import LIVE, Reading, SettingsWhat, Severity
from incidents.models import Incident, Stakeholder, StakeholderList, Target
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
def make_list(*, told: Told, by: Person, at: datetime) -> StakeholderList:
    """Make a list, empty at first. Raises `Refused` for a name that is taken or empty, and for a customer's reading
    without a customer: others would read of it."""
    _refuse(told)
    try:
        with transaction.atomic():
            made = StakeholderList.objects.create(
                name=clean_line(told.name, 80), customer=told.customer, severity=told.severity, reading=told.reading,
                at=at,
            )
    except IntegrityError as error:
        raise Refused("Another list has this name.") from error
    _record(made, by, at, after=_said(made))
    return made


@transaction.atomic
def change_list(*, row: StakeholderList, told: Told, by: Person, at: datetime) -> StakeholderList:
    """Change what a list is. Open incidents that send it another reading, that do not concern its customer, or that are
    not as urgent as it is for, send it nothing from now on; those that it fits send it what it gets now. Raises
    `Refused` as `make_list` does, and where an address on it must not get the reading."""
    _refuse(told)
    found = StakeholderList.objects.select_for_update().get(pk=row.pk)
    before, was, old = _said(found), (found.customer_id, found.reading), Severity(found.severity)
    found.customer, found.reading = told.customer, told.reading
    for email in found.members.exclude(email="").values_list("email", flat=True):
        _refuse_address(found, email)
    found.name, found.severity = clean_line(told.name, 80), told.severity
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "customer", "severity", "reading"])
    except IntegrityError as error:
        raise Refused("Another list has this name.") from error
    if _said(found) != before:
        _record(found, by, at, before=before, after=_said(found))
    if (found.customer_id, found.reading, found.severity) != (*was, old):
        _hold_all(found)
    if (found.customer_id, found.reading) != was:
        follow_list(row=found, by=by, at=at)
    if found.severity != old:
        follow_list_severity(row=found, old=old, at=at)
    return found


def _hold_all(row: StakeholderList) -> None:
    """Both looks at its incidents take them one after the other: held at once, in one order, as a merge holds two."""
    own = Target.objects.filter(address=f"list:{row.pk}", incident__state__in=LIVE)
    list(Incident.objects.select_for_update().filter(pk__in=own.values("incident")).order_by("pk").values_list("pk"))


def _refuse(told: Told) -> None:
    if not clean_line(told.name, 80):
        raise Refused("Give the list a name.")
    if told.reading == Reading.CUSTOMER and told.customer is None:
        raise Refused("A list that gets the customer's reading is of one customer: others would read of it.")


@transaction.atomic
def archive_list(*, row: StakeholderList, by: Person, at: datetime) -> bool:
    """Nobody on it is told any more; its name is free. False: it was archived already."""
    if not StakeholderList.objects.filter(pk=row.pk, archived_at=None).update(archived_at=at):
        return False
    _record(row, by, at, after="not used any more")
    return True


@transaction.atomic
def add_member(
    *, row: StakeholderList, by: Person, at: datetime, person: Person | None = None, email: str = "", name: str = ""
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
    made = Stakeholder.objects.create(list=found, person=person, email="" if person else email,
                                      name="" if person else clean_line(name, 120))
    _record(found, by, at, after=f"on it: {_who(made)}")
    return made


def _refuse_address(row: StakeholderList, email: str) -> None:
    refuse_stranger(email=email, reading=Reading(row.reading), customers={row.customer_id} - {None})


@transaction.atomic
def remove_member(*, row: StakeholderList, pk: int, by: Person, at: datetime) -> bool:
    """Take somebody off a list; what is on its way to them still arrives. False: they were not on it."""
    found = Stakeholder.objects.select_for_update(of=("self",)).filter(list=row, pk=pk).first()
    if found is None:
        return False
    found.delete()
    _record(row, by, at, before=f"on it: {_who(found)}")
    return True


def _who(member: Stakeholder) -> str:
    return member.person.name if member.person else member.email


def _said(row: StakeholderList) -> str:
    """What a list is, in the words of a change."""
    whose = row.customer.name if row.customer else "every customer"
    return (f"{row.name}: incidents of {whose}, {Severity(row.severity).label} or more urgent, "
            f"{Reading(row.reading).label.lower()} reading")


def _record(row: StakeholderList, by: Person, at: datetime, *, before: str = "", after: str = "") -> None:
    record_setting(SettingsWhat.LIST, about=row.name, at=at, by=by, before=before, after=after, of=row)

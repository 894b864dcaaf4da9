"""A list of stakeholders becomes another one while incidents are open: what is for us goes on to nobody else."""

from datetime import timedelta

import pytest

from customers.models import Customer
from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.stakeholders import Told, add_member, change_list, make_list
from incidents.actions.states import change_severity
from incidents.actions.targets import add_target, default_targets, remove_target, restore_target
from incidents.choices import Reading, Severity, State, TargetKind, What
from incidents.models import Incident, IncidentCustomer, IncidentEvent, StakeholderList, Target
from incidents.tests import factories
from incidents.tests.test_public import approved, told
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
Made = tuple[Incident, Customer, Customer, Person]


@pytest.fixture
def made() -> Made:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    by = people.person(Role.ENGINEER, name="Ines Moreau")
    return factories.incident(customer=theirs, commander=by, at=clock.now() - 60 * MINUTE), theirs, other, by


def listed(made: Made, reading: Reading) -> StakeholderList:
    row, theirs, _, by = made
    found = make_list(told=Told("Theirs", Severity.SEV1, reading, theirs), by=by, at=row.at)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    return found


def change(made: Made, row: StakeholderList, reading: Reading, customer: Customer) -> None:
    change_list(row=row, told=Told("Theirs", Severity.SEV1, reading, customer), by=made[3], at=made[0].at + MINUTE)


def targets(row: StakeholderList) -> set[tuple[str, int | None]]:
    found = Target.objects.filter(address=f"list:{row.pk}", removed_at=None)
    return set(found.values_list("reading", "customer"))


def mails(to: str) -> list[str]:
    return [f"{one.payload['subject']}\n{one.payload['text']}" for one in
            Delivery.objects.filter(topic="mail.send", payload__to=to)]


def test_a_list_that_gets_the_customers_reading_now_gets_nothing_else_of_what_is_open(made: Made) -> None:
    row, theirs, _, by = made
    ours = listed(made, Reading.INTERNAL)
    assert targets(ours) == {(Reading.INTERNAL, theirs.pk)}
    change(made, ours, Reading.CUSTOMER, theirs)
    add_member(row=ours, by=by, at=row.at, email="ana@northwind.example")
    assert targets(ours) == {(Reading.CUSTOMER, theirs.pk)}
    told_of = IncidentEvent.objects.filter(incident=row, what=What.CHANGED, by=by).values_list("to_value", flat=True)
    assert "Updates go to Theirs no longer: the list is another one now" in told_of
    update = told(row, by)
    assert mails("ana@northwind.example") == []
    approved(update)
    (mail,) = mails("ana@northwind.example")
    assert "We look into it" in mail and "UserStore.Count" not in mail and "Ines" not in mail


def test_a_list_of_another_customer_now_gets_nothing_of_what_is_open(made: Made) -> None:
    row, _, other, by = made
    theirs = listed(made, Reading.CUSTOMER)
    change(made, theirs, Reading.CUSTOMER, other)
    add_member(row=theirs, by=by, at=row.at, email="joe@initech.example")
    approved(told(row, by))
    assert targets(theirs) == set() and mails("joe@initech.example") == []
    with pytest.raises(Refused, match="is for Initech"):
        restore_target(target=Target.objects.get(address=f"list:{theirs.pk}"), by=by, at=row.at + 2 * MINUTE)


def test_where_it_concerns_both_the_list_is_told_of_the_other_from_now_on(made: Made) -> None:
    row, _, other, by = made
    IncidentCustomer.objects.create(incident=row, customer=other, at=row.at)
    found = listed(made, Reading.CUSTOMER)
    change(made, found, Reading.CUSTOMER, other)
    assert targets(found) == {(Reading.CUSTOMER, other.pk)}
    add_member(row=found, by=by, at=row.at, email="joe@initech.example")
    approved(told(row, by, summary="Northwind and Initech are down."))
    (mail,) = mails("joe@initech.example")
    assert "### Initech SEV1" in mail and "Northwind" not in mail


def test_a_new_name_changes_no_target(made: Made) -> None:
    row, theirs, _, by = made
    found = listed(made, Reading.INTERNAL)
    change_list(row=found, told=Told("Ours", Severity.SEV2, Reading.INTERNAL, theirs), by=by, at=row.at)
    assert targets(found) == {(Reading.INTERNAL, theirs.pk)}


def test_a_list_of_another_customer_now_gets_no_correction_of_what_is_over(made: Made) -> None:
    row, theirs, other, by = made
    found, same = listed(made, Reading.CUSTOMER), make_list(
        told=Told("Also theirs", Severity.SEV1, Reading.CUSTOMER, theirs), by=by, at=row.at)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, resolved_at=row.at, closed_at=row.at)
    change(made, found, Reading.CUSTOMER, other)
    assert targets(found) == set()
    assert targets(same) == {(Reading.CUSTOMER, theirs.pk)}


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_list_for_what_is_more_urgent_alone_gets_nothing_of_what_is_open_and_less(made: Made, by_hand: bool) -> None:
    row, _, _, by = made
    Incident.objects.filter(pk=row.pk).update(severity=Severity.SEV3)
    board = make_list(told=Told("Board", Severity.SEV2 if by_hand else Severity.SEV3, Reading.EXECUTIVE), by=by,
                      at=row.at)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    if by_hand:
        assert targets(board) == set()
        add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address=f"list:{board.pk}", by=by,
                   at=row.at)
    add_member(row=board, by=by, at=row.at, email="chair@board.example")
    change_list(row=board, told=Told("Board", Severity.SEV1, Reading.EXECUTIVE), by=by, at=row.at + MINUTE)
    approved(told(row, by))
    assert len(mails("chair@board.example")) == (1 if by_hand else 0), "what somebody added by hand stays"
    said = IncidentEvent.objects.filter(incident=row, to_value__contains="Board no longer: it is told of Sev1 alone")
    assert said.count() == (0 if by_hand else 1)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at + 11 * MINUTE)
    assert len(targets(board)) == (1 if by_hand else 0)


@pytest.mark.parametrize("how", ["the list is for it again", "it is as urgent again"])
def test_a_list_that_was_narrowed_is_told_again_once_it_fits(made: Made, how: str) -> None:
    row, _, _, by = made
    Incident.objects.filter(pk=row.pk).update(severity=Severity.SEV3)
    board = make_list(told=Told("Board", Severity.SEV3, Reading.EXECUTIVE), by=by, at=row.at)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    change_list(row=board, told=Told("Board", Severity.SEV1, Reading.EXECUTIVE), by=by, at=row.at + MINUTE)
    assert targets(board) == set()
    if how == "it is as urgent again":
        change_severity(incident=row, severity=Severity.SEV1, reason="It is", by=by, at=row.at + 2 * MINUTE)
    else:
        change_list(row=board, told=Told("Board", Severity.SEV3, Reading.EXECUTIVE), by=by, at=row.at + 2 * MINUTE)
    assert len(targets(board)) == 1


def test_whom_somebody_took_off_a_wider_list_does_not_bring_back(made: Made) -> None:
    row, _, _, by = made
    Incident.objects.filter(pk=row.pk).update(severity=Severity.SEV2)
    board = make_list(told=Told("Board", Severity.SEV2, Reading.EXECUTIVE), by=by, at=row.at)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    remove_target(target=Target.objects.get(address=f"list:{board.pk}"), by=by, at=row.at)
    for number, severity in enumerate((Severity.SEV1, Severity.SEV3), start=1):
        change_list(row=board, told=Told("Board", severity, Reading.EXECUTIVE), by=by, at=row.at + number * MINUTE)
    assert targets(board) == set()


def test_what_is_for_us_is_neither_added_nor_brought_back_for_a_list_of_a_customer(made: Made) -> None:
    row, theirs, _, by = made
    found = listed(made, Reading.INTERNAL)
    before = Target.objects.get(address=f"list:{found.pk}")
    change(made, found, Reading.CUSTOMER, theirs)
    before.refresh_from_db()
    with pytest.raises(Refused, match="for us alone"):
        restore_target(target=before, by=by, at=row.at + 2 * MINUTE)
    for reading in (Reading.INTERNAL, Reading.EXECUTIVE):
        with pytest.raises(Refused, match="for us alone"):
            add_target(incident=row, kind=TargetKind.MAIL, reading=reading, address=f"list:{found.pk}", by=by,
                       at=row.at)

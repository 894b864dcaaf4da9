"""Where updates go: to no customer but those whom it concerns, and into no thread but theirs."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Contact, Customer
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions.base import Refused
from incidents.actions.changing import add_customer, link_escalation, remove_customer
from incidents.actions.merging import merge
from incidents.actions.sending import release, send
from incidents.actions.targets import add_target, default_targets
from incidents.choices import Kind, Reading, Severity, TargetKind
from incidents.models import Incident, StakeholderList, Target, UpdateDelivery
from incidents.queries.targets import lists_to_add
from incidents.tests import factories
from incidents.tests.test_public import approved, linked, told
from incidents.tests.test_targets import written
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)


@pytest.fixture
def ines() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau")


def threads(row: Incident) -> list[str]:
    found = Target.objects.filter(incident=row, kind=TargetKind.ESCALATION, removed_at=None)
    return list(found.values_list("address", flat=True))


# ---- The threads of escalations -------------------------------------------------------


def test_updates_follow_the_escalation_that_is_linked_and_leave_the_other_ones_thread(ines: Person) -> None:
    theirs = customers.customer()
    first, second = (escalations.escalation(customer=theirs) for _ in range(2))
    row = factories.incident(customer=theirs, escalation=first)
    assert threads(row) == [str(first.pk)]
    for number, one in enumerate((second, first, None, first), start=1):
        link_escalation(incident=row, escalation=one, by=ines, at=NIGHT + number * MINUTE)
        row.refresh_from_db()
        default_targets(incident=row, at=NIGHT + number * MINUTE)
        assert threads(row) == ([str(one.pk)] if one else [])


def test_the_thread_of_a_customer_whom_it_does_not_concern_is_told_nothing(ines: Person) -> None:
    stranger = escalations.escalation(customer=customers.customer("Initech"))
    row = factories.incident(customer=customers.customer("Northwind"))
    link_escalation(incident=row, escalation=stranger, by=ines, at=NIGHT)
    row.refresh_from_db()
    default_targets(incident=row, at=NIGHT)
    assert threads(row) == []
    add_customer(incident=row, customer=stranger.customer, by=ines, at=NIGHT)
    default_targets(incident=row, at=NIGHT)
    assert threads(row) == [str(stranger.pk)]


def test_after_a_merge_whoever_was_told_of_a_customers_outage_is_told_on(ines: Person) -> None:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    asked, first = (escalations.escalation(customer=one) for one in (theirs, other))
    row = factories.incident(customer=theirs, commander=ines, escalation=asked)
    into = factories.incident(customer=other, commander=ines, escalation=first)
    for reading, address in ((Reading.CUSTOMER, "a@northwind.example"), (Reading.INTERNAL, "x@ours.example")):
        add_target(incident=row, kind=TargetKind.MAIL, reading=reading, address=address, by=ines, at=NIGHT)
    merge(incident=row, into=into, reason="One database", by=ines, at=NIGHT + MINUTE)
    default_targets(incident=into, at=NIGHT + MINUTE)
    found = Target.objects.filter(incident=into, reading=Reading.CUSTOMER, customer=theirs)
    assert set(found.values_list("kind", "address")) == {("escalation", str(asked.pk)), ("mail", "a@northwind.example")}
    assert not Target.objects.filter(incident=into, address="x@ours.example").exists()
    link_escalation(incident=into, escalation=None, by=ines, at=NIGHT + 2 * MINUTE)
    default_targets(incident=Incident.objects.get(pk=into.pk), at=NIGHT + 2 * MINUTE)
    assert threads(into) == [str(asked.pk)]


def test_of_our_own_server_whoever_reported_it_is_told() -> None:
    asked = escalations.escalation()
    assert threads(factories.incident(kind=Kind.COMMUNITY, customers=(), escalation=asked)) == [str(asked.pk)]


# ---- Targets --------------------------------------------------------------------------


def test_what_waits_for_a_second_person_does_not_leave_for_a_customer_who_was_taken_off(ines: Person) -> None:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    row = factories.incident(customers=(theirs, other))
    stays, gone = (
        add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address=address, by=ines, at=NIGHT,
                   customer=customer)
        for address, customer in (("a@northwind.example", theirs), ("a@initech.example", other))
    )
    version = written(row)
    send(version=version, targets=[stays, gone], at=NIGHT)
    remove_customer(incident=row, customer=other, by=ines, at=NIGHT + MINUTE)
    release(version=version, at=NIGHT + 2 * MINUTE)
    assert list(UpdateDelivery.objects.values_list("target", "waits")) == [(stays.pk, False)]
    assert [one.payload["to"] for one in Delivery.objects.filter(topic="mail.send", purpose="incident.update")] == [
        "a@northwind.example"]


def test_an_address_at_a_customers_is_given_their_own_reading_and_no_other(ines: Person) -> None:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    Contact.objects.create(customer=theirs, name="Ana", email="ana@northwind.example")
    row = factories.incident(customers=(theirs, other))

    def add(reading: Reading, customer: Customer | None = None, to: str = "ops@Northwind.example") -> Target:
        return add_target(incident=row, kind=TargetKind.MAIL, reading=reading, address=to, by=ines, at=NIGHT,
                          customer=customer)

    for reading in (Reading.INTERNAL, Reading.EXECUTIVE):
        with pytest.raises(Refused, match="is at Northwind"):
            add(reading)
    with pytest.raises(Refused, match="another customer's"):
        add(Reading.CUSTOMER, other)
    assert add(Reading.CUSTOMER, theirs) and add(Reading.EXECUTIVE, to="ceo@ours.example")
    for below in ("ops@eu.northwind.example", "ops@db.EU.northwind.example"):
        with pytest.raises(Refused, match="is at Northwind"):
            add(Reading.INTERNAL, to=below)
    assert add(Reading.INTERNAL, to="ops@thenorthwind.example")


def test_a_list_for_another_customer_gets_nothing_and_what_was_taken_off_with_its_customer_stays_off(
    client: Client, ines: Person
) -> None:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    lists = [StakeholderList.objects.create(name=one.name, customer=one, reading=Reading.CUSTOMER, at=NIGHT,
                                            severity=Severity.SEV1) for one in (theirs, other)]
    row = factories.incident(customers=(theirs, other), severity=Severity.SEV3)
    assert set(lists_to_add(row)) == set(lists)
    made = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address=f"list:{lists[1].pk}",
                      by=ines, at=NIGHT)
    remove_customer(incident=row, customer=other, by=ines, at=NIGHT + MINUTE)
    assert list(lists_to_add(row)) == [lists[0]]
    with pytest.raises(Refused, match="whom it does not concern"):
        add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address=made.address, by=ines,
                   at=NIGHT)
    client.force_login(ines)
    answer = client.post(f"/incidents/I-{row.pk}/targets/{made.pk}/", {"back": "1"}, follow=True)
    assert "does not concern any more" in answer.content.decode()
    made.refresh_from_db()
    assert made.removed_at is not None


# ---- Private pages --------------------------------------------------------------------


def test_a_customer_who_was_taken_off_is_not_named_in_what_was_written_before(client: Client, ines: Person) -> None:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    row = factories.incident(customers=(theirs, other), commander=ines, at=clock.now() - 60 * MINUTE)
    _, url = linked(row, theirs, ines)
    approved(told(row, ines, customer="Northwind and Initech are down."))
    remove_customer(incident=row, customer=other, by=ines, at=row.at + 30 * MINUTE)
    text = client.get(url).content.decode()
    assert "Initech" not in text and "Northwind and another customer are down." in text

"""No customer reads of another, by whatever name that one went before, or of any of us."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.actions.customers import change_customer
from customers.models import Customer, CustomerAlias
from customers.tests import factories as customers
from incidents.actions.changing import remove_customer
from incidents.actions.stakeholders import Told, add_member, make_list
from incidents.actions.targets import default_targets
from incidents.choices import Reading, Severity
from incidents.models import Incident, IncidentCustomer
from incidents.queries.naming import names_in
from incidents.rules.public import Names, without_others
from incidents.tests import factories
from incidents.tests.test_public import approved, everything, linked, told
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.customers import merge_customers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def incident_of(first: str, *others: str) -> tuple[Incident, Customer, Person, list[Customer]]:
    theirs, by = customers.customer(first), people.person(Role.ENGINEER, name="Ines Moreau")
    row = factories.incident(customer=theirs, commander=by, at=clock.now() - 60 * MINUTE)
    rest = [customers.customer(name) for name in others]
    IncidentCustomer.objects.bulk_create(IncidentCustomer(incident=row, customer=one, at=row.at) for one in rest)
    return row, theirs, by, rest


def test_one_who_was_taken_off_is_not_named_by_another_name_either(client: Client) -> None:
    row, theirs, by, (other,) = incident_of("Northwind", "Initech")
    CustomerAlias.objects.create(customer=other, name="Initrode")
    approved(told(row, by, summary="Northwind and Initrode are down."))
    remove_customer(incident=row, customer=other, by=by, at=clock.now())
    text = everything(client, linked(row, theirs, by)[1])
    assert "Initrode" not in text and "Northwind and another customer are down." in text


def test_one_who_was_named_first_by_a_slip_is_not_named_to_the_right_one(client: Client) -> None:
    row, wrong, by, (right,) = incident_of("Initech", "Northwind")
    approved(told(row, by, summary="The Initech cluster is down, Initech DBA on call."))
    remove_customer(incident=row, customer=wrong, by=by, at=clock.now())
    assert "Initech" not in everything(client, linked(row, right, by)[1])


def test_one_who_was_renamed_is_not_named_as_before_but_reads_its_own_former_name(client: Client) -> None:
    row, other, by, (theirs,) = incident_of("Initech", "Northwind")
    approved(told(row, by, summary="The Initech cluster."))
    change_customer(customer=other, name="Globex", changes={}, by=by, at=clock.now())
    assert "Initech" not in everything(client, linked(row, theirs, by)[1])
    assert "The Initech cluster." in everything(client, linked(row, other, by)[1])


def test_a_name_that_another_customer_has_by_now_is_that_ones() -> None:
    row, first, by, (second,) = incident_of("Initech", "Northwind")
    change_customer(customer=first, name="Globex", changes={}, by=by, at=clock.now())
    change_customer(customer=second, name="Initech", changes={}, by=by, at=clock.now())
    assert names_in([row.pk], first) == Names(frozenset({"Globex"}), frozenset({"Initech", "Northwind"}))
    assert names_in([row.pk], second) == Names(frozenset({"Initech", "Northwind"}), frozenset({"Globex"}))


def test_one_who_was_merged_is_named_neither_as_itself_nor_as_whom_it_became(client: Client) -> None:
    row, other, by, (theirs,) = incident_of("Initech", "Northwind")
    stays = customers.customer("Umbrella")
    CustomerAlias.objects.create(customer=stays, name="Umbrella Labs")
    approved(told(row, by, summary="Umbrella Labs (formerly Initech) is down."))
    merge_customers(customer=other, into=stays, by=by, at=clock.now())
    text = everything(client, linked(row, theirs, by)[1])
    assert "Initech" not in text and "Umbrella" not in text
    assert names_in([row.pk], stays).own == {"Initech", "Umbrella", "Umbrella Labs"}


def test_a_list_of_the_first_customer_does_not_read_another_name_of_the_second() -> None:
    row, theirs, by, (other,) = incident_of("Northwind", "Initech")
    CustomerAlias.objects.create(customer=other, name="Initrode")
    made = make_list(told=Told("nw", Severity.SEV1, Reading.CUSTOMER, theirs), by=by, at=row.at)
    add_member(row=made, by=by, at=row.at, email="ana@northwind.example")
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    approved(told(row, by, summary="Northwind and Initrode are down."))
    (mail,) = Delivery.objects.filter(topic="mail.send", payload__to="ana@northwind.example")
    assert "Initrode" not in mail.payload["text"] and "### Northwind SEV1" in mail.payload["text"]
    assert "Northwind and another customer are down." in mail.payload["text"]


@pytest.mark.parametrize("gap", [" ", "\n", "\u00a0", "\u2009", "&nbsp;", "  "])
def test_a_name_is_known_however_its_words_are_kept_apart(gap: str) -> None:
    names = Names(frozenset({"Big Bank North"}), frozenset({"Big Bank"}))
    assert without_others(f"At Big{gap}Bank.", names) == "At another customer."
    own = f"At big{gap}bank{gap}north."
    assert without_others(own, names) == own


def test_names_over_the_end_of_a_line_stand_on_no_page(client: Client) -> None:
    row, theirs, by, _ = incident_of("Northwind", "Big Bank")
    approved(told(row, by, summary="It is at Big\nBank and Big\u00a0Bank; thanks to Ines\nMoreau, Ines\u00a0Moreau"))
    text = everything(client, linked(row, theirs, by)[1])
    assert "Bank" not in text and "Moreau" not in text


def test_who_has_left_us_is_not_named_to_customers(client: Client) -> None:
    row, theirs, by, _ = incident_of("Northwind")
    left = people.person(Role.ENGINEER, name="Gloria Departed")
    Person.objects.filter(pk=left.pk).update(is_active=False)
    approved(told(row, by, summary="Gloria Departed found the cause."))
    text = everything(client, linked(row, theirs, by)[1])
    assert "Departed" not in text and "One of our engineers found the cause." in text

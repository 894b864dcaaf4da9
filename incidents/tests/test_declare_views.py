"""Declaring on the page: a title and a customer are enough."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from customers.models import Customer
from customers.tests import factories as customers
from escalations.choices import Level
from escalations.tests import factories as escalations
from incidents.choices import Kind, Role, Severity
from incidents.models import Incident, IncidentCustomer
from incidents.queries.measured import measured_of
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from set_rotation.actions import paging
from set_rotation.actions.paging import raise_page
from set_rotation.choices import PageSource, PageState, Urgency
from set_rotation.models import Page
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
NEW = "/incidents/new/"


@pytest.fixture
def by(client: Client) -> Person:
    person = people.person(PersonRole.ENGINEER)
    client.force_login(person)
    return person


def given(**more: Any) -> dict[str, Any]:
    return {"submission": str(uuid.uuid4()), "severity": "1", "kind": "customer", "customer": ["Initech", ""],
            "title": "Messages fail to post"} | more


def test_a_title_and_a_customer_open_it(client: Client, by: Person) -> None:
    initech = customers.customer("Initech")
    answer = client.post(NEW, given())
    row = Incident.objects.get()
    assert [str(one) for one in get_messages(answer.wsgi_request)] == [
        f"I-{row.pk} is open. Whoever is on duty is paged. The first update is promised; the countdown runs."]
    assert answer["Location"] == f"/incidents/I-{row.pk}/"
    assert (row.title, row.severity, row.declared_by) == ("Messages fail to post", Severity.SEV1, by)
    assert [one.customer for one in row.customers.all()] == [initech]
    assert row.next_update_at is not None


def test_a_title_that_begins_with_the_customer_names_them_once(client: Client, by: Person) -> None:
    customers.customer("Initech")
    client.post(NEW, given(title="Initech: nobody can sign in"))
    row = Incident.objects.get()
    assert row.title == "Nobody can sign in"
    assert "Initech: Initech" not in client.get(f"/incidents/I-{row.pk}/").content.decode()


def test_the_form_comes_with_people_proposed_and_declares_as_it_stands(client: Client, by: Person) -> None:
    page = client.get(NEW)
    assert page.status_code == 200
    chosen = page.context["form"].initial
    assert chosen[f"role_{Role.COMMANDER}"] == str(by.pk)
    client.post(NEW, given(**{f"role_{Role.COMMANDER}": by.pk}))
    row = Incident.objects.get()
    assert [(one.role, one.person) for one in row.roles.all()] == [(Role.COMMANDER, by)]
    assert row.acknowledged_at == row.at


def test_the_contact_is_whoever_looks_after_the_customer(client: Client, by: Person) -> None:
    initech, tam = customers.customer("Initech"), people.person(PersonRole.ACCOUNT)
    Customer.objects.filter(pk=initech.pk).update(tam=tam)
    client.post(NEW, given(role_customer_contact="auto"))
    assert Incident.objects.get().roles.get(role=Role.CUSTOMER_CONTACT).person == tam


def test_the_same_form_sent_twice_leads_to_the_same_incident(client: Client, by: Person) -> None:
    form = given()
    assert client.post(NEW, form)["Location"] == client.post(NEW, form)["Location"]
    assert Incident.objects.count() == 1


def test_somebody_elses_form_is_refused(client: Client, by: Person) -> None:
    form = given()
    client.post(NEW, form)
    client.force_login(people.person(PersonRole.ENGINEER))
    answer = client.post(NEW, form | {"anyway": "1"})
    assert answer.status_code == 422
    assert "sent by somebody else" in answer.content.decode()


@pytest.mark.parametrize(("more", "words"), [
    ({"title": " \x00 "}, "Say in a few words"), ({"customer": ["", " "]}, "Name the customer"),
    ({"severity": "0"}, "Choose one of these"), ({"bridge": "javascript:alert(1)"}, "Give the whole address"),
    ({"began_on": "2999-01-01"}, "Not declared yet"), ({"began_time": "10:00"}, "Say the day too"),
    ({"customer": ["x" * 121]}, "at most 120"), ({"known": "x" * 16_385}, "At most 16000 characters"),
    ({"role_commander": "999999"}, "Choose one of these"),
])
def test_what_cannot_be_is_said_and_what_was_written_stays(
    client: Client, by: Person, more: dict[str, Any], words: str
) -> None:
    answer = client.post(NEW, given(bridge="https://meet.example.com/x") | more)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Incident.objects.exists()


def test_a_name_with_marks_of_markdown_is_a_name(client: Client, by: Person) -> None:
    client.post(NEW, given(customer=["# Acme | Sons *and* co"]))
    assert IncidentCustomer.objects.get().customer.name == "# Acme | Sons *and* co"


def test_what_is_open_for_the_customer_already_is_shown_first(client: Client, by: Person) -> None:
    initech = customers.customer("Initech")
    there = factories.incident(customer=initech)
    answer = client.post(NEW, given())
    assert answer.status_code == 409
    assert f"I-{there.pk}" in answer.content.decode()
    assert client.post(NEW, given(anyway="1")).status_code == 302
    assert Incident.objects.count() == 2


def test_our_own_server_is_declared_once_and_of_customers_that_were_typed_before_nothing_is_left(
    client: Client, by: Person
) -> None:
    factories.incident(customer=customers.customer("Initech"))
    form = given(kind="community", title="Initech: nobody can sign in", customer=["Initech", "Nobody knows them"])
    assert client.post(NEW, form).status_code == 302  # the customer's production is another one
    row = Incident.objects.get(kind=Kind.COMMUNITY)
    assert (row.title, row.customers.count()) == ("Initech: nobody can sign in", 0)
    assert not Customer.objects.filter(name="Nobody knows them").exists()
    answer = client.post(NEW, given(kind="community", customer=[""]))
    assert answer.status_code == 409 and f"I-{row.pk}" in answer.content.decode()
    assert client.post(NEW, given(kind="community", customer=[""], anyway="1")).status_code == 302


def test_two_who_declare_from_the_same_page_hear_of_each_other(client: Client, by: Person) -> None:
    page, _ = raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                         at=factories.NIGHT)
    there = factories.incident(customer=customers.customer("ABC"), page=page)
    assert f"I-{there.pk}" in client.get(f"{NEW}?page={page.pk}").content.decode()
    assert client.post(NEW, given(page=str(page.pk))).status_code == 409


def test_a_private_one_of_the_customer_is_not_told_to_others(client: Client, by: Person) -> None:
    factories.incident("Keys were stolen", customer=customers.customer("Initech"), private=True)
    assert client.post(NEW, given()).status_code == 302


def test_our_own_server_asks_for_its_ticket(client: Client, by: Person) -> None:
    ticket = make_ticket()
    form = given(kind="community", customer=[""])
    answer = client.post(NEW, form | {"typed_ticket": "MM-404404"})
    assert answer.status_code == 422 and "No such ticket is known here" in answer.content.decode()
    assert 'value="MM-404404"' in answer.content.decode()
    client.post(NEW, form | {"typed_ticket": f"https://jira.example.com/browse/{ticket.key}"})
    row = Incident.objects.get()
    assert row.ticket == ticket and "No ticket yet." not in client.get(f"/incidents/I-{row.pk}/").content.decode()
    Incident.objects.filter(pk=row.pk).update(ticket=None)
    assert "No ticket yet." in client.get(f"/incidents/I-{row.pk}/").content.decode()


def test_a_ticket_that_was_typed_for_our_own_server_is_not_a_customers_and_can_be_corrected(
    client: Client, by: Person
) -> None:
    wrong, right = make_ticket(), make_ticket()
    assert client.post(NEW, given(typed_ticket="MM-404404")).status_code == 302  # the field is not shown any more
    assert client.post(NEW, given(typed_ticket=wrong.key, customer=["Umbrella"])).status_code == 302
    assert not Incident.objects.filter(ticket__isnull=False).exists()
    factories.incident(kind=Kind.COMMUNITY, customers=())
    form = given(kind="community", customer=[""])
    there = client.post(NEW, form | {"typed_ticket": wrong.key})
    page = there.content.decode()
    assert (there.status_code, f'name="typed_ticket" value="{wrong.key}"' in page) == (409, True)
    assert f'name="ticket" value="{wrong.key}"' not in page
    client.post(NEW, form | {"typed_ticket": right.key, "anyway": "1"})
    assert [one.ticket for one in Incident.objects.filter(ticket__isnull=False)] == [right]


def test_our_own_server_needs_no_customer_but_a_decision_needs_a_reason(client: Client, by: Person) -> None:
    form = given(kind="community", customer=[""], decision="revert")
    assert client.post(NEW, form).status_code == 422
    client.post(NEW, form | {"decision_reason": "The release of yesterday"})
    row = Incident.objects.get()
    assert (row.kind, row.decision, row.decided_at) == (Kind.COMMUNITY, "revert", row.at)


# ---- From elsewhere -------------------------------------------------------------------


def test_from_an_escalation_its_words_its_customer_and_its_ticket_come_along(client: Client, by: Person) -> None:
    asked = escalations.escalation(title="Nobody can sign in", level=Level.L1)
    page = client.get(f"{NEW}?escalation=E-{asked.pk}").content.decode()
    assert "Nobody can sign in" in page
    assert asked.customer.name in page
    client.post(NEW, given(customer=[asked.customer.name], escalation=f"E-{asked.pk}"))
    assert Incident.objects.get().escalation == asked


def test_an_escalation_that_they_do_not_see_is_no_source(client: Client, by: Person) -> None:
    asked = escalations.escalation(title="Nobody can sign in", confidential=True)
    client.force_login(people.person(PersonRole.SUPPORT))
    assert "Nobody can sign in" not in client.get(f"{NEW}?escalation=E-{asked.pk}").content.decode()
    client.post(NEW, given(escalation=f"E-{asked.pk}"))
    assert Incident.objects.get().escalation is None


def test_from_a_page_nobody_is_paged_again(client: Client, by: Person) -> None:
    page, _ = raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                         at=factories.NIGHT)
    assert "ABC is down" in client.get(f"{NEW}?page={page.pk}").content.decode()
    client.post(NEW, given(page=str(page.pk)))
    assert Incident.objects.get().page == page


def test_from_a_page_that_is_over_whoever_is_on_duty_is_paged_anew(client: Client, by: Person) -> None:
    page, _ = raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                         at=factories.NIGHT)
    backup, primary = people.person(PersonRole.ENGINEER, name="Bea Backup"), people.person(PersonRole.ENGINEER)
    paging.resolve(page=page, by=backup, at=factories.NIGHT)
    shown = client.get(f"{NEW}?page={page.pk}")
    assert "Bea Backup has ended this page" in shown.content.decode()
    assert shown.context["form"].initial[f"role_{Role.COMMANDER}"] != str(backup.pk)
    answer = client.post(NEW, given(page=str(page.pk), role_commander=primary.pk))
    row = Incident.objects.get()
    assert row.page == Page.objects.exclude(pk=page.pk).get()
    assert row.acknowledged_at is None and row.called_at == row.at
    assert "Whoever is on duty is paged" in str(next(iter(get_messages(answer.wsgi_request))))


def test_whoever_answered_the_page_is_proposed_to_lead_and_does(client: Client, by: Person) -> None:
    page, _ = raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                         at=factories.NIGHT)
    backup, primary = people.person(PersonRole.ENGINEER, name="Bea Backup"), people.person(PersonRole.ENGINEER)
    early = client.get(f"{NEW}?page={page.pk}").context["form"].initial[f"role_{Role.COMMANDER}"]
    assert early == str(by.pk)
    paging.acknowledge(page=page, by=backup, at=factories.NIGHT + timedelta(minutes=4))
    shown = client.get(f"{NEW}?page={page.pk}").context["form"].initial
    assert shown[f"role_{Role.COMMANDER}"] == str(backup.pk)
    answer = client.post(NEW, given(page=str(page.pk), role_commander=primary.pk, role_deputy=backup.pk))
    row = Incident.objects.get()
    assert {one.role: one.person for one in row.roles.all()} == {Role.COMMANDER: backup, Role.DEPUTY: primary}
    assert Delivery.objects.filter(title__contains="Bea Backup", payload__icontains="you are commander").exists()
    assert "Bea Backup answered the page and leads it" in str(next(iter(get_messages(answer.wsgi_request))))
    # Nobody else is woken, and the time to the acknowledgement is that of the page.
    assert Page.objects.get() == page
    assert (row.called_at, row.acknowledged_at) == (factories.NIGHT, factories.NIGHT + timedelta(minutes=4))
    assert measured_of(row, [], [], row.at).to_acknowledge == timedelta(minutes=4)


def test_whoever_leads_what_they_declare_leads_it_whoever_answered_the_page(client: Client, by: Person) -> None:
    page, _ = raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                         at=factories.NIGHT)
    paging.acknowledge(page=page, by=people.person(PersonRole.ENGINEER), at=factories.NIGHT)
    client.post(NEW, given(page=str(page.pk), role_commander=by.pk))
    row = Incident.objects.get()
    assert row.roles.get(role=Role.COMMANDER).person == by
    assert row.acknowledged_at == row.at and Page.objects.get() == page


def test_whoever_leads_what_they_declare_from_a_page_that_rings_has_answered_it(client: Client, by: Person) -> None:
    page, _ = raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                         at=factories.NIGHT)
    client.post(NEW, given(page=str(page.pk), role_commander=by.pk))
    page.refresh_from_db()
    assert (page.state, page.acknowledged_by) == (PageState.ACKNOWLEDGED, by)
    other, _ = raise_page(key="y", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL,
                          at=factories.NIGHT)
    client.post(NEW, given(page=str(other.pk), role_commander=people.person(PersonRole.ENGINEER).pk, anyway="1"))
    other.refresh_from_db()
    assert other.state == PageState.OPEN, "whoever was named has not answered yet"


def test_from_a_ticket_it_is_linked(client: Client, by: Person) -> None:
    ticket = make_ticket(summary="The count bypasses its cache")
    assert "bypasses its cache" in client.get(f"{NEW}?ticket={ticket.key}").content.decode()
    client.post(NEW, given(ticket=ticket.key))
    assert Incident.objects.get().ticket == ticket


@pytest.mark.parametrize("query", ["escalation=E-999", "page=x", "ticket=%00", "customer=nobody", "escalation=E-1e9"])
def test_an_address_that_names_nothing_opens_an_empty_form(client: Client, by: Person, query: str) -> None:
    assert client.get(f"{NEW}?{query}").status_code == 200


def test_only_those_who_take_part_declare(client: Client) -> None:
    client.force_login(people.person(PersonRole.VIEWER))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, given()).status_code == 403
    assert not Incident.objects.exists()


def test_a_customers_names_are_offered_while_typing(client: Client, by: Person) -> None:
    customers.customer("Initech")
    assert "Initech" in client.get("/incidents/new/customers/?customer=ini").content.decode()

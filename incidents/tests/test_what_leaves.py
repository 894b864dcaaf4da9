"""Who reads what outside: nobody reads of another customer's outage, of ours, or what is no longer theirs to read."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Contact
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions.base import Refused
from incidents.actions.changing import link_escalation
from incidents.actions.links import make_link
from incidents.actions.retrospective import review_customer_text
from incidents.actions.states import resolve
from incidents.actions.subscribing import subscribers_of
from incidents.choices import State
from incidents.models import Incident, StatusLink
from incidents.queries.editions import customer_document
from incidents.queries.merged import merged_with
from incidents.queries.public import followed
from incidents.rules.documents import as_markdown
from incidents.tests import factories
from incidents.tests.test_public import approved, follower, linked, told
from incidents.tests.test_retrospective import drafted, page_of
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.customers import merge_customers
from portal.flows.incidents.after import To, send_retro

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
LATER = NIGHT + timedelta(days=1)


@pytest.fixture
def ines() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau")


# ---- Private pages --------------------------------------------------------------------


def merged(row: Incident, into: Incident) -> None:
    Incident.objects.filter(pk=row.pk).update(state=State.MERGED, merged_into=into)


def test_a_page_goes_on_however_often_its_incident_was_merged(client: Client, ines: Person) -> None:
    theirs, at = customers.customer("Northwind"), clock.now() - 60 * MINUTE
    first, second, last = (factories.incident(customer=theirs, commander=ines, at=at) for _ in range(3))
    link, url = linked(first, theirs, ines)
    who = follower(link)
    for number, row in enumerate((first, second, last), start=1):
        version = approved(told(row, ines, at=at + number * MINUTE, summary=f"Told in number {number}."))
    merged(first, second)
    merged(second, last)
    text = client.get(url).content.decode()
    assert all(f"Told in number {number}." in text for number in (1, 2, 3))
    assert merged_with(last.pk) == {first.pk, second.pk, last.pk}
    assert subscribers_of(version, clock.now()) == [who]
    merged(last, first)  # it cannot be, and nothing turns in a circle for ever
    assert followed(Incident.objects.get(pk=first.pk), theirs)[1] == (first.pk, second.pk, last.pk)


def test_whom_a_merged_incident_writes_to_is_asked_once_for_each_page(
    ines: Person, django_assert_max_num_queries: object
) -> None:
    theirs, at = customers.customer("Northwind"), clock.now() - 60 * MINUTE
    row, into = (factories.incident(customer=theirs, commander=ines, at=at) for _ in range(2))
    link, _ = linked(row, theirs, ines)
    for number in range(12):
        follower(link, f"a{number}@northwind.example")
    merged(row, into)
    version = told(into, ines).versions.get()
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(subscribers_of(version, clock.now())) == 12


def test_the_same_address_gets_a_few_questions_a_day_and_no_more(client: Client, ines: Person) -> None:
    theirs = customers.customer("Northwind")
    row = factories.incident(customer=theirs, commander=ines, at=clock.now() - 60 * MINUTE)
    link, url = linked(row, theirs, ines)
    who = follower(link)
    for number in range(6):
        Delivery.objects.create(key=f"inc-follow-{who.pk}-{number}", topic="mail.send", scope="s", title="t",
                                purpose="incident.follow", payload={}, created_at=clock.now(), noted_at=clock.now(),
                                due_at=clock.now())
    answer = client.post(f"{url}follow/", {"email": who.email})
    assert answer.status_code == 422 and "too often today" in answer.content.decode()
    assert Delivery.objects.filter(purpose="incident.follow").count() == 6
    Delivery.objects.update(created_at=clock.now() - timedelta(days=1))
    assert client.post(f"{url}follow/", {"email": who.email}).status_code == 302
    assert Delivery.objects.filter(purpose="incident.follow").count() == 7


# ---- The customer's edition -----------------------------------------------------------


def test_neither_title_nor_a_strangers_thread_is_in_the_customers_edition(ines: Person) -> None:
    theirs, stranger = customers.customer("Northwind"), escalations.escalation(customer=customers.customer("Initech"))
    row = factories.incident("Initech's shard melted", customer=theirs, commander=ines)
    link_escalation(incident=row, escalation=stranger, by=ines, at=NIGHT)
    row = resolve(incident=Incident.objects.get(pk=row.pk), by=ines, at=NIGHT + 60 * MINUTE)
    retro = drafted(row, ines)
    assert "Initech" not in as_markdown(customer_document(page_of(row))) and not page_of(row).thread
    review_customer_text(incident=row, fine=True, why="", seen=retro.version, by=people.person(Role.SUPPORT), at=LATER)
    retro.refresh_from_db()
    with pytest.raises(Refused, match="whom it goes to"):
        send_retro(incident=row, to=To(thread=True), seen=retro.version, by=ines, at=LATER)
    ana = Contact.objects.create(customer=theirs, name="Ana", email="ana@northwind.example")
    send_retro(incident=row, to=To((ana,)), seen=retro.version, by=ines, at=LATER)
    letter = Delivery.objects.get(purpose="incident.retro").payload
    assert letter["subject"] == "Incident report of 17 November 2026" and "Initech" not in letter["text"]


# ---- Two customers that are one -------------------------------------------------------


def test_two_customers_that_are_one_keep_their_incidents_pages_and_lists(client: Client, ines: Person) -> None:
    gone, stays = customers.customer("Northwind Ltd"), customers.customer("Northwind")
    one = factories.incident(customer=gone, commander=ines, at=clock.now() - 60 * MINUTE)
    both = factories.incident(customers=(gone, stays), commander=ines)
    _, token = make_link(incident=one, customer=gone, ends_at=clock.now() + timedelta(days=7), by=ines, at=one.at)
    merge_customers(customer=gone, into=stays, by=ines, at=clock.now())
    assert [list(row.customers.values_list("customer", flat=True)) for row in (one, both)] == [[stays.pk], [stays.pk]]
    assert StatusLink.objects.get().customer == stays
    page = client.get(f"/s/{token}/")
    assert page.status_code == 200 and "Northwind" in page.content.decode()

"""Each customer reads what was written since the incident concerned them, on the page, in its feed and calendar and by
mail; and each entry of the feed stays the one that it is, whatever comes before it or is merged."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer
from customers.tests import factories as customers
from incidents.actions.changing import add_customer
from incidents.actions.giving import give_incidents
from incidents.actions.merging import merge
from incidents.actions.updates import Given
from incidents.models import Incident, IncidentCustomer, StatusLink, Subscriber
from incidents.queries import public
from incidents.queries.public import page_of
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from incidents.tests.test_public import approved, everything, follower, linked, told
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.incidents.publishing import correct

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SECRET = "Alice Evans bypasses approvals; db-7 is upgraded first."
Made = tuple[Incident, Customer, Customer, Person]


@pytest.fixture
def made() -> Made:
    """An incident of ABC, and Initech, whom it does not concern yet."""
    abc, initech, by = customers.customer("ABC"), customers.customer("Initech"), people.person(Role.ENGINEER)
    row = factories.incident(customer=abc, commander=by, at=clock.now() - 90 * MINUTE)
    return row, abc, initech, by


def letters() -> list[str]:
    rows = Delivery.objects.filter(purpose="incident.follower").order_by("pk")
    return [f"{one.payload['to']}: {one.payload['text']}" for one in rows]


def ids(client: Client, url: str) -> dict[str, str]:
    """The text of each entry of a feed by its id, and that its link leads to a place on the page."""
    feed, page = (client.get(f"{url}{part}").content.decode() for part in ("feed.atom", "?all=1"))
    found = {}
    for entry in re.findall(r"<entry>.*?</entry>", feed, re.S):
        anchor = re.search(r'href="[^"#]+#([\w-]+)"', entry)
        assert anchor and f'<li id="{anchor[1]}">' in page
        found[re.findall(r"<id>(.*?)</id>", entry)[0]] = re.findall(r"(Text \d+)", entry)[0]
    return found


# ---- Only what was written for them ---------------------------------------------------


def test_a_customer_who_is_added_reads_nothing_that_was_written_for_the_first_one(client: Client, made: Made) -> None:
    row, abc, initech, by = made
    old = told(row, by, summary=SECRET, status="identified")
    approved(old)
    add_customer(incident=row, customer=initech, by=by, at=row.at + 30 * MINUTE)
    link, url = linked(row, initech, by, at=row.at + 31 * MINUTE)
    follower(link, "it@initech.example")
    given = Given(entry=Entry(summary=f"{SECRET} And db-8."), status="identified", key=uuid.uuid4().hex, seen=1)
    correct(update=old, given=given, reason="Typing", by=by, at=row.at + 32 * MINUTE)
    approved(old, at=row.at + 33 * MINUTE)
    assert "Alice" not in everything(client, url) and letters() == []
    assert "0</span>" in client.get(url).content.decode()
    approved(told(row, by, at=row.at + 40 * MINUTE, status="identified", summary="Text 2"))
    found = everything(client, url)
    assert found.count("Text 2") == 4 and "Alice" not in found and len(letters()) == 1
    _, first = linked(row, abc, by)
    assert "Alice" in everything(client, first) and "Text 2" in everything(client, first)


def test_what_waited_while_they_were_added_is_not_theirs(client: Client, made: Made) -> None:
    row, _, initech, by = made
    waiting = told(row, by, summary=SECRET)
    add_customer(incident=row, customer=initech, by=by, at=row.at + 11 * MINUTE)
    link, url = linked(row, initech, by)
    follower(link)
    approved(waiting, at=row.at + 12 * MINUTE)
    assert "Alice" not in everything(client, url) and letters() == []


def test_the_status_is_that_of_the_incident_though_nobody_told_them_of_it(made: Made) -> None:
    row, _, initech, by = made
    approved(told(row, by, summary=SECRET, status="identified"))
    add_customer(incident=row, customer=initech, by=by, at=row.at + 11 * MINUTE)
    page = page_of(Incident.objects.get(pk=row.pk), initech, row.at + 12 * MINUTE)
    assert (page.status.slug, page.told, page.number) == ("identified", (), 0)
    assert page.headline == "We are working on a problem in your production system."


def test_after_a_merge_neither_reads_what_was_written_for_the_other(client: Client, made: Made) -> None:
    abcs, abc, initech, by = made
    theirs = factories.incident(customer=initech, commander=by, at=abcs.at)
    of_abc, of_initech = linked(abcs, abc, by), linked(theirs, initech, by)
    for link, _ in (of_abc, of_initech):
        follower(link, f"{link.pk}@someone.example")
    approved(told(abcs, by, summary=f"For ABC: {SECRET}"))
    approved(told(theirs, by, summary="For Initech alone."))
    late = told(abcs, by, at=abcs.at + 12 * MINUTE, summary="Late for ABC.")
    theirs.refresh_from_db()
    merge(incident=theirs, into=abcs, reason="It is the same", by=by, at=abcs.at + 20 * MINUTE)
    approved(late, at=abcs.at + 21 * MINUTE)
    approved(told(abcs, by, at=abcs.at + 30 * MINUTE, summary="For both."))
    for (link, url), reads, never in ((of_abc, "For ABC", "For Initech"), (of_initech, "For Initech", "ABC")):
        texts = [client.get(f"{url}{part}").content.decode() for part in ("?all=1", "feed.atom")]
        mails = [one for one in letters() if one.startswith(f"{link.pk}@")]
        for found in (*texts, "".join(mails)):
            assert reads in found and "For both." in found and never not in found
    at = public.promised_to(StatusLink.objects.get(pk=of_initech[0].pk), clock.now())
    assert len(at) == 3 and at[-1].due_at - abcs.at == 15 * MINUTE, "its own, one since the merge, and the next"


def test_a_link_that_is_made_after_the_merge_shows_what_came_after_it(client: Client, made: Made) -> None:
    abcs, _, initech, by = made
    theirs = factories.incident(customer=initech, commander=by, at=abcs.at)
    approved(told(abcs, by, summary=SECRET))
    merge(incident=theirs, into=abcs, reason="It is the same", by=by, at=abcs.at + 20 * MINUTE)
    _, url = linked(abcs, initech, by)
    assert "Alice" not in everything(client, url)


def test_whom_both_incidents_concern_reads_both(client: Client, made: Made) -> None:
    row, abc, _, by = made
    into = factories.incident(customer=abc, commander=by, at=row.at)
    _, url = linked(row, abc, by)
    approved(told(row, by, summary="Text 1"))
    approved(told(into, by, summary="Text 2", at=row.at + 12 * MINUTE))
    merge(incident=row, into=into, reason="It is the same", by=by, at=row.at + 20 * MINUTE)
    found = everything(client, url)
    assert "Text 1" in found and "Text 2" in found


def test_two_customers_that_turn_out_to_be_one_read_what_either_did(client: Client, made: Made) -> None:
    row, abc, initech, by = made
    approved(told(row, by, summary="Text 1"))
    add_customer(incident=row, customer=initech, by=by, at=row.at + 11 * MINUTE)
    _, url = linked(row, initech, by)
    give_incidents(gone=abc, stays=initech, by=by, at=row.at + 12 * MINUTE)
    assert IncidentCustomer.objects.get(incident=row).customer == initech
    assert "Text 1" in everything(client, url)


# ---- Ids ------------------------------------------------------------------------------


def test_an_entry_keeps_its_id_when_another_comes_before_it(client: Client, made: Made) -> None:
    row, abc, _, by = made
    into = factories.incident(customer=abc, commander=by, at=row.at)
    _, url = linked(row, abc, by)
    first = told(row, by, summary="Text 1", at=row.at + 10 * MINUTE)  # its reader is slow
    for number in (2, 4):
        approved(told(row, by, summary=f"Text {number}", at=row.at + 10 * number * MINUTE))
    before = ids(client, url)
    assert [*before.values()] == ["Text 4", "Text 2"]
    approved(told(into, by, summary="Text 3", at=row.at + 30 * MINUTE))
    merge(incident=Incident.objects.get(pk=row.pk), into=into, reason="It is the same", by=by, at=row.at + 50 * MINUTE)
    approved(told(into, by, summary="Text 5", at=row.at + 60 * MINUTE))
    after = ids(client, url)
    assert before.items() <= after.items() and [*after.values()] == ["Text 5", "Text 4", "Text 3", "Text 2"]
    assert str(first.pk) not in re.findall(r'id="update-(\w+)"', client.get(url).content.decode())


def test_what_is_too_long_ago_for_the_page_moves_no_id(
    client: Client, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "MOST", 2)
    row, abc, _, by = made
    _, url = linked(row, abc, by)
    for number in (1, 2):
        approved(told(row, by, summary=f"Text {number}", at=row.at + 10 * number * MINUTE))
    before = ids(client, url)
    approved(told(row, by, summary="Text 3", at=row.at + 30 * MINUTE))
    after = ids(client, url)
    assert {key: text for key, text in after.items() if text == "Text 2"}.items() <= before.items()
    page = page_of(Incident.objects.get(pk=row.pk), abc, clock.now())
    assert (page.number, [one.number for one in page.told]) == (3, [3, 2])


def test_an_id_is_another_in_each_customers_feed_and_the_same_after_a_correction(client: Client, made: Made) -> None:
    row, abc, initech, by = made
    add_customer(incident=row, customer=initech, by=by, at=row.at)
    (_, url), (_, other) = linked(row, abc, by), linked(row, initech, by)
    update = told(row, by, summary="Text 1")
    approved(update)
    before = ids(client, url)
    given = Given(entry=Entry(summary="Text 7"), status="investigating", key=uuid.uuid4().hex, seen=1)
    correct(update=update, given=given, reason="Typing", by=by, at=row.at + 12 * MINUTE)
    approved(update, at=row.at + 13 * MINUTE)
    assert ids(client, url).keys() == before.keys() and [*ids(client, url).values()] == ["Text 7"]
    assert ids(client, other).keys().isdisjoint(before)
    assert not Subscriber.objects.exists()

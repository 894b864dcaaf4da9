"""The receipt of a delivery, and the operator's page of what waits and fails."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock
from tickets.actions import writes
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def put(
    title: str = "Post the update", *, by: Person | None = None, topic: str = "mattermost.post", **kw: Any
) -> Delivery:
    return outbox.enqueue(topic=topic, scope=title, title=title, payload={}, at=clock.now(), by=by, **kw)


def failed(delivery: Delivery, words: str = "The channel is archived.", detail: str = "HTTP 403") -> Delivery:
    held = outbox.claim(delivery_id=delivery.id, at=clock.now())
    assert held is not None
    outbox.fail(delivery=held, words=words, detail=detail, at=clock.now())
    delivery.refresh_from_db()
    return delivery


@pytest.fixture
def lead(client: Client) -> Person:
    found = person(Role.LEAD, email="lead@example.org")
    client.force_login(found)
    return found


def test_the_page_says_what_waits_what_failed_and_why(client: Client, lead: Person) -> None:
    put("Move MM-1 to Submitted", topic="jira.change", by=lead)
    failed(put())
    text = client.get("/outbox/").content.decode()
    assert "Move MM-1 to Submitted" in text and "The channel is archived." in text and "HTTP 403" in text
    assert text.count('class="receipt"') == 2
    stuck = client.get("/outbox/?show=stuck").content.decode()
    assert "Post the update" in stuck and "Move MM-1" not in stuck
    jira = client.get("/outbox/?door=jira").content.decode()
    assert "Move MM-1" in jira and "Post the update" not in jira
    assert client.get("/outbox/?show=%00&door=x").status_code == 200


def test_the_page_asks_as_many_questions_for_many_rows_as_for_one(
    client: Client, lead: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        put(f"Row {number}", by=person(Role.ENGINEER, email=f"row{number}@example.org"))
    with django_assert_max_num_queries(16):  # most of them are the frame
        client.get("/outbox/")


def test_a_receipt_asks_for_itself_while_it_moves_and_then_no_more(client: Client, lead: Person) -> None:
    delivery = put()
    moving = client.get(f"/outbox/{delivery.id}/receipt/?titled=1").content.decode()
    assert f'hx-get="/outbox/{delivery.id}/receipt/?titled=1"' in moving and "every 2s" in moving
    assert "Post the update" in moving
    held = outbox.claim(delivery_id=delivery.id, at=clock.now())
    assert held is not None
    outbox.sent(delivery=held, outcome=outbox.Sent(remote_url="https://chat.example/p/1"), at=clock.now())
    sent = client.get(f"/outbox/{delivery.id}/receipt/").content.decode()
    assert "hx-get" not in sent and 'href="https://chat.example/p/1"' in sent and 'data-tone="green"' in sent


def test_retry_puts_what_failed_on_its_way_again(client: Client, lead: Person) -> None:
    delivery = failed(put())
    answer = client.post(f"/outbox/{delivery.id}/retry/?titled=1", headers=HTMX)
    assert "every 2s" in answer.content.decode()
    assert "On its way again" in answer["HX-Trigger"]
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING
    again = client.post(f"/outbox/{delivery.id}/drop/", follow=True)
    assert "Taken back" in again.content.decode()


def test_what_has_left_cannot_be_dropped_and_says_so(client: Client, lead: Person) -> None:
    delivery = put()
    assert outbox.claim(delivery_id=delivery.id, at=clock.now()) is not None
    answer = client.post(f"/outbox/{delivery.id}/drop/", headers=HTMX)
    assert "cannot be taken back" in answer["HX-Trigger"]
    delivery.refresh_from_db()
    assert delivery.state == State.SENDING


def test_dropping_a_write_of_a_ticket_shows_the_ticket_as_it_was(client: Client, lead: Person) -> None:
    ticket = make_ticket(priority="High")
    write = writes.prioritise_ticket(ticket_id=ticket.id, priority="Low", by=lead, at=clock.now())
    assert write is not None
    client.post(f"/outbox/{write.delivery_id}/drop/")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.write_state) == ("High", "")


def test_an_engineer_drops_their_own_and_nobody_elses(client: Client) -> None:
    ines, other = person(Role.ENGINEER, email="ines@example.org"), person(Role.ENGINEER, email="o@example.org")
    mine, theirs = put("Mine", by=ines), put("Theirs", by=other)
    client.force_login(ines)
    text = client.get("/outbox/").content.decode()
    assert f"/outbox/{mine.id}/drop/" in text and f"/outbox/{theirs.id}/drop/" not in text
    assert "/drop/" not in client.get(f"/outbox/{theirs.id}/receipt/").content.decode()
    assert client.post(f"/outbox/{mine.id}/drop/").status_code == 302
    assert client.post(f"/outbox/{theirs.id}/drop/").status_code == 403
    theirs.refresh_from_db()
    assert theirs.state == State.WAITING


def test_a_viewer_sees_a_receipt_without_its_buttons_and_not_the_page(client: Client) -> None:
    client.force_login(person(Role.VIEWER, email="viewer@example.org"))
    delivery = failed(put())
    assert client.get("/outbox/").status_code == 403
    text = client.get(f"/outbox/{delivery.id}/receipt/").content.decode()
    assert "The channel is archived." in text and "<form" not in text
    assert client.post(f"/outbox/{delivery.id}/retry/").status_code == 403


def test_home_says_that_something_is_stuck_to_whoever_may_look(client: Client, lead: Person) -> None:
    assert "on the way out" not in client.get("/").content.decode()
    failed(put())
    assert "1 write on the way out needs somebody" in client.get("/").content.decode()
    client.force_login(person(Role.VIEWER, email="viewer@example.org"))
    assert "on the way out" not in client.get("/").content.decode()


def test_what_was_put_off_says_why_and_when_again(client: Client, lead: Person) -> None:
    delivery = put()
    held = outbox.claim(delivery_id=delivery.id, at=clock.now())
    assert held is not None
    until = clock.now() + timedelta(minutes=5)
    outbox.postpone(delivery=held, words="Mattermost asks to wait.", detail="", at=clock.now(), until=until)
    text = client.get("/outbox/").content.decode()
    assert "Mattermost asks to wait." in text and "again <time" in text

"""A reply leaves by its ways and its receipts say so; comments go between a thread and its ticket, each once."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as now_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests import factories as customers
from escalations.actions.comments import take_comments
from escalations.actions.owed import Prefilled, owe_replies
from escalations.actions.responses import Said, edit_response, load_responses
from escalations.actions.states import move
from escalations.actions.thread import Meanwhile, write
from escalations.choices import Author, Status, TicketState
from escalations.models import (
    Affected,
    Escalation,
    Follower,
    Message,
    MessageDelivery,
    OwedReply,
    ResponseTemplate,
)
from escalations.queries.thread import thread_of
from escalations.rules.ways import Way
from escalations.tests import factories as make
from integrations.mail.tests.server import MailServer, mail_server
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.env import Mattermost
from portal.flows.escalations.comments import REPLY
from portal.flows.escalations.owed import send_owed, ticket_changed
from portal.flows.escalations.sending import Reply, answer, reply, send_reply
from portal.tests.mirroring import synced
from tickets.models import Ticket
from tickets.tests.factories import make_comment, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tomasz() -> Person:
    return person(Role.ENGINEER, name="Tomasz Wilk", email="tomasz@example.org")


@pytest.fixture
def row() -> Escalation:
    return make.escalation(support_ticket="48213", support_mail="t48213@support.example", at=clock.now())


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        yield found


def linked(row: Escalation, ticket: Ticket) -> Escalation:
    Escalation.objects.filter(pk=row.pk).update(ticket=ticket, ticket_state=TicketState.LINKED)
    return Escalation.objects.select_related("ticket", "customer", "reporter").get(pk=row.pk)


def sent(row: Escalation, by: Person, *ways: Way, text: str = "Hello **you**", key: str = "k", **more: Any) -> Message:
    return reply(escalation=row, given=Reply(text=text, key=key, ways=ways, **more), by=by, at=clock.now())


def delivered(message: Message) -> list[Delivery]:
    """Its deliveries, as they stand once a worker has tried them."""
    for way in message.deliveries.all():
        flows.deliver(delivery_id=way.delivery_id, at=clock.now())
    return [way.delivery for way in MessageDelivery.objects.filter(message=message).select_related("delivery")]


# ---- Leaving ------------------------------------------------------------------------------


def test_a_reply_goes_to_the_support_ticket_under_both_numbers_and_its_answer_to_the_writer(
    server: MailServer, row: Escalation, tomasz: Person
) -> None:
    message = sent(row, tomasz, Way.SUPPORT)
    [delivery] = delivered(message)
    assert delivery.state == State.SENT
    [letter] = server.messages
    assert letter["To"] == "t48213@support.example" and letter["Reply-To"] == "tomasz@example.org"
    assert letter["Subject"] == f"[#48213] [E-{row.pk}] {row.title}" and letter["Auto-Submitted"] is None
    [(label, receipt)] = thread_of(row, tomasz, notes=True).sent
    assert "48213" in label and receipt.tone == "sent"


def test_a_reply_sent_twice_leaves_once(row: Escalation, tomasz: Person) -> None:
    first, again = (sent(row, tomasz, Way.SUPPORT, Way.MAIL) for _ in range(2))
    assert first.pk == again.pk
    assert Delivery.objects.filter(purpose=REPLY).count() == 2


def test_a_note_leaves_for_nobody_who_asked(row: Escalation, tomasz: Person) -> None:
    sent(row, tomasz, Way.SUPPORT, Way.MAIL, Way.MATTERMOST, note=True)
    assert not Delivery.objects.exists()


def test_without_a_way_the_reporter_is_told_by_the_ways_they_chose(row: Escalation, tomasz: Person) -> None:
    sent(row, tomasz)
    assert row.reporter is not None
    assert Delivery.objects.get().payload["to"] == row.reporter.email


def test_by_a_comment_in_jira_alone_the_reporter_would_hear_nothing_and_is_told_too(
    row: Escalation, tomasz: Person
) -> None:
    row = linked(row, make_ticket())
    sent(row, tomasz, Way.JIRA)
    assert row.reporter is not None
    mails = [one.payload["to"] for one in Delivery.objects.filter(topic="mail.send")]
    assert mails == [row.reporter.email] and Delivery.objects.filter(topic="jira.comment").count() == 1


def test_what_is_written_to_another_customer_is_told_to_those_followers_alone_who_read_it(
    row: Escalation, tomasz: Person
) -> None:
    engineer, support, mia = person(Role.ENGINEER), person(Role.SUPPORT), person(Role.SUPPORT)
    affected = Affected.objects.create(escalation=row, customer=customers.customer("Globex"), reporter=mia,
                                       reporter_name="Mia", at=clock.now())
    Follower.objects.bulk_create(Follower(escalation=row, person=one, at=row.at) for one in (engineer, support, mia))
    sent(row, tomasz, Way.MAIL, key="1")
    told = Delivery.objects.filter(purpose="escalation.told")
    assert {one.payload["to"] for one in told} == {engineer.email, support.email, mia.email}
    told.delete()
    sent(row, tomasz, Way.MAIL, key="2", affected=affected)
    assert {one.payload["to"] for one in told.all()} == {engineer.email, mia.email}


def test_a_reply_that_was_refused_as_too_late_leaves_nothing(row: Escalation, tomasz: Person) -> None:
    sent(row, person(Role.LEAD), key="1")
    before = Delivery.objects.count()
    with pytest.raises(Meanwhile):
        sent(row, tomasz, Way.SUPPORT, key="2", seen=0)
    assert (Delivery.objects.count(), Message.objects.count()) == (before, 1)


def test_another_affected_customer_is_answered_at_their_own_address(row: Escalation, tomasz: Person) -> None:
    affected = Affected.objects.create(escalation=row, customer=customers.customer("Globex"), reporter_name="Mia",
                                       reporter_email="mia@globex.example", at=clock.now())
    sent(row, tomasz, Way.MAIL, affected=affected)
    assert Delivery.objects.get(purpose=REPLY).payload["to"] == "mia@globex.example"


def test_the_primary_or_the_owner_is_told_of_an_answer(row: Escalation, tomasz: Person) -> None:
    Escalation.objects.filter(pk=row.pk).update(owner=tomasz)
    assert row.reporter is not None
    answer(escalation=row, text="It is back", key="a", by=row.reporter, at=clock.now())
    assert Delivery.objects.get().payload["to"] == "tomasz@example.org"


def test_a_direct_message_reaches_the_reporter(small: Sandbox, tomasz: Person) -> None:
    before = now_settings.ENV
    chat = Mattermost(base_url=small.mattermost_url, bot_token=small.mattermost_token, team=small.mattermost_team)
    now_settings.ENV = dataclasses.replace(before, mattermost=chat)
    rafael = person(Role.SUPPORT, mattermost_name="ines.okafor", email="ines.okafor@example.test")
    row = make.escalation(reporter=rafael, at=clock.now())
    [delivery] = delivered(sent(row, tomasz, Way.MATTERMOST))
    assert delivery.state == State.SENT and delivery.remote_url.startswith(small.mattermost_url)
    now_settings.ENV = before


def test_an_owed_reply_keeps_the_version_that_prefilled_it_whatever_holds_by_then(
    row: Escalation, tomasz: Person
) -> None:
    load_responses(at=clock.now())
    Escalation.objects.filter(pk=row.pk).update(expected_release="10.5", expected_on=clock.now().date())
    row.refresh_from_db()
    move(escalation=row, to=Status.REPLY_OWED, by=tomasz, at=clock.now())
    ticket_changed(escalation=row, at=clock.now())
    owed, template = OwedReply.objects.get(), ResponseTemplate.objects.get(slug="fix-released")
    assert owed.template == template.versions.get() and "10.5" in owed.text
    said = Said(title=template.title, when="", body="It is out: {{release}}")
    edit_response(template=template, said=said, by=tomasz, at=clock.now(), seen=1)
    message = send_owed(owed=owed, text=f"{owed.text} And greetings.", ways=(), by=tomasz, at=clock.now())
    assert message.template is not None and message.template.number == 1


def test_that_another_customer_was_told_is_not_for_the_reporter(row: Escalation, tomasz: Person) -> None:
    mia = person(Role.SUPPORT)
    Affected.objects.create(escalation=row, customer=customers.customer("Globex"), reporter=mia, reporter_name="Mia",
                            at=clock.now())
    owe_replies(escalation=row, why="MM-1 is Done", outcome=None, at=clock.now(),
                text_for=lambda _: Prefilled("It is out."))
    for owed in OwedReply.objects.order_by("pk"):
        send_owed(owed=owed, text="It is out.", ways=(), by=tomasz, at=clock.now())
    assert row.reporter is not None
    theirs, ours = (thread_of(row, reader, notes=notes) for reader, notes in ((row.reporter, False), (tomasz, True)))
    names = [[one for one in (row.customer.name, "Globex") if f"told the customer: {one}" in str(thread.lines)]
             for thread in (theirs, ours)]
    assert names == [[row.customer.name], [row.customer.name, "Globex"]]


# ---- Jira, both ways ----------------------------------------------------------------------


def comments(sandbox: Sandbox, ticket: Ticket) -> list[dict[str, Any]]:
    told = sandbox.jira("GET", f"/rest/api/2/issue/{ticket.id}/comment", params={"maxResults": 500}).json()
    return list(told["comments"])


def test_our_comment_is_in_jira_once_and_comes_back_as_itself(small: Sandbox, row: Escalation, tomasz: Person) -> None:
    synced()
    ticket = Ticket.objects.order_by("id")[7]
    row = linked(row, ticket)
    message = sent(row, tomasz, Way.JIRA)
    [delivery] = delivered(message)
    assert delivery.state == State.SENT
    [mine] = [one for one in comments(small, ticket) if "Hello *you*" in one["body"]]
    synced()
    message.refresh_from_db()
    assert message.jira_comment == int(mine["id"])
    assert Message.objects.filter(escalation=row, jira_comment=message.jira_comment).count() == 1
    assert message.text == "Hello **you**"


def test_a_comment_of_jira_comes_in_internal_and_its_edit_and_its_end_follow(
    small: Sandbox, row: Escalation, tomasz: Person
) -> None:
    synced()
    ticket = Ticket.objects.order_by("id")[8]
    row = linked(row, ticket)
    path = f"/rest/api/2/issue/{ticket.id}/comment"
    pk = int(small.jira("POST", path, json={"body": "Seen on *staging*"}).json()["id"])
    synced()
    message = Message.objects.get(escalation=row, jira_comment=pk)
    assert (message.author, message.public, message.text) == (Author.JIRA, False, "Seen on *staging*")
    small.jira("PUT", f"{path}/{pk}", json={"body": "Seen on production"})
    synced()
    message.refresh_from_db()
    assert message.text == "Seen on production"
    small.jira("DELETE", f"{path}/{pk}")
    small.jira("PUT", f"/rest/api/2/issue/{ticket.id}", json={"fields": {"summary": "Changed"}})
    synced()
    assert not Message.objects.filter(escalation=row, jira_comment=pk).exists()


def test_a_copy_that_came_in_before_jiras_answer_is_gone_once_that_is_there(row: Escalation, tomasz: Person) -> None:
    ticket = make_ticket()
    row = linked(row, ticket)
    message = sent(row, tomasz, Way.JIRA)
    comment = make_comment(ticket, "Hello *you*", author=make_user())
    take_comments(ticket_ids=[ticket.id], at=clock.now())
    assert Message.objects.filter(escalation=row, author=Author.JIRA).count() == 1
    delivery = Delivery.objects.get(purpose=REPLY)
    Delivery.objects.filter(pk=delivery.pk).update(state=State.SENT, sent_at=clock.now(), remote_id=str(comment.id))
    delivery.refresh_from_db()
    flows.delivered(delivery, clock.now())
    message.refresh_from_db()
    assert message.jira_comment == comment.id
    assert not Message.objects.filter(escalation=row, author=Author.JIRA).exists()
    assert take_comments(ticket_ids=[ticket.id], at=clock.now()) == 0


def test_history_comes_with_the_link_and_stands_at_its_own_time(row: Escalation) -> None:
    ticket = make_ticket()
    old = make_comment(ticket, author=make_user("Ada Park"))
    row = linked(row, ticket)
    assert take_comments(ticket_ids=[ticket.id], at=clock.now()) == 1
    message = Message.objects.get(escalation=row)
    assert (message.at, message.by_name, message.public) == (old.created, "Ada Park", False)


def test_what_the_reporter_has_read_is_not_taken_away(row: Escalation) -> None:
    ticket = make_ticket()
    comment = make_comment(ticket)
    row = linked(row, ticket)
    take_comments(ticket_ids=[ticket.id], at=clock.now())
    Message.objects.filter(escalation=row).update(public=True)
    comment.delete()
    take_comments(ticket_ids=[ticket.id], at=clock.now())
    assert Message.objects.filter(escalation=row).count() == 1


def test_what_was_shown_and_is_edited_in_jira_is_internal_until_it_is_shown_again(row: Escalation) -> None:
    ticket = make_ticket()
    comment = make_comment(ticket, "We see it too")
    row = linked(row, ticket)
    take_comments(ticket_ids=[ticket.id], at=clock.now())
    Message.objects.filter(escalation=row).update(public=True)
    comment.body, comment.updated = "We see it too, and so does Globex", comment.updated + timedelta(minutes=1)
    comment.save()
    for _ in range(2):
        take_comments(ticket_ids=[ticket.id], at=clock.now())
    message = Message.objects.get(escalation=row)
    assert (message.text, message.public) == ("We see it too, and so does Globex", False)
    assert row.events.filter(internal=True, to_value__contains="edited in Jira").count() == 1


def test_a_comment_neither_meets_nor_begins_a_clock(row: Escalation) -> None:
    ticket = make_ticket()
    make_comment(ticket)
    asked = row.last_asked_at
    row = linked(row, ticket)
    take_comments(ticket_ids=[ticket.id], at=clock.now() + timedelta(hours=1))
    row.refresh_from_db()
    assert (row.first_reply_at, row.last_reply_at, row.last_asked_at) == (None, None, asked)


def test_tickets_without_an_escalation_cost_one_query_together() -> None:
    ids = [make_ticket().id for _ in range(5)]
    with CaptureQueriesContext(connection, ) as asked:
        assert take_comments(ticket_ids=ids, at=clock.now()) == 0
    assert len(asked) == 1


def test_a_note_may_go_to_jira_where_we_work(row: Escalation, tomasz: Person) -> None:
    row = linked(row, make_ticket())
    note = write(escalation=row, author=Author.NOTE, by=tomasz, by_name="T", text="x", public=False, key="n",
                 at=clock.now())
    [delivery] = send_reply(escalation=row, message=note, ways=list(Way), at=clock.now())
    assert delivery.topic == "jira.comment"

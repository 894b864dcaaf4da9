"""Several at the same moment: one ticket, one page, one reply."""

import dataclasses
from collections.abc import Iterator
from functools import partial

import pytest
from django.conf import settings

from escalations.actions.base import Refused
from escalations.actions.owed import Prefilled, owe_replies
from escalations.actions.routing import Decision
from escalations.choices import Fix, Level, OwedState, Route, TicketState
from escalations.models import Message, OwedReply
from escalations.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests.factories import person
from portal.common import clock
from portal.flows.escalations import routing
from portal.flows.escalations.owed import send_owed
from portal.flows.escalations.tickets import create_ticket, link_ticket
from portal.tests.together import together
from set_rotation.models import Page
from tickets.models import TicketWeight
from tickets.tests.factories import make_status, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)
SET = Decision(Route.SET, Route.SET, "It is an issue of the product.")


@pytest.fixture(autouse=True)
def _jira() -> Iterator[None]:
    """A Jira is named; nothing reaches it."""
    before = settings.ENV
    named = dataclasses.replace(before.jira, base_url="http://127.0.0.1:9", email="a@b.test", api_token="x")
    settings.ENV = dataclasses.replace(before, jira=named)
    yield
    settings.ENV = before


def test_of_several_who_accept_and_ask_for_a_ticket_at_once_one_ticket_leaves() -> None:
    row, people = factories.escalation(level=Level.L3), [person(Role.ENGINEER) for _ in range(3)]
    accept = partial(routing.accept, escalation=row, decision=SET, fix=Fix.NEXT_RELEASE, at=clock.now(),
                     ticket=routing.Ticket(new=True))
    failed = together(*(partial(accept, by=by) for by in people), *(
        partial(create_ticket, escalation=row, by=by, at=clock.now()) for by in people))
    assert failed == []
    assert Delivery.objects.filter(topic="jira.create").count() == 1


def test_one_links_while_another_creates_and_the_escalation_has_one_ticket() -> None:
    make_status("To Do")
    row, there, by = factories.escalation(level=Level.L3), make_ticket("Backlog"), person(Role.ENGINEER)
    failed = together(
        partial(create_ticket, escalation=row, by=by, at=clock.now()),
        partial(link_ticket, escalation=row, key=there.key, by=by, at=clock.now()),
    )
    row.refresh_from_db()
    assert all(isinstance(one, Refused) for one in failed)
    open_ = Delivery.objects.open().filter(topic="jira.create").count()
    linked = row.ticket_state == TicketState.LINKED
    assert open_ + linked == 1 and TicketWeight.objects.count() == linked


def test_an_l1_that_several_hear_of_at_once_pages_once() -> None:
    row = factories.escalation(level=Level.L1, at=clock.now())
    assert together(*(partial(routing.raised, escalation=row, at=clock.now()) for _ in range(4))) == []
    assert Page.objects.count() == 1


def test_an_owed_reply_that_two_send_at_once_is_sent_once() -> None:
    row, people = factories.escalation(), [person(Role.ENGINEER) for _ in range(3)]
    owe_replies(escalation=row, why="MM-1 is Done", outcome=None, at=clock.now(),
                text_for=lambda _: Prefilled("It is out."))
    owed = OwedReply.objects.get()
    failed = together(*(partial(send_owed, owed=owed, text="It is out.", ways=(), by=by, at=clock.now())
                        for by in people))
    assert [type(one) for one in failed] == [Refused] * 2
    assert Message.objects.count() == 1 and OwedReply.objects.get().state == OwedState.SENT

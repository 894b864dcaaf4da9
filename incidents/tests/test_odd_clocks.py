"""A clock that was an hour ahead and is set back: what was done meanwhile holds, and all else goes on."""

from datetime import timedelta

import pytest

from customers.tests import factories as customers
from incidents.actions.chat import claim_chats
from incidents.models import Incident
from incidents.queries.public import page_of
from incidents.tests import factories
from incidents.tests.test_at_once import LATER
from incidents.tests.test_public import approved, told
from people.choices import Role
from people.tests import factories as people

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_an_update_that_left_while_the_clock_was_ahead_stays_on_the_customers_page() -> None:
    theirs, by = customers.customer("Initech"), people.person(Role.ENGINEER)
    row = factories.incident(customer=theirs, commander=by)
    approved(told(row, by, at=LATER + HOUR), at=LATER + HOUR)
    row.refresh_from_db()
    assert [one.number for one in page_of(row, theirs, LATER).told] == [1]


def test_a_channel_that_was_read_while_the_clock_was_ahead_is_read_on_at_once() -> None:
    row = factories.incident()
    Incident.objects.update(channel_id="c1", chat_look_at=LATER)
    assert claim_chats(at=LATER + HOUR) == [row]
    assert claim_chats(at=LATER) == [row]
    assert claim_chats(at=LATER) == []  # it was read a moment ago

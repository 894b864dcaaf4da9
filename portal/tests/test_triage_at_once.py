"""Two in triage at the same moment: one decides, the other is told; nothing is taken back that is leaving."""

from datetime import timedelta
from functools import partial

import pytest

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests.factories import person
from portal.tests.together import together
from tickets.actions import triage
from tickets.models import BugType, TriageDecision
from tickets.rules.triage import GRACE, read_choice
from tickets.tests.factories import NOON, make_status, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_four_who_decide_at_once_one_does_and_the_others_are_told() -> None:
    BugType.objects.get_or_create(name="Bug")
    make_status("To Do")
    ticket = make_ticket("Backlog", created=NOON - timedelta(days=1))
    people = [person(Role.ENGINEER) for _ in range(4)]
    take = read_choice({"verb": "take"})
    told = together(*(
        partial(triage.decide, ticket_id=ticket.id, choice=take, by=by, at=NOON) for by in people
    ))
    assert [type(error) for error in told] == [triage.AlreadyDecided] * 3
    assert TriageDecision.objects.count() == Delivery.objects.count() == 1


def test_what_is_taken_back_at_the_moment_it_leaves_is_either_back_or_sent_whole() -> None:
    BugType.objects.get_or_create(name="Bug")
    by = person(Role.ENGINEER)
    feature = read_choice({"verb": "feature", "kind": "story", "text": "Hi"})
    for _ in range(8):
        ticket = make_ticket("Backlog", created=NOON - timedelta(days=1))
        made = triage.decide(ticket_id=ticket.id, choice=feature, by=by, at=NOON)
        first = made.writes.order_by("id")[0].delivery_id
        together(
            partial(triage.undo, decision=made, by=by, at=NOON + GRACE),
            partial(outbox.claim, delivery_id=first, at=NOON + GRACE),
        )
        made.refresh_from_db()
        states = set(made.writes.values_list("delivery__state", flat=True))
        assert states == ({State.DROPPED} if made.undone_at else {State.SENDING, State.WAITING})

"""Two who write, merge or change at the same moment: nothing is there twice, nobody waits for ever."""

import pytest

from escalations.actions.base import Refused
from escalations.actions.comments import take_comments
from escalations.actions.level import change_level, merge
from escalations.actions.thread import Meanwhile
from escalations.choices import Level, Status, TicketState
from escalations.models import Escalation, EscalationEvent, Message
from escalations.rules.ways import Way
from escalations.tests import factories as make
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock
from portal.flows.escalations.comments import REPLY
from portal.flows.escalations.sending import Reply, answer, reply
from portal.tests.together import done_together, together
from tickets.tests.factories import make_comment, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def said(row: Escalation, by: Person, key: str, seen: int | None = None) -> Message:
    given = Reply(text=f"From {by.name}", key=key, ways=(Way.MAIL,), seen=seen)
    return reply(escalation=row, given=given, by=by, at=clock.now())


def test_of_two_who_reply_at_once_one_is_shown_the_others_first() -> None:
    row, one, two = make.escalation(at=clock.now()), person(Role.ENGINEER), person(Role.LEAD)
    done, failed = done_together(lambda: said(row, one, "1", 0), lambda: said(row, two, "2", 0))
    assert len(done) == 1 and [type(fault) for fault in failed] == [Meanwhile]
    assert Message.objects.count() == Delivery.objects.filter(purpose=REPLY).count() == 1


def test_the_same_form_sent_twice_at_once_is_one_message_and_one_letter() -> None:
    row, one = make.escalation(at=clock.now()), person(Role.ENGINEER)
    assert together(*[lambda: said(row, one, "same")] * 3) == []
    assert Message.objects.count() == Delivery.objects.filter(purpose=REPLY).count() == 1


def test_two_answers_at_once_open_a_settled_one_once() -> None:
    row = make.escalation(at=clock.now())
    Escalation.objects.filter(pk=row.pk).update(status=Status.SOLVED)
    asks = row.reporter
    assert asks is not None
    works = [lambda key=key: answer(escalation=row, text="x", key=key, by=asks, at=clock.now()) for key in ("1", "2")]
    assert together(*works) == []
    assert EscalationEvent.objects.filter(escalation=row, what="reopened").count() == 1
    assert Message.objects.count() == 2


def test_two_merged_into_each_other_at_once_end_in_one() -> None:
    one, two, by = make.escalation("One"), make.escalation("Two"), person(Role.LEAD)
    done, failed = done_together(
        lambda: merge(escalation=one, into=two, reason="x", by=by, at=clock.now()),
        lambda: merge(escalation=two, into=one, reason="x", by=by, at=clock.now()),
    )
    assert len(done) == 1 and [type(fault) for fault in failed] == [Refused]
    assert Escalation.objects.filter(merged_into__isnull=False).count() == 1


def test_the_same_level_set_twice_at_once_is_one_event() -> None:
    row, by = make.escalation(at=clock.now()), person(Role.LEAD)
    failed = together(*[lambda: change_level(escalation=row, level=Level.L1, reason="x", by=by, at=clock.now())] * 2)
    assert [type(fault) for fault in failed] == [Refused]
    assert EscalationEvent.objects.filter(what="level").count() == 1


def test_a_comment_that_two_webhooks_bring_stands_in_the_thread_once() -> None:
    row, ticket = make.escalation(at=clock.now()), make_ticket()
    Escalation.objects.filter(pk=row.pk).update(ticket=ticket, ticket_state=TicketState.LINKED)
    make_comment(ticket)
    assert together(*[lambda: take_comments(ticket_ids=[ticket.id], at=clock.now())] * 3) == []
    assert Message.objects.filter(escalation=row).count() == 1

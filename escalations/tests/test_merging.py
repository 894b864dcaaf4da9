"""Two customers that are one: their escalations follow, and nobody is told twice."""

import pytest

from customers.tests import factories as customers
from escalations.actions.affected import add_customer
from escalations.actions.owed import Prefilled, owe_replies
from escalations.choices import OwedState, What
from escalations.models import Affected, EscalationEvent, OwedReply
from escalations.tests import factories as make
from portal.flows.customers import merge_customers

pytestmark = pytest.mark.django_db


def test_what_one_asked_is_the_others_and_the_event_says_so() -> None:
    gone, stays = customers.customer("Initech"), customers.customer("Initrode")
    row = make.escalation(customer=gone)
    merge_customers(customer=gone, into=stays, by=None, at=make.NOON)
    row.refresh_from_db()
    assert row.customer == stays
    assert list(row.affected.values_list("customer", flat=True)) == [stays.pk]
    event = EscalationEvent.objects.get(escalation=row, what=What.CUSTOMER_CHANGED)
    assert (event.from_value, event.to_value) == ("Initech", "Initrode")


def test_where_both_are_affected_one_row_and_one_reply_remain() -> None:
    gone, stays = customers.customer("Initech"), customers.customer("Initrode")
    row = make.escalation(customer=gone)
    add_customer(escalation=row, customer=stays, reporter=None, reporter_name="Ada", by=None, at=make.NOON)
    owe_replies(escalation=row, why="10.5", outcome=None, text_for=lambda _: Prefilled("It is out."), at=make.NOON)
    merge_customers(customer=gone, into=stays, by=None, at=make.NOON)
    row.refresh_from_db()
    only = Affected.objects.get(escalation=row)
    assert (only.customer, only.reporter_name, row.customers) == (stays, row.reporter_name, 1)
    assert OwedReply.objects.filter(state=OwedState.WAITING).count() == 1
    assert OwedReply.objects.filter(affected=only).count() == 2


def test_a_customer_without_escalations_merges_as_before() -> None:
    gone, stays = customers.customer(), customers.customer()
    other = make.escalation(customer=stays)
    merge_customers(customer=gone, into=stays, by=None, at=make.NOON)
    assert not EscalationEvent.objects.filter(escalation=other, what=What.CUSTOMER_CHANGED).exists()

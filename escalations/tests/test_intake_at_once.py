"""The same form, the same name, the same customer, at the same moment."""

import uuid

import pytest

from customers.models import Customer
from escalations.actions.affected import add_customer
from escalations.actions.drafts import save_draft
from escalations.actions.filing import Form, customer_of, file_form
from escalations.choices import What
from escalations.models import Affected, Escalation, EscalationEvent, IntakeDraft
from escalations.tests.factories import NOON, escalation
from people.choices import Role
from people.tests import factories as people
from portal.tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
VALUES = {"title": "Nobody can sign in", "level": 2, "kind": "problem", "source": "support", "happened": "Nothing."}


def test_the_same_form_sent_twice_at_once_is_one_escalation_of_one_customer() -> None:
    reporter, key = people.person(Role.SUPPORT), uuid.uuid4()
    form = Form(customer="Initech", values=VALUES, submission=key, reporter=reporter, reporter_name=reporter.name)
    assert together(*[lambda: file_form(form=form, at=NOON)] * 3) == []
    assert (Escalation.objects.count(), Customer.objects.count(), Affected.objects.count()) == (1, 1, 1)
    assert EscalationEvent.objects.filter(what=What.RAISED).count() == 1


def test_a_customer_that_two_add_at_once_is_affected_once() -> None:
    row, reporter = escalation(), people.person(Role.SUPPORT)
    customer = customer_of("Initech", by=reporter, at=NOON)

    def add() -> object:
        return add_customer(escalation=row, customer=customer, reporter=reporter, reporter_name=reporter.name,
                            by=reporter, at=NOON)

    assert together(*[add] * 3) == []
    row.refresh_from_db()
    assert row.customers == Affected.objects.count() == 2
    assert EscalationEvent.objects.filter(what=What.CUSTOMER_ADDED).count() == 1


def test_a_draft_that_two_tabs_save_at_once_is_one() -> None:
    person, key = people.person(Role.SUPPORT), uuid.uuid4()
    assert together(*[lambda: save_draft(key=key, values={"title": "Half"}, person=person, at=NOON)] * 3) == []
    assert IntakeDraft.objects.count() == 1

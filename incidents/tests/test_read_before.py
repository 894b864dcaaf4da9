"""A text that was read before needs no second reading: of several customers, where it is the same for each of them."""

from datetime import timedelta

import pytest

from customers.tests import factories as customers
from incidents.actions.updates import Given
from incidents.choices import ApprovalState
from incidents.models import Approval, IncidentCustomer, Update
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from incidents.tests.test_public import approved, told
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.incidents.publishing import correct

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def read_once() -> tuple[Update, Person]:
    by = people.person(Role.ENGINEER, name="Ines Moreau")
    row = factories.incident(customer=customers.customer("Northwind"), commander=by, at=clock.now() - 60 * MINUTE)
    for name in ("Initech", "Umbrella"):
        IncidentCustomer.objects.create(incident=row, customer=customers.customer(name), at=row.at)
    update = told(row, by, summary="Umbrella lost data.", technical="")
    approved(update)
    return update, by


@pytest.mark.parametrize(("summary", "technical", "state"), [
    ("Umbrella lost data.", "What only we read", ApprovalState.APPROVED),
    # The first customer reads "Another customer lost data." of both; the other two do not.
    ("Initech lost data.", "", ApprovalState.ASKED),
])
def test_a_correction_is_read_again_where_any_customer_reads_something_else(
    summary: str, technical: str, state: ApprovalState
) -> None:
    update, by = read_once()
    entry = Entry(summary=summary, impact="Posts fail.", technical=technical)
    given = Given(entry=entry, status="investigating", key="again", seen=1, next_at=update.next_at)
    correct(update=update, given=given, reason="a slip", by=by, at=update.at + 2 * MINUTE)
    assert Approval.objects.get(version__of=update, version__number=2).state == state

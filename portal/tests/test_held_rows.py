"""A row that somebody waits for is read as it is once they have it, with what it leads to: a join that was made before
would have lost whatever was changed meanwhile."""

from functools import partial

import pytest
from django.db import transaction

from customers.actions.base import held
from customers.models import Customer
from customers.tests import factories as customers
from people import actions as people_actions
from people.choices import Role
from people.models import Component, FeatureTeam, Person, PersonEvent
from people.tests.factories import person
from portal.common import clock
from portal.tests.together import after_waiting
from tickets.actions.writes.shown import locked
from tickets.models import Ticket
from tickets.tests.factories import make_status, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def status_of(ticket: Ticket) -> str:
    with transaction.atomic():
        status = locked(ticket.id).status
        return status.name if status else ""


def csm_of(customer: Customer) -> Person | None:
    with transaction.atomic():
        return held(customer).csm


def test_a_ticket_that_was_moved_meanwhile_has_its_new_status() -> None:
    ticket, new = make_ticket("To Do"), make_status("In Progress")
    change = partial(Ticket.objects.filter(id=ticket.id).update, status=new)
    assert after_waiting(change, partial(status_of, ticket)) == "In Progress"


def test_a_customer_who_was_given_to_another_csm_meanwhile_has_that_one() -> None:
    before, after = person(Role.ACCOUNT), person(Role.ACCOUNT)
    customer = customers.customer(csm=before)
    change = partial(Customer.objects.filter(pk=customer.pk).update, csm=after)
    assert after_waiting(change, partial(csm_of, customer)) == after


def test_an_area_that_another_team_took_meanwhile_is_changed_from_there() -> None:
    teams = [FeatureTeam.objects.create(slug=name.lower(), name=name) for name in ("Channels", "Desktop", "Mobile")]
    area = Component.objects.create(name="Search", team=teams[0])
    change = partial(Component.objects.filter(pk=area.pk).update, team=teams[1])
    save = partial(people_actions.save_component, component=area, changes={"team": teams[2]}, by=None, at=clock.now())
    after_waiting(change, save)
    event = PersonEvent.objects.filter(component=area).latest("pk")
    assert (event.from_value, event.to_value) == ("team: Desktop", "team: Mobile")

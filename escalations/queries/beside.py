"""What stands beside a thread: the customer, where it is open now, what else they asked, and what sounds alike."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from customers.queries.page import Facts, facts_of, office_of
from customers.rules.hours import Office, office
from escalations.models import Escalation
from escalations.queries.seen import visible
from escalations.queries.similar import Found, similar
from people.choices import Right
from people.models import Person

MOST = 3  # other open escalations of the customer that are named


@dataclass(frozen=True)
class CustomerSide:
    """A customer beside its escalation. `others`: open ones that the reader sees, `more` of them not named."""

    facts: Facts
    office: Office
    others: tuple[Escalation, ...]
    more: int


def customer_side(row: Escalation, person: Person, rights: Collection[Right], at: datetime) -> CustomerSide:
    """The customer of an escalation, in three queries."""
    hours, free = office_of(row.customer)
    others = list(visible(person, rights, at).open().filter(customer=row.customer).exclude(pk=row.pk).order_by("-pk"))
    return CustomerSide(
        facts=facts_of(row.customer, Right.SEE_MONEY in rights), office=office(hours, free, at),
        others=tuple(others[:MOST]), more=max(len(others) - MOST, 0),
    )


def alike(row: Escalation, person: Person, rights: Collection[Right], at: datetime) -> Found:
    """What sounds like it: tickets, escalations and notes, itself and its own ticket left out."""
    found = similar(f"{row.title} {row.happened}"[:2000], person=person, rights=rights, at=at)
    key = row.ticket.key if row.ticket else ""
    return replace(
        found, tickets=tuple(one for one in found.tickets if one.key != key),
        escalations=tuple(one for one in found.escalations if one.number != row.pk),
    )

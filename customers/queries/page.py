"""What is known of one customer, as the pages show it."""

from dataclasses import dataclass
from datetime import date

from cadence.rules.hours import Hours
from customers.choices import Plan
from customers.models import Customer
from customers.rules import money
from customers.rules.hours import hours_of
from people.models import Person


@dataclass(frozen=True)
class Facts:
    """A customer in a few words, to stand beside something else. `money` is the amount for who may see it ("$410K"),
    for others the band ("above $50K"), "" where nobody has said. `large`: above the mark, which everybody may know."""

    id: int
    name: str
    slug: str
    plan: str
    money: str
    large: bool
    seats: int | None
    zone: str
    confirmed: bool
    archived: bool
    csm: str
    tam: str


def facts_of(customer: Customer, sees_money: bool) -> Facts:
    """The facts of a customer, its money as far as the reader may see it. No query if `csm` and `tam` were selected."""
    return Facts(
        id=customer.pk, name=customer.name, slug=customer.slug, plan=plan_words(customer.plan),
        money=money_words(customer, sees_money=sees_money), large=money.is_large(customer.arr), seats=customer.seats,
        zone=customer.zone, confirmed=customer.confirmed, archived=customer.archived_at is not None,
        csm=_name(customer.csm), tam=_name(customer.tam),
    )


def money_words(customer: Customer, *, sees_money: bool) -> str:
    """The amount or the band."""
    return money.amount(customer.arr) if sees_money else money.band(customer.arr)


def plan_words(plan: str) -> str:
    """A plan's name; "" for none."""
    return Plan(plan).label if plan in Plan.values else plan


def office_of(customer: Customer) -> tuple[Hours, frozenset[date]]:
    """The customer's opening hours and holidays, as `cadence.rules` takes them: one query, none if the holidays were
    prefetched."""
    return hours_of_customer(customer), frozenset(holiday.day for holiday in customer.holidays.all())


def hours_of_customer(customer: Customer) -> Hours:
    """The customer's opening hours."""
    return hours_of(
        zone=customer.zone, opens=customer.opens, closes=customer.closes, weekdays=customer.weekdays
    )


def _name(person: Person | None) -> str:
    return person.name if person else ""

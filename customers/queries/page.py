"""What is known of one customer, as the pages show it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import prefetch_related_objects

from cadence.rules.hours import Hours
from customers.choices import Plan
from customers.models import Contact, Customer, CustomerAlias, CustomerHoliday
from customers.queries.history import Entry, history
from customers.rules import money
from customers.rules.hours import Office, hours_of, hours_words, office
from people.models import Person
from people.queries.pages import Mark, mark


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

    @property
    def seats_words(self) -> str:
        """How many licensed seats: "7,800", or "" where nobody has said."""
        return number_words(self.seats)


@dataclass(frozen=True)
class CustomerPage:
    """See templates/customers/customer.html. `money` is exact for those who see it."""

    facts: Facts
    money: str
    seats: str
    hours: str
    office: Office
    csm: Mark | None
    tam: Mark | None
    notes: str
    aliases: tuple[CustomerAlias, ...]
    contacts: tuple[Contact, ...]
    holidays: tuple[CustomerHoliday, ...]
    past_holidays: int
    history: tuple[Entry, ...]


def facts_of(customer: Customer, sees_money: bool) -> Facts:
    """The facts of a customer, its money as far as the reader may see it. No query if `csm` and `tam` were selected."""
    return Facts(
        id=customer.pk, name=customer.name, slug=customer.slug, plan=plan_words(customer.plan),
        money=money_words(customer, sees_money=sees_money), large=money.is_large(customer.arr), seats=customer.seats,
        zone=customer.zone, confirmed=customer.confirmed, archived=customer.archived_at is not None,
        csm=_name(customer.csm), tam=_name(customer.tam),
    )


def customer_page(customer: Customer, *, sees_money: bool, at: datetime) -> CustomerPage:
    """Everything that a customer's page shows, in four queries. Holidays of the past are counted only."""
    prefetch_related_objects([customer], "aliases", "holidays")
    hours, free = office_of(customer)
    now = office(hours, free, at)
    ahead = tuple(one for one in customer.holidays.all() if one.day >= now.local.date())
    return CustomerPage(
        facts=facts_of(customer, sees_money), seats=number_words(customer.seats), hours=hours_words(hours), office=now,
        money=money.exact(customer.arr) if sees_money else money.band(customer.arr),
        csm=mark(customer.csm) if customer.csm else None, tam=mark(customer.tam) if customer.tam else None,
        notes=customer.notes, aliases=tuple(customer.aliases.all()), holidays=ahead,
        past_holidays=len(free) - len(ahead),
        contacts=tuple(Contact.objects.filter(customer=customer, removed_at=None)), history=tuple(history(customer)),
    )


def money_words(customer: Customer, *, sees_money: bool) -> str:
    """The amount or the band."""
    return money.amount(customer.arr) if sees_money else money.band(customer.arr)


def number_words(number: int | None) -> str:
    """A number with its thousands apart; "" for none."""
    return "" if number is None else f"{number:,}"


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

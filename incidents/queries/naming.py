"""What the customers of an incident are and were called: for the readings in which the others are not named."""

from collections.abc import Sequence

from django.db.models import Q

from customers.choices import What as CustomerWhat
from customers.models import Customer, CustomerAlias, CustomerEvent
from incidents.choices import What
from incidents.models import IncidentCustomer, IncidentEvent
from incidents.rules.public import Names


def names_in(ids: Sequence[int], customer: Customer | None) -> Names:
    """What this customer and the others of these incidents are called, in any of their names, and in those that they
    had before; also those who were taken off since, and those who are one with any of them: what was written before
    still names them. Three queries."""
    whose = _everybody(ids, customer)
    own = (customer.merged_into_id or customer.pk) if customer else 0
    now: dict[bool, set[str]] = {True: set(), False: set()}
    before: dict[bool, set[str]] = {True: set(), False: set()}
    for root, name in whose.values():
        now[root == own].add(name)
    for pk, name in CustomerAlias.objects.filter(customer__in=whose).values_list("customer", "name"):
        now[whose[pk][0] == own].add(name)
    renamed = CustomerEvent.objects.filter(customer__in=whose, what=CustomerWhat.RENAMED).exclude(from_value="")
    for pk, name in renamed.values_list("customer", "from_value"):
        before[whose[pk][0] == own].add(name)
    # A name that somebody gave up may be another's by now: it is whose it is today.
    others = now[False] | _without(before[False], now[True])
    return Names(frozenset(now[True] | _without(before[True], others)), frozenset(others))


def _everybody(ids: Sequence[int], customer: Customer | None) -> dict[int, tuple[int, str]]:
    """Whoever these incidents concern or concerned, and all that are one with them: of each the one that remains, and
    the name. One query."""
    off = IncidentEvent.objects.filter(incident__in=ids, what=What.CUSTOMER_REMOVED).values("from_value")
    there = IncidentCustomer.objects.filter(incident__in=ids).values("customer")
    own = [customer.pk, customer.merged_into_id] if customer else []
    which = Q(pk__in=there) | Q(slug__in=off) | Q(former_slugs__slug__in=off) | Q(pk__in=[one for one in own if one])
    known = Customer.objects.filter(which)
    roots = Q(pk__in=known.values("pk")) | Q(pk__in=known.values("merged_into"))
    roots |= Q(merged_into__in=known.values("pk")) | Q(merged_into__in=known.values("merged_into"))
    rows = Customer.objects.filter(roots).values_list("pk", "merged_into", "name")
    return {pk: (into or pk, name) for pk, into, name in rows}


def _without(names: set[str], taken: set[str]) -> set[str]:
    folded = {name.casefold() for name in taken}
    return {name for name in names if name.casefold() not in folded}

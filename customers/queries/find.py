"""Finding a customer by what somebody types."""

from dataclasses import dataclass

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Lower

from customers.choices import Plan
from customers.models import Customer, CustomerAlias, CustomerSlug
from customers.rules import money, names

LIMIT = 8


@dataclass(frozen=True)
class Found:
    """A customer in a list to choose from. `band` is what everybody may know of its money; `alias`: the other name by
    which it was found, "" where its own name fits."""

    id: int
    name: str
    slug: str
    plan: str
    band: str
    seats: int | None
    zone: str
    confirmed: bool = True
    alias: str = ""

    @property
    def seats_words(self) -> str:
        """How many licensed seats: "7,800", or "" where nobody has said."""
        return f"{self.seats:,}" if self.seats else ""


def search(text: str, limit: int = LIMIT) -> tuple[Found, ...]:
    """Customers of today whose name or alias has the text in it, any case; those that begin with it first: two
    queries. Without a text nobody."""
    wanted = names.clean(text)[: names.LONGEST]
    if not wanted:
        return ()
    rows = list(
        Customer.objects.current().filter(matching(wanted)).annotate(rank=_rank(wanted))
        .order_by("rank", Lower("name"), "pk")[:limit]
    )
    aliases = _aliases_with(wanted, [row.pk for row in rows])
    return tuple(_found(row, "" if wanted.lower() in row.name.lower() else aliases.get(row.pk, "")) for row in rows)


def by_name(text: str) -> Customer | None:
    """The customer of this name, or else of this alias, any case; of one that was merged the one that remains. One
    that was set aside is found too: its name is not free. Two queries at most, and one for each merge."""
    wanted = names.clean(text)
    if not wanted or len(wanted) > names.LONGEST:
        return None
    found = called(wanted) or also_called(wanted)
    return remaining(found) if found else None


def called(name: str) -> Customer | None:
    """The customer that is called exactly so, any case, whether it was merged or set aside. By the index of the
    constraint, and as the constraint compares."""
    rows = Customer.objects.alias(low=Lower("name")).select_related("merged_into")
    return rows.filter(low=Lower(Value(name))).first()


def also_called(name: str) -> Customer | None:
    """The customer that has this as another name, any case."""
    rows = CustomerAlias.objects.alias(low=Lower("name")).select_related("customer__merged_into")
    found = rows.filter(low=Lower(Value(name))).first()
    return found.customer if found else None


def by_slug(slug: str) -> Customer | None:
    """The customer with this slug, now or formerly; one that was merged is given as itself."""
    found = Customer.objects.filter(slug=slug).select_related("merged_into", "csm", "tam").first()
    if found is not None:
        return found
    former = CustomerSlug.objects.filter(slug=slug).select_related("customer__merged_into").first()
    return former.customer if former else None


def remaining(customer: Customer) -> Customer:
    """The one that is left of merges."""
    while customer.merged_into is not None:
        customer = customer.merged_into
    return customer


def matching(text: str) -> Q:
    """Those with the text in their name or in an alias."""
    aliases = CustomerAlias.objects.filter(customer=OuterRef("pk"), name__icontains=text)
    return Q(name__icontains=text) | Q(Exists(aliases))


def _rank(text: str) -> Case:
    """0: is called so; 1: begins so; 2: an alias begins so; 3: a later word begins so; 4: has it somewhere."""
    aliases = CustomerAlias.objects.filter(customer=OuterRef("pk"), name__istartswith=text)
    return Case(
        When(name__iexact=text, then=0), When(name__istartswith=text, then=1), When(Exists(aliases), then=2),
        When(name__icontains=f" {text}", then=3), default=4, output_field=IntegerField(),
    )


def _aliases_with(text: str, customers: list[int]) -> dict[int, str]:
    rows = CustomerAlias.objects.filter(customer__in=customers, name__icontains=text).order_by("-name")
    return dict(rows.values_list("customer", "name"))


def _found(row: Customer, alias: str) -> Found:
    return Found(
        id=row.pk, name=row.name, slug=row.slug, plan=Plan(row.plan).label if row.plan else "",
        band=money.band(row.arr), seats=row.seats, zone=row.zone, confirmed=row.confirmed, alias=alias,
    )

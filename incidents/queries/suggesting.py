"""Who could have which part in an incident: proposed from who is on duty and who looks after the customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from customers.models import Customer
from incidents.choices import Kind, Role
from incidents.models import Incident
from incidents.models.incident import IncidentQuerySet
from people import rules
from people.choices import Right
from people.choices import Role as PersonRole
from people.models import Person
from people.queries import roles, with_roles
from set_rotation.choices import Seat
from set_rotation.models import Page
from set_rotation.queries.facts import holders

WORKS = {role for role in PersonRole if Right.WORK_INCIDENTS in rules.rights_of(frozenset({role}))}
SEES = {role for role in PersonRole if Right.SEE_INCIDENTS in rules.rights_of(frozenset({role}))}


@dataclass(frozen=True)
class Choice:
    """Somebody to choose. `aside`: why they stand out: "primary", "TAM of Initech"."""

    person: Person
    aside: str = ""

    @property
    def label(self) -> str:
        return f"{self.person.name} ({self.aside})" if self.aside else self.person.name


def may_have(person: Person, role: Role, at: datetime) -> bool:
    """Whether somebody who has not left may have this part: the executive only reads, all others work."""
    return person.is_active and bool(roles(person, at) & (SEES if role == Role.EXECUTIVE else WORKS))


def seats_now(at: datetime) -> Mapping[Seat, Person]:
    """Who is on duty. One query."""
    return {seat: holder.person for seat, holder in holders(at).items()}


def suggested(
    *, by: Person, at: datetime, customers: Iterable[Customer] = (), seats: Mapping[Seat, Person] | None = None,
    first: Person | None = None,
) -> dict[Role, Person]:
    """Who would have which part: command to whoever declares it and is on duty, else to whoever answered the page that
    it comes from (`first`), else to the primary; the deputy is the backup; the lead writes, or else whoever is left of
    those on duty, of whom another is the scribe, else whoever declares it; the customer's TAM, or else their CSM, talks
    with the customer; the executive where there is only one. Nobody has two parts. Two queries, one where `seats` are
    given."""
    on = seats_now(at) if seats is None else seats
    wanted: list[tuple[Role, list[Person | None]]] = [
        (Role.COMMANDER, [by if by in on.values() else None, first,
                          *map(on.get, (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD)), by]),
        (Role.DEPUTY, [on.get(Seat.BACKUP), on.get(Seat.PRIMARY)]),
        (Role.COMMUNICATIONS, [*map(on.get, (Seat.LEAD, Seat.PRIMARY, Seat.BACKUP))]),
        (Role.SCRIBE, [*map(on.get, (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD)), by]),
        (Role.CUSTOMER_CONTACT, [person for one in customers for person in (one.tam, one.csm)]),
        (Role.EXECUTIVE, list(_executives())),
    ]
    found: dict[Role, Person] = {}
    for role, people in wanted:
        free = [one for one in people if one is not None and one.is_active and one not in found.values()]
        if free:
            found[role] = free[0]
    return found


def _executives() -> list[Person]:
    """The executive, where there is just one: which of several is meant, nobody can guess. One query."""
    found = list(Person.objects.joined().holding(PersonRole.EXECUTIVE).order_by("pk")[:2])
    return found if len(found) == 1 else []


@dataclass(frozen=True)
class Choices:
    """Whom to choose from. `working`: for each part but the executive's; `all`: for that one."""

    working: tuple[Choice, ...]
    all: tuple[Choice, ...]

    def of(self, role: Role) -> tuple[Choice, ...]:
        return self.all if role == Role.EXECUTIVE else self.working


def choices(at: datetime, seats: Mapping[Seat, Person], customers: Iterable[Customer] = ()) -> Choices:
    """All who may have a part, those on duty and those of the customer first. One query."""
    asides = {person.pk: seat.label.lower() for seat, person in seats.items()}
    for one in customers:
        for person, word in ((one.tam, "TAM"), (one.csm, "CSM")):
            if person is not None:
                asides.setdefault(person.pk, f"{word} of {one.name}")
    people = with_roles(Person.objects.active(), at).order_by("name", "pk")
    rows = [(Choice(one, asides.get(one.pk, "")), _held(one)) for one in people]
    rows.sort(key=lambda row: not row[0].aside)
    return Choices(
        working=tuple(choice for choice, held in rows if held & WORKS),
        all=tuple(choice for choice, held in rows if held & SEES),
    )


def _held(person: Person) -> frozenset[PersonRole]:
    return rules.roles_from([*(person.role_names or ()), *(person.acting_names or ())])


def twins(
    rows: IncidentQuerySet, customers: Iterable[Customer], *, kind: str = Kind.CUSTOMER, page: Page | None = None
) -> list[Incident]:
    """What may be the same as one that is about to be declared, of those that the reader sees: what somebody works on
    already of these customers, or of our own server, or from the same page. One query."""
    same = Q(customers__customer__in=[one.pk for one in customers if one.pk])
    if kind == Kind.COMMUNITY:
        same = Q(kind=Kind.COMMUNITY)
    if page is not None:
        same |= Q(page=page)
    return list(rows.live().real().filter(same).select_related("status").distinct().order_by("-pk")[:5])

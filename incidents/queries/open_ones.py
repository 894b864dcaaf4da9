"""The open Sev1s, for the strip that every page has; kept for some seconds, for every page draws it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import OuterRef, Prefetch, Subquery

from incidents.choices import Role, Severity, State
from incidents.models import Incident, IncidentCustomer, IncidentRole, IncidentWatcher
from people.choices import Right
from people.models import Person

KEPT_AS = "incidents:open"
KEPT = 5  # seconds; a change of one of them forgets it at once
MOST = 200
OURS = "Our community server"  # whose production is down where no customer's is


@dataclass(frozen=True)
class OpenOne:
    """An open incident. `at`: when it was declared; `due_at`: when the next update was promised for; `waits`: nobody
    has said that they are on it; `people`: who sees it though it is private (None: everybody does); `commander`: who
    commands it."""

    id: int
    severity: int
    who: str
    title: str
    status: str
    at: datetime
    began_at: datetime
    due_at: datetime | None
    drill: bool
    waits: bool
    people: frozenset[int] | None
    commander: int | None = None

    def seen_by(self, person: Person) -> bool:
        """Whether this person sees it, who has the right to see incidents."""
        return self.people is None or person.pk in self.people


def open_ones(person: Person, rights: Collection[Right]) -> tuple[OpenOne, ...]:
    """Open incidents that somebody sees, the most pressing first: by severity, then by what is due. Mostly no query,
    four at most."""
    if Right.SEE_INCIDENTS not in rights:
        return ()
    return tuple(one for one in _kept() if one.seen_by(person))


def sev1s(person: Person, rights: Collection[Right]) -> tuple[OpenOne, ...]:
    """The open Sev1s among them that are no drills; the one whose update is due first is the first."""
    found = [one for one in open_ones(person, rights) if one.severity == Severity.SEV1 and not one.drill]
    return tuple(sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.at, one.id)))


def _kept() -> tuple[OpenOne, ...]:
    kept: tuple[OpenOne, ...] | None = cache.get(KEPT_AS)
    if kept is None:
        kept = _read()
        cache.set(KEPT_AS, kept, KEPT)
    return kept


def _read() -> tuple[OpenOne, ...]:
    named = Prefetch("customers", IncidentCustomer.objects.select_related("customer"))
    leads = IncidentRole.objects.filter(incident=OuterRef("pk"), role=Role.COMMANDER, ends_at=None).values("person")
    rows = list(
        Incident.objects.filter(state=State.OPEN).annotate(commander=Subquery(leads[:1]))
        .select_related("status").prefetch_related(named).order_by("severity", "next_update_at", "pk")[:MOST]
    )
    people = _people([row.pk for row in rows if row.private])
    return tuple(
        OpenOne(
            id=row.pk, severity=row.severity, title=row.title, status=row.status.name, began_at=row.began_at, at=row.at,
            who=", ".join(one.customer.name for one in row.customers.all()) or OURS,
            due_at=row.next_update_at, drill=row.drill, waits=row.acknowledged_at is None,
            people=frozenset({*people.get(row.pk, ()), row.declared_by_id or 0}) if row.private else None,
            commander=vars(row)["commander"],
        )
        for row in rows
    )


def _people(private: list[int]) -> dict[int, set[int]]:
    """Who is of the people of these private incidents: as `queries.seen.its_people` has it."""
    found: dict[int, set[int]] = {}
    if not private:
        return found
    here = {"incident__in": private}
    for incident, person in IncidentRole.objects.filter(**here).values_list("incident", "person"):
        found.setdefault(incident, set()).add(person)
    for incident, person, out_at in IncidentWatcher.objects.filter(**here).values_list("incident", "person", "out_at"):
        (set.add if out_at is None else set.discard)(found.setdefault(incident, set()), person)
    return found

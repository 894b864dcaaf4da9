"""An incident's own page: its head, and what stands in its three panes."""

from dataclasses import dataclass
from datetime import datetime

from incidents.choices import Role
from incidents.models import Incident, IncidentRole
from people.models import Person


@dataclass(frozen=True)
class Part:
    """A role of the incident and who has it; `person` None: nobody."""

    role: Role
    person: Person | None


@dataclass(frozen=True)
class Page:
    """What the head shows."""

    incident: Incident
    customers: tuple[str, ...]
    parts: tuple[Part, ...]
    works: bool


def page_of(incident: Incident, *, works: bool, at: datetime) -> Page:
    """The head of an incident's page. Two queries."""
    held = {row.role: row.person for row in
            IncidentRole.objects.filter(incident=incident, ends_at__isnull=True).select_related("person")}
    names = tuple(incident.customers.values_list("customer__name", flat=True))
    return Page(incident, names, tuple(Part(role, held.get(role)) for role in Role), works)

"""An incident's own page: its head, and the verbs that stand in its menus."""

from dataclasses import dataclass
from datetime import datetime

from incidents.choices import Role, State
from incidents.models import Incident, IncidentRole, IncidentStatus
from incidents.queries.settings import statuses
from people.models import Person


@dataclass(frozen=True)
class Part:
    """A role of the incident and who has it; `person` None: nobody."""

    role: Role
    person: Person | None


@dataclass(frozen=True)
class Page:
    """What the head shows. `waits`: nobody of ours has said that they are on it. `statuses`: what it can be set to."""

    incident: Incident
    customers: tuple[str, ...]
    parts: tuple[Part, ...]
    works: bool
    statuses: tuple[IncidentStatus, ...] = ()

    @property
    def taken(self) -> tuple[Part, ...]:
        """The parts that somebody has, and command in any case."""
        return tuple(part for part in self.parts if part.person or part.role == Role.COMMANDER)

    @property
    def commander(self) -> Person | None:
        return next((part.person for part in self.parts if part.role == Role.COMMANDER), None)

    @property
    def executive(self) -> Person | None:
        return next((part.person for part in self.parts if part.role == Role.EXECUTIVE), None)

    @property
    def waits(self) -> bool:
        return self.incident.state == State.OPEN and self.incident.acknowledged_at is None

    @property
    def over(self) -> bool:
        """Closed or merged: nothing of it changes but that it is opened again."""
        return self.incident.state in (State.CLOSED, State.MERGED)


def page_of(incident: Incident, *, works: bool, at: datetime) -> Page:
    """The head of an incident's page. Three queries."""
    held = {row.role: row.person for row in
            IncidentRole.objects.filter(incident=incident, ends_at__isnull=True).select_related("person")}
    names = tuple(incident.customers.values_list("customer__name", flat=True))
    return Page(incident, names, tuple(Part(role, held.get(role)) for role in Role), works, _settable(incident))


def _settable(incident: Incident) -> tuple[IncidentStatus, ...]:
    if incident.state != State.OPEN:
        return ()
    return tuple(one for one in statuses() if one.pk != incident.status_id)

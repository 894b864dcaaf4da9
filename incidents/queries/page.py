"""An incident's own page: its head, and the verbs that stand in its menus."""

from dataclasses import dataclass

from incidents.choices import Role, State
from incidents.models import Incident, IncidentStatus
from incidents.queries.around import Around
from incidents.queries.offered import Offered


@dataclass(frozen=True)
class Part:
    """A role of the incident and the name of who has it; "": nobody."""

    role: Role
    name: str


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
        return tuple(part for part in self.parts if part.name or part.role == Role.COMMANDER)

    @property
    def commander(self) -> str:
        """The name of who commands it; "": nobody."""
        return next((part.name for part in self.parts if part.role == Role.COMMANDER), "")

    @property
    def executive(self) -> str:
        return next((part.name for part in self.parts if part.role == Role.EXECUTIVE), "")

    @property
    def waits(self) -> bool:
        return self.incident.state == State.OPEN and self.incident.acknowledged_at is None

    @property
    def over(self) -> bool:
        """Closed or merged: nothing of it changes but that it is opened again."""
        return self.incident.state in (State.CLOSED, State.MERGED)


def page_of(incident: Incident, *, works: bool, around: Around, offered: Offered | None) -> Page:
    """The head of an incident's page. `offered`: what an open one's status can be set to. No query."""
    known = offered.statuses if offered is not None and incident.state == State.OPEN else ()
    return Page(
        incident, around.customers, tuple(Part(role, around.held.get(role, "")) for role in Role), works,
        tuple(one for one in known if one.pk != incident.status_id),
    )

"""The people of an incident: who has and had which part, who sees it, whom to choose from."""

from dataclasses import dataclass
from datetime import datetime

from incidents.choices import Role, State
from incidents.models import Incident, IncidentRole, IncidentWatcher
from incidents.queries.suggesting import Choice, choices, seats_now
from people.models import Person


@dataclass(frozen=True)
class PartRow:
    """A part: who has it since when, by which brief, who had it before, and who could have it."""

    role: Role
    now: IncidentRole | None
    before: tuple[IncidentRole, ...]
    offered: tuple[Choice, ...]
    asks_brief: bool  # it goes on with a brief


@dataclass(frozen=True)
class People:
    """See templates/incidents/people/people.html."""

    parts: tuple[PartRow, ...]
    watchers: tuple[Person, ...]
    former: tuple[Person, ...]  # who sees a private one by a part that they had
    outside: tuple[Choice, ...]  # who could be let in
    commander: Person | None
    over: bool

    @property
    def listed(self) -> tuple[Person, ...]:
        """Who can be taken off."""
        return (*self.watchers, *self.former)


def people_of(incident: Incident, at: datetime) -> People:
    """Everybody of an incident. Five queries."""
    rows = list(IncidentRole.objects.filter(incident=incident).select_related("person").order_by("starts_at", "pk"))
    customers = [one.customer for one in incident.customers.select_related("customer__tam", "customer__csm")]
    offered = choices(at, seats_now(at), customers)
    told = list(IncidentWatcher.objects.filter(incident=incident).select_related("person").order_by("person__name"))
    watchers = [one.person for one in told if one.out_at is None]
    out = {one.person_id for one in told if one.out_at}
    parts = tuple(_part(role, rows, offered.of(role), incident) for role in Role)
    here = {one.person_id for one in rows if one.ends_at is None} | {incident.declared_by_id}
    inside = here | {one.pk for one in watchers} | {one.person_id for one in rows if one.person_id not in out}
    former = {one.person_id: one.person for one in rows
              if incident.private and one.person_id in inside - here and one.person not in watchers}
    lead = parts[0].now
    return People(
        parts=parts, watchers=tuple(watchers), former=tuple(former.values()),
        commander=lead.person if lead else None,
        outside=tuple(one for one in offered.all if one.person.pk not in inside),
        over=incident.state in (State.CLOSED, State.MERGED),
    )


def _part(role: Role, rows: list[IncidentRole], offered: tuple[Choice, ...], incident: Incident) -> PartRow:
    mine = [row for row in rows if row.role == role]
    now = next((row for row in mine if row.ends_at is None), None)
    rest = tuple(one for one in offered if now is None or one.person.pk != now.person_id)
    return PartRow(role, now, tuple(row for row in reversed(mine) if row.ends_at), rest,
                   asks_brief(incident, role, now))


def asks_brief(incident: Incident, role: Role, now: IncidentRole | None) -> bool:
    """Whether what somebody has in hand is handed over with a brief: command once they were on it, and what was told to
    the customer once something was (related-facts, SET roles: "everything not written down is passed on")."""
    if now is None:
        return False
    if role == Role.COMMANDER:
        return incident.acknowledged_at is not None
    return role in (Role.COMMUNICATIONS, Role.CUSTOMER_CONTACT) and incident.updates > 0

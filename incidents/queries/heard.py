"""Whom a reminder of a promised update is told to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from incidents.choices import Ring, Role
from incidents.models import Incident, IncidentRole
from incidents.queries.seen import people_of
from people.choices import Role as PersonRole
from people.models import Person
from portal.common.many import among
from set_rotation.actions.paging.ladder import planners
from set_rotation.choices import Seat
from set_rotation.queries.facts import holders

Whom = Role | Seat | PersonRole
ON_DUTY: tuple[Whom, ...] = (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD)

# Who is told at each reminder, and who instead where a part is empty: the first of a line who is there, and was not
# told already by a line before it.
COMMANDER: tuple[Whom, ...] = (Role.COMMANDER, Role.DEPUTY, *ON_DUTY)
DEPUTY: tuple[Whom, ...] = (Role.DEPUTY, Role.COMMANDER, *ON_DUTY)
LEAD: tuple[Whom, ...] = (Seat.LEAD, Seat.PRIMARY, Seat.BACKUP)
EXECUTIVE: tuple[Whom, ...] = (Role.EXECUTIVE, PersonRole.EXECUTIVE, Seat.LEAD)
LINES: Mapping[Ring, tuple[tuple[Whom, ...], ...]] = {
    Ring.TEN_BEFORE: (COMMANDER,), Ring.FIVE_BEFORE: (COMMANDER,), Ring.DUE: (COMMANDER, DEPUTY),
    Ring.TEN_AFTER: (LEAD,), Ring.HOUR_AFTER: (EXECUTIVE,),
}
LEADERS: tuple[Whom, ...] = (Role.DEPUTY, Role.COMMANDER)
TOLD = (Role.COMMANDER, Role.DEPUTY, Role.EXECUTIVE)


@dataclass
class Heard:
    """Who has which part, looked up once for many incidents; those who plan only where nobody else is there. `own`: of
    a private incident, and of a drill, its people: nobody else is told of it. `drills`: in these whoever leads stands
    in for whoever is not one of its people."""

    at: datetime
    parts: Mapping[int, Mapping[Role, Person]]
    seats: Mapping[Seat, Person]
    own: Mapping[int, Mapping[int, Person]]
    drills: Collection[int]
    _executives: list[Person] | None = field(default=None)
    _planners: list[Person] | None = field(default=None)

    def of(self, incident: int, rings: Iterable[Ring]) -> list[Person]:
        """Whom these reminders of one incident are told to, each once."""
        told: list[Person] = []
        for line in dict.fromkeys(line for ring in rings for line in LINES[ring]):
            told += self._first(incident, line, told)
        return told

    def commander(self, incident: int) -> list[Person]:
        """The commander, or whoever stands in."""
        return self._first(incident, COMMANDER, [])

    def _first(self, incident: int, line: tuple[Whom, ...], told: Collection[Person]) -> list[Person]:
        # Whoever was told already, for themselves or for somebody else, is passed over: another one is to hear of it.
        for whom in (*line, *LEADERS) if incident in self.drills else line:
            found = [one for one in self._there(incident, whom) if one not in told]
            if found:
                return found
        return [] if told else self._anybody(incident)

    def _there(self, incident: int, whom: Whom) -> list[Person]:
        if isinstance(whom, Role):
            found = self.parts.get(incident, {}).get(whom)
            return [found] if found else []
        people = self._all_executives() if isinstance(whom, PersonRole) else self._seat(whom)
        own = self.own.get(incident)
        return people if own is None else [one for one in people if one.pk in own]

    def _seat(self, seat: Seat) -> list[Person]:
        return [self.seats[seat]] if seat in self.seats else []

    def _anybody(self, incident: int) -> list[Person]:
        own = self.own.get(incident)
        if own is not None:
            return list(own.values())
        if self._planners is None:
            self._planners = planners(self.at)
        return self._planners

    def _all_executives(self) -> list[Person]:
        if self._executives is None:
            self._executives = list(Person.objects.active().filter(groups__name=PersonRole.EXECUTIVE).order_by("pk"))
        return self._executives


def heard(at: datetime, incidents: Collection[int]) -> Heard:
    """Whom to tell of these incidents at this moment. Four queries, and a few more where one of them is private or a
    drill, or where nobody is there."""
    parts: dict[int, dict[Role, Person]] = defaultdict(dict)
    held = list(IncidentRole.objects.filter(
        incident_id__in=among(incidents), ends_at__isnull=True, role__in=TOLD, person__is_active=True,
    ).values_list("incident_id", "role", "person_id"))
    # One leads many: a join would make them again.
    people = {one.pk: one for one in Person.objects.filter(pk__in=among({person for _, _, person in held}))}
    for incident, role, person in held:
        parts[incident][Role(role)] = people[person]
    seats = {seat: one.person for seat, one in holders(at).items() if one.person.is_active}
    among_their_own = list(Incident.objects.filter(Q(private=True) | Q(drill=True), pk__in=among(incidents))
                           .select_related("declared_by"))
    return Heard(at, parts, seats, people_of(among_their_own), {row.pk for row in among_their_own if row.drill})

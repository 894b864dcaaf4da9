"""Who can be given something in an incident."""

from datetime import datetime

from incidents.models import Incident, IncidentRole
from incidents.queries.seen import whose
from people import rules
from people.choices import Right
from people.models import Person
from people.queries import with_roles


def helpers(incident: Incident, at: datetime) -> list[Person]:
    """Those who take part in incidents and see this one, who has a role in it first. Three queries."""
    here = set(IncidentRole.objects.filter(incident=incident, ends_at=None).values_list("person_id", flat=True))
    people = Person.objects.active()
    if incident.private:
        people = people.filter(whose(incident))
    found = [person for person in with_roles(people, at).order_by("name") if _works(person)]
    return sorted(found, key=lambda person: person.pk not in here)


def _works(person: Person) -> bool:
    held = rules.roles_from([*(person.role_names or ()), *(person.acting_names or ())])
    return Right.WORK_INCIDENTS in rules.rights_of(held)

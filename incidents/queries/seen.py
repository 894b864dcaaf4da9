"""Which incidents somebody sees."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from incidents.models import Incident, IncidentRole, IncidentWatcher
from incidents.models.incident import IncidentQuerySet
from people.choices import Right
from people.models import Person
from portal.common.many import among


def visible(person: Person, rights: Collection[Right]) -> IncidentQuerySet:
    """All that this person, with these rights, sees: every public one with the right to see incidents, a private one
    if they declared it, have or had a role in it, or were let in."""
    if Right.SEE_INCIDENTS not in rights:
        return Incident.objects.none()
    return Incident.objects.filter(Q(private=False) | its_people(person))


def whose(incident: Incident) -> Q:
    """The people of one incident: who declared it, has or had a part in it, or was let in."""
    had_a_part = IncidentRole.objects.filter(incident=incident).values("person")
    let_in = IncidentWatcher.objects.filter(incident=incident).values("person")
    return Q(pk=incident.declared_by_id) | Q(pk__in=had_a_part) | Q(pk__in=let_in)


def may_see(person: Person, incident: Incident) -> bool:
    """Whether somebody who takes part in incidents sees this one. A query for a private one."""
    return not incident.private or Incident.objects.filter(its_people(person), pk=incident.pk).exists()


def people_of(incidents: Collection[Incident]) -> dict[int, dict[int, Person]]:
    """As `whose`, for many: of each incident its people who are active, by their ids. `declared_by` is to be there.
    Two queries, none for none."""
    own: dict[int, dict[int, Person]] = {row.pk: {} for row in incidents}
    if not own:
        return own
    for row in incidents:
        if row.declared_by and row.declared_by.is_active:
            own[row.pk][row.declared_by.pk] = row.declared_by
    for model in (IncidentRole, IncidentWatcher):
        for one in model.objects.filter(incident_id__in=among(own), person__is_active=True).select_related("person"):
            own[one.incident_id][one.person_id] = one.person
    return own


def its_people(person: Person) -> Q:
    """Of whose people this person is."""
    mine = {"incident": OuterRef("pk"), "person": person}
    return Q(declared_by=person) | Exists(IncidentRole.objects.filter(**mine)) | Exists(
        IncidentWatcher.objects.filter(**mine)
    )

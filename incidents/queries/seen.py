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
    if they declared it, have or had a role in it, or were let in, unless they were taken off."""
    if Right.SEE_INCIDENTS not in rights:
        return Incident.objects.none()
    return Incident.objects.filter(Q(private=False) | its_people(person))


def whose(incident: Incident) -> Q:
    """The people of one incident: who declared it, has or had a part in it, or was let in, and was not taken off."""
    had_a_part = IncidentRole.objects.filter(incident=incident).values("person")
    told = IncidentWatcher.objects.filter(incident=incident)
    let_in, out = told.filter(out_at=None).values("person"), told.filter(out_at__isnull=False).values("person")
    return Q(pk=incident.declared_by_id) | (Q(pk__in=had_a_part) & ~Q(pk__in=out)) | Q(pk__in=let_in)


def may_see(person: Person, incident: Incident) -> bool:
    """Whether somebody who takes part in incidents sees this one. A query for a private one."""
    return not incident.private or Incident.objects.filter(its_people(person), pk=incident.pk).exists()


def people_of(incidents: Collection[Incident]) -> dict[int, dict[int, Person]]:
    """As `whose`, for many: of each incident its people who are active, by their ids. `declared_by` is to be there.
    Two queries, none for none."""
    own: dict[int, dict[int, Person]] = {row.pk: {} for row in incidents}
    if not own:
        return own
    here = {"incident_id__in": among(own), "person__is_active": True}
    for part in IncidentRole.objects.filter(**here).select_related("person"):
        own[part.incident_id][part.person_id] = part.person
    for one in IncidentWatcher.objects.filter(**here).select_related("person"):
        if one.out_at is None:
            own[one.incident_id][one.person_id] = one.person
        else:
            own[one.incident_id].pop(one.person_id, None)
    for row in incidents:
        if row.declared_by and row.declared_by.is_active:
            own[row.pk][row.declared_by.pk] = row.declared_by
    return own


def its_people(person: Person) -> Q:
    """Of whose people this person is."""
    mine = {"incident": OuterRef("pk"), "person": person}
    told = IncidentWatcher.objects.filter(**mine)
    had_a_part = Exists(IncidentRole.objects.filter(**mine)) & ~Exists(told.filter(out_at__isnull=False))
    return Q(declared_by=person) | Q(had_a_part) | Q(Exists(told.filter(out_at=None)))

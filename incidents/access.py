"""Who may see and do what with one incident."""

from django.http import Http404, HttpRequest

from incidents.models import Incident
from incidents.queries.seen import visible
from people import access, rules
from people.choices import Right
from people.models import Person


def rights_of(person: Person) -> frozenset[Right]:
    """What this person may, now."""
    return rules.rights_of(access.roles(person)) if person.is_active else frozenset()


def found(request: HttpRequest, number: int, right: Right | None = None) -> tuple[Person, Incident]:
    """The reader and the incident, with its status, escalation, ticket and playbook. 404 for one they do not see: that
    it exists is not told either. `right`: they need it too (403)."""
    person = request.user
    if not isinstance(person, Person):
        raise Http404
    rows = visible(person, rights_of(person))
    row = rows.select_related("status", "escalation", "ticket", "playbook", "declared_by", "merged_into").filter(
        pk=number).first()
    if row is None:
        raise Http404("There is no such incident, or it is not yours to see.")
    if right is not None:
        access.require(request, right)
    return person, row


def works(person: Person) -> bool:
    """Whether this person takes part in incidents: does steps, writes updates, approves what customers get."""
    return access.may(person, Right.WORK_INCIDENTS)

"""Who may see and do what with one escalation."""

from django.http import Http404, HttpRequest

from escalations.models import Escalation
from escalations.queries.seen import visible
from people import access, rules
from people.choices import Right
from people.models import Person
from portal.common import clock


def rights_of(person: Person) -> frozenset[Right]:
    """What this person may, now."""
    return rules.rights_of(access.roles(person)) if person.is_active else frozenset()


def found(request: HttpRequest, number: int, right: Right | None = None) -> tuple[Person, Escalation]:
    """The reader and the escalation, with its customer, reporter, owner and ticket. 404 for one they do not see: that
    it exists is not told either. `right`: they need it too (403)."""
    person = request.user
    if not isinstance(person, Person):
        raise Http404
    rows = visible(person, rights_of(person), clock.now())
    row = rows.select_related("customer", "reporter", "owner", "ticket", "team", "area").filter(pk=number).first()
    if row is None:
        raise Http404("There is no such escalation, or it is not yours to see.")
    if right is not None:
        access.require(request, right)
    return person, row


def reads_notes(person: Person) -> bool:
    """Whether internal notes and internal events are for this person."""
    return access.may(person, Right.WORK_ESCALATIONS)

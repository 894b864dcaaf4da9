"""Which escalations somebody sees."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from escalations.choices import Source
from escalations.models import Affected, Escalation, Follower
from escalations.models.escalation import EscalationQuerySet
from people.choices import Right
from people.models import Person
from set_rotation.queries.on_now import on_now


def visible(person: Person, rights: Collection[Right], at: datetime) -> EscalationQuerySet:
    """All that this person, with these rights, sees.

    Everybody: what they raised, own or follow, and what their customers (as CSM or TAM) raised. With the right to see
    escalations: all that are not confidential. Support: those that came from support. A confidential one is seen by
    its people, by those who lead, and by whoever is on duty.
    """
    if Right.LEAD_ESCALATIONS in rights:
        return Escalation.objects.all()
    theirs = its_people(person)
    if Right.WORK_ESCALATIONS in rights and any(seat.person == person.pk for seat in on_now(at).seats):
        return Escalation.objects.all()
    if Right.SEE_ESCALATIONS in rights:
        return Escalation.objects.filter(Q(confidential=False) | theirs)
    if Right.SEE_SUPPORTS in rights:
        return Escalation.objects.filter(Q(confidential=False, source=Source.SUPPORT) | theirs)
    if Right.RAISE_ESCALATIONS in rights:
        return Escalation.objects.filter(theirs)
    return Escalation.objects.none()


def its_people(person: Person) -> Q:
    """Of whose people this person is: who asked, owns, follows, or looks after the customer."""
    mine = {"escalation": OuterRef("pk")}
    return (
        Q(reporter=person) | Q(owner=person) | Q(customer__csm=person) | Q(customer__tam=person)
        | Exists(Follower.objects.filter(**mine, person=person))
        | Exists(Affected.objects.filter(**mine, reporter=person))
    )

"""Lists of stakeholders, for whoever keeps them."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from incidents.choices import Reading, Severity
from incidents.models import Stakeholder, StakeholderList
from people.models import Person

OF_SEVERITY = {
    Severity.SEV1: "Sev1 alone", Severity.SEV2: "Sev1 and Sev2", Severity.SEV3: "every severity",
}


@dataclass(frozen=True)
class ListLine:
    """A list, in words."""

    id: int
    name: str
    customer: str
    of: str
    reading: str
    members: int


def line_of(row: StakeholderList, members: int) -> ListLine:
    """What a list is, in words."""
    return ListLine(row.pk, row.name, row.customer.name if row.customer else "", OF_SEVERITY[Severity(row.severity)],
                    str(Reading(row.reading).label), members)


def lists() -> tuple[ListLine, ...]:
    """Those in use, by name. One query."""
    rows = StakeholderList.objects.filter(archived_at=None).select_related("customer").annotate(n=Count("members"))
    return tuple(line_of(row, row.n) for row in rows)


def members_of(row: StakeholderList) -> QuerySet[Stakeholder]:
    """Who is on a list, with the people. One query."""
    return Stakeholder.objects.filter(list=row).select_related("person").order_by("person__name", "email", "pk")


def to_choose(row: StakeholderList) -> QuerySet[Person]:
    """People of today who are not on it."""
    there = Stakeholder.objects.filter(list=row, person__isnull=False).values("person")
    return Person.objects.filter(is_active=True).exclude(pk__in=there).order_by("name", "pk")

"""The targets of an incident, as the composer and the page of targets show them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from incidents.choices import Kind, Reading, TargetKind
from incidents.models import Incident, Stakeholder, StakeholderList, Target
from incidents.queries.executives import OUR_EXECUTIVES, executives_of

ICONS = {TargetKind.CHANNEL: "chat", TargetKind.MAIL: "mail", TargetKind.STATUS_PAGE: "eye",
         TargetKind.ESCALATION: "escalation", TargetKind.JIRA: "tickets"}


@dataclass(frozen=True)
class Place:
    """A target to tick. `waits`: what goes there is read by a second person first. `people`: how many a list has.
    `stood`: whether it was ticked before somebody touched it."""

    id: int
    kind: TargetKind
    reading: Reading
    label: str
    chosen: bool
    waits: bool
    people: int | None = None
    off: bool = False  # somebody took it off
    stood: bool = False

    @property
    def icon(self) -> str:
        """The symbol of its kind."""
        return ICONS[self.kind]

    @property
    def name(self) -> str:
        """The label, with how many people it stands for."""
        return self.label if self.people is None else f"{self.label} ({self.people})"


def targets_of(incident: Incident, ticked: Mapping[int, bool] | None = None, *, off: bool = False) -> tuple[Place, ...]:
    """Where updates go, in the order of their readings; `ticked`: whether those that a composer showed are, by their
    ids; the others are as chosen. `off`: with those that were taken off. Two queries, two more where our executives are
    told."""
    rows = list(_rows(incident, off=off))
    lists = [int(row.address[5:]) for row in rows if row.address.startswith("list:")]
    members = Stakeholder.objects.filter(list__in=lists, list__archived_at__isnull=True)
    people = Counter(f"list:{one}" for one in members.values_list("list", flat=True)) if lists else Counter[str]()
    if any(row.address == OUR_EXECUTIVES for row in rows):
        people[OUR_EXECUTIVES] = len(executives_of(incident))
    held = ticked or {}
    order = list(Reading)
    places = [
        Place(row.pk, TargetKind(row.kind), Reading(row.reading), row.label,
              held.get(row.pk, _chosen(incident, row)) and row.removed_at is None,
              row.reading == Reading.CUSTOMER,
              people[row.address] if row.address.startswith("list:") or row.address == OUR_EXECUTIVES else None,
              row.removed_at is not None)
        for row in rows
    ]
    return tuple(sorted(places, key=lambda place: (place.off, order.index(place.reading), place.id)))


def chosen_targets(incident: Incident) -> list[Target]:
    """Those that an update goes to unless its writer says otherwise. One query."""
    return [row for row in _rows(incident) if _chosen(incident, row)]


def _chosen(incident: Incident, row: Target) -> bool:
    """Whether it is ticked by itself. Of a private incident only what its people alone read: all else is ticked for
    each update by hand."""
    within = row.kind == TargetKind.STATUS_PAGE or row.address == OUR_EXECUTIVES or (
        row.kind == TargetKind.CHANNEL and row.address == incident.channel)
    return row.chosen and (within or not incident.private)


def targets_by_id(incident: Incident, ids: Iterable[int]) -> list[Target]:
    """Those of an incident with these ids; one that was taken off is none. One query."""
    return list(_rows(incident).filter(pk__in=list(ids)))


def lists_to_add(incident: Incident) -> QuerySet[StakeholderList]:
    """The stakeholder lists that updates do not go to yet; of those with the customer's reading the customers' whom it
    concerns. One query, and another when they are read."""
    there = Target.objects.filter(incident=incident, removed_at__isnull=True, address__startswith="list:")
    known = [int(address[5:]) for address in there.values_list("address", flat=True)]
    rows = StakeholderList.objects.filter(archived_at__isnull=True).exclude(pk__in=known)
    theirs = Q(customer__in=incident.customers.values("customer")) | ~Q(reading=Reading.CUSTOMER)
    rows = rows.filter(theirs) if incident.kind == Kind.CUSTOMER else rows
    return rows.exclude(reading=Reading.CUSTOMER) if incident.drill else rows


def _rows(incident: Incident, *, off: bool = False) -> QuerySet[Target]:
    found = Target.objects.filter(incident=incident).select_related("customer")
    found = found if off else found.filter(removed_at__isnull=True)
    return found.exclude(reading=Reading.CUSTOMER) if incident.drill else found

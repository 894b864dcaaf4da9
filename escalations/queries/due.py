"""Clocks that enter a stage, and whom to tell of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F

from escalations.choices import ClockStage
from escalations.models import Clock
from escalations.rules.clocks.clock import OPEN
from people.models import Person
from set_rotation.actions.paging.ladder import planners
from set_rotation.choices import Seat
from set_rotation.queries.facts import holders

# Who is told when somebody of a seat has to be and nobody sits there.
INSTEAD: Mapping[Seat, tuple[Seat, ...]] = {
    Seat.PRIMARY: (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD), Seat.LEAD: (Seat.LEAD,),
}


@dataclass
class Heard:
    """Whom a stage is told to. On duty are looked up once, those who plan only when nobody is."""

    at: datetime
    owners: Mapping[int, Person]
    seats: Mapping[Seat, Person]
    _planners: list[Person] | None = field(default=None)

    def of(self, stage: ClockStage, owner: int | None) -> list[Person]:
        """Near: the owner, else the primary. Missed: the primary and the owner. Later: the lead.

        An empty seat: the backup, then the lead; nobody at all: everybody who plans rotations.
        """
        owns = self.owners.get(owner) if owner else None
        if stage == ClockStage.NEAR and owns:
            return [owns]
        told = self._on_duty(Seat.LEAD if stage == ClockStage.LEAD else Seat.PRIMARY)
        return [*told, owns] if stage == ClockStage.MISSED and owns and owns not in told else told

    def _on_duty(self, seat: Seat) -> list[Person]:
        found = next((self.seats[one] for one in INSTEAD[seat] if one in self.seats), None)
        if found is not None:
            return [found]
        if self._planners is None:
            self._planners = planners(self.at)
        return self._planners


def heard(at: datetime, owners: Collection[int]) -> Heard:
    """Whom to tell at this moment. Two queries, and one more where nobody is on duty."""
    people = Person.objects.active().in_bulk(owners) if owners else {}
    return Heard(at, people, {seat: one.person for seat, one in holders(at).items() if one.person.is_active})


def somebody_due(at: datetime) -> bool:
    """Whether a clock enters a stage. One look into an index."""
    return Clock.objects.filter(next_at__lte=at).exists()


def other_plans(limit: int = 50) -> list[int]:
    """The escalations whose customer has another plan than their clocks. One query."""
    rows = Clock.objects.filter(state__in=OPEN).exclude(plan=F("escalation__customer__plan"))
    return sorted(set(rows.values_list("escalation_id", flat=True)[:limit]))

"""What every part of this room, and every room to its left, asks: the schedule, the rota, who is on duty now."""

from dataclasses import dataclass
from datetime import date, datetime

from cadence.queries import team_zone
from people.models import Person
from set_rotation.choices import Seat
from set_rotation.models import Duty, Override, Rotation, Schedule, Shift
from set_rotation.rules.duty import OverrideFact, Rota, ShiftFact
from set_rotation.rules.spans import Begins


def schedule() -> Schedule:
    """When rotations begin, and by which pattern. One query."""
    return Schedule.objects.select_related("pattern").get()


def begins(row: Schedule) -> Begins:
    """The schedule's weekday and time, as the rules take it."""
    return Begins(row.weekday, row.at, row.zone or team_zone())


def end_before(first_on: date, when: Begins) -> datetime | None:
    """When the rotation ends that is the last to begin before a local day; None for the very first. One query."""
    before = Rotation.objects.filter(starts_at__lt=when.moment(first_on)).order_by("-starts_at")
    return before.values_list("ends_at", flat=True).first()


def shift_facts(start: datetime, end: datetime) -> list[ShiftFact]:
    """The shifts that touch `[start, end)`. One query."""
    rows = Shift.objects.filter(starts_at__lt=end, ends_at__gt=start).values_list(
        "id", "seat", "place__person_id", "starts_at", "ends_at", "place__rotation_id"
    )
    return [ShiftFact(one, Seat(seat), person, starts, ends, rotation)
            for one, seat, person, starts, ends, rotation in rows]


def override_facts(start: datetime, end: datetime) -> list[OverrideFact]:
    """The overrides that hold and touch `[start, end)`. One query."""
    rows = Override.objects.held().filter(starts_at__lt=end, ends_at__gt=start).values_list(
        "id", "seat", "person_id", "starts_at", "ends_at"
    )
    return [OverrideFact(one, Seat(seat), person, starts, ends) for one, seat, person, starts, ends in rows]


def rota(start: datetime, end: datetime) -> Rota:
    """Who is meant to be on duty in `[start, end)`, gaps included. Two queries."""
    return Rota(shift_facts(start, end), override_facts(start, end))


@dataclass(frozen=True)
class Holder:
    """Somebody in a seat: until when, and whether by an override. `duty` is the row's id."""

    duty: int
    seat: Seat
    person: Person
    starts_at: datetime
    ends_at: datetime
    rotation: int | None
    by_override: bool


def holders(at: datetime) -> dict[Seat, Holder]:
    """Who is on duty at a moment, by seat; a seat that nobody holds is absent. One query."""
    return {
        Seat(row.seat): Holder(row.pk, Seat(row.seat), row.person, row.starts_at, row.ends_at, row.rotation_id,
                               row.override_id is not None)
        for row in Duty.objects.at(at).select_related("person")
    }


def holder(seat: Seat, at: datetime) -> Person | None:
    """Who holds a seat at a moment. One query."""
    found = Duty.objects.at(at).filter(seat=seat).select_related("person").first()
    return found.person if found else None


def next_change(at: datetime) -> datetime | None:
    """The next moment at which somebody's duty begins or ends. Two queries."""
    held = Duty.objects.held()
    starts = held.filter(starts_at__gt=at).order_by("starts_at").values_list("starts_at", flat=True).first()
    ends = held.filter(ends_at__gt=at, starts_at__lte=at).order_by("ends_at").values_list("ends_at", flat=True).first()
    return min(filter(None, [starts, ends]), default=None)


def rotation_at(at: datetime) -> Rotation | None:
    """The rotation that runs at a moment. One query."""
    return Rotation.objects.at(at).select_related("pattern").first()


def next_rotation(at: datetime) -> Rotation | None:
    """The rotation that begins next after a moment. One query."""
    return Rotation.objects.filter(starts_at__gt=at).select_related("pattern").order_by("starts_at").first()

"""What the timeline stands on, read once for a span: rotations, places, shifts, overrides, the roster, absences."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min

from cadence.queries import team_zone
from people.models import Person
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import Away, Member, Override, Place, Rotation, Shift
from set_rotation.queries.facts import begins, schedule
from set_rotation.rules.duty import OverrideFact, Piece, ShiftFact, effective
from set_rotation.rules.spans import Begins
from set_rotation.rules.timeline import AwayFact, MemberFact, PlaceFact, Roster, RotationFact

NEAR = timedelta(weeks=10)  # how far around the span a rotation can be that comes right before or after one of it


@dataclass(frozen=True)
class Facts:
    """A span `[starts_at, ends_at)` of the rota. `rotations` and `places` reach a little beyond it; `since` is when the
    first rotation ever began."""

    starts_at: datetime
    ends_at: datetime
    begins: Begins
    since: datetime | None
    rotations: tuple[RotationFact, ...]
    places: tuple[PlaceFact, ...]
    shifts: tuple[ShiftFact, ...]
    place_of: Mapping[int, int]  # by shift
    overrides: tuple[OverrideFact, ...]
    reasons: Mapping[int, str]  # by override
    people: Mapping[int, Person]
    roster: Roster

    @property
    def pieces(self) -> Mapping[int, list[Piece]]:
        """What holds, by shift."""
        found: dict[int, list[Piece]] = defaultdict(list)
        for piece in effective(self.shifts, self.overrides):
            found[piece.shift].append(piece)
        return found

    def inside(self) -> list[RotationFact]:
        """The rotations that run at a moment of the span."""
        return [one for one in self.rotations if one.starts_at < self.ends_at and one.ends_at > self.starts_at]

    def places_of(self, rotation: int) -> list[PlaceFact]:
        """The places of a rotation, the lead's first."""
        return sorted((one for one in self.places if one.rotation == rotation), key=lambda one: one.number)


def read(starts_at: datetime, ends_at: datetime, when: Begins | None = None) -> Facts:
    """Everything that a timeline of `[starts_at, ends_at)` shows. Eight queries, or nine without `when`."""
    when = when or begins(schedule())
    around = Rotation.objects.overlapping(starts_at - NEAR, ends_at + NEAR)
    rotations = tuple(RotationFact(*row) for row in around.values_list("id", "number", "starts_at", "ends_at"))
    places = tuple(
        PlaceFact(one, rotation, PlaceRole(role), number, person) for one, rotation, role, number, person in
        Place.objects.filter(rotation__in=[each.id for each in rotations])
        .values_list("id", "rotation_id", "role", "number", "person_id")
    )
    shifts, place_of = _shifts(starts_at, ends_at)
    overrides, reasons = _overrides(starts_at, ends_at)
    named = {place.person for place in places if place.person is not None} | {each.person for each in overrides}
    people = Person.objects.select_related("team").in_bulk(named)
    since = Rotation.objects.aggregate(first=Min("starts_at"))["first"]
    roster = read_roster(starts_at, ends_at, people)
    return Facts(starts_at, ends_at, when, since, rotations, places, shifts, place_of, overrides, reasons, people,
                 roster)


def _shifts(start: datetime, end: datetime) -> tuple[tuple[ShiftFact, ...], dict[int, int]]:
    rows = list(Shift.objects.filter(starts_at__lt=end, ends_at__gt=start).values_list(
        "id", "seat", "place__person_id", "starts_at", "ends_at", "place__rotation_id", "place_id"
    ))
    facts = tuple(ShiftFact(one, Seat(seat), person, starts, ends, rotation)
                  for one, seat, person, starts, ends, rotation, _ in rows)
    return facts, {row[0]: row[6] for row in rows}


def _overrides(start: datetime, end: datetime) -> tuple[tuple[OverrideFact, ...], dict[int, str]]:
    rows = list(Override.objects.held().filter(starts_at__lt=end, ends_at__gt=start).values_list(
        "id", "seat", "person_id", "starts_at", "ends_at", "reason"
    ))
    facts = tuple(OverrideFact(one, Seat(seat), person, starts, ends) for one, seat, person, starts, ends, _ in rows)
    return facts, {row[0]: row[5] for row in rows}


def read_roster(starts_at: datetime, ends_at: datetime, people: Mapping[int, Person]) -> Roster:
    """Who can serve in `[starts_at, ends_at)`, and who is away. Two queries."""
    zone = team_zone()
    first, last = (at.astimezone(ZoneInfo(zone)).date() for at in (starts_at, ends_at))
    rows = Member.objects.between(first, last + timedelta(days=1))
    members = [MemberFact(*row) for row in
               rows.values_list("person_id", "joins_on", "leaves_on", "engineers", "leads")]
    away = Away.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    absences = [AwayFact(*row) for row in away.values_list("person_id", "starts_at", "ends_at")]
    return Roster.of(zone, members, absences, [one.pk for one in people.values() if not one.is_active])

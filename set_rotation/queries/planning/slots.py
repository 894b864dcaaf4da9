"""The rotations that a plan is about: those that are there and not begun, and those that would follow."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from set_rotation.models import Pattern, Place, Rotation
from set_rotation.queries.facts import begins, end_before, schedule
from set_rotation.rules.spans import ShiftSpan, shift_spans

AHEAD = 30  # rotations among which the first can be chosen


@dataclass(frozen=True)
class Slot:
    """A rotation of a plan, and its stretches; `places` of one that is there already, by number."""

    first_on: date
    number: int
    pattern: Pattern
    spans: tuple[ShiftSpan, ...]
    rotation: Rotation | None
    places: dict[int, Place]

    @property
    def stands(self) -> tuple[date, tuple[int | None, ...]]:
        """Its day and who has its places now, whether the plan leaves them there or not: what a proposal stands on."""
        return self.first_on, tuple(self.places[number].person_id for number in sorted(self.places))

    @property
    def name(self) -> str:
        """As it is called everywhere: "Rotation 45"."""
        return f"Rotation {self.number}"

    @property
    def starts_at(self) -> datetime:
        """Its begin, in UTC."""
        return self.spans[0].starts_at

    @property
    def ends_at(self) -> datetime:
        """Its end, in UTC."""
        return self.spans[0].ends_at


def next_unplanned(at: datetime) -> date:
    """The local day on which the first rotation begins that nobody has made yet. Two queries."""
    when = begins(schedule())
    last = Rotation.objects.filter(ends_at__gt=at).order_by("-ends_at").values_list("ends_at", flat=True).first()
    return when.named_by(last or at)


def slots(first_on: date, count: int, pattern: Pattern) -> list[Slot]:
    """So many rotations from a local day on. One that is there keeps its pattern and its begin. Five queries."""
    from_schedule = schedule()
    when = begins(from_schedule)
    there = {when.named_by(one.starts_at): one
             for one in Rotation.objects.filter(ends_at__gt=when.moment(first_on)).select_related("pattern")}
    places: dict[int, dict[int, Place]] = {}
    for place in Place.objects.filter(rotation__in=there.values()).select_related("person"):
        places.setdefault(place.rotation_id, {})[place.number] = place
    number = Rotation.objects.aggregate(last=Max("number"))["last"] or 0
    found, day, after = list[Slot](), first_on, end_before(first_on, when)
    for _ in range(count):
        rotation = there.get(day)
        by = rotation.pattern if rotation else pattern
        number += rotation is None
        spans = tuple(shift_spans(day, when, by.weeks, by.shifts, rotation.starts_at if rotation else after))
        found.append(Slot(day, rotation.number if rotation else number, by, spans, rotation,
                          places.get(rotation.pk, {}) if rotation else {}))
        after = rotation.ends_at if rotation else found[-1].ends_at
        day = date.fromordinal(day.toordinal() + 7 * by.weeks)
    return found


def first_days(at: datetime) -> list[tuple[date, str]]:
    """The days from which a plan can begin, with words: rotations that have not begun, and the next unplanned one."""
    when = begins(schedule())
    coming = Rotation.objects.filter(starts_at__gt=at).order_by("starts_at")[:AHEAD]
    found = [(when.named_by(one.starts_at), f"{one}, {_day(when.day_of(one.starts_at))} (planned already)")
             for one in coming]
    following = next_unplanned(at)
    return [(following, f"the next unplanned, {_day(following)}"), *found]


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"

"""Who can stand in: for leave, for a swap, for a shift that is running, for a gap in the timeline."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from cadence.queries import team_zone
from people.models import Person
from set_rotation.choices import Seat
from set_rotation.models import Away, Duty, Member, Place, Rotation
from set_rotation.rules.duty import Span
from set_rotation.rules.replace import Candidate, Stretch, order, served

LOAD_OF = timedelta(days=365)  # load is counted over the year before the stretch, what is planned in it included
DAY = timedelta(days=1)


@dataclass(frozen=True)
class StandIn:
    """Somebody on the roster. `reason` says why they cannot, or why they are better not asked first.

    `load`: weeks in a seat in the year before the stretch. `busy`: only the seat that they hold then hinders them.
    """

    person: Person
    can: bool
    reason: str
    load: float
    team: str = ""
    busy: bool = False


def stand_ins(
    seat: Seat, starts_at: datetime, ends_at: datetime, at: datetime, besides: Collection[int] = ()
) -> tuple[StandIn, ...]:
    """Everybody on the roster in `[starts_at, ends_at)`, in the order in which to ask: the free ones, least loaded
    first, then those who serve in a neighbouring rotation, then those who cannot. `besides`: ids of people who are not
    meant, such as who is to be replaced. Seven queries, however many people."""
    members = _members(max(starts_at, at), ends_at, besides)
    people = set(members)
    away, duty, load = _away(people, starts_at, ends_at), _duty(people, starts_at, ends_at), _load(people, starts_at)
    near = _near(people, starts_at, ends_at)
    candidates = [
        Candidate(pk, member.person.name, member.person.zone, member.leads, member.engineers,
                  (member.joins_on, member.leaves_on), tuple(away[pk]), tuple(duty[pk]), tuple(near[pk]), load[pk])
        for pk, member in members.items()
    ]
    return tuple(
        StandIn(members[judged.person].person, judged.can, judged.reason, judged.load,
                team.name if (team := members[judged.person].team) else "", judged.busy)
        for judged in order(candidates, seat, starts_at, ends_at, team_zone())
    )


def loads(people: Collection[int], until: datetime) -> dict[int, float]:
    """How many weeks each of these was in a seat in the year before a moment. One query."""
    return dict(_load(people, until))


def _members(start: datetime, end: datetime, besides: Iterable[int]) -> dict[int, Member]:
    """Who is on the roster on a day of the stretch; of two memberships that touch it, the longer lasting one."""
    zone = ZoneInfo(team_zone())
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    rows = Member.objects.between(first, last + DAY).filter(person__is_active=True).exclude(person_id__in=besides)
    return {row.person_id: row for row in rows.select_related("person", "team").order_by("joins_on")}


def _away(people: Collection[int], start: datetime, end: datetime) -> dict[int, list[Stretch]]:
    found: dict[int, list[Stretch]] = defaultdict(list)
    rows = Away.objects.filter(person__in=people, starts_at__lt=end, ends_at__gt=start)
    for person, starts, ends in rows.values_list("person_id", "starts_at", "ends_at"):
        found[person].append((starts, ends))
    return found


def _duty(people: Collection[int], start: datetime, end: datetime) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    rows = Duty.objects.held().overlapping(start, end).filter(person__in=people)
    for person, seat, starts, ends in rows.values_list("person_id", "seat", "starts_at", "ends_at"):
        found[person].append(Span(Seat(seat), starts, ends))
    return found


def _load(people: Collection[int], until: datetime) -> dict[int, float]:
    since = until - LOAD_OF
    spans: dict[int, list[Stretch]] = defaultdict(list)
    rows = Duty.objects.held().overlapping(since, until).filter(person__in=people)
    for person, starts, ends in rows.values_list("person_id", "starts_at", "ends_at"):
        spans[person].append((starts, ends))
    return defaultdict(float, {person: served(theirs, since, until) for person, theirs in spans.items()})


def _near(people: Collection[int], start: datetime, end: datetime) -> dict[int, list[str]]:
    """In which rotations they have a place: the one before the stretch, those that it touches, and the one after."""
    inside = Q(starts_at__lt=end, ends_at__gt=start)
    before = Rotation.objects.filter(starts_at__lt=start).exclude(inside).order_by("-starts_at").values("pk")[:1]
    after = Rotation.objects.filter(starts_at__gte=end).order_by("starts_at").values("pk")[:1]
    touched = Rotation.objects.filter(inside).values("pk")
    rows = Place.objects.filter(
        Q(rotation__in=before) | Q(rotation__in=after) | Q(rotation__in=touched), person__in=people
    ).order_by("rotation__starts_at")
    found: dict[int, list[str]] = defaultdict(list)
    for person, number in rows.values_list("person_id", "rotation__number"):
        found[person or 0].append(f"rotation {number}")
    return found

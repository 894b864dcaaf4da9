"""Who is on now and next: for the on-call page and for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Subquery, Value
from django.db.models.functions import Coalesce

from cadence.queries import team_zone
from people.models import Person
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import ChannelHeader, Duty, HandOver, Place, Rotation, Schedule
from set_rotation.queries.contacts import reach_words
from set_rotation.queries.on_now import KEPT, keep_on_now, ring
from set_rotation.rules.on_call import Stretch, city, coming, day_of, missing
from set_rotation.rules.spans import hand_over_due

HAS_LEFT = "Has left: a page goes past them"
MOST_ROWS = 200  # duties between now and the next shift: an override an hour for a week


@dataclass(frozen=True)
class Intent:
    """A place of a rotation, its person, and one shift of it (or none: on SET without a seat)."""

    rotation: Rotation
    role: PlaceRole
    person: Person | None
    starts_at: datetime | None


@dataclass(frozen=True)
class OnCall:
    """Who holds which seat at `at`, and at `next_at`, when the next shift begins (None: none is planned).

    `rotation` runs at `at`, `next_rotation` at `next_at`; `others` and `next_others` serve in them without a seat then.
    `coming`: what changes in between, gaps included.
    """

    at: datetime
    now: dict[Seat, Duty]
    next_at: datetime | None
    next: dict[Seat, Duty]
    rotation: Rotation | None
    next_rotation: Rotation | None
    others: tuple[Person, ...]
    next_others: tuple[Person, ...]
    coming: tuple[Stretch, ...]
    people: dict[int, Person]


def on_call(at: datetime, *, keep: bool = False) -> OnCall:
    """Who is on at a moment, and next. Two queries. `keep`: `at` is now, so the head of every page is told too."""
    intents = _intents(at)
    starts = [one.starts_at for one in intents if one.starts_at and one.starts_at > at]
    next_at = min(starts, default=None)
    end = max(next_at or at, at + timedelta(seconds=KEPT))
    rows = list(Duty.objects.held().filter(ends_at__gt=at, starts_at__lte=end)
                .select_related("person", "rotation").order_by("starts_at")[:MOST_ROWS])
    if keep:
        keep_on_now((row for row in rows if row.starts_at < at + timedelta(seconds=KEPT)), at)
    rotation = next((one.rotation for one in intents if one.rotation.starts_at <= at), None)
    following = next((one.rotation for one in intents
                      if next_at and one.rotation.starts_at <= next_at < one.rotation.ends_at), None)
    now, then = _seats(rows, at), _seats(rows, next_at) if next_at else {}
    until = min(filter(None, [next_at, rotation.ends_at if rotation else None]), default=None)
    held = [Stretch(Seat(row.seat), row.person_id, row.starts_at, row.ends_at) for row in rows]
    return OnCall(
        at=at, now=now, next_at=next_at, next=then, rotation=rotation, next_rotation=following,
        others=_others(intents, rotation, now), next_others=_others(intents, following, then),
        coming=coming(held, at, until) if rotation and until else (),
        people={row.person_id: row.person for row in rows},
    )


def _intents(at: datetime) -> list[Intent]:
    """The places of the rotation that runs and of the next one, once for each shift."""
    soon = Rotation.objects.filter(ends_at__gt=at).order_by("starts_at").values("pk")[:2]
    rows = Place.objects.filter(rotation__in=soon).select_related("rotation", "person").annotate(
        shift_starts=F("shifts__starts_at")
    ).order_by("rotation__starts_at", "number", "shift_starts")
    return [Intent(row.rotation, PlaceRole(row.role), row.person, row.shift_starts) for row in rows]


def _seats(rows: Iterable[Duty], at: datetime) -> dict[Seat, Duty]:
    return {Seat(row.seat): row for row in rows if row.starts_at <= at < row.ends_at}


def _others(intents: Sequence[Intent], rotation: Rotation | None, seats: dict[Seat, Duty]) -> tuple[Person, ...]:
    seated = {row.person_id for row in seats.values()}
    found = {one.person.pk: one.person for one in intents
             if one.rotation == rotation and one.role == PlaceRole.ENGINEER and one.person}
    return tuple(person for pk, person in found.items() if pk not in seated)


# ---- The page ----------------------------------------------------------------------


@dataclass(frozen=True)
class Who:
    """Somebody on the page: `local` is their time of day in `city`, `reach` how a page reaches them, in words."""

    id: str
    name: str
    initials: str
    title: str
    zone: str
    local: datetime
    city: str
    mattermost: str
    email: str
    me: bool
    reach: str = ""


@dataclass(frozen=True)
class SeatRow:
    """A seat of a card; `who` None: nobody. `until` is said where it is not the whole card's."""

    seat: Seat
    who: Who | None
    until: datetime | None = None
    by_override: bool = False


@dataclass(frozen=True)
class Card:
    """On now, or next. `gaps` names the seats that nobody holds."""

    seats: tuple[SeatRow, ...]
    others: tuple[Who, ...]
    gaps: str


@dataclass(frozen=True)
class Coming:
    """A change before the next shift: somebody takes over, or (`who` "") nobody is there."""

    seat: str
    who: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class OnCallPage:
    """See templates/rotations/on_call.html."""

    planned: bool
    rotation: int | None
    day: int
    days: int
    hand_over_at: datetime | None
    handed_over_at: datetime | None
    until: datetime | None
    now: Card
    next: Card | None
    next_at: datetime | None
    next_rotation: int | None
    coming: tuple[Coming, ...]
    trouble: str
    mine: str  # the seat that the reader holds now, in words
    mine_until: datetime | None


def on_call_page(*, reader: Person, at: datetime) -> OnCallPage:
    """The page for one reader, in four queries; what the head of the page asks is among them."""
    found, plan = on_call(at, keep=True), _schedule(at)
    reach = reach_words([row.person_id for row in found.now.values()]) if found.now else {}
    rotation = found.rotation
    until = min(filter(None, [found.next_at, rotation.ends_at if rotation else None]), default=None)
    day, days = day_of(rotation.starts_at, rotation.ends_at, at, team_zone()) if rotation else (0, 0)
    mine = next((row for row in found.now.values() if row.person_id == reader.pk), None)
    return OnCallPage(
        planned=bool(rotation or found.next_at or found.now), rotation=rotation.number if rotation else None,
        day=day, days=days, hand_over_at=_due(rotation, found.now.get(Seat.LEAD), plan), until=until,
        handed_over_at=plan.handed_over_at if plan else None,
        now=_card(found.now, found.others, reader, at, reach, until),
        next=_card(found.next, found.next_others, reader, at, {}, None) if found.next_at else None,
        next_at=found.next_at, next_rotation=found.next_rotation.number if found.next_rotation else None,
        coming=tuple(
            Coming(one.seat.label, found.people[one.person].name if one.person else "", one.starts_at, one.ends_at)
            for one in found.coming
        ),
        trouble=plan.trouble if plan else "", mine=Seat(mine.seat).label.lower() if mine else "",
        mine_until=mine.ends_at if mine else None,
    )


def _schedule(at: datetime) -> "_Plan | None":
    given = HandOver.objects.filter(rotation__starts_at__lte=at, rotation__ends_at__gt=at).values("given_at")[:1]
    last = ChannelHeader.objects.exclude(trouble="").order_by("-trouble_at")
    row = Schedule.objects.annotate(
        trouble=Coalesce(Subquery(last.values("trouble")[:1]), Value("")), handed_over_at=Subquery(given)
    ).first()
    return _Plan(row, row.trouble, row.handed_over_at) if row else None


@dataclass(frozen=True)
class _Plan:
    row: Schedule
    trouble: str
    handed_over_at: datetime | None


def _due(rotation: Rotation | None, lead: Duty | None, plan: "_Plan | None") -> datetime | None:
    if rotation is None or plan is None:
        return None
    zone = lead.person.zone if lead else team_zone()
    return hand_over_due(rotation.ends_at, plan.row.hand_over_weekday, plan.row.hand_over_at, zone)


def _card(
    seats: dict[Seat, Duty], others: Iterable[Person], reader: Person, at: datetime, reach: dict[int, str],
    until: datetime | None,
) -> Card:
    rows = []
    for seat in Seat:
        row = seats.get(seat)
        ends = row.ends_at if row and until and row.ends_at < until else None
        who = _who(row.person, reader, at, reach.get(row.person_id, "")) if row else None
        rows.append(SeatRow(seat, who, ends, bool(row and row.override_id)))
    gaps = [row.seat for row in rows if row.who is None]
    return Card(tuple(rows), tuple(_who(person, reader, at) for person in others), missing(gaps))


def _who(person: Person, reader: Person, at: datetime, reach: str = "") -> Who:
    return Who(
        id=ring(person.jira_account_id, person.pk), name=person.name, initials=person.initials,
        title=f"{person.name} · {person.zone}", zone=person.zone, local=at.astimezone(ZoneInfo(person.zone)),
        city=city(person.zone), mattermost=person.mattermost_name.removeprefix("@"), email=person.email,
        me=person.pk == reader.pk, reach=reach if person.is_active else HAS_LEFT,
    )

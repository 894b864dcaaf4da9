"""A request to the planner out of the database: roster, absences, what teams owe, wishes, and the load so far."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import lcm
from zoneinfo import ZoneInfo

from cadence.queries import holidays, team_zone
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import Away, Commitment, Duty, Member, Page, Place, Rotation, Wish
from set_rotation.queries.planning.slots import Slot
from set_rotation.rules.load import load_of
from set_rotation.rules.planning import shapes
from set_rotation.rules.planning.keeping import Ask
from set_rotation.rules.planning.shares import as_if_all_along

WINDOW = timedelta(weeks=52)  # so far back load is looked at: 26 rotations
WEEK = timedelta(days=7)
NO_TEAM = "no team"


@dataclass(frozen=True)
class Asked:
    """A request with the slots that it is about."""

    request: shapes.Request
    slots: tuple[Slot, ...]


def asked(slots: Sequence[Slot], ask: Ask) -> Asked:
    """What the solver is asked for these rotations. Nine queries, however many people."""
    members = _members(slots)
    request = shapes.Request(
        rotations=tuple(_rotation(slot, ask) for slot in slots),
        candidates=tuple(_candidates(slots, members)),
        commitments=tuple(_commitments(slots)),
        wishes=tuple(_wishes(slots, {row.person_id for row in members})),
        rules=shapes.Rules(ask.one_per_team, ask.commitments, ask.wishes_must),
    )
    return Asked(request, tuple(slots))


def _rotation(slot: Slot, ask: Ask) -> shapes.Rotation:
    free, zone = holidays(), team_zone()
    places = []
    for number in range(slot.pattern.engineers + 1):
        mine = [span for span in slot.spans if span.place == number]
        held = slot.places.get(number)
        places.append(shapes.Place(
            PlaceRole.ENGINEER.value if number else PlaceRole.LEAD.value,
            tuple(shapes.Shift(
                span.seat.value, _weeks(slot, span.starts_at, span.ends_at),
                load_of(span.starts_at, span.ends_at, span.seat, zone, free).points,
            ) for span in mine),
            held.person_id if held and ask.keeps else None,
        ))
    return shapes.Rotation(slot.name, tuple(places), slot.pattern.weeks, frozenset(ask.skills))


def _weeks(slot: Slot, starts_at: datetime, ends_at: datetime) -> frozenset[int]:
    edges = enumerate(week_edges(slot))
    return frozenset(number for number, (start, end) in edges if start < ends_at and starts_at < end)


def week_edges(slot: Slot) -> list[tuple[datetime, datetime]]:
    """The weeks of a rotation, `[start, end)` in UTC, by the clocks of the team: as its shifts have them, where each
    week has one."""
    zone = ZoneInfo(team_zone())
    edges = sorted({span.starts_at for span in slot.spans})
    if len(edges) != slot.pattern.weeks:
        begins = slot.starts_at.astimezone(zone)
        edges = [(begins + timedelta(weeks=number)).astimezone(ZoneInfo("UTC")) for number in range(slot.pattern.weeks)]
    return list(zip(edges, [*edges[1:], slot.ends_at], strict=True))


def _members(slots: Sequence[Slot]) -> list[Member]:
    zone = ZoneInfo(team_zone())
    first, last = slots[0].starts_at.astimezone(zone).date(), slots[-1].ends_at.astimezone(zone).date()
    rows = Member.objects.between(first, last).filter(person__is_active=True).select_related("person", "team")
    return list(rows.order_by("person_id", "joins_on"))


def _candidates(slots: Sequence[Slot], members: Sequence[Member]) -> Iterable[shapes.Candidate]:
    by_person: dict[int, list[Member]] = defaultdict(list)
    for row in members:
        by_person[row.person_id].append(row)
    away, weeks = _away(slots, by_person), _weeks_of(slots)
    start = slots[0].starts_at
    loads = _loads(by_person, start, slots[-1].ends_at)
    before, after = _around(slots)
    member = _membership(by_person, start)
    usual = {seat: _mean(load.seats[seat] for who, load in loads.items() if member.get(who, 0) == 26)
             for seat in shapes.SEATS}
    usual_points = _mean(load.points for who, load in loads.items() if member.get(who, 0) == 26)
    for who, rows in by_person.items():
        last, load, share = rows[-1], loads[who], member.get(who, 0)
        yield shapes.Candidate(
            id=who, name=last.person.name, team=last.team.name if last.team else NO_TEAM,
            here=frozenset(spot for spot, days in weeks.items() if any(_covers(row, *days) for row in rows)),
            skills=frozenset(skill for row in rows for skill in row.skills),
            can_lead=any(row.leads for row in rows), can_engineer=any(row.engineers for row in rows),
            away=away.get(who, {}), before=who in before, after=who in after,
            so_far=as_if_all_along(load.seats, share, 26, usual),
            points=load.points + round(usual_points * (26 - share) / 26),
        )


def _weeks_of(slots: Sequence[Slot]) -> dict[shapes.Week, tuple[date, date]]:
    """The local days `[first, end)` of each week of a plan."""
    zone = ZoneInfo(team_zone())
    return {(r, week): (start.astimezone(zone).date(), end.astimezone(zone).date())
            for r, slot in enumerate(slots) for week, (start, end) in enumerate(week_edges(slot))}


def _covers(row: Member, first: date, end: date) -> bool:
    return row.joins_on <= first and (row.leaves_on is None or row.leaves_on >= end)


def _away(slots: Sequence[Slot], people: Collection[int]) -> dict[int, dict[shapes.Week, str]]:
    found: dict[int, dict[shapes.Week, str]] = defaultdict(dict)
    rows = Away.objects.filter(person__in=people, starts_at__lt=slots[-1].ends_at, ends_at__gt=slots[0].starts_at)
    edges = [((r, week), start, end) for r, slot in enumerate(slots) for week, (start, end) in
             enumerate(week_edges(slot))]
    for row in rows.order_by("starts_at"):
        words = away_words(row.starts_at, row.ends_at)
        for spot, start, end in edges:
            if row.starts_at < end and start < row.ends_at:
                before = found[row.person_id].get(spot)
                found[row.person_id][spot] = f"{before} and {words}" if before else words
    return found


def away_words(starts_at: datetime, ends_at: datetime) -> str:
    """When somebody is away, in days of the team: "3–14 May", "28 May – 2 Jun", "5 May"."""
    zone = ZoneInfo(team_zone())
    first, last = starts_at.astimezone(zone), (ends_at - timedelta(seconds=1)).astimezone(zone)
    if first.date() == last.date():
        return f"{first.day} {first:%b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%b}"
    return f"{first.day} {first:%b} – {last.day} {last:%b}"


def _around(slots: Sequence[Slot]) -> tuple[set[int], set[int]]:
    """Who serves in the rotation right before the first, and right after the last."""
    def serving(rotation: Rotation | None) -> set[int]:
        if rotation is None:
            return set()
        places = Place.objects.filter(rotation=rotation, person__isnull=False).values_list("person_id", flat=True)
        duty = Duty.objects.held().filter(rotation=rotation).values_list("person_id", flat=True)
        return {who for who in (*places, *duty) if who is not None}

    return (serving(Rotation.objects.filter(ends_at=slots[0].starts_at).first()),
            serving(Rotation.objects.filter(starts_at=slots[-1].ends_at).first()))


@dataclass(frozen=True)
class SoFar:
    """Shifts of each seat, and points."""

    seats: dict[str, int]
    points: int


def _loads(people: Collection[int], start: datetime, end: datetime) -> dict[int, SoFar]:
    """What each carried in the year before a moment, whatever is planned for then included."""
    spent: dict[tuple[int, str], timedelta] = defaultdict(timedelta)
    points: dict[int, int] = defaultdict(int)
    pages: dict[int, int] = defaultdict(int)
    for who in Page.objects.filter(
        acknowledged_at__gte=start - WINDOW, acknowledged_by__in=people, acknowledged_at__lt=start, test=False
    ).values_list("acknowledged_by_id", flat=True):
        pages[who or 0] += 1
    free, rows = holidays(), Duty.objects.held().overlapping(start - WINDOW, start).filter(person__in=people)
    for row in rows.select_related("person"):
        begins, ends = max(row.starts_at, start - WINDOW), min(row.ends_at, start)
        spent[row.person_id, row.seat] += ends - begins
        points[row.person_id] += load_of(begins, ends, Seat(row.seat), row.person.zone, free).points
    for who, count in pages.items():
        points[who] += load_of(start, start, Seat.PRIMARY, team_zone(), pages=count).points
    length = {shapes.LEAD: 2 * WEEK, shapes.PRIMARY: WEEK, shapes.BACKUP: WEEK}
    return {who: SoFar({seat: round(spent[who, seat] / length[seat]) for seat in shapes.SEATS}, points[who])
            for who in people}


def _membership(people: dict[int, list[Member]], start: datetime) -> dict[int, int]:
    """For how many of the last 26 rotations' time each has been a member; all, as long as nobody served before."""
    last = start.astimezone(ZoneInfo(team_zone())).date()
    served = Duty.objects.held().overlapping(start - WINDOW, start).order_by("starts_at").first()
    if served is None:
        return dict.fromkeys(people, 26)
    first = max(last - WINDOW, served.starts_at.date())
    whole = max((last - first).days, 1)
    found = {}
    for who, rows in people.items():
        days = sum(max((min(row.leaves_on or last, last) - max(row.joins_on, first)).days, 0) for row in rows)
        found[who] = min(26, round(26 * days / whole))
    return found


def _mean(values: Iterable[int]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _commitments(slots: Sequence[Slot]) -> Iterable[shapes.Commitment]:
    """What each team owes over the plan; one that changes in between counts for the rotations in which it holds."""
    zone = ZoneInfo(team_zone())
    days = [slot.starts_at.astimezone(zone).date() for slot in slots]
    owed: dict[str, tuple[Fraction, Fraction]] = {}
    for row in Commitment.objects.filter(starts_on__lte=days[-1]).select_related("team"):
        holds = sum(row.starts_on <= day and (row.ends_on is None or day < row.ends_on) for day in days)
        if holds:
            engineers, leads = owed.get(row.team.name, (Fraction(0), Fraction(0)))
            part = Fraction(holds, len(days) * row.per)
            owed[row.team.name] = (engineers + row.engineers * part, leads + row.leads * part)
    for team, (engineers, leads) in sorted(owed.items()):
        per = lcm(engineers.denominator, leads.denominator)
        yield shapes.Commitment(team, int(engineers * per), int(leads * per), per)


def _wishes(slots: Sequence[Slot], people: Collection[int]) -> Iterable[shapes.Wish]:
    zone = ZoneInfo(team_zone())
    days = [(slot.starts_at.astimezone(zone).date(), slot.ends_at.astimezone(zone).date()) for slot in slots]
    rows = Wish.objects.filter(person__in=people, starts_on__lt=days[-1][1], ends_on__gt=days[0][0])
    for row in rows.order_by("person_id", "starts_on", "pk"):
        during = tuple(r for r, (first, end) in enumerate(days) if row.starts_on < end and first < row.ends_on)
        if during:
            yield shapes.Wish(row.person_id, row.kind, during, row.note)

"""Whether duty is shared fairly: what each has carried, and what would have been theirs. No database, no clock.

The norm: the load of each seat is shared among those who can serve in it, by the time for which they were on the roster
and not away. So who joined in July owes half a year, and who only leads owes nothing of the engineers' seats.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from set_rotation.choices import Seat
from set_rotation.rules.load import PER_PAGE, Load, load_of, total

Stretch = tuple[datetime, datetime]
NEVER, BETTER = 0.5, 0.3  # the share of time on call that must never be reached, and that had better not be passed
BUCKETS = 12  # equal parts of the span, for the trend; four quarters of three
NOTHING, WEEK = timedelta(0), timedelta(days=7)


@dataclass(frozen=True)
class Served:
    """Somebody was in a seat, `[starts_at, ends_at)`; by an override they stood in for somebody else."""

    person: int
    seat: Seat
    starts_at: datetime
    ends_at: datetime
    override: bool = False


@dataclass(frozen=True)
class Standing:
    """When somebody was on the roster, as what, and when they were away. `zone` is their own."""

    person: int
    zone: str
    member: tuple[Stretch, ...]
    away: tuple[Stretch, ...] = ()
    leads: bool = True
    engineers: bool = True

    def can(self, seat: Seat) -> bool:
        """Whether a seat is among those that they share."""
        return self.leads if seat == Seat.LEAD else self.engineers


@dataclass(frozen=True)
class Fair:
    """What somebody carried in a span. `norm` in points; `share` of their time on the roster that they were in a seat;
    `stood_in` weeks by overrides; `parts` points by twelfth of the span; `over` in average weeks, 0 is even; `days` on
    the roster."""

    person: int
    load: Load
    weeks: Mapping[Seat, float]
    norm: float
    share: float
    stood_in: float
    parts: tuple[int, ...]
    over: int
    days: int

    @property
    def quarters(self) -> tuple[int, int, int, int]:
        """Points by quarter of the span."""
        a, b, c, d = (sum(self.parts[n:n + 3]) for n in range(0, BUCKETS, 3))
        return a, b, c, d

    @property
    def alarm(self) -> str:
        """The tone of the share: red where it must never be, amber where it had better not be."""
        return "red" if self.share >= NEVER else "amber" if self.share > BETTER else ""


def clipped(stretches: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """What of these lies in `[start, end)`, merged where it overlaps, in the order of time."""
    found: list[Stretch] = []
    for begins, ends in sorted((max(one, start), min(other, end)) for one, other in stretches):
        if begins >= ends:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def length(stretches: Iterable[Stretch]) -> timedelta:
    """How long these are together; they do not overlap."""
    return sum((ends - begins for begins, ends in stretches), NOTHING)


def available(who: Standing, start: datetime, end: datetime) -> timedelta:
    """How long somebody was on the roster in `[start, end)` and not away."""
    member = clipped(who.member, start, end)
    gone = sum((length(clipped(who.away, *stretch)) for stretch in member), NOTHING)
    return length(member) - gone


def fairness(
    served: Iterable[Served], standings: Iterable[Standing], answered: Iterable[tuple[int, datetime]], *,
    start: datetime, end: datetime, holidays: Set[date] = frozenset(),
) -> list[Fair]:
    """What everybody carried in `[start, end)`, members or not, in the order of their ids. `answered`: who acknowledged
    a page when; tests are not meant. Where nobody keeps a roster, whoever served shares it."""
    by_person: dict[int, list[Served]] = defaultdict(list)
    for one in served:
        if one.starts_at < end and one.ends_at > start:
            by_person[one.person].append(one)
    pages: dict[int, list[datetime]] = defaultdict(list)
    for person, at in answered:
        if start <= at < end:
            pages[person].append(at)
    known = {one.person: one for one in standings}
    if not known:
        known = {pk: Standing(pk, "UTC", ((start, end),)) for pk in by_person}
    people = sorted(known.keys() | by_person.keys() | pages.keys())
    zones = {pk: known[pk].zone if pk in known else "UTC" for pk in people}
    seats = {pk: _by_seat(by_person[pk], zones[pk], start, end, holidays) for pk in people}
    norms = _norms(seats, pages, known, start, end)
    week = _average_week(seats, pages)
    return [
        _fair(pk, seats[pk], by_person[pk], pages[pk], norms[pk], week, known.get(pk),
              _Span(start, end, zones[pk], holidays)) for pk in people
    ]


@dataclass(frozen=True)
class _Span:
    start: datetime
    end: datetime
    zone: str
    holidays: Set[date]


def _by_seat(
    theirs: Iterable[Served], zone: str, start: datetime, end: datetime, holidays: Set[date]
) -> dict[Seat, Load]:
    found: dict[Seat, list[Load]] = defaultdict(list)
    for one in theirs:
        found[one.seat].append(load_of(max(one.starts_at, start), min(one.ends_at, end), one.seat, zone, holidays))
    return {seat: total(loads) for seat, loads in found.items()}


def _norms(
    seats: Mapping[int, Mapping[Seat, Load]], pages: Mapping[int, Sequence[datetime]], known: Mapping[int, Standing],
    start: datetime, end: datetime,
) -> dict[int, float]:
    """Each seat's points, shared by availability among those who can serve in it; pages go with the engineers'."""
    free = {pk: available(who, start, end) / WEEK for pk, who in known.items()}
    norms: dict[int, float] = defaultdict(float)
    for seat in Seat:
        points = sum(theirs[seat].points for theirs in seats.values() if seat in theirs)
        if seat == Seat.PRIMARY:
            points += PER_PAGE * sum(map(len, pages.values()))
        pool = {pk: weeks for pk, weeks in free.items() if known[pk].can(seat) and weeks > 0}
        whole = sum(pool.values())
        for pk, weeks in pool.items():
            norms[pk] += points * weeks / whole
    return norms


def _average_week(seats: Mapping[int, Mapping[Seat, Load]], pages: Mapping[int, Sequence[datetime]]) -> float:
    """What a week in a seat weighed on average; with it, points are said in weeks."""
    loads = [load for theirs in seats.values() for load in theirs.values()]
    weeks = sum(load.weeks for load in loads)
    points = sum(load.points for load in loads) + PER_PAGE * sum(map(len, pages.values()))
    return points / weeks if weeks else 1.0


def _fair(
    pk: int, seats: Mapping[Seat, Load], theirs: Sequence[Served], pages: Sequence[datetime], norm: float, week: float,
    who: Standing | None, span: _Span,
) -> Fair:
    load = total([*seats.values(), Load(pages=len(pages), points=PER_PAGE * len(pages))])
    inside = clipped(who.member, span.start, span.end) if who else [(span.start, span.end)]
    on_roster, in_seat = length(inside), length(clipped(((one.starts_at, one.ends_at) for one in theirs), span.start,
                                                        span.end))
    stood_in = length(clipped(((one.starts_at, one.ends_at) for one in theirs if one.override), span.start, span.end))
    more = (load.points - norm) / week
    return Fair(
        pk, load, {seat: seats[seat].weeks if seat in seats else 0.0 for seat in Seat}, norm,
        in_seat / on_roster if on_roster else float(in_seat > NOTHING), stood_in / WEEK,
        _parts(theirs, pages, span), 0 if abs(more) < 1.5 else round(more), on_roster.days if who else 0,
    )


def edges(start: datetime, end: datetime) -> list[datetime]:
    """The edges of the span's equal parts."""
    return [start + (end - start) * number / BUCKETS for number in range(BUCKETS)] + [end]


def _parts(theirs: Sequence[Served], pages: Sequence[datetime], span: _Span) -> tuple[int, ...]:
    marks = edges(span.start, span.end)
    found = []
    for begins, ends in pairwise(marks):
        loads = [load_of(max(one.starts_at, begins), min(one.ends_at, ends), one.seat, span.zone, span.holidays)
                 for one in theirs if one.starts_at < ends and one.ends_at > begins]
        found.append(total(loads).points + PER_PAGE * sum(begins <= at < ends for at in pages))
    return tuple(found)


# ---- Teams ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owes:
    """A team owes so many engineers and leads in every `per` rotations, on the days `[starts_on, ends_on)`."""

    team: int
    engineers: int
    leads: int
    per: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class TeamFair:
    """What a team owed and lent over the rotations of a span, places of engineers and of leads."""

    team: int
    owed_engineers: float
    owed_leads: float
    engineers: int
    leads: int

    @property
    def more(self) -> int:
        """How many places more than owed; negative: fewer. Less than half a place is none."""
        return round(self.engineers + self.leads - self.owed_engineers - self.owed_leads)


def team_fairness(
    begins: Iterable[date], owes: Iterable[Owes], lent: Iterable[tuple[int, bool]], teams: Iterable[int] = ()
) -> list[TeamFair]:
    """Each team's places against what it owes. `begins`: the days on which the rotations of the span began; `lent`: a
    team and whether as lead, for each place that somebody of it had."""
    days = list(begins)
    owed: dict[int, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for one in owes:
        many = sum(one.starts_on <= day and (one.ends_on is None or day < one.ends_on) for day in days)
        owed[one.team][0] += Fraction(many * one.engineers, one.per)
        owed[one.team][1] += Fraction(many * one.leads, one.per)
    had: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for team, leads in lent:
        had[team][int(leads)] += 1
    return [TeamFair(team, float(owed[team][0]), float(owed[team][1]), *had[team])
            for team in sorted({*owed, *had, *teams})]

"""What fairness stands on: duty, the roster, absences, pages answered, over the span that an address asks for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cadence.queries import holidays, team_zone
from cadence.rules import instant
from set_rotation.choices import Seat
from set_rotation.models import Away, Duty, Member, Page
from set_rotation.rules.fairness import Fair, Served, Standing, Stretch, fairness

YEAR, LONGEST = timedelta(days=364), timedelta(days=366 * 5)
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
SORTS = ("name", "load", "weeks", "primary", "backup", "lead", "nights", "weekends", "holidays", "pages", "share",
         "over")


@dataclass(frozen=True)
class Asked:
    """What the address asks for: days `[first, until)` of the team, and by what the people stand."""

    first: date
    until: date
    sort: str


def read_asked(address: Mapping[str, str], today: date) -> Asked:
    """The span and order of an address; without good ones the twelve months until today, most loaded first."""
    first, until = _day(address.get("from", "")), _day(address.get("until", ""))
    until = until or today
    first = first or until - YEAR
    if not timedelta(days=1) <= until - first <= LONGEST:
        first, until = today - YEAR, today
    sort = address.get("sort", "")
    return Asked(first, until, sort if sort.removeprefix("-") in SORTS else "-load")


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def span(asked: Asked) -> Stretch:
    zone = team_zone()
    return instant(asked.first, time(0), zone), instant(asked.until, time(0), zone)


def members_of(asked: Asked) -> list[Member]:
    return list(Member.objects.between(asked.first, asked.until).select_related("person", "team").order_by("joins_on"))


def carried(members: Iterable[Member], start: datetime, end: datetime) -> list[Fair]:
    duty = Duty.objects.held().overlapping(start, end)
    served = [Served(person, Seat(seat), starts, ends, override is not None) for person, seat, starts, ends, override in
              duty.values_list("person_id", "seat", "starts_at", "ends_at", "override_id")]
    pages = Page.objects.filter(acknowledged_at__gte=start, acknowledged_at__lt=end, test=False,
                                acknowledged_by__isnull=False)
    answered = [(person, when) for person, when in pages.values_list("acknowledged_by_id", "acknowledged_at")
                if person is not None and when is not None]
    return fairness(served, _standings(members, start, end), answered, start=start, end=end, holidays=holidays())


def _standings(members: Iterable[Member], start: datetime, end: datetime) -> list[Standing]:
    zone = team_zone()
    away: dict[int, list[Stretch]] = defaultdict(list)
    rows = Away.objects.filter(starts_at__lt=end, ends_at__gt=start)
    for person, starts, ends in rows.values_list("person_id", "starts_at", "ends_at"):
        away[person].append((starts, ends))
    by_person: dict[int, list[Member]] = defaultdict(list)
    for row in members:
        by_person[row.person_id].append(row)
    return [
        Standing(pk, theirs[-1].person.zone, tuple(_stretch(row, zone, end) for row in theirs), tuple(away[pk]),
                 leads=any(row.leads for row in theirs), engineers=any(row.engineers for row in theirs))
        for pk, theirs in by_person.items()
    ]


def _stretch(row: Member, zone: str, end: datetime) -> Stretch:
    joins = instant(row.joins_on, time(0), zone)
    return joins, instant(row.leaves_on, time(0), zone) if row.leaves_on else max(end, joins)


def _team_of(members: Iterable[Member], person: int) -> str:
    return next((row.team.name for row in members if row.person_id == person and row.team), "")



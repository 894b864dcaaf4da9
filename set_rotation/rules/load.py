"""How much a stretch of duty weighs: weeks, nights, days of weekends and holidays, and pages answered.

One measure for the planner, for fairness and for replacements, in points (`PER_WEEK` and the others say how many).
People feel duty by their own clock, so nights and days are those of their zone.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from cadence.rules import instant
from set_rotation.choices import Seat

WEEK = timedelta(days=7)
NIGHT = (time(22), time(7))  # in whose middle nobody wants to be called
WEEKEND = frozenset({5, 6})
# Points for a week of duty by seat; what a night, a day of the weekend or a holiday adds is times the seat's part.
PER_WEEK = {Seat.PRIMARY: 40, Seat.BACKUP: 20, Seat.LEAD: 20}
PER_NIGHT, PER_WEEKEND_DAY, PER_HOLIDAY, PER_PAGE = 4, 6, 12, 10
PARTS = {Seat.PRIMARY: Fraction(1), Seat.BACKUP: Fraction(1, 2), Seat.LEAD: Fraction(1, 4)}


@dataclass(frozen=True)
class Load:
    """What a stretch weighs. Weeks are weeks of real time; a day of a weekend or a holiday counts if its noon lies in
    the stretch, a night if its middle does (02:30 by their clock). A stretch without a noon counts the day on which it
    begins. `points` is all of it in one whole number."""

    weeks: float = 0.0
    nights: int = 0
    weekend_days: int = 0
    holidays: int = 0
    pages: int = 0
    points: int = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.weeks + other.weeks, self.nights + other.nights, self.weekend_days + other.weekend_days,
            self.holidays + other.holidays, self.pages + other.pages, self.points + other.points,
        )


def load_of(
    starts_at: datetime, ends_at: datetime, seat: Seat, zone: str, holidays: Set[date] = frozenset(), pages: int = 0
) -> Load:
    """The load of holding a seat in `[starts_at, ends_at)`, as somebody in this IANA zone feels it.

    `holidays` are the days of their calendar, `pages` how many they answered then. Nothing for an empty stretch.
    """
    if ends_at <= starts_at:
        return Load(pages=pages, points=PER_PAGE * pages)
    seat = Seat(seat)
    days = _days(starts_at, ends_at, zone)
    weeks = (ends_at - starts_at) / WEEK
    nights = sum(_has_night(day, zone, starts_at, ends_at) for day in [days[0] - timedelta(days=1), *days])
    weekend = sum(day.weekday() in WEEKEND for day in days)
    free = sum(day in holidays and day.weekday() not in WEEKEND for day in days)
    extra = PER_NIGHT * nights + PER_WEEKEND_DAY * weekend + PER_HOLIDAY * free
    points = round(PER_WEEK[seat] * Fraction(weeks).limit_denominator(10_000) + extra * PARTS[seat]) + PER_PAGE * pages
    return Load(weeks, nights, weekend, free, pages, points)


def total(loads: Iterable[Load]) -> Load:
    """All of them together."""
    return sum(loads, Load())


def _days(starts_at: datetime, ends_at: datetime, zone: str) -> list[date]:
    """The local days whose noon lies in the stretch: a Monday on which duty changes hands at nine is whose noon it is.

    A stretch without a noon is of the day on which it begins.
    """
    first = starts_at.astimezone(ZoneInfo(zone)).date()
    last = ends_at.astimezone(ZoneInfo(zone)).date()
    all_days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in all_days if starts_at <= instant(day, time(12), zone) < ends_at] or [first]


def _has_night(day: date, zone: str, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the middle of the night that begins in the evening of this day lies in the stretch."""
    begins = instant(day, NIGHT[0], zone)
    ends = instant(day + timedelta(days=1), NIGHT[1], zone)
    return starts_at <= begins + (ends - begins) / 2 < ends_at

"""The calendar's page: two releases, the coming four weeks, holidays, meetings, and what was changed last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cadence import rules
from cadence.choices import COMPANY, MeetingKind, Weekday, What
from cadence.models import CadenceEvent, Holiday, MeetingTime, ReleaseStep
from cadence.queries.facts import CalendarNow, calendar_now, holidays, meeting, plan, team_zone
from portal.common.templatetags.parts import clock_text

WEEKS, WEEK, CHANGES = 4, timedelta(days=7), 6
YEARS = range(2000, 2100)


@dataclass(frozen=True)
class MilestoneRow:
    """`day` has no year, its release names one. `away`: in working days, "in 6", "3 ago" or "today".

    `state`: past, today, next (of all that come) or later.
    """

    key: str
    name: str
    t_minus: int
    day: str
    iso: str
    away: str
    state: str
    daily_triage: bool


@dataclass(frozen=True)
class Release:
    name: str
    day: str
    current: bool
    rows: tuple[MilestoneRow, ...]


@dataclass(frozen=True)
class DayCell:
    """A weekday of the coming weeks. `triage` says why it is held or not; `meets` is the meeting of SET, or ""."""

    day: str
    iso: str
    state: str
    holiday: str
    triage: rules.TriageDay
    meets: str
    milestones: tuple[str, ...]


@dataclass(frozen=True)
class HolidayRow:
    pk: int
    name: str
    day: str
    iso: str
    relative: str
    past: bool
    by_hand: bool


@dataclass(frozen=True)
class MeetingRow:
    kind: str
    name: str
    days: str
    clock: str
    zone: str
    default: bool


@dataclass(frozen=True)
class Change:
    by: str
    what: str
    which: str
    at: datetime


@dataclass(frozen=True)
class CalendarPage:
    """See templates/cadence/calendar.html. `before`, `after`: the months beside it, as the address has them."""

    now: CalendarNow
    today: str
    next_milestone: str
    month: str
    before: str
    after: str
    shown_is_now: bool
    releases: tuple[Release, ...]
    weeks: tuple[tuple[DayCell, ...], ...]
    holidays: tuple[HolidayRow, ...]
    year: int
    known_until: int
    meetings: tuple[MeetingRow, ...]
    changes: tuple[Change, ...]


def calendar_page(*, at: datetime, month: str = "") -> CalendarPage:
    """The page for a month as "2026-11"; for the release of today if it names none. Six queries at most."""
    now, free, how = calendar_now(at), holidays(), plan()
    first = _month(month) or now.release.replace(day=1)
    release = rules.release_day(first.year, first.month, free, how)
    stored = list(Holiday.objects.observed().filter(calendar=COMPANY))
    steps = frozenset(ReleaseStep.objects.filter(daily_triage=True).values_list("key", flat=True))
    shown = (release, rules.next_release(release, free, how))
    return CalendarPage(
        now=now, today=day_words(now.day, now.day), next_milestone=_next_words(now, free),
        month=f"{first:%Y-%m}", before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{first + timedelta(days=31):%Y-%m}",
        shown_is_now=release == now.release,
        releases=tuple(_release(each, now, free, how, steps) for each in shown),
        weeks=_weeks(now, free, how, {row.day: row.name for row in stored}),
        holidays=tuple(_holiday(row, now.day) for row in stored if row.day.year == first.year),
        year=first.year, known_until=max((row.day.year for row in stored), default=0),
        meetings=_meetings(), changes=_changes(),
    )


def day_words(day: date, today: date) -> str:
    """A date as the page writes it: "Mon 16 Nov", with the year if it is not this one."""
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def weekday_words(weekdays: Iterable[int]) -> str:
    """Weekdays in words: "Tuesday and Thursday"; Monday is 0."""
    names = [Weekday(day).label for day in sorted(weekdays)]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _month(text: str) -> date | None:
    """The first day of the month that the address names, if it is one that the calendar can show."""
    year, _, month = text.partition("-")
    if not (len(year) == 4 and len(month) == 2 and text.isascii() and (year + month).isdigit()):
        return None
    return date(int(year), int(month), 1) if int(year) in YEARS and 1 <= int(month) <= 12 else None


def _away(day: date, today: date, free: frozenset[date], unit: str = "") -> str:
    """How far away, in working days: what is left to work, or has been worked since."""
    if day == today:
        return "today"
    days = abs(rules.business_days_between(today, day, free))
    words = f"{days}{unit}{'s' if unit and days != 1 else ''}"
    return f"in {words}" if day > today else f"{words} ago"


def _next_words(now: CalendarNow, free: frozenset[date]) -> str:
    if not now.next_milestone:
        return ""
    name, day = now.next_milestone.name, now.next_milestone.day
    return f"{name} {day_words(day, now.day)}, {_away(day, now.day, free, ' working day')}"


def _release(
    release: date, now: CalendarNow, free: frozenset[date], how: rules.Plan, daily: frozenset[str]
) -> Release:
    rows = (
        MilestoneRow(
            each.key, each.name, each.t_minus, day_words(each.day, each.day), each.day.isoformat(),
            _away(each.day, now.day, free), _state(each.day, now.day, is_next=each == now.next_milestone),
            each.key in daily,
        )
        for each in rules.milestones(release, free, how)
    )
    return Release(f"{release:%B %Y}", day_words(release, now.day), release == now.release, tuple(rows))


def _state(day: date, today: date, *, is_next: bool = False) -> str:
    if day == today:
        return "today"
    if day < today:
        return "past"
    return "next" if is_next else "later"


def _weeks(
    now: CalendarNow, free: frozenset[date], how: rules.Plan, names: Mapping[date, str]
) -> tuple[tuple[DayCell, ...], ...]:
    """Monday to Friday of four weeks: this one, or from a weekend on the next."""
    monday = now.day - timedelta(days=now.day.weekday()) + (WEEK if now.day.weekday() > 4 else timedelta(0))
    falls = _milestones_by_day(now.release, free, how)
    meets = _meets(monday, free)
    return tuple(
        tuple(
            DayCell(
                day_words(day, now.day), day.isoformat(), _state(day, now.day), names.get(day, ""),
                rules.is_triage_day(day, free, how), meets.get(day, ""), falls.get(day, ()),
            )
            for day in (monday + week * WEEK + timedelta(days=number) for number in range(5))
        )
        for week in range(WEEKS)
    )


def _milestones_by_day(release: date, free: frozenset[date], how: rules.Plan) -> dict[date, tuple[str, ...]]:
    """What falls on each day, of the present release and the two after: the coming weeks reach no further."""
    second = rules.next_release(release, free, how)
    found: dict[date, tuple[str, ...]] = {}
    for day in (release, second, rules.next_release(second, free, how)):
        for each in rules.milestones(day, free, how):
            found[each.day] = (*found.get(each.day, ()), f"{each.name} ({day:%b})")
    return found


def _meets(monday: date, free: frozenset[date]) -> dict[date, str]:
    usual, weekly = meeting(MeetingKind.SET), meeting(MeetingKind.WEEKLY)
    days = (monday + timedelta(days=number) for number in range(7 * WEEKS))
    found = {
        day: "SET meeting" for day in days
        if day.weekday() in usual.weekdays and rules.is_business_day(day, free)
    }
    weeks = (monday + number * WEEK for number in range(-1, WEEKS))
    return found | {rules.weekly_meeting(week, weekly, free): "Weekly meeting" for week in weeks}


def _holiday(row: Holiday, today: date) -> HolidayRow:
    days = abs((row.day - today).days)
    words = f"{days} day{'' if days == 1 else 's'}"
    relative = "today" if not days else f"in {words}" if row.day > today else f"{words} ago"
    return HolidayRow(
        row.pk, row.name, day_words(row.day, today), row.day.isoformat(), relative, row.day < today,
        by_hand=not row.shipped or row.edited,
    )


def _meetings() -> tuple[MeetingRow, ...]:
    stored = {row.kind: row for row in MeetingTime.objects.all()}
    order = (stored[kind] for kind in MeetingKind.values if kind in stored)
    return tuple(
        MeetingRow(
            row.kind, str(row), weekday_words(row.weekdays), clock_text(datetime.combine(date.min, row.at)),
            row.zone or team_zone(), default=not row.edited,
        )
        for row in order
    )


def _changes() -> tuple[Change, ...]:
    events = CadenceEvent.objects.select_related("by", "holiday", "meeting", "step")[:CHANGES]
    return tuple(
        Change(
            event.by.name if event.by else "Somebody", What(event.what).label,
            str(event.holiday or event.meeting or event.step or ""), event.at,
        )
        for event in events
    )

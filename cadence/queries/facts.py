"""What every room asks of the calendar: holidays, the release plan, meetings, and where we stand now.

All of it is three short tables; they are kept in the cache, and every change here forgets them. A reader that raced a
change may see the old ones for `KEPT` seconds.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache

from cadence import rules
from cadence.choices import COMPANY, MeetingKind
from cadence.models import Holiday, MeetingTime, ReleaseStep

KEPT = 60  # seconds
HOLIDAYS, PLAN, MEETINGS = "cadence:holidays:{}", "cadence:plan", "cadence:meetings"
WHEN_NOT_SET = {
    MeetingKind.TRIAGE: ((1, 3), time(13)), MeetingKind.SET: ((1, 3), time(14)), MeetingKind.WEEKLY: ((1,), time(14)),
}


@dataclass(frozen=True)
class CalendarNow:
    """Where the team stands at a moment; its days are those of the team's zone, its moments in UTC."""

    day: date
    release: date
    t_minus: int
    next_milestone: rules.Milestone | None
    triage: rules.TriageDay
    next_triage_meeting: datetime
    next_set_meeting: datetime
    next_weekly_meeting: datetime


def holidays(calendar: str = COMPANY) -> frozenset[date]:
    """The days on which nobody works, of one calendar; none if nobody has filled it. One query at most."""
    kept: frozenset[date] | None = cache.get(HOLIDAYS.format(calendar))
    if kept is None:
        kept = frozenset(Holiday.objects.observed().filter(calendar=calendar).values_list("day", flat=True))
        cache.set(HOLIDAYS.format(calendar), kept, KEPT)
    return kept


def plan() -> rules.Plan:
    """How releases and triage run, as the lead has set it; the handbook's where nothing is. Two queries at most."""
    kept: tuple[tuple[str, str, int, bool], ...] | None = cache.get(PLAN)
    if kept is None:
        kept = tuple(ReleaseStep.objects.values_list("key", "name", "t_minus", "daily_triage"))
        cache.set(PLAN, kept, KEPT)
    if not kept:
        return rules.Plan(triage_weekdays=meeting(MeetingKind.TRIAGE).weekdays)
    return rules.Plan(
        steps=tuple(rules.Step(key, name, t_minus) for key, name, t_minus, _ in kept),
        daily_from=next((t_minus for _, _, t_minus, daily in kept if daily), rules.PLAN.daily_from),
        triage_weekdays=meeting(MeetingKind.TRIAGE).weekdays,
    )


def meeting(kind: MeetingKind) -> rules.Meeting:
    """When a meeting is held; the default where nothing is set. One query at most."""
    kept: dict[str, tuple[tuple[int, ...], time, str]] | None = cache.get(MEETINGS)
    if kept is None:
        kept = {row.kind: (tuple(row.weekdays), row.at, row.zone) for row in MeetingTime.objects.all()}
        cache.set(MEETINGS, kept, KEPT)
    weekdays, at, zone = kept.get(kind, (*WHEN_NOT_SET[kind], ""))
    return rules.Meeting(frozenset(weekdays), at, zone or team_zone())


def team_zone() -> str:
    """The IANA zone in which the team's days begin."""
    return str(settings.TIME_ZONE)


def team_day(at: datetime) -> date:
    """The day that a moment is on for the team."""
    return at.astimezone(ZoneInfo(team_zone())).date()


def calendar_now(at: datetime) -> CalendarNow:
    """Where the team stands at this moment. Three queries at most, none while they are kept."""
    free, how, day = holidays(), plan(), team_day(at)
    weekly = meeting(MeetingKind.WEEKLY)
    return CalendarNow(
        day=day,
        release=rules.release_of(day, free, how),
        t_minus=rules.t_minus(day, free, how),
        next_milestone=rules.next_milestone(day, free, how),
        triage=rules.is_triage_day(day, free, how),
        next_triage_meeting=rules.next_triage_meeting(at, meeting(MeetingKind.TRIAGE), free, how),
        next_set_meeting=rules.next_set_meeting(at, meeting(MeetingKind.SET), weekly, free),
        next_weekly_meeting=rules.next_weekly_meeting(at, weekly, free),
    )

"""What a subscribed calendar holds, and the addresses that somebody has made. Constant numbers of queries."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from cadence.queries import MeetingKind, holidays, meeting, plan, team_zone
from cadence.rules import Meeting, instant, is_business_day, triage_days
from people import access
from people.choices import Right
from people.models import FeatureTeam, Person
from people.queries import signed_in
from set_rotation.choices import FeedKind, PlaceRole, Seat
from set_rotation.models import CalendarFeed, Duty, Member, Place, SprintPlanning
from set_rotation.rules.calendars import DAY, Entry, Stretch, calendar_bytes, joined, sprint_days, within

BACK = timedelta(days=90)  # how far a calendar goes back
HOUR = timedelta(hours=1)
NAMES = {
    FeedKind.PRIMARY: "SET primary", FeedKind.BACKUP: "SET backup", FeedKind.LEAD: "SET lead",
    FeedKind.TEAM: "Who is on SET", FeedKind.MINE: "My SET duty",
}


def token_hash(token: str) -> str:
    """What is stored of an address. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def feed_of(token: str, at: datetime) -> CalendarFeed | None:
    """The calendar at an address. None for one that is wrong or revoked, and when its person may not see duty any more.

    Two queries.
    """
    feed = CalendarFeed.objects.filter(token_hash=token_hash(token), revoked_at=None).first()
    person = signed_in(feed.person_id, at) if feed else None
    if feed is None or person is None or not access.may(person, Right.SEE_DUTY):
        return None
    feed.person = person
    return feed


def feed_text(feed: CalendarFeed, at: datetime) -> bytes:
    """The calendar of an address, from 90 days back to the end of what is planned."""
    kind, since = FeedKind(feed.kind), at - BACK
    rows = Duty.objects.filter(ends_at__gt=since).select_related("person", "rotation").order_by("starts_at", "pk")
    if kind == FeedKind.MINE:
        rows = rows.filter(person=feed.person_id)
    elif kind != FeedKind.TEAM:
        rows = rows.filter(seat=kind.value)
    duties = list(rows)
    entries = [_duty(row, kind) for row in duties]
    if kind == FeedKind.MINE:
        entries += _around(feed, [row for row in duties if row.cancelled_at is None], since)
    return calendar_bytes(NAMES[kind], entries, settings.PORTAL_BASE_URL + reverse("set_rotation:on_call"))


def _duty(row: Duty, kind: FeedKind) -> Entry:
    seat = Seat(row.seat).label.lower()
    title = f"SET {seat}" if kind == FeedKind.MINE else f"SET {seat}: {row.person.name}"
    text = f"Rotation {row.rotation.number}." if row.rotation else ""
    if row.override_id:
        text = f"{text} Stands in.".strip()
    return Entry(_uid(str(row.uid)), row.sequence, row.starts_at, row.ends_at, title, text, row.changed_at,
                 cancelled=row.cancelled_at is not None)


def _uid(name: str) -> str:
    return f"{name}@set-portal"


# ---- Around somebody's own duty ------------------------------------------------------


def _around(feed: CalendarFeed, duties: Sequence[Duty], since: datetime) -> Iterator[Entry]:
    """The whole time on SET, with a seat or without, and the meetings in it. Three queries, beside the calendar's."""
    places = list(Place.objects.filter(person=feed.person_id, rotation__ends_at__gt=since, role=PlaceRole.ENGINEER)
                  .select_related("rotation").order_by("rotation__starts_at"))
    for place in places:
        rotation = place.rotation
        title = f"On SET (rotation {rotation.number})"
        uid = _uid(str(uuid5(NAMESPACE_URL, f"place:{rotation.number}:{feed.person_id}")))
        yield Entry(uid, 0, rotation.starts_at, rotation.ends_at, title, "", feed.made_at)
    stretches = joined([*(Stretch(place.rotation.starts_at, place.rotation.ends_at) for place in places),
                        *(Stretch(duty.starts_at, duty.ends_at) for duty in duties)])
    if not stretches:
        return
    first, last = stretches[0].starts_at - DAY, stretches[-1].ends_at + DAY
    yield from _meetings(feed, stretches, first.date(), last.date())
    yield from _sprints(feed, stretches, first.date(), last.date())


def _meetings(feed: CalendarFeed, stretches: Sequence[Stretch], first: date, last: date) -> Iterator[Entry]:
    """Triage on its days, and the meetings of SET: by the handbook right after it."""
    free, triage, after = holidays(), meeting(MeetingKind.TRIAGE), meeting(MeetingKind.SET)
    for one in triage_days(first, last, free, plan()):
        if one:
            yield from _held(feed, stretches, "triage", "Triage", one.day, triage)
    day = first
    while day < last:
        if day.weekday() in after.weekdays and is_business_day(day, free):
            yield from _held(feed, stretches, "set", "SET meeting", day, after)
        day += DAY


def _sprints(feed: CalendarFeed, stretches: Sequence[Stretch], first: date, last: date) -> Iterator[Entry]:
    """Handbook: "while on SET, that engineer should attend their feature team's sprint planning"."""
    team = own_team(feed.person)
    row = SprintPlanning.objects.filter(team=team).first() if team else None
    if row is None or team is None:
        return
    free, when = holidays(), Meeting(frozenset(), row.at, row.zone or team_zone())
    for day in sprint_days(row.first_on, row.weeks, first, last):
        if day not in free:
            title = f"Sprint planning of {team.name}"
            yield from _held(feed, stretches, f"sprint:{team.pk}", title, day, when)


def _held(
    feed: CalendarFeed, stretches: Sequence[Stretch], key: str, title: str, day: date, when: Meeting
) -> Iterator[Entry]:
    at = instant(day, when.at, when.zone)
    if within(at, stretches):
        uid = _uid(str(uuid5(NAMESPACE_URL, f"{key}:{day.isoformat()}:{feed.person_id}")))
        yield Entry(uid, 0, at, at + HOUR, title, "While on SET.", feed.made_at, busy=True)


def own_team(person: Person) -> FeatureTeam | None:
    """The feature team that somebody is from: by the roster, else by their own page. One query."""
    member = Member.objects.filter(person=person, team__isnull=False).select_related("team").order_by("-joins_on")
    found = member.first()
    return found.team if found else person.team


# ---- The page -----------------------------------------------------------------------


@dataclass(frozen=True)
class FeedRow:
    """An address that somebody has made."""

    id: int
    hint: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class KindRow:
    """A calendar that can be subscribed to, and the reader's addresses of it."""

    kind: str
    name: str
    words: str
    feeds: tuple[FeedRow, ...]


@dataclass(frozen=True)
class SprintRow:
    """When a team plans its sprints; `next_on` is the next day of it."""

    team: FeatureTeam
    row: SprintPlanning | None
    next_on: date | None
    zone: str


WORDS = {
    FeedKind.PRIMARY: "Who is primary, week by week.", FeedKind.BACKUP: "Who is backup, week by week.",
    FeedKind.LEAD: "Who leads, rotation by rotation.", FeedKind.TEAM: "Every seat of every rotation.",
    FeedKind.MINE: "Your seats and your time on SET, with triage, the meetings of SET and your team's sprint planning.",
}


def kinds(person: Person) -> tuple[KindRow, ...]:
    """The calendars, one's own first, with the addresses that the person has. One query."""
    rows = list(CalendarFeed.objects.filter(person=person, revoked_at=None).order_by("made_at"))
    return tuple(
        KindRow(kind.value, NAMES[kind], WORDS[kind], tuple(
            FeedRow(row.pk, row.hint, row.made_at, row.used_at) for row in rows if row.kind == kind
        ))
        for kind in (FeedKind.MINE, FeedKind.TEAM, FeedKind.PRIMARY, FeedKind.BACKUP, FeedKind.LEAD)
    )


def sprints(person: Person, *, everyone: bool, at: datetime) -> tuple[SprintRow, ...]:
    """The sprint plannings that the person may set: their own team's, or those of every team that lends people to SET.
    Two queries at most."""
    if everyone:
        lends = Q(members__isnull=False) | Q(sprint_planning__isnull=False)
        teams = list(FeatureTeam.objects.filter(lends).distinct().select_related("sprint_planning"))
    else:
        own = own_team(person)
        teams = list(FeatureTeam.objects.filter(pk=own.pk).select_related("sprint_planning")) if own else []
    return tuple(_sprint_row(team, at) for team in teams)


def _sprint_row(team: FeatureTeam, at: datetime) -> SprintRow:
    row = getattr(team, "sprint_planning", None)
    zone = (row.zone if row else "") or team_zone()
    today = at.astimezone(ZoneInfo(zone)).date()
    days = sprint_days(row.first_on, row.weeks, today, today + timedelta(weeks=60)) if row else iter(())
    return SprintRow(team, row, next(iter(days), None), zone)

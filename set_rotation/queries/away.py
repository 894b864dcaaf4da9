"""Who is away, where that clashes with duty, and the calendars that leave is read from."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Q

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import AwaySource, Seat
from set_rotation.models import Away, Duty, LeaveFeed
from set_rotation.rules.away import AwayFact, Clash, DutyFact, clashes
from set_rotation.rules.local import stretch_words, whole_days

LISTED = 500  # rows of leave on one page; more is what nobody reads


@dataclass(frozen=True)
class ClashLine:
    """Duty that somebody is away from. `when` in the reader's clocks."""

    duty: int
    seat: str
    when: str
    starts_at: datetime


@dataclass(frozen=True)
class AwayLine:
    """Somebody's leave. `when` in their own clocks where it is whole days, else in the reader's."""

    pk: int
    person: Mark
    when: str
    starts_at: datetime
    ends_at: datetime
    now: bool
    note: str
    calendar: str
    can_edit: bool
    clashes: tuple[ClashLine, ...] = ()


@dataclass(frozen=True)
class FeedLine:
    """A calendar that leave is read from. `where` hides all of its address but the host."""

    pk: int
    name: str
    where: str
    whose: Mark | None
    checked_at: datetime | None
    read_at: datetime | None
    fault: str
    remarks: str
    entries: int
    unmatched: tuple[tuple[str, int], ...]
    unmatched_count: int


def away_clashes(at: datetime, people: Collection[int] | None = None) -> tuple[Clash, ...]:
    """Where leave and duty clash from a moment on, of everybody or of these people. Two queries."""
    rows = Away.objects.filter(ends_at__gt=at)
    held = Duty.objects.held().filter(ends_at__gt=at)
    if people is not None:
        rows, held = rows.filter(person__in=people), held.filter(person__in=people)
    facts = [AwayFact(*row) for row in rows.values_list("id", "person_id", "starts_at", "ends_at")]
    if not facts:
        return ()
    within = held.filter(person__in={fact.person for fact in facts}, starts_at__lt=max(fact.ends_at for fact in facts))
    duty = [DutyFact(pk, person, Seat(seat), starts, ends) for pk, person, seat, starts, ends
            in within.values_list("id", "person_id", "seat", "starts_at", "ends_at")]
    return clashes(facts, duty, at)


def away_list(
    *, reader: Person, everybody: bool, may_plan: bool, at: datetime, past: bool = False
) -> tuple[AwayLine, ...]:
    """Leave in the order of time: the reader's own or everybody's; what is ahead, or with `past` what is over, the last
    first. At most `LISTED` rows, in four queries."""
    rows = Away.objects.select_related("person", "feed")
    rows = rows.filter(ends_at__lte=at).order_by("-starts_at") if past else rows.filter(ends_at__gt=at)
    if not everybody:
        rows = rows.filter(person=reader)
    found = list(rows[:LISTED])
    by_row: dict[int, list[Clash]] = defaultdict(list)
    for clash in away_clashes(at, {row.person_id for row in found}):
        by_row[clash.away].append(clash)
    return tuple(_away_line(row, by_row[row.pk], reader, at, may_plan=may_plan) for row in found)


def away_words(row: Away, zone: str, year: int) -> str:
    """When somebody is away: in days of their own clocks where it is whole days, else in the clocks of `zone`."""
    own = row.person.zone
    return stretch_words(row.starts_at, row.ends_at, own if whole_days(row.starts_at, row.ends_at, own) else zone, year)


def _away_line(
    row: Away, found: Sequence[Clash], reader: Person, at: datetime, *, may_plan: bool
) -> AwayLine:
    mine = row.person_id == reader.pk
    lines = tuple(
        ClashLine(clash.duty, clash.seat.label, stretch_words(clash.starts_at, clash.ends_at, reader.zone, at.year),
                  clash.starts_at)
        for clash in found
    )
    return AwayLine(
        row.pk, mark(row.person), away_words(row, reader.zone, at.year), row.starts_at, row.ends_at,
        now=row.starts_at <= at < row.ends_at, note=row.note, calendar=row.feed.name if row.feed else "",
        can_edit=row.source == AwaySource.HAND and (mine or may_plan), clashes=lines,
    )


def feed_list(*, reader: Person, everybody: bool, at: datetime) -> tuple[FeedLine, ...]:
    """The calendars in use: the reader's own, or with `everybody` all of them. One query."""
    feeds = LeaveFeed.objects.filter(removed_at=None).select_related("person").order_by("person__name", "name")
    if not everybody:
        feeds = feeds.filter(person=reader)
    ahead = Count("entries", filter=Q(entries__ends_at__gt=at))
    return tuple(
        FeedLine(feed.pk, feed.name, masked(feed.address), mark(feed.person) if feed.person else None, feed.checked_at,
                 feed.read_at, feed.fault, feed.remarks, feed.ahead, _pairs(feed.unmatched),
                 sum(count for _, count in _pairs(feed.unmatched)))
        for feed in feeds.annotate(ahead=ahead)
    )


def _pairs(told: Any) -> tuple[tuple[str, int], ...]:
    return tuple((str(title), int(count)) for title, count in told)


def masked(address: str) -> str:
    """An address as a page shows it: its host alone, for the rest is what opens it."""
    return f"{urlsplit(address).hostname or '?'}/••••"


def due_feeds(at: datetime) -> list[int]:
    """The calendars that are to be checked again: each an hour after the last time, later where it fails again and
    again (`pause_of`); those of people who left are not. One query."""
    here = Q(person=None) | Q(person__is_active=True)
    rows = LeaveFeed.objects.filter(here, removed_at=None).order_by("checked_at", "pk")
    return [pk for pk, checked_at, failures in rows.values_list("pk", "checked_at", "failures")
            if checked_at is None or checked_at + pause_of(failures) <= at]


def pause_of(failures: int) -> timedelta:
    """How long to wait until a calendar is checked again: an hour, doubled with each failure in a row, twelve hours at
    most."""
    return timedelta(hours=min(2.0 ** min(max(failures - 1, 0), 5), 12))

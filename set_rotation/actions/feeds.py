"""Calendars that say who is away: added, taken out, and what was read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from people.models import Person
from set_rotation.actions.away import warn_of_clashes
from set_rotation.actions.base import Refused, record, take_turns
from set_rotation.choices import AwaySource, What
from set_rotation.models import Away, LeaveFeed, Member
from set_rotation.rules.away import Entry, Key, Known, wanted

BEFORE, AHEAD = timedelta(days=30), timedelta(days=400)  # what is read of a calendar, seen from today
JUST = timedelta(seconds=10)
MOST = 50  # feeds of one person: more would keep the worker busy
TITLES, TITLE = 50, 120


@dataclass(frozen=True)
class Synced:
    """What a reading changed: rows of leave."""

    added: int
    changed: int
    removed: int
    kept: int


@transaction.atomic
def add_feed(*, name: str, address: str, person: Person | None, by: Person, at: datetime) -> LeaveFeed:
    """Have leave read from a calendar: somebody's own, or with `person` None a shared one. Raises `Refused` for one
    that is read already."""
    take_turns()
    same = LeaveFeed.objects.filter(address=address, removed_at=None)
    if same.exists():
        raise Refused("This calendar is read already.")
    if LeaveFeed.objects.filter(added_by=by, removed_at=None).count() >= MOST:
        raise Refused(f"You have added {MOST} calendars: take one out first.")
    feed = LeaveFeed.objects.create(name=name, address=address, person=person, added_by=by, added_at=at)
    record(What.AWAY_ADDED, at=at, by=by, person=person, to_value=f"calendar: {name}")
    return feed


@transaction.atomic
def remove_feed(*, feed: LeaveFeed, by: Person, at: datetime) -> None:
    """Read a calendar no more; the leave that it told of goes with it. Raises `Refused` for one that is gone."""
    if not LeaveFeed.objects.filter(pk=feed.pk, removed_at=None).update(removed_at=at):
        raise Refused("Somebody took this calendar out already.")
    Away.objects.filter(feed=feed, ends_at__gt=at).delete()
    record(What.AWAY_REMOVED, at=at, by=by, person=feed.person, from_value=f"calendar: {feed.name}")


@transaction.atomic
def bring_back_feed(*, feed: LeaveFeed, by: Person, at: datetime) -> None:
    """Read a calendar again that was taken out; its leave comes back with the next reading."""
    take_turns()
    if LeaveFeed.objects.filter(address=feed.address, removed_at=None).exists():
        raise Refused("This calendar is read already.")
    LeaveFeed.objects.filter(pk=feed.pk).update(removed_at=None, checked_at=None, unfolded_on=None, failures=0)
    record(What.AWAY_ADDED, at=at, by=by, person=feed.person, to_value=f"calendar: {feed.name}")


def claim_feed(*, feed_id: int, at: datetime) -> LeaveFeed | None:
    """Take a calendar to check it; None when it is gone, or somebody has just taken it: of two at once one goes on, and
    whoever presses "Check now" again and again asks its server no oftener than every `JUST`."""
    feed = LeaveFeed.objects.filter(pk=feed_id, removed_at=None).select_related("person").first()
    if feed is None or (feed.checked_at is not None and at - feed.checked_at < JUST):
        return None
    mine = LeaveFeed.objects.filter(pk=feed_id, removed_at=None, checked_at=feed.checked_at)
    return feed if mine.update(checked_at=at) == 1 else None


def feed_failed(*, feed: LeaveFeed, words: str, at: datetime) -> None:
    """It could not be read: that is said, the last good entries stay, and it is checked again a little later each
    time."""
    LeaveFeed.objects.filter(pk=feed.pk, checked_at=at).update(fault=words[:300], failures=feed.failures + 1)


def feed_unchanged(*, feed: LeaveFeed, at: datetime) -> None:
    """The calendar's server says that nothing has changed."""
    LeaveFeed.objects.filter(pk=feed.pk, checked_at=at).update(fault="", failures=0, read_at=at)


@transaction.atomic
def sync_feed(
    *, feed: LeaveFeed, entries: Sequence[Entry], etag: str, remarks: str, today: date, at: datetime
) -> Synced:
    """Make leave say what the calendar does, from `BEFORE` to `AHEAD` of now: rows that are the same are left alone,
    those that are gone from it are taken out. Leaves a calendar alone that was taken out meanwhile."""
    stored = LeaveFeed.objects.select_for_update(of=("self",)).select_related("person").get(pk=feed.pk)
    if stored.removed_at is not None:
        return Synced(0, 0, 0, 0)
    start, end = at - BEFORE, at + AHEAD
    meant, strangers = _wanted(stored, entries, today)
    said = {key: told for key, told in meant.items() if told[0] > start and key[1] < end}
    rows = {(row.uid, row.starts_at, row.person_id): row for row in
            Away.objects.filter(feed=stored, ends_at__gt=start, starts_at__lt=end)}
    changed = [row for key, row in rows.items() if key in said and (row.ends_at, row.all_day) != said[key]]
    for row in changed:
        row.ends_at, row.all_day = said[row.uid, row.starts_at, row.person_id]
    Away.objects.bulk_update(changed, ["ends_at", "all_day"])
    gone = [row.pk for key, row in rows.items() if key not in said]
    Away.objects.filter(pk__in=gone).delete()
    added = [
        Away(person_id=person, starts_at=starts_at, ends_at=ends_at, all_day=all_day, source=AwaySource.FEED,
             feed=stored, uid=uid, by=stored.added_by, made_at=at)
        for (uid, starts_at, person), (ends_at, all_day) in said.items() if (uid, starts_at, person) not in rows
    ]
    Away.objects.bulk_create(added, ignore_conflicts=True)
    stored.fault, stored.failures, stored.etag, stored.read_at = "", 0, etag[:200], at
    stored.unfolded_on, stored.remarks, stored.unmatched = today, remarks[:300], _titles(strangers)
    stored.save(update_fields=["fault", "failures", "etag", "read_at", "unfolded_on", "remarks", "unmatched"])
    touched = {row.person_id for row in (*added, *changed)}
    if touched:
        warn_of_clashes(at=at, people=touched)
    return Synced(len(added), len(changed), len(gone), len(rows) - len(changed) - len(gone))


def _wanted(
    feed: LeaveFeed, entries: Sequence[Entry], today: date
) -> tuple[dict[Key, tuple[datetime, bool]], dict[str, int]]:
    short = [Entry(_short(entry.uid), entry.title, entry.starts, entry.ends, entry.guests, entry.organizer)
             for entry in entries]
    if feed.person is not None:
        return wanted(short, {feed.person.pk: feed.person.zone}, feed.person.pk, [])
    members = Member.objects.filter(person__is_active=True).filter(Q(leaves_on=None) | Q(leaves_on__gt=today))
    people = list(Person.objects.filter(pk__in=members.values("person")))
    known = [Known(person.pk, person.name, person.email.lower()) for person in people]
    return wanted(short, {person.pk: person.zone for person in people}, None, known)


def _short(uid: str) -> str:
    return uid if len(uid) <= 255 else sha256(uid.encode()).hexdigest()


def _titles(strangers: dict[str, int]) -> list[list[object]]:
    """The titles that name nobody, the frequent ones first; beyond `TITLES` they are counted together."""
    pairs = sorted(strangers.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in pairs[TITLES:])
    listed: list[list[object]] = [[title[:TITLE], count] for title, count in pairs[:TITLES]]
    return [*listed, ["and others", rest]] if rest else listed

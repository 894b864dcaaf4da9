"""Addresses of calendars: made, revoked, noted as used; and when a team plans its sprints."""

import secrets
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q

from people.models import FeatureTeam, Person
from set_rotation.actions.base import Refused
from set_rotation.choices import FeedKind
from set_rotation.models import CalendarFeed, SprintPlanning
from set_rotation.queries.calendars import token_hash

MOST = 20  # addresses of one person
HINT = 6  # characters by which an address is known again
NOTED = timedelta(hours=1)  # programs ask every few minutes: the use is noted once an hour


@transaction.atomic
def make_feed(*, person: Person, kind: FeedKind, at: datetime) -> tuple[CalendarFeed, str]:
    """Make an address; its token is returned this once and not kept. Raises `Refused` when there are too many."""
    Person.objects.select_for_update().get(pk=person.pk)  # two at once count each other
    if CalendarFeed.objects.filter(person=person, revoked_at=None).count() >= MOST:
        raise Refused(f"You have {MOST} addresses: revoke one that you do not use.")
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(person=person, kind=kind, token_hash=token_hash(token), hint=token[:HINT],
                                       made_at=at)
    return feed, token


def revoke_feed(*, feed: CalendarFeed, at: datetime) -> bool:
    """End an address now. False: it was revoked already."""
    return CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=at) == 1


def feed_used(*, feed: CalendarFeed, at: datetime) -> bool:
    """Note that a program asked, at most once an hour. Returns whether it was noted."""
    before = at - NOTED
    if feed.used_at is not None and feed.used_at > before:
        return False
    due = Q(used_at=None) | Q(used_at__lte=before)
    return CalendarFeed.objects.filter(due, pk=feed.pk).update(used_at=at) == 1


def set_sprint_planning(
    *, team: FeatureTeam, first_on: date, weeks: int, begins_at: time, zone: str, by: Person, at: datetime
) -> SprintPlanning:
    """Say when a team plans its sprints; `begins_at` is in the clocks of `zone`."""
    values = {"first_on": first_on, "weeks": weeks, "at": begins_at, "zone": zone, "by": by, "changed_at": at}
    return SprintPlanning.objects.update_or_create(team=team, defaults=values)[0]

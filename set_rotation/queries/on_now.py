"""What the head of every page says: who is on now. Kept for some seconds, and never past a change of hands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from set_rotation.choices import Seat
from set_rotation.models import Duty

ON_NOW = "frame:on_now"  # forgotten by every edit (`actions.duty`)
KEPT = 10  # seconds


@dataclass(frozen=True)
class Seated:
    """Somebody in a seat, as the head names them. `ring` is the id that marks the reader themself."""

    seat: Seat
    person: int
    ring: str
    name: str
    initials: str
    zone: str
    ends_at: datetime


@dataclass(frozen=True)
class OnNow:
    """Who is on now, and the rotation that runs: its number and times. It holds in `[since, until)`."""

    since: datetime
    until: datetime
    seats: tuple[Seated, ...] = ()
    rotation: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def on_now(at: datetime) -> OnNow:
    """Who is on at this moment. One query, none while it is kept."""
    kept: OnNow | None = cache.get(ON_NOW)
    if kept is not None and kept.since <= at < kept.until:
        return kept
    soon = Duty.objects.held().overlapping(at, at + timedelta(seconds=KEPT)).select_related("person", "rotation")
    return keep_on_now(soon, at)


def keep_on_now(duties: Iterable[Duty], at: datetime) -> OnNow:
    """Keep it; `duties`: all that hold at a moment of the next seconds, with person and rotation."""
    rows = list(duties)
    here = [row for row in rows if row.starts_at <= at < row.ends_at]
    edges = [row.ends_at for row in here] + [row.starts_at for row in rows if row.starts_at > at]
    rotation = next((row.rotation for row in here if row.rotation), None)
    found = OnNow(
        since=at, until=min([*edges, at + timedelta(seconds=KEPT)]),
        seats=tuple(_seated(row) for row in sorted(here, key=lambda row: list(Seat).index(Seat(row.seat)))),
        rotation=rotation.number if rotation else None,
        starts_at=rotation.starts_at if rotation else None, ends_at=rotation.ends_at if rotation else None,
    )
    cache.set(ON_NOW, found, KEPT)
    return found


def _seated(row: Duty) -> Seated:
    who = row.person
    return Seated(Seat(row.seat), who.pk, ring(who.jira_account_id, who.pk), who.name, who.initials, who.zone,
                  row.ends_at)


def ring(account: str, person: int) -> str:
    """The id by which a page marks its reader: the Jira account's, else one of our own."""
    return account or f"person-{person}"

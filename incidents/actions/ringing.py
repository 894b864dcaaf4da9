"""Promises ring: each reminder once, told to whoever can still help, on the timeline."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction

from incidents.actions.base import CHANGED
from incidents.actions.news import LIVE, publish
from incidents.choices import PromiseState, Ring, Topic, What
from incidents.models import Promise
from incidents.queries.heard import Heard, heard
from incidents.rules.promises import length_words, moment_in, next_ring, rings_due
from people.models import Person
from portal.common import live
from portal.common.set_back import BACK
from portal.common.timers import set_timers
from set_rotation.actions.telling import Told, tell_many

log = structlog.get_logger(__name__)

BATCH = 2000  # of one transaction
PAGES = 20  # open pages told by name; where more ring at once, lists look again, and pages count by themselves
LATER = timedelta(minutes=1)  # until one that could not be reckoned is tried again

# Statements, for thousands can be due in the same second (after a night without a worker). The incident is held too,
# and both only where nobody holds them: whoever publishes the update at this moment ends the promise first, and a
# reminder waits for the next look.
CLAIMED = """
SELECT p.id, p.due_at, p.at, p.rings::text, p.snoozed_until, p.snooze_reason, i.id, i.title, i.zone, i.drill
FROM incidents_promise AS p
JOIN incidents_incident AS i ON i.id = p.incident_id
WHERE p.ring_at <= %s AND p.state = 'open'
ORDER BY p.ring_at, p.id
LIMIT %s
FOR NO KEY UPDATE OF p, i SKIP LOCKED
"""
MOVED = """
UPDATE incidents_promise AS p
SET rings = p.rings || new.rung, ring_at = new.ring_at, rang_at = COALESCE(new.rang_at, p.rang_at)
FROM json_to_recordset(%s::json) AS new(id bigint, rung jsonb, ring_at timestamptz, rang_at timestamptz)
WHERE p.id = new.id
"""
NOTED = """
INSERT INTO incidents_incidentevent (incident_id, what, topic, at, written_at, from_value, to_value, text, tone, source,
                                     pinned, by_name, url, via, request_id)
SELECT new.incident, %s, %s, %s, %s, new.ring, new.words, new.more, new.tone, new.source, false, '', '', %s, ''
FROM json_to_recordset(%s::json)
     AS new(incident bigint, ring text, words text, more text, tone text, source text)
RETURNING incident_id, id
"""
TOUCHED = "UPDATE incidents_incident SET updated_at = %s WHERE id = ANY(%s)"


class Due(NamedTuple):
    """A promise that rings, as `CLAIMED` reads it."""

    pk: int
    due_at: datetime
    made_at: datetime
    rung: str
    snoozed_until: datetime | None
    reason: str  # of the snooze
    incident: int
    title: str
    zone: str
    drill: bool


@dataclass(frozen=True)
class Rung:
    """A promise whose time came. `rings`: the reminders that were due, of which the last rings; none: it was looked at
    in vain. `seconds`: until the update is due, below 0 after."""

    due: Due
    rings: tuple[Ring, ...]
    next_at: datetime | None
    seconds: float
    promised: str  # "12:45 pm ET"

    @property
    def ring(self) -> Ring:
        """The one that rings."""
        return self.rings[-1]

    @property
    def words(self) -> str:
        """What is said of it: "Update due in 5 min", "Update overdue by 10 min"."""
        if self.seconds > 0:  # of less than a minute too: "now" is said at its time alone
            return f"Update due in {length_words(round(self.seconds / 60) * 60)}"
        if self.seconds > -60:
            return "Update due now"
        return f"Update overdue by {length_words(-self.seconds // 60 * 60)}"

    @property
    def tone(self) -> str:
        """How it stands on the timeline."""
        return "amber" if self.seconds > -60 else "red"


@transaction.atomic
def ring_batch(*, at: datetime, limit: int = BATCH) -> int:
    """Ring at most `limit` promises whose time has come: tell people, and write it down. Returns how many were looked
    at.

    Where several of a promise's reminders passed (nobody looked for a while), the last of them rings alone, and is told
    to all who would have heard one. Whoever else rings takes other promises, and one whose incident is being changed is
    left for the next look. All of a batch happens or none of it.
    """
    rows = _claimed(at, limit)
    looked = [_reckoned(row, at) for row in rows]
    rung = [one for one in looked if one.rings]
    _write(looked, at)
    if rung:
        told = heard(at, {one.due.incident for one in rung})
        whom = [told.of(one.due.incident, one.rings) for one in rung]
        events = _note(rung, whom, at)
        tell_many([message for one, people in zip(rung, whom, strict=True) for message in _messages(one, people, told)],
                  at=at, purpose="incident")
        if len(events) <= PAGES:  # pages that are not told, for whoever rings is killed, are told then
            set_timers(kind=CHANGED, due=dict.fromkeys((str(incident) for incident, _ in events), at))
        transaction.on_commit(partial(_news, events))
    return len(rows)


def turn_back(*, at: datetime) -> int:
    """A clock was ahead and was set back: what it leapt over rings at its minute, and what rang does not ring again.
    Returns how many promises this concerned. One look into an index where no clock did."""
    found = list(Promise.objects.filter(state=PromiseState.OPEN, rang_at__gt=at + BACK)[:BATCH])
    for row in found:
        ring_at = next_ring(due_at=row.due_at, made_at=row.at, rung=row.rings, snoozed_until=row.snoozed_until, at=at)
        Promise.objects.filter(pk=row.pk, state=PromiseState.OPEN, rang_at=row.rang_at).update(
            ring_at=ring_at, rang_at=None)
    return len(found)


def _claimed(at: datetime, limit: int) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED, [at, limit])
        return [Due(*row) for row in cursor.fetchall()]


def _reckoned(row: Due, at: datetime) -> Rung:
    due_at, made_at = row.due_at.astimezone(UTC), row.made_at.astimezone(UTC)
    seconds = (due_at - at).total_seconds()
    try:
        rung = json.loads(row.rung)
        rings = rings_due(due_at=due_at, made_at=made_at, rung=rung, snoozed_until=row.snoozed_until, at=at)
        after = rung | {rings[-1]: at.isoformat()} if rings else rung
        next_at = next_ring(due_at=due_at, made_at=made_at, rung=after, snoozed_until=row.snoozed_until, at=at)
        return Rung(row, tuple(rings), next_at, seconds, moment_in(due_at, row.zone, at))
    except (ArithmeticError, KeyError, TypeError, ValueError):
        log.exception("promise not reckoned", promise=row.pk)  # one that is broken keeps no other waiting
        return Rung(row, (), at + LATER, seconds, "")


def _write(looked: Sequence[Rung], at: datetime) -> None:
    rows = [
        {"id": one.due.pk, "rung": {one.ring: at.isoformat()} if one.rings else {},
         "ring_at": one.next_at.isoformat() if one.next_at else None, "rang_at": at.isoformat() if one.rings else None}
        for one in looked
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(MOVED, [json.dumps(rows)])


def _note(rung: Sequence[Rung], whom: Sequence[Sequence[Person]], at: datetime) -> list[tuple[int, int]]:
    rows = [
        {"incident": one.due.incident, "ring": one.ring, "tone": one.tone, "source": f"ring:{one.due.pk}:{one.ring}",
         "words": f"{one.words}. Told: {_names(people)}", "more": _snoozed(one)}
        for one, people in zip(rung, whom, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(NOTED, [What.REMINDED, Topic.PROMISES, at, at, settings.ENV.process, json.dumps(rows)])
        events: list[tuple[int, int]] = cursor.fetchall()
        cursor.execute(TOUCHED, [at, [one.due.incident for one in rung]])
    return events


def _messages(one: Rung, people: Iterable[Person], told: Heard) -> list[Told]:
    subject = f"{'Drill: ' if one.due.drill else ''}I-{one.due.incident}: {one.words[0].lower()}{one.words[1:]}"
    text = "\n".join(filter(None, [f"{one.due.title}. Promised for {one.promised}.", *_who(one, told), _snoozed(one),
                                   "Write it, or promise the next one." if one.seconds <= 0 else
                                   "Write it, or snooze this reminder with a reason."]))
    path = f"/incidents/I-{one.due.incident}/#update"
    return [Told(person, f"ring-{one.due.pk}-{one.ring}-{person.pk}", subject, text, path) for person in people]


def _who(one: Rung, told: Heard) -> list[str]:
    if one.ring not in (Ring.TEN_AFTER, Ring.HOUR_AFTER):
        return []
    leads = told.commander(one.due.incident)
    return [f"The commander is {_names(leads)}."] if leads else []


def _snoozed(one: Rung) -> str:
    before = one.ring in (Ring.TEN_BEFORE, Ring.FIVE_BEFORE)
    return f"Its reminder was snoozed: “{one.due.reason}”" if one.due.reason and not before else ""


def _names(people: Sequence[Person]) -> str:
    return ", ".join(person.name for person in people) or "nobody, for nobody is there"


def _news(events: Sequence[tuple[int, int]]) -> None:
    if len(events) > PAGES:
        live.publish(LIVE, "stale", "")
        return
    for incident, event in events:
        publish(incident, event)

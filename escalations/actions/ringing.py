"""Clocks enter their stages: each once, told to whoever can still help, written down."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction

from escalations.actions.base import held, record
from escalations.actions.clocks import settle_clocks
from escalations.choices import ClockKind, ClockStage, Unit, What
from escalations.models import Clock, Escalation
from escalations.queries.addresses import path_of
from escalations.queries.due import Heard, heard
from escalations.rules.clocks.clock import OPEN
from escalations.rules.clocks.promises import Office, Promise, office_from_json, total
from escalations.rules.clocks.stages import next_stage, stage_at
from escalations.rules.clocks.words import stage_words
from people.models import Person
from set_rotation.actions.telling import tell

log = structlog.get_logger(__name__)

BATCH = 2500  # of one transaction: each of its people gets one message about all of it
NAMED = 10  # in one message; more of them are counted
LATER = timedelta(minutes=10)  # until one that could not be reckoned is tried again

# Statements, for thousands can be due in the same second (after a night without a worker): rows of the ORM took twice
# as long. The escalation is held too, and both only where nobody holds them: an event of it waits for whoever changes
# it, and they wait for the clock.
CLAIMED = """
SELECT c.id, c.kind, c.stage, c.level, c.amount, c.unit, c.hours::text, c.lead_after, c.due_at, c.escalation_id,
       e.title, e.owner_id, k.name
FROM escalations_clock AS c
JOIN escalations_escalation AS e ON e.id = c.escalation_id
JOIN customers_customer AS k ON k.id = e.customer_id
WHERE c.next_at <= %s AND c.state = 'running'
ORDER BY c.next_at, c.id
LIMIT %s
FOR NO KEY UPDATE OF c, e SKIP LOCKED
"""
MOVED = """
UPDATE escalations_clock AS c
SET stage = new.stage, next_at = new.next_at,
    missed_at = CASE WHEN new.stage >= %s THEN COALESCE(c.missed_at, c.due_at) ELSE c.missed_at END
FROM json_to_recordset(%s::json) AS new(id bigint, stage smallint, next_at timestamptz)
WHERE c.id = new.id
"""
NOTED = """
INSERT INTO escalations_escalationevent (escalation_id, what, at, from_value, to_value, internal, via, request_id)
SELECT new.escalation, %s, %s, new.kind, new.words, true, %s, ''
FROM json_to_recordset(%s::json) AS new(escalation bigint, kind text, words text)
"""


class Due(NamedTuple):
    """A clock that enters a stage, as `CLAIMED` reads it."""

    pk: int
    kind: str
    stage: int
    level: int
    amount: int
    unit: str
    hours: str
    lead_after: int
    due_at: datetime
    escalation: int
    title: str
    owner: int | None
    customer: str


@dataclass(frozen=True)
class Rung:
    """A clock that entered a stage. `seconds`: until it is due, below 0 after."""

    clock: Due
    stage: ClockStage
    next_at: datetime | None
    seconds: float

    @property
    def words(self) -> str:
        """What is told of it."""
        return stage_words(self.stage, ClockKind(self.clock.kind).label, self.seconds)


@transaction.atomic
def ring_batch(*, at: datetime, limit: int = BATCH) -> list[int]:
    """Have at most `limit` clocks that are due enter their stage, tell people, and write it down. Returns the ids of
    their escalations, one for each clock.

    A clock that leapt over stages (nobody looked for a while) enters the last of them alone, and is told once. Whoever
    else rings takes others, and one whose escalation is being changed is left for the next look. All of a batch happens
    or none of it.
    """
    rows = _claimed(at, limit)
    rung = [_entered(row, at) for row in rows]
    _write(rung)
    loud = [one for one in rung if one.stage >= ClockStage.NEAR and one.stage > one.clock.stage]
    if loud:
        told = heard(at, {one.clock.owner for one in loud if one.clock.owner})
        _note(loud, told, at)
        _tell(loud, told, at)
    return [row.escalation for row in rows]


@transaction.atomic
def follow_plan(*, escalation: int, at: datetime) -> bool:
    """The customer has another plan: what is open is promised by that from now on. False: nothing was to change."""
    row = held(Escalation(pk=escalation))
    plan = row.customer.get_plan_display() or "no plan"
    if not Clock.objects.filter(escalation=row, state__in=OPEN).exclude(plan=row.customer.plan).exists():
        return False
    settle_clocks(escalation=row, at=at)
    record(What.CLOCK, escalation=row, at=at, by=None, internal=True,
           to_value=f"The customer's plan changed: the clocks are those of {plan} from now on")
    return True


def _claimed(at: datetime, limit: int) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED, [at, limit])
        return [Due(*row) for row in cursor.fetchall()]


@lru_cache(maxsize=500)
def _office(hours: str) -> Office:
    return office_from_json(json.loads(hours))


def _entered(row: Due, at: datetime) -> Rung:
    due, unit = row.due_at.astimezone(UTC), Unit(row.unit)
    try:
        office = _office(row.hours)
        whole = total(Promise(row.amount, unit), office)
        stage = stage_at(at, due, whole=whole, unit=unit, office=office, lead_after=row.lead_after,
                         entered=ClockStage(row.stage))
        after = next_stage(stage, due, whole=whole, unit=unit, office=office, lead_after=row.lead_after)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        log.exception("clock not reckoned", clock=row.pk)  # one that is broken keeps no other waiting
        return Rung(row, ClockStage(row.stage), at + LATER, 0)
    return Rung(row, stage, after, (due - at).total_seconds())


def _write(rung: Sequence[Rung]) -> None:
    rows = [{"id": one.clock.pk, "stage": int(one.stage), "next_at": one.next_at.isoformat() if one.next_at else None}
            for one in rung]
    if rows:
        _execute(MOVED, int(ClockStage.MISSED), json.dumps(rows))


def _note(loud: Iterable[Rung], told: Heard, at: datetime) -> None:
    rows = [{"escalation": one.clock.escalation, "kind": one.clock.kind,
             "words": f"{one.words}. Told: {_names(_whom(one, told))}"} for one in loud]
    _execute(NOTED, What.CLOCK.value, at, settings.ENV.process, json.dumps(rows))


def _execute(statement: str, *parameters: str | int | datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))


def _whom(one: Rung, told: Heard) -> list[Person]:
    """Whom its stage is told to. Whoever leads is no substitute for those who answer: where a clock leapt to the lead
    without having been missed in time, they hear of it too."""
    found = told.of(one.stage, one.clock.owner)
    if one.stage != ClockStage.LEAD or one.clock.stage >= ClockStage.MISSED:
        return found
    first = told.of(ClockStage.MISSED, one.clock.owner)
    return [*first, *(person for person in found if person not in first)]


def _tell(loud: Sequence[Rung], told: Heard, at: datetime) -> None:
    """One message to each, however many clocks it is about."""
    about: dict[Person, list[Rung]] = defaultdict(list)
    for one in loud:
        for person in _whom(one, told):
            about[person].append(one)
    leads = told.of(ClockStage.LEAD, None) if any(one.stage == ClockStage.LEAD for one in loud) else []
    for person, found in about.items():
        ordered = sorted(found, key=lambda one: (-one.stage, one.clock.level, one.seconds))
        first = ordered[0].clock
        path = path_of(first.escalation) if len(ordered) == 1 else "/escalations/?tab=clock"
        tell(person, key=f"clock-{first.pk}-{ordered[0].stage}-{person.pk}", subject=_subject(ordered),
             text=_text(ordered, leads=person in leads), path=path, at=at, purpose="clock")


def _subject(rung: Sequence[Rung]) -> str:
    if len(rung) == 1:
        return f"E-{rung[0].clock.escalation}: {rung[0].words}"[:200]
    missed = sum(one.stage >= ClockStage.MISSED for one in rung)
    counted = [f"{missed} missed" if missed else "", f"{len(rung) - missed} soon due" if len(rung) > missed else ""]
    return f"{len(rung)} clocks of escalations: {', '.join(filter(None, counted))}"


def _text(rung: Sequence[Rung], *, leads: bool) -> str:
    lines = [
        f"- E-{one.clock.escalation} (L{one.clock.level}, {one.clock.customer}): {one.clock.title}. {one.words}"
        for one in rung[:NAMED]
    ]
    more = len(rung) - NAMED
    why = ["You lead, and nobody has answered since."] if leads and rung[0].stage == ClockStage.LEAD else []
    return "\n".join([*why, *lines, *([f"- and {more:,} more"] if more > 0 else [])])


def _names(people: Sequence[Person]) -> str:
    return ", ".join(person.name for person in people) or "nobody, for nobody is on duty"

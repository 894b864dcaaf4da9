"""Clocks enter their stages: each once, told to whoever can still help, written down."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction

from escalations.actions.base import held, record
from escalations.actions.clocks import settle_clocks
from escalations.choices import ClockKind, ClockStage, ClockState, Unit, What
from escalations.models import Clock, Escalation, EscalationEvent
from escalations.queries.addresses import path_of
from escalations.queries.due import Heard, heard
from escalations.rules.clocks.promises import Promise, office_from_json, total
from escalations.rules.clocks.stages import next_stage, stage_at
from escalations.rules.clocks.words import stage_words
from people.models import Person
from set_rotation.actions.telling import tell

log = structlog.get_logger(__name__)

BATCH = 1000
NAMED = 10  # in one message; more of them are counted
LATER = timedelta(minutes=10)  # until one that could not be reckoned is tried again
NEEDED = (
    "kind", "stage", "level", "amount", "unit", "hours", "lead_after", "due_at", "next_at",
    "escalation__title", "escalation__owner_id", "escalation__customer__name",
)
MOVED = """
UPDATE escalations_clock AS c
SET stage = new.stage, next_at = new.next_at,
    missed_at = CASE WHEN new.stage >= %s THEN COALESCE(c.missed_at, c.due_at) ELSE c.missed_at END
FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS new(id, stage, next_at)
WHERE c.id = new.id
"""


@dataclass(frozen=True)
class Rung:
    """A clock that entered a stage. `seconds`: until it is due, below 0 after."""

    clock: Clock
    stage: ClockStage
    next_at: datetime | None
    seconds: float

    @property
    def words(self) -> str:
        """What is told of it."""
        return stage_words(self.stage, ClockKind(self.clock.kind).label, self.seconds)


@transaction.atomic
def ring_batch(*, at: datetime, limit: int = BATCH) -> list[int]:
    """Have at most `limit` clocks that are due enter their stage, tell people, and write it down. Returns their ids.

    A clock that leapt over stages (nobody looked for a while) enters the last of them alone. Whoever else rings takes
    others, and one whose escalation is being changed is left for the next look. All of a batch happens or none of it.
    """
    rows = _claimed(at, limit)
    rung = [_entered(row, at) for row in rows]
    _write(rung)
    loud = [one for one in rung if one.stage >= ClockStage.NEAR and one.stage > one.clock.stage]
    if loud:
        told = heard(at, {one.clock.escalation.owner_id for one in loud if one.clock.escalation.owner_id})
        _note(loud, told, at)
        _tell(loud, told, at)
    return [row.pk for row in rows]


@transaction.atomic
def follow_plan(*, escalation: int, at: datetime) -> bool:
    """The customer has another plan: what is open is promised by that from now on. False: nothing was to change."""
    row = held(Escalation(pk=escalation))
    plan = row.customer.get_plan_display() or "no plan"
    if not Clock.objects.filter(escalation=row, state__in=[ClockState.RUNNING, ClockState.PAUSED]).exclude(
        plan=row.customer.plan
    ).exists():
        return False
    settle_clocks(escalation=row, at=at)
    record(What.CLOCK, escalation=row, at=at, by=None, internal=True,
           to_value=f"The customer's plan changed: the clocks are those of {plan} from now on")
    return True


def _claimed(at: datetime, limit: int) -> list[Clock]:
    # The escalation is held too, and first of all: an event of it waits for whoever changes it, and they wait for the
    # clock.
    mine = Clock.objects.select_for_update(skip_locked=True, of=("self", "escalation"), no_key=True)
    due = mine.filter(next_at__lte=at, state=ClockState.RUNNING).select_related("escalation__customer")
    return list(due.only(*NEEDED).order_by("next_at", "id")[:limit])


def _entered(row: Clock, at: datetime) -> Rung:
    due = row.due_at or at
    try:
        office, unit = office_from_json(row.hours), Unit(row.unit)
        whole = total(Promise(row.amount, unit), office)
        stage = stage_at(at, due, whole=whole, unit=unit, office=office, lead_after=row.lead_after,
                         entered=ClockStage(row.stage))
        after = next_stage(stage, due, whole=whole, unit=unit, office=office, lead_after=row.lead_after)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        log.exception("clock not reckoned", clock=row.pk)  # one that is broken keeps no other waiting
        return Rung(row, ClockStage(row.stage), at + LATER, 0)
    return Rung(row, stage, after, (due - at).total_seconds())


def _write(rung: Sequence[Rung]) -> None:
    if not rung:
        return
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [
            int(ClockStage.MISSED), [one.clock.pk for one in rung], [int(one.stage) for one in rung],
            [one.next_at for one in rung],
        ])


def _note(loud: Iterable[Rung], told: Heard, at: datetime) -> None:
    EscalationEvent.objects.bulk_create([
        EscalationEvent(
            what=What.CLOCK, escalation_id=one.clock.escalation_id, at=at, internal=True, via=settings.ENV.process,
            from_value=one.clock.kind, to_value=f"{one.words}. Told: {_names(told.of(one.stage, _owner(one)))}",
        )
        for one in loud
    ])


def _tell(loud: Iterable[Rung], told: Heard, at: datetime) -> None:
    """One message to each, however many clocks it is about."""
    about: dict[Person, list[Rung]] = defaultdict(list)
    for one in loud:
        for person in told.of(one.stage, _owner(one)):
            about[person].append(one)
    for person, found in about.items():
        ordered = sorted(found, key=lambda one: (-one.stage, one.clock.level, one.seconds))
        first = ordered[0].clock
        path = path_of(first.escalation_id) if len(ordered) == 1 else "/escalations/?tab=clock"
        tell(person, key=f"clock-{first.pk}-{ordered[0].stage}-{person.pk}", subject=_subject(ordered),
             text=_text(ordered), path=path, at=at, purpose="clock")


def _subject(rung: Sequence[Rung]) -> str:
    if len(rung) == 1:
        return f"E-{rung[0].clock.escalation_id}: {rung[0].words}"[:200]
    missed = sum(one.stage >= ClockStage.MISSED for one in rung)
    counted = [f"{missed} missed" if missed else "", f"{len(rung) - missed} soon due" if len(rung) > missed else ""]
    return f"{len(rung)} clocks of escalations: {', '.join(filter(None, counted))}"


def _text(rung: Sequence[Rung]) -> str:
    lines = [
        f"- E-{one.clock.escalation_id} (L{one.clock.level}, {one.clock.escalation.customer.name}): "
        f"{one.clock.escalation.title}. {one.words}" for one in rung[:NAMED]
    ]
    more = len(rung) - NAMED
    why = ["You lead, and nobody has answered since."] if rung[0].stage == ClockStage.LEAD else []
    return "\n".join([*why, *lines, *([f"- and {more:,} more"] if more > 0 else [])])


def _owner(one: Rung) -> int | None:
    return one.clock.escalation.owner_id


def _names(people: Sequence[Person]) -> str:
    return ", ".join(person.name for person in people) or "nobody, for nobody is on duty"

"""One clock: it begins, is paused, runs again, is met or ended, or makes room for one by another promise."""

from dataclasses import dataclass, replace
from datetime import datetime

from escalations.choices import ClockKind, ClockStage, ClockState, Unit
from escalations.rules.clocks.promises import Office, Promise, moment_after, time_between, total
from escalations.rules.clocks.stages import next_stage, stage_at

OPEN = (ClockState.RUNNING, ClockState.PAUSED)
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Terms:
    """By what a clock is measured: the promise for a plan and a level, the customer's office, the version of the
    matrix, and after how many minutes the lead is told of a missed one."""

    promise: Promise
    office: Office
    level: int
    plan: str
    matrix: int
    lead_after: int


@dataclass(frozen=True)
class ClockFact:
    """A clock as the rules see it. `runs_since`: when it began or last ran again. `left`: seconds, while it is
    paused; below 0 once it is overdue. `pauses`: those that are over, as (from, until) in their order. `pk` is None for
    one that is not stored yet."""

    kind: ClockKind
    terms: Terms
    started_at: datetime
    runs_since: datetime
    due_at: datetime | None
    state: ClockState = ClockState.RUNNING
    stage: ClockStage = ClockStage.RUNNING
    left: int | None = None
    paused_at: datetime | None = None
    pauses: tuple[Stretch, ...] = ()
    met_at: datetime | None = None
    missed_at: datetime | None = None
    ended_at: datetime | None = None
    next_at: datetime | None = None
    pk: int | None = None

    @property
    def whole(self) -> int:
        """What was promised, in seconds of its kind."""
        return total(self.terms.promise, self.terms.office)

    @property
    def paused_for(self) -> int:
        """For how long it stood still, in seconds around the clock, in the pauses that are over."""
        return sum(time_between(*pause, Unit.HOURS, self.terms.office) for pause in self.pauses)


def begun(kind: ClockKind, terms: Terms, at: datetime) -> ClockFact:
    """A clock that begins at `at`."""
    due = moment_after(at, total(terms.promise, terms.office), terms.promise.unit, terms.office)
    return _rung(ClockFact(kind, terms, at, at, due), ClockStage.RUNNING)


def paused(clock: ClockFact, at: datetime) -> ClockFact:
    """It stands still with what is left. One that is overdue stays as overdue as it is."""
    return replace(
        clock, state=ClockState.PAUSED, left=left_at(clock, at), paused_at=at, due_at=None, next_at=None,
        missed_at=_missed(clock, at),
    )


def resumed(clock: ClockFact, at: datetime) -> ClockFact:
    """It runs again, and is due when what was left has passed. No stage that it had entered is entered again."""
    if clock.paused_at is None or clock.left is None:
        return clock
    unit, office = clock.terms.promise.unit, clock.terms.office
    due = moment_after(at, clock.left, unit, office)
    running = replace(
        clock, state=ClockState.RUNNING, due_at=due, left=None, paused_at=None, runs_since=at,
        pauses=_pauses(clock, at),
    )
    return _rung(running, clock.stage)


def met(clock: ClockFact, at: datetime) -> ClockFact:
    """What was promised was done at `at`: in time, or late (`missed_at`)."""
    return replace(_closed(clock, at), state=ClockState.MET, met_at=at, missed_at=_missed(clock, at))


def ended(clock: ClockFact, at: datetime) -> ClockFact:
    """Nothing is owed by it any more. What it had missed by then stays missed."""
    return replace(_closed(clock, at), state=ClockState.ENDED, missed_at=_missed(clock, at))


def by_other_terms(clock: ClockFact, terms: Terms, at: datetime) -> ClockFact:
    """The clock that takes the place of this open one when level, plan or customer change.

    A shorter promise counts from the change, yet never ends later than the old one would have; a longer one counts
    from when the old one began, its pauses left out. What is overdue by both stays overdue, and is not told again. Of
    one that stands still all of this is measured at the moment at which it was paused.
    """
    now = clock.paused_at or at
    due, missed = _other_due(clock, terms, now)
    still = due <= now
    other = replace(
        clock, pk=None, terms=terms, state=ClockState.RUNNING, due_at=due, left=None, paused_at=None,
        missed_at=(missed or due) if still else None, stage=clock.stage if still else ClockStage.RUNNING,
    )
    if not still:
        other = replace(other, stage=min(_reached(other, now), ClockStage.NEAR))
    if clock.paused_at is not None:
        return replace(paused(other, now), runs_since=clock.runs_since)
    return _rung(other, other.stage)


def left_at(clock: ClockFact, at: datetime) -> int:
    """How many seconds of its kind of time are left; below 0 when it is overdue."""
    if clock.due_at is None:
        return clock.left or 0
    return time_between(at, clock.due_at, clock.terms.promise.unit, clock.terms.office)


def _due_by(clock: ClockFact, now: datetime) -> datetime:
    """When it is due; of one that was paused at `now`, when it was due then."""
    if clock.due_at is not None:
        return clock.due_at
    if clock.missed_at is not None and clock.missed_at >= clock.runs_since:
        return clock.missed_at  # what is left would not say how much of closed time has passed since
    return moment_after(now, clock.left or 0, clock.terms.promise.unit, clock.terms.office)


def _other_due(clock: ClockFact, terms: Terms, now: datetime) -> tuple[datetime, datetime | None]:
    """When it is due by other terms, and the due time that passed before one of its pauses."""
    was, straight = _due_by(clock, now), _replayed(clock, terms)
    if straight.due_at is not None and straight.due_at >= was:
        return straight.due_at, straight.missed_at
    return min(was, moment_after(now, straight.whole, terms.promise.unit, terms.office)), clock.missed_at


def _replayed(clock: ClockFact, terms: Terms) -> ClockFact:
    """The clock as it would have run by these terms since it began: what lies in a pause may be open time by them, or
    closed."""
    found = begun(clock.kind, terms, clock.started_at)
    for stopped, again in clock.pauses:
        found = resumed(paused(found, stopped), again)
    return found


def _closed(clock: ClockFact, at: datetime) -> ClockFact:
    return replace(clock, ended_at=at, next_at=None, pauses=_pauses(clock, at))


def _pauses(clock: ClockFact, at: datetime) -> tuple[Stretch, ...]:
    """Its pauses, with the one that is over at `at`."""
    return clock.pauses if clock.paused_at is None else (*clock.pauses, (clock.paused_at, max(clock.paused_at, at)))


def _missed(clock: ClockFact, at: datetime) -> datetime | None:
    """The due time that passed unmet. A paused one kept its own when it was paused."""
    if clock.missed_at is not None or clock.due_at is None:
        return clock.missed_at
    return clock.due_at if clock.due_at < at else None


def _rung(clock: ClockFact, stage: ClockStage) -> ClockFact:
    if clock.due_at is None:
        return clock
    terms = clock.terms
    ahead = next_stage(stage, clock.due_at, whole=clock.whole, unit=terms.promise.unit, office=terms.office,
                       lead_after=terms.lead_after)
    return replace(clock, stage=stage, next_at=ahead)


def _reached(clock: ClockFact, at: datetime) -> ClockStage:
    if clock.due_at is None:
        return clock.stage
    terms = clock.terms
    return stage_at(at, clock.due_at, whole=clock.whole, unit=terms.promise.unit, office=terms.office,
                    lead_after=terms.lead_after, entered=clock.stage)

"""Which clocks an escalation has, by what it is and what was said. Nothing of it knows notes: they stop no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from escalations.choices import ClockKind, ClockState, Status
from escalations.rules.clocks.clock import (
    ClockFact,
    Terms,
    begun,
    by_other_terms,
    ended,
    met,
    paused,
    resumed,
)

OVER = (Status.SOLVED, Status.CLOSED)


@dataclass(frozen=True)
class Facts:
    """What an escalation says of its clocks. `customer`, `plan`, `level`: to whom what was promised. `released`: its
    fix is out. `owing`: that fix has a customer who was not told yet. `told`: our last public reply was sent while it
    waited for the reporter, and asked nothing."""

    status: Status
    status_since: datetime
    level: int
    plan: str
    customer: int
    first_reply_at: datetime | None
    last_reply_at: datetime | None
    last_asked_at: datetime | None
    merged: bool = False
    released: bool = False
    owing: bool = False
    told: bool = False

    @property
    def over(self) -> bool:
        """Nothing is owed to anybody."""
        return self.merged or self.status in OVER

    @property
    def waits(self) -> bool:
        """It is the reporter's turn."""
        return self.status == Status.REPORTER


# The terms for a kind of clock; None where nothing is promised. Asked only when a clock begins.
TermsOf = Callable[[ClockKind], Terms | None]


def settled(facts: Facts, clocks: Iterable[ClockFact], terms_of: TermsOf, at: datetime) -> list[ClockFact]:
    """The clocks that change or begin at `at`: `clocks` are the open ones. The same again changes nothing.

    - First reply: from when it is raised until our first public reply.
    - Next reply: from what the reporter says after our last reply until we reply. A reply that asks pauses it, their
      answer lets it run again with what was left; a plain reply meets it, also while it stands still. A fix that is out
      is an answer that we owe: it begins then too, and runs until each affected customer was told.
    - Update (for the levels that have one): from when it is raised, and anew from each public reply of ours.

    All stand still while we wait for the reporter, run while another team has it, and end when nothing is owed.
    """
    open_ones = {clock.kind: clock for clock in clocks}
    changed: list[ClockFact] = []
    for kind in ClockKind:
        changed += _settled_one(facts, kind, open_ones.get(kind), terms_of, at)
    return changed


def _settled_one(
    facts: Facts, kind: ClockKind, clock: ClockFact | None, terms_of: TermsOf, at: datetime
) -> list[ClockFact]:
    changed: list[ClockFact] = []
    if clock is not None:
        done = _done(facts, clock, at)
        if done is not None:
            changed.append(done)
            clock = None
    if clock is None:
        terms = terms_of(kind) if _wanted(facts, kind) else None
        if terms is None:
            return changed
        fresh = begun(kind, terms, at)
        return [*changed, paused(fresh, at) if facts.waits else fresh]
    kept = _kept(facts, clock, terms_of, at)
    return [*changed, *kept]


def _kept(facts: Facts, clock: ClockFact, terms_of: TermsOf, at: datetime) -> list[ClockFact]:
    """A clock that stays open: paused or run on, or replaced by one by other terms."""
    if _same(facts, clock):
        turned = _turned(facts, clock, at)
        return [] if turned == clock else [turned]
    gone, terms = ended(clock, at), terms_of(clock.kind)
    return [gone] if terms is None else [gone, _turned(facts, by_other_terms(clock, terms, at), at)]


def _turned(facts: Facts, clock: ClockFact, at: datetime) -> ClockFact:
    if facts.waits:
        return paused(clock, at) if clock.state == ClockState.RUNNING else clock
    return resumed(clock, at) if clock.state == ClockState.PAUSED else clock


def _same(facts: Facts, clock: ClockFact) -> bool:
    terms = clock.terms
    return (terms.level, terms.plan, terms.office.customer) == (facts.level, facts.plan, facts.customer)


def _wanted(facts: Facts, kind: ClockKind) -> bool:
    """Whether a clock of this kind, of which none is open, begins."""
    if facts.over:
        return False
    match kind:
        case ClockKind.FIRST_REPLY:
            return facts.first_reply_at is None
        case ClockKind.NEXT_REPLY:
            return facts.first_reply_at is not None and _asked(facts)
        case ClockKind.UPDATE:
            return True


def _asked(facts: Facts) -> bool:
    replied = facts.last_reply_at
    if replied is None:
        return False
    if facts.owing:
        return True
    if facts.status == Status.REPLY_OWED and replied < facts.status_since:
        return True
    return not facts.waits and facts.last_asked_at is not None and facts.last_asked_at > replied


def _done(facts: Facts, clock: ClockFact, at: datetime) -> ClockFact | None:
    """The clock, met or ended; None while it stays open."""
    reply = _reply_to(facts, clock)
    if reply is not None:
        return met(clock, reply)
    if facts.over or (clock.kind == ClockKind.NEXT_REPLY and _moot(facts, clock)):
        return ended(clock, at)
    return None


def _moot(facts: Facts, clock: ClockFact) -> bool:
    """Whether what a next reply was owed for is no more: the fix that is out begins another one, and one that was
    begun by a fix, with nothing asked since, ends when that fix is taken back."""
    if facts.status == Status.REPLY_OWED:
        return clock.state == ClockState.PAUSED
    if facts.released or facts.waits or _asked(facts):
        return False
    return facts.last_asked_at is None or facts.last_asked_at < clock.started_at


def _reply_to(facts: Facts, clock: ClockFact) -> datetime | None:
    """Our public reply that meets the clock."""
    if clock.kind == ClockKind.FIRST_REPLY:
        return facts.first_reply_at
    reply = facts.last_reply_at
    if reply is None:
        return None
    since = clock.paused_at or clock.runs_since
    if clock.kind == ClockKind.UPDATE:
        return reply if reply > since else None
    if facts.owing or (facts.last_asked_at is not None and facts.last_asked_at > reply):
        return None  # one customer was told, and another was not; or it was a question that they have answered
    if clock.paused_at is not None:
        return reply if reply > since and (facts.told if facts.waits else reply >= facts.status_since) else None
    if facts.waits:
        return None  # it asks, and the clock stands still
    first_run = clock.runs_since == clock.started_at
    return reply if reply > since or (first_run and reply == since) else None

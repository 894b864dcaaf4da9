"""The ladder of a page: who is to be paged next, when, and when it is at its end. Pure: no database, no clock.

A policy is data (`handbook/policies.toml`, /pages/policies/). A page keeps it as it was at the moment of paging; who
holds a seat is looked up at each step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from set_rotation.choices import Seat

MOST_MINUTES, MOST_STALE, MOST_ROUNDS, MOST_STEPS = 240, 1440, 10, 8
LONGEST_SNOOZE = timedelta(hours=24)


@dataclass(frozen=True)
class Step:
    """`seat` is paged so long after the step before. Without a seat: the person whom the page goes to alone."""

    seat: Seat | None
    after: timedelta


@dataclass(frozen=True)
class Policy:
    """See `PagePolicy`. `minute`: how long a minute lasts; tests shorten it, and with it everything of the page."""

    steps: tuple[Step, ...]
    again: timedelta
    rounds: int
    stale: timedelta
    minute: timedelta = timedelta(minutes=1)

    def minutes(self, count: float) -> timedelta:
        """So many of this policy's minutes."""
        return self.minute * count

    def alone(self) -> "Policy":
        """The same for one person instead of the seats: each round is one step."""
        return Policy((Step(None, timedelta()),), self.again, self.rounds, self.stale, self.minute)


@dataclass(frozen=True, order=True)
class Rung:
    """A place on the ladder: rounds count from 1, steps from 0. Past the last round it is exhausted."""

    round: int
    step: int


TOP = Rung(1, 0)


def fixed(
    *, steps: Sequence[Mapping[str, Any]], again: int, rounds: int, stale: int, minute: float = 60
) -> dict[str, Any]:
    """A policy as a page keeps it: plain JSON, minutes as they stand in the policy, `minute` in seconds."""
    kept = [{"seat": str(step["seat"]), "minutes": step["minutes"]} for step in steps]
    return {"steps": kept, "again": again, "rounds": rounds, "stale": stale, "minute": minute}


def read_policy(stored: Mapping[str, Any]) -> Policy:
    """What `fixed` wrote."""
    minute = timedelta(seconds=stored.get("minute", 60))
    return Policy(
        steps=tuple(Step(Seat(step["seat"]), step["minutes"] * minute) for step in stored["steps"]),
        again=stored["again"] * minute, rounds=stored["rounds"], stale=stored["stale"] * minute, minute=minute,
    )


def faults(*, steps: Sequence[Mapping[str, Any]], again: int, rounds: int, stale: int) -> list[str]:
    """What is wrong with a policy, in words; empty when it can be used."""
    found = []
    if not steps:
        found.append("A policy has at least one step: without one nobody would be paged.")
    if len(steps) > MOST_STEPS:
        found.append(f"A policy has {MOST_STEPS} steps at most.")
    if any(step["seat"] not in Seat.values for step in steps):
        found.append("Each step names a seat: primary, backup or lead.")
    if any(not 0 <= step["minutes"] <= MOST_MINUTES for step in steps):
        found.append(f"A step comes after 0 to {MOST_MINUTES} minutes.")
    if not 1 <= again <= MOST_MINUTES:
        found.append(f"It goes on from the top after 1 to {MOST_MINUTES} minutes.")
    if not 1 <= rounds <= MOST_ROUNDS:
        found.append(f"There are 1 to {MOST_ROUNDS} rounds.")
    if not 0 <= stale <= MOST_STALE:
        found.append(f"An acknowledged page goes stale after 1 to {MOST_STALE} minutes, or never (0).")
    return found


def next_step(policy: Policy, rung: Rung) -> Rung:
    """The rung after this one: the next seat, or the top of the next round."""
    if rung.step + 1 < len(policy.steps):
        return Rung(rung.round, rung.step + 1)
    return Rung(rung.round + 1, 0)


def longest_wait(policy: Policy) -> timedelta:
    """No step of a ladder comes later after the one before it."""
    return max(policy.again, *(step.after for step in policy.steps))


def exhausted(policy: Policy, rung: Rung) -> bool:
    """Whether the ladder has no such rung any more."""
    return rung.round > policy.rounds or rung.step >= len(policy.steps)


@dataclass(frozen=True)
class Taken:
    """A step that was done now. `words` say why nobody was paged by it; "" when `person` is."""

    rung: Rung
    seat: Seat | None
    person: int | None
    words: str


@dataclass(frozen=True)
class Climbed:
    """What is done now, and what comes next: `rung` at `due_at`; None: the ladder is exhausted, and nobody answered.
    `nobody`: a whole round went by in which there was nobody to page."""

    taken: tuple[Taken, ...]
    rung: Rung
    due_at: datetime | None
    nobody: bool = False


@dataclass
class _Round:
    """Whom this round has reached, by which seat; `waited`: time went by since the last of them."""

    reached: dict[int, Seat | None] = field(default_factory=dict)
    waited: bool = False


def climb(
    policy: Policy, rung: Rung, *, holders: Mapping[Seat, int], only_to: int | None, reached: Mapping[int, Seat | None],
    at: datetime,
) -> Climbed:
    """Do what is due at `rung`. `holders`: who holds each seat now; `reached`: whom this round paged, by which seat.

    An empty seat, or somebody whom another seat has reached in this round, costs no time: the next step comes at once.
    A round never begins at once after somebody was paged, nor after a round without anybody: it waits for `again`.
    """
    taken: list[Taken] = []
    now = _Round(dict(reached), waited=False)
    nobody = False
    while not exhausted(policy, rung):
        step = policy.steps[rung.step]
        person = only_to if step.seat is None else holders.get(step.seat)
        words = _why_not(step.seat, person, now.reached)
        taken.append(Taken(rung, step.seat, person, words))
        if words:
            now.waited = now.waited or (rung.step > 0 and step.after > timedelta())
        elif person is not None:
            now.reached[person], now.waited = step.seat, False
        following = next_step(policy, rung)
        nobody = nobody or (following.round != rung.round and not now.reached)
        pause = _pause(policy, rung, following, paged=not words, now=now)
        if pause:
            return Climbed(tuple(taken), following, at + pause, nobody)
        if following.round != rung.round:
            now = _Round()
        rung = following
    return Climbed(tuple(taken), rung, None, nobody)


def _why_not(seat: Seat | None, person: int | None, reached: Mapping[int, Seat | None]) -> str:
    if person is None:
        return f"Nobody is {seat.label.lower()} now." if seat else "They have left."
    before = reached.get(person, seat)
    return f"Reached already, as {before.label.lower()}." if before and before != seat else ""


def _pause(policy: Policy, rung: Rung, following: Rung, *, paged: bool, now: _Round) -> timedelta:
    """How long after `rung` the following one is due."""
    if following.round == rung.round:
        return policy.steps[following.step].after if paged else timedelta()
    return timedelta() if now.reached and now.waited and not paged else policy.again


@dataclass(frozen=True)
class Turn:
    """A step as it would come if nobody answered and every seat were held. `seat` None: the one person."""

    rung: Rung
    seat: Seat | None
    due_at: datetime


def turns(policy: Policy, *, at: datetime, rung: Rung = TOP) -> Iterator[Turn]:
    """All steps from `rung` on, the first of them at `at`; nothing when the ladder is exhausted."""
    while not exhausted(policy, rung):
        yield Turn(rung, policy.steps[rung.step].seat, at)
        following = next_step(policy, rung)
        at += policy.again if following.round != rung.round else policy.steps[following.step].after
        rung = following


def first_due(policy: Policy, at: datetime) -> datetime:
    """When a page of this moment reaches its first step."""
    return at + policy.steps[0].after

"""A ladder with names: whom a page would reach, when, and by which way, as things stand now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from people.models import Person
from set_rotation.choices import PageState, Seat, Urgency
from set_rotation.models import Page, PageAttempt, PagePolicy
from set_rotation.queries.contacts import reach_words
from set_rotation.queries.facts import holders
from set_rotation.rules.paging import Policy, Rung, Turn, exhausted, fixed, read_policy, turns

MANY = 6  # steps that are shown ahead


@dataclass(frozen=True)
class TurnLine:
    """A step: when it comes, which seat, who holds it now ("": nobody), and how they are reached."""

    round: int
    seat: str
    at: datetime
    minutes: int  # after the first of these steps
    name: str
    ways: str


@dataclass(frozen=True)
class Preview:
    """Whom a page of this urgency would reach now; `again`: what comes after the first round."""

    urgency: Urgency
    turns: tuple[TurnLine, ...]
    again: str


def preview(urgency: Urgency, at: datetime) -> Preview:
    """Whom a page of this moment would reach in its first round, if nobody answered. Three queries."""
    row = PagePolicy.objects.filter(urgency=urgency).first()
    if row is None:
        return Preview(urgency, (), "")
    policy = read_policy(fixed(steps=row.steps, again=row.again, rounds=row.rounds, stale=row.stale))
    first = [turn for turn in turns(policy, at=at + policy.steps[0].after) if turn.rung.round == 1]
    return Preview(urgency, _lines(first, _held(at), urgency, at, policy), again_words(row))


def again_words(row: PagePolicy) -> str:
    """What comes after the first round: "Then again from the top after 10 min, 3 rounds in all"."""
    if row.rounds == 1:
        return f"One round: {row.again} min later the coordinators are told that nobody answered."
    return (f"Then again from the top after {row.again} min, {row.rounds} rounds in all; after that the coordinators "
            "are told.")


def coming(page: Page, at: datetime) -> tuple[TurnLine, ...]:
    """The next steps of an open page, if nobody answers. Two queries."""
    if page.state != PageState.OPEN or page.due_at is None:
        return ()
    policy = read_policy(page.policy)
    policy = policy.alone() if page.only_to_id else policy
    rung = Rung(page.round, page.step)
    if exhausted(policy, rung):
        return ()
    found = list(islice(turns(policy, at=page.due_at, rung=rung), MANY))
    return _lines(found, _held(at), Urgency(page.urgency), page.due_at, policy, alone=page.only_to)


def calls_still(delivery_id: int) -> bool:
    """Whether the page of this message still calls, and nobody has answered since it was written. One query."""
    attempt = PageAttempt.objects.filter(delivery=delivery_id).select_related("page").first()
    if attempt is None:
        return True
    calling = attempt.page.state in {PageState.OPEN, PageState.UNANSWERED}
    return calling and attempt.key.startswith(f"{attempt.page_id}:{attempt.page.token}:")


def _held(at: datetime) -> Mapping[Seat | None, Person]:
    return {seat: held.person for seat, held in holders(at).items() if held.person.is_active}


def _lines(
    found: Sequence[Turn], held: Mapping[Seat | None, Person], urgency: Urgency, begins: datetime, policy: Policy, *,
    alone: Person | None = None,
) -> tuple[TurnLine, ...]:
    people = {**held, None: alone} if alone and alone.is_active else held
    ways = reach_words([person.pk for person in people.values() if person], urgency)
    lines = []
    for turn in found:
        person = people.get(turn.seat)
        lines.append(TurnLine(
            round=turn.rung.round, seat=turn.seat.label if turn.seat else "Only", at=turn.due_at,
            minutes=round((turn.due_at - begins) / policy.minute), name=person.name if person else "",
            ways=ways[person.pk] if person else "",
        ))
    return tuple(lines)

"""Swaps: what is asked of whom, what somebody may offer, and who may answer."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import Seat, SwapState
from set_rotation.models import Duty, Member, Override, Swap, SwapAnswer
from set_rotation.rules.local import stretch_words
from set_rotation.rules.swaps import SwapRights, held_whole, rights

SHOWN = timedelta(days=60)  # how long an answered swap is listed
LISTED = 200


@dataclass(frozen=True)
class Held:
    """A stretch of duty ahead, as a choice of a form: `pk` is the duty's."""

    pk: int
    person: int
    name: str
    seat: Seat
    starts_at: datetime
    ends_at: datetime
    words: str


@dataclass(frozen=True)
class SwapLine:
    """A swap on the page. Times in the reader's clocks; `declined`: (who, their words)."""

    pk: int
    state: str
    state_words: str
    tone: str
    person: Mark
    asked: Mark | None
    taken_by: Mark | None
    what: str
    in_return: str
    reason: str
    starts_at: datetime
    made_at: datetime
    by: str
    declined: tuple[tuple[Mark, str], ...]
    may: SwapRights


TONES = {SwapState.OPEN: "blue", SwapState.ACCEPTED: "green", SwapState.UNDONE: "grey", SwapState.DECLINED: "amber",
         SwapState.EXPIRED: "amber", SwapState.WITHDRAWN: "grey"}


def swap_list(*, reader: Person, may_plan: bool, at: datetime) -> tuple[SwapLine, ...]:
    """The swaps that concern the reader, or for a planner all of them: open ones first, by when they begin; then those
    answered lately. At most `LISTED`, in four queries."""
    rows = Swap.objects.select_related("person", "asked", "taken_by", "by").filter(
        Q(state=SwapState.OPEN) | Q(ends_at__gt=at) | Q(answered_at__gt=at - SHOWN)
    )
    if not may_plan:
        rows = rows.filter(Q(person=reader) | Q(asked=reader) | Q(taken_by=reader) | Q(asked=None))
    found = list(rows.order_by("starts_at")[:LISTED])
    declined = _declined([row.pk for row in found])
    undoable = _undoable([row.pk for row in found], at)
    lines = [_line(row, declined[row.pk], reader, at, may_plan=may_plan, left=row.pk in undoable) for row in found]
    is_open = [line for line in lines if line.state == SwapState.OPEN]
    return (*is_open, *sorted((line for line in lines if line.state != SwapState.OPEN),
                              key=lambda line: line.made_at, reverse=True))


def _declined(swaps: Collection[int]) -> dict[int, list[SwapAnswer]]:
    found: dict[int, list[SwapAnswer]] = defaultdict(list)
    for answer in SwapAnswer.objects.filter(swap__in=swaps).select_related("person").order_by("at"):
        found[answer.swap_id].append(answer)
    return found


def _undoable(swaps: Collection[int], at: datetime) -> set[int]:
    """Those of which something that was swapped still lies ahead."""
    held = Override.objects.held().filter(swaps__in=swaps, ends_at__gt=at)
    return set(held.values_list("swaps", flat=True))


def _line(
    row: Swap, answers: Sequence[SwapAnswer], reader: Person, at: datetime, *, may_plan: bool, left: bool
) -> SwapLine:
    state, zone = SwapState(row.state), reader.zone
    may = rights(state=state, reader=reader.pk, person=row.person_id, asked=row.asked_id, taken_by=row.taken_by_id,
                 declined={answer.person_id for answer in answers}, plans=may_plan, begun=row.starts_at <= at,
                 left=left)
    return SwapLine(
        row.pk, state.value, state.label, TONES[state], mark(row.person), mark(row.asked) if row.asked else None,
        mark(row.taken_by) if row.taken_by else None,
        f"{Seat(row.seat).label}, {stretch_words(row.starts_at, row.ends_at, zone, at.year)}",
        return_words(row, zone, at),
        row.reason, row.starts_at, row.made_at, row.by.name if row.by and row.by_id != row.person_id else "",
        tuple((mark(answer.person), answer.words) for answer in answers), may,
    )


def return_words(row: Swap, zone: str, at: datetime) -> str:
    """What is offered in return, in the clocks of a zone; "" for nothing."""
    if row.return_starts_at is None or row.return_ends_at is None:
        return ""
    return f"{Seat(row.return_seat).label}, {stretch_words(row.return_starts_at, row.return_ends_at, zone, at.year)}"


def duty_ahead(*, at: datetime, zone: str, people: Collection[int] | None = None) -> tuple[Held, ...]:
    """The duty that lies ahead or runs, of everybody or of these people, by time. One query."""
    rows = Duty.objects.held().filter(ends_at__gt=at).select_related("person").order_by("starts_at", "seat")
    if people is not None:
        rows = rows.filter(person__in=people)
    return tuple(
        Held(row.pk, row.person_id, row.person.name, Seat(row.seat), row.starts_at, row.ends_at,
             f"{Seat(row.seat).label}, {stretch_words(row.starts_at, row.ends_at, zone, at.year)}")
        for row in rows[:LISTED]
    )


def holds(person: Person, seat: Seat, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether somebody holds a seat for all of `[starts_at, ends_at)`. One query."""
    rows = Duty.objects.held().filter(person=person, seat=seat).overlapping(starts_at, ends_at)
    return held_whole(list(rows.values_list("starts_at", "ends_at")), starts_at, ends_at)


def asked_of(person: Person, at: datetime) -> tuple[Swap, ...]:
    """The open swaps that wait for an answer of somebody: those asked of them, then those asked of everybody on the
    roster. Those of their own, and those that they declined, are not among them. One query."""
    said_no = SwapAnswer.objects.filter(swap=OuterRef("pk"), person=person)
    member = Member.objects.filter(Q(leaves_on=None) | Q(leaves_on__gt=at.date()), person=person)
    to_me = Q(asked=person) | (Q(asked=None) & Exists(member))
    rows = Swap.objects.filter(to_me, ~Exists(said_no), state=SwapState.OPEN, starts_at__gt=at).exclude(person=person)
    found = rows.select_related("person").order_by("starts_at")
    return tuple(sorted(found, key=lambda row: row.asked_id is None))

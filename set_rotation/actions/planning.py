"""Plans: asked for, worked on, changed by hand, published or discarded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from people.models import Person
from portal.common import live
from portal.common.timers import cancel_timer, set_timer
from set_rotation.actions.base import Refused, record, take_turns
from set_rotation.actions.rotations import NewRotation, make_rotations, set_places
from set_rotation.actions.telling import tell_moved
from set_rotation.choices import PlanState, What
from set_rotation.models import Pattern, Place, Plan
from set_rotation.queries.planning.asking import Asked, asked
from set_rotation.queries.planning.slots import slots
from set_rotation.rules.duty import Moved
from set_rotation.rules.planning import checks, words
from set_rotation.rules.planning.keeping import (
    Ask,
    chosen_as_json,
    chosen_from_json,
    mark,
    overtaken,
    proposal_as_json,
)
from set_rotation.rules.planning.shapes import Collision, Proposal, Request

LIVE = "plan"
TIMER = "plan.solve"  # sees to it that a plan whose worker died, or whose broker lost it, is worked on again
AGAIN = timedelta(seconds=20)
SILENT = timedelta(seconds=30)  # without a sign of life a worker counts as dead
MOST = 26
OPEN = (PlanState.WAITING, PlanState.RUNNING, PlanState.READY, PlanState.IMPOSSIBLE, PlanState.FAILED)
INSTALLING = "The planner is being installed. The plan begins by itself once it is there."


@transaction.atomic
def ask_plan(
    *, first_on: date, rotations: int, pattern: Pattern, ask: Ask, by: Person | None, at: datetime
) -> Plan:
    """Ask for a plan of so many rotations from a local day on; the caller queues the solver after the commit.

    Raises `Refused` for a first rotation that has begun, for too many, and where nobody is on the roster.
    """
    if not 1 <= rotations <= MOST:
        raise Refused(f"A plan is of 1 to {MOST} rotations.")
    found = slots(first_on, rotations, pattern)
    if found[0].starts_at <= at:
        raise Refused("The first rotation has begun already: a plan begins with one that has not.")
    if not asked(found, ask).request.candidates:
        raise Refused("Nobody is on the roster in that time. Fill the roster first.")
    plan = Plan.objects.create(
        first_on=first_on, rotations=rotations, pattern=pattern, ask=ask.as_json(), by=by, asked_at=at,
        words="Waiting for the planner",
    )
    record(What.PLAN_ASKED, at=at, by=by, to_value=f"{rotations} rotations from {first_on:%d %b %Y}")
    set_timer(kind=TIMER, key=str(plan.pk), due_at=at + AGAIN)
    return plan


def question(plan: Plan) -> Asked:
    """What the solver is asked for a plan, as things are now."""
    return asked(slots(plan.first_on, plan.rotations, plan.pattern), Ask.of(plan.ask))


def claim_plan(*, plan_id: int, at: datetime) -> Plan | None:
    """Take a plan that waits, or whose worker has died. None: somebody else works on it, or nobody wants it."""
    free = Q(state=PlanState.WAITING) | Q(state=PlanState.RUNNING, alive_at__lt=at - SILENT)
    taken = Plan.objects.filter(free, pk=plan_id).update(
        state=PlanState.RUNNING, alive_at=at, progress=0.0, words="The planner begins"
    )
    return Plan.objects.select_related("pattern", "by").get(pk=plan_id) if taken else None


def note_progress(*, plan: Plan, part: float, said: str, at: datetime) -> bool:
    """How far a plan is, as a sign of life too. False when it is not wanted any more."""
    going = Plan.objects.filter(pk=plan.pk, state=PlanState.RUNNING)
    return bool(going.update(progress=part, words=said[:300], alive_at=at))


def wait_for_planner(*, plan: Plan) -> None:
    """The solver is not installed yet: the plan goes back to waiting, and says so."""
    Plan.objects.filter(pk=plan.pk, state=PlanState.RUNNING).update(state=PlanState.WAITING, words=INSTALLING)


@transaction.atomic
def finish_plan(*, plan: Plan, found: Proposal | Collision, seen: str, at: datetime) -> bool:
    """Keep what came of a plan. False when it is not wanted any more."""
    state = PlanState.IMPOSSIBLE if isinstance(found, Collision) else PlanState.READY
    said = found.words if isinstance(found, Collision) else "The proposal is ready"
    done = Plan.objects.filter(pk=plan.pk, state=PlanState.RUNNING).update(
        state=state, proposal=proposal_as_json(found), seen=seen, progress=1.0, words=said[:300], finished_at=at
    )
    cancel_timer(kind=TIMER, key=str(plan.pk))
    transaction.on_commit(_tell_pages)
    return bool(done)


def still_open(*, plan: Plan, at: datetime) -> bool:
    """Whether somebody should work on a plan now; its timer is set again as long as it is neither through nor aside."""
    if plan.state not in {PlanState.WAITING, PlanState.RUNNING}:
        return False
    set_timer(kind=TIMER, key=str(plan.pk), due_at=at + AGAIN)
    return plan.state == PlanState.WAITING or plan.alive_at is None or plan.alive_at < at - SILENT


@transaction.atomic
def fail_plan(*, plan: Plan, said: str, at: datetime) -> None:
    """The planner stumbled: the plan says so and can be asked for again."""
    Plan.objects.filter(pk=plan.pk, state=PlanState.RUNNING).update(
        state=PlanState.FAILED, words=said[:300], finished_at=at
    )
    cancel_timer(kind=TIMER, key=str(plan.pk))
    transaction.on_commit(_tell_pages)


def _tell_pages() -> None:
    live.publish(LIVE, "stale", "")


@dataclass(frozen=True)
class Swapped:
    """What changing a place by hand did: who stands there now, and what is wrong with it, in words."""

    name: str
    before: str
    faults: tuple[str, ...]


@transaction.atomic
def change_proposal(*, plan: Plan, rotation: int, place: int, person: int, by: Person, at: datetime) -> Swapped:
    """Give a place of a proposal to somebody else, before it is published. Whoever had it and the other swap where both
    are in the same rotation. What is wrong then is said, and hard faults keep it from being published.

    Raises `Refused` for a plan that is not ready, and for a place or person that it does not know.
    """
    stored = _ready(plan)
    request = question(stored).request
    chosen = chosen_from_json(_proposal(stored)["chosen"])
    people = {one.id: one for one in request.candidates}
    spot = (rotation, place)
    if spot not in chosen or person not in people:
        raise Refused("The proposal has no such place, or they are not on the roster any more.")
    before = chosen[spot]
    other = next((taken for taken, who in chosen.items() if taken[0] == rotation and who == person), None)
    chosen[spot] = person
    if other is not None:
        chosen[other] = before
    _store(stored, request, chosen)
    mine = [fault.words for fault in checks.faults(request, chosen)
            if fault.spot in (spot, other) or people[person].name in fault.words]
    return Swapped(people[person].name, people[before].name if before in people else "nobody", tuple(mine))


def _store(plan: Plan, request: Request, chosen: Mapping[tuple[int, int], int]) -> None:
    """Keep a changed proposal: its words are made anew, and places that were changed by hand say so."""
    kept = _proposal(plan)
    first = chosen_from_json(kept["first"])
    why = words.explain(request, chosen)
    why.update({spot: "chosen by hand" for spot, who in chosen.items() if first.get(spot) != who})
    kept["chosen"] = chosen_as_json(chosen)
    kept["why"] = [[r, k, said] for (r, k), said in sorted(why.items())]
    kept["gives"] = list(words.gives(request, chosen))
    old = {(one["person"], one["rotation"]): one["why"] for one in kept["unmet"]}
    kept["unmet"] = [
        {"person": wish.person, "kind": wish.kind, "note": wish.note, "rotation": r,
         "why": old.get((wish.person, r), "It was given up by hand.")}
        for wish in request.wishes for r in checks.misses(wish, chosen)
    ]
    plan.proposal = kept
    plan.save(update_fields=["proposal"])
    transaction.on_commit(_tell_pages)


def _proposal(plan: Plan) -> dict[str, Any]:
    return dict(plan.proposal or {})


def _ready(plan: Plan) -> Plan:
    stored = Plan.objects.select_for_update(of=("self",)).select_related("pattern").get(pk=plan.pk)
    if stored.state == PlanState.PUBLISHED:
        raise Refused("This plan was published already.")
    if stored.state == PlanState.DISCARDED:
        raise Refused("This plan was discarded.")
    if stored.state != PlanState.READY or not stored.proposal:
        raise Refused("This plan has no proposal yet.")
    return stored


@dataclass(frozen=True)
class Published:
    """What publishing did: how many rotations now stand, and how many people were told."""

    rotations: int
    told: int


@transaction.atomic
def publish_plan(*, plan: Plan, by: Person, at: datetime) -> Published:
    """Make the rotations of a proposal, and tell everybody whose duty moved, once each; nobody else hears anything.

    Raises `Refused` when it was published or discarded, when what it stands on has changed since (it says what), when a
    place breaks a rule that must hold, and when its first rotation has begun.
    """
    take_turns()
    stored = _ready(plan)
    now = question(stored)
    changed = overtaken(stored.seen, mark(now.request, [slot.stands for slot in now.slots]))
    if changed:
        raise Refused(f"This plan was overtaken: {_and(changed)} changed since it was made. Plan again.")
    if now.slots[0].starts_at <= at:
        raise Refused("Its first rotation has begun meanwhile. Plan again from the next one.")
    chosen = chosen_from_json(_proposal(stored)["chosen"])
    hard = [fault.words for fault in checks.faults(now.request, chosen) if fault.hard]
    if hard:
        raise Refused(f"{hard[0]}. Change that place first.")
    moved = _write(now, chosen, stored, by, at)
    told = tell_moved(moved, key=f"plan-{stored.pk}", why="The next rotations are planned.", at=at, by=by)
    stored.state, stored.published_at = PlanState.PUBLISHED, at
    stored.save(update_fields=["state", "published_at"])
    record(What.PLAN_PUBLISHED, at=at, by=by, to_value=f"{stored.rotations} rotations from {stored.first_on:%d %b %Y}")
    transaction.on_commit(_tell_pages)
    return Published(len(now.slots), told)


def _write(now: Asked, chosen: Mapping[tuple[int, int], int], plan: Plan, by: Person, at: datetime) -> list[Moved]:
    people = Person.objects.in_bulk(set(chosen.values()))
    new = [NewRotation(slot.first_on, {k: people[who] for (at_r, k), who in chosen.items() if at_r == r})
           for r, slot in enumerate(now.slots) if slot.rotation is None]
    places: dict[int, Person | None] = {
        _place(slot.places, k).pk: people[chosen[r, k]]
        for r, slot in enumerate(now.slots) if slot.rotation is not None
        for k in range(len(now.request.rotations[r].places)) if _place(slot.places, k).person_id != chosen[r, k]
    }
    moved: list[Moved] = []
    if places:
        moved += set_places(changes=places, by=by, at=at, tells=False).moved
    if new:
        moved += make_rotations(asked=new, pattern=plan.pattern, by=by, at=at, tells=False).moved
    return _together(moved)


def _place(places: Mapping[int, Place], number: int) -> Place:
    if number not in places:
        raise Refused("A rotation has fewer places than its pattern says. Change it by hand first.")
    return places[number]


def _together(moved: Iterable[Moved]) -> list[Moved]:
    """One of each person, so that each is told once."""
    found: dict[int, Moved] = {}
    for one in moved:
        had = found.get(one.person)
        found[one.person] = Moved(one.person, (*had.lost, *one.lost), (*had.gained, *one.gained)) if had else one
    return list(found.values())


@transaction.atomic
def discard_plan(*, plan: Plan, by: Person, at: datetime) -> None:
    """Put a plan aside; a search that is under way ends. Raises `Refused` once it was published."""
    if not Plan.objects.filter(pk=plan.pk, state__in=OPEN).update(state=PlanState.DISCARDED, finished_at=at):
        raise Refused("This plan was published or discarded already.")
    cancel_timer(kind=TIMER, key=str(plan.pk))
    record(What.PLAN_DISCARDED, at=at, by=by, from_value=f"{plan.rotations} rotations from {plan.first_on:%d %b %Y}")
    transaction.on_commit(_tell_pages)


def _and(parts: list[str]) -> str:
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"

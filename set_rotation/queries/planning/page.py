"""A plan as its page shows it: how far it is, or the proposal as a table, with reasons and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from people.models import Person
from people.rules import initials
from set_rotation.choices import PlanState, Seat
from set_rotation.models import Plan
from set_rotation.queries.planning.asking import Asked, asked
from set_rotation.queries.planning.slots import slots
from set_rotation.rules.planning import checks
from set_rotation.rules.planning.keeping import Ask, chosen_from_json, mark, overtaken
from set_rotation.rules.planning.shapes import BACKUP, LEAD, PRIMARY, SEATS, Candidate, Request, Spot

RECENT = 12


@dataclass(frozen=True)
class Cell:
    """A place of a rotation: who takes it, why, what is wrong; `by_hand`: it was changed in the proposal."""

    rotation: int
    place: int
    person: int
    name: str
    initials: str
    why: str
    fault: str
    hard: bool
    by_hand: bool
    fixed: bool

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return f"{self.rotation}-{self.place}"


@dataclass(frozen=True)
class Column:
    """A rotation of the proposal."""

    name: str
    starts_at: datetime
    ends_at: datetime
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Row:
    """A place of all rotations: its words ("Primary, week 1")."""

    label: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Fair:
    """How somebody's duty changes: shifts of each seat and points, before the plan and with it."""

    name: str
    team: str
    seats: tuple[tuple[str, int, int], ...]
    before: int
    after: int
    serves: int
    width: int


@dataclass(frozen=True)
class Choice:
    """Somebody who could take a place instead, the least loaded first; `why` says what stands against it."""

    person: int
    name: str
    team: str
    points: int
    why: str


@dataclass(frozen=True)
class PlanPage:
    """A plan with all that its page needs."""

    plan: Plan
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unmet: tuple[dict[str, Any], ...]
    gives: tuple[str, ...]
    spreads: tuple[dict[str, Any], ...]
    uneven: tuple[dict[str, Any], ...]
    fair: tuple[Fair, ...]
    parts: tuple[str, ...]
    overtaken: tuple[str, ...]
    hard: tuple[str, ...]
    told: int

    @property
    def working(self) -> bool:
        """Whether the planner is still at it."""
        return self.plan.state in {PlanState.WAITING, PlanState.RUNNING}

    @property
    def percent(self) -> int:
        """How far it is."""
        return round(self.plan.progress * 100)


def recent_plans() -> list[Plan]:
    """The last plans, the newest first. One query."""
    return list(Plan.objects.select_related("by", "pattern")[:RECENT])


def plan_page(plan: Plan) -> PlanPage:
    """The page of a plan. A fixed number of queries, whatever its size."""
    title = f"{plan.rotations} rotation{'s' if plan.rotations != 1 else ''} from {_day(plan.first_on)}"
    kept: dict[str, Any] = dict(plan.proposal or {})
    if "chosen" not in kept:
        return PlanPage(plan, title, (), (), (), (), (), (), (), tuple(kept.get("parts", ())), (), (), 0)
    now = asked(slots(plan.first_on, plan.rotations, plan.pattern), Ask.of(plan.ask))
    chosen = chosen_from_json(kept["chosen"])
    ready = plan.state == PlanState.READY
    faults = checks.faults(now.request, chosen) if ready else []
    columns = _columns(now, kept, chosen, {fault.spot: fault for fault in reversed(faults) if fault.spot})
    changed = overtaken(plan.seen, mark(now.request, [slot.stands for slot in now.slots])) if ready else []
    spreads = tuple({**one, "spread": one["most"] - one["least"], "seat": Seat(one["seat"]).label}
                    for one in kept["spreads"])
    return PlanPage(
        plan, title, columns, _rows(now, columns), tuple(_unmet(kept, now)), tuple(kept["gives"]), spreads,
        tuple(one for one in spreads if one["spread"] > 1), tuple(_fair(now.request, chosen)), (), tuple(changed),
        tuple(fault.words for fault in faults if fault.hard), len(set(chosen.values())),
    )


def _columns(
    now: Asked, kept: Mapping[str, Any], chosen: Mapping[Spot, int], faults: Mapping[Spot, checks.Fault]
) -> tuple[Column, ...]:
    names = _names(now.request, chosen)
    why = {(r, k): words for r, k, words in kept["why"]}
    first = chosen_from_json(kept["first"])
    found = []
    for r, slot in enumerate(now.slots):
        cells = []
        for k, place in enumerate(now.request.rotations[r].places):
            spot, who = (r, k), chosen.get((r, k), 0)
            fault, name = faults.get(spot), names.get(who, "nobody")
            cells.append(Cell(r, k, who, name, initials(name), why.get(spot, ""), fault.words if fault else "",
                              bool(fault and fault.hard), first.get(spot) != who, place.fixed == who))
        found.append(Column(slot.name, slot.starts_at, slot.ends_at, tuple(cells)))
    return tuple(found)


def _names(request: Request, chosen: Mapping[Spot, int]) -> dict[int, str]:
    names = {one.id: one.name for one in request.candidates}
    missing = set(chosen.values()) - names.keys()
    if missing:
        names |= dict(Person.objects.filter(pk__in=missing).values_list("pk", "name"))
    return names


def _rows(now: Asked, columns: tuple[Column, ...]) -> tuple[Row, ...]:
    longest = max(now.request.rotations, key=lambda rotation: len(rotation.places))
    found = []
    for k, place in enumerate(longest.places):
        seats = [f"{Seat(shift.seat).label}, week {min(shift.weeks) + 1}" for shift in place.shifts]
        label = "Lead" if not k else " + ".join(seats) or "No seat"
        found.append(Row(label, tuple(column.cells[k] if k < len(column.cells) else None for column in columns)))
    return tuple(found)


def _unmet(kept: Mapping[str, Any], now: Asked) -> list[dict[str, Any]]:
    names = {one.id: one.name for one in now.request.candidates}
    return [{**one, "name": names.get(one["person"], "Somebody"), "rotation": now.slots[one["rotation"]].name}
            for one in kept["unmet"]]


def _fair(request: Request, chosen: Mapping[Spot, int]) -> list[Fair]:
    before = {one.id: {seat: one.so_far.get(seat, 0) for seat in SEATS} for one in request.candidates}
    after, load = checks.counts(request, chosen), checks.points(request, chosen)
    most = max(load.values(), default=0) or 1
    serves = {one.id: sum(who == one.id for who in chosen.values()) for one in request.candidates}
    found = [
        Fair(one.name, one.team,
             tuple((Seat(seat).label, before[one.id][seat], after[one.id][seat]) for seat in (LEAD, PRIMARY, BACKUP)),
             one.points, load[one.id], serves[one.id], round(200 * load[one.id] / most))
        for one in request.candidates
    ]
    return sorted(found, key=lambda row: (-row.after, row.name))


def choices(plan: Plan, spot: Spot) -> list[Choice]:
    """Who could take a place of a proposal, those whom nothing stands against first, least loaded first."""
    now = asked(slots(plan.first_on, plan.rotations, plan.pattern), Ask.of(plan.ask))
    chosen = chosen_from_json(dict(plan.proposal or {}).get("chosen", []))
    if spot not in chosen:
        return []
    load = checks.points(now.request, chosen)
    found = [Choice(one.id, one.name, one.team, load[one.id], _against(now.request, chosen, one, spot))
             for one in now.request.candidates if one.id != chosen[spot]]
    return sorted(found, key=lambda choice: (bool(choice.why), choice.points, choice.name))


def _against(request: Request, chosen: Mapping[Spot, int], one: Candidate, spot: Spot) -> str:
    alone = checks.why_not(request, one, spot)
    if alone:
        return alone
    near = [taken[0] for taken, who in chosen.items() if who == one.id and abs(taken[0] - spot[0]) <= 1]
    if spot[0] in near:
        return "swaps places in this rotation"
    return f"serves in {request.rotations[near[0]].name}" if near else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"

"""The seats of the shifts that run, and until when each can be taken over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import OverrideSource, Seat
from set_rotation.models import Duty, Override, Shift
from set_rotation.queries.facts import holders
from set_rotation.rules.local import stretch_words
from set_rotation.rules.swaps import Until, can_exchange, until_choices

JUST = timedelta(hours=24)  # how long what was taken and given back is shown


@dataclass(frozen=True)
class RunningSeat:
    """A seat of a shift that runs: who holds it, until when, and what can be done. `taken`: the override by which
    somebody took it, where the reader may give it back; `hinders`: the seat for which the reader cannot take it."""

    seat: Seat
    holder: Mark | None
    zone: str
    ends_at: datetime
    shift_ends_at: datetime
    mine: bool
    choices: tuple[Until, ...]
    taken: int | None = None
    hinders: str = ""


@dataclass(frozen=True)
class TakenLine:
    """What somebody took over and still holds, or will."""

    pk: int
    person: Mark
    what: str
    may_end: bool


def running_seats(*, reader: Person, may_plan: bool, at: datetime) -> tuple[RunningSeat, ...]:
    """The seats of the shifts that run now, in the order of `Seat`. Three queries."""
    held = holders(at)
    shifts = {Seat(seat): ends for seat, ends in
              Shift.objects.filter(starts_at__lte=at, ends_at__gt=at).values_list("seat", "ends_at")}
    taken = {Seat(row.seat): row for row in _taken(at)}
    found = []
    for seat in Seat:
        if seat not in shifts:
            continue
        holder, over = held.get(seat), taken.get(seat)
        mine = holder is not None and holder.person.pk == reader.pk
        ends = over is not None and holder is not None and over.person_id == holder.person.pk
        may_end = ends and over is not None and (may_plan or reader.pk in {over.person_id, over.by_id})
        found.append(RunningSeat(
            seat, mark(holder.person) if holder else None, holder.person.zone if holder else "",
            holder.ends_at if holder else shifts[seat], shifts[seat], mine,
            until_choices(at, shifts[seat], reader.zone), over.pk if may_end and over else None,
            hinders=next((own.label.lower() for own, who in held.items() if who.person.pk == reader.pk and own != seat
                          and not can_exchange(own, seat)), ""),
        ))
    return tuple(found)


def taken_lines(*, reader: Person, may_plan: bool, at: datetime) -> tuple[TakenLine, ...]:
    """What was taken over and is not over yet. One query."""
    return tuple(
        TakenLine(row.pk, mark(row.person),
                  f"{Seat(row.seat).label}, {stretch_words(row.starts_at, row.ends_at, reader.zone, at.year)}",
                  may_end=may_plan or reader.pk in {row.person_id, row.by_id})
        for row in _taken(at)
    )


def together(override: Override, at: datetime) -> list[Override]:
    """What was taken over in one go and still holds: two who exchange seats have an override each. One query."""
    rows = Override.objects.held().filter(source=OverrideSource.TAKE, made_at=override.made_at, by=override.by)
    return list(rows.filter(ends_at__gt=at).select_related("person").order_by("pk"))


def shift_end(seat: Seat, at: datetime) -> datetime | None:
    """When the running shift of a seat ends; None where none runs. One query."""
    rows = Shift.objects.filter(seat=seat, starts_at__lte=at, ends_at__gt=at)
    return rows.values_list("ends_at", flat=True).first()


def other_duty(person: Person, seat: Seat, at: datetime) -> Duty | None:
    """The other seat that somebody holds now. One query."""
    return Duty.objects.at(at).filter(person=person).exclude(seat=seat).first()


def _taken(at: datetime) -> list[Override]:
    rows = Override.objects.held().filter(source=OverrideSource.TAKE, starts_at__lte=at, ends_at__gt=at)
    return list(rows.select_related("person").order_by("pk"))

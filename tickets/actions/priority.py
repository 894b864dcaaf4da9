"""The priority of work: edit what marks a ticket, weigh one, and place them again."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat, Substr

from people.models import Person
from tickets.actions import upsert
from tickets.choices import Column, MarkMeans, MarkOn, PriorityWhat, TicketWhat
from tickets.models import PriorityEvent, PriorityMark, Ticket, TicketEvent, TicketWeight
from tickets.queries.priority import facts_of, mapping_now, weights_of
from tickets.rules.priority import Mark, Priorities, Weight, place_of

MARKS = Path(__file__).resolve().parent.parent / "handbook" / "priority.toml"
BATCH = 1_000
READ = ("id", "kind", "created", "labels", "components", "fix_versions", "severity", "priority", "is_customer",
        "work_class", "work_key", "work_reason")  # fmt: skip
WAITING = Q(column__in=[Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED])


class BadMark(ValueError):
    """A mark that cannot stand: in words."""


class BadWeight(ValueError):
    """A weight that cannot be: in words."""


# ---- Weights --------------------------------------------------------------------------


def set_weight(
    *, ticket: Ticket, source: str, level: int, customers: int = 0, note: str = "", by: Person | None, at: datetime,
    via: str = "",
) -> TicketWeight:
    """Say what a source (`escalation:E-12`, `incident:I-7`) weighs on a ticket, and place the ticket anew.

    `level` is 1 to 4, 1 the most urgent. The same again changes nothing and is no event. Raises `BadWeight`.
    """
    if not source.strip() or level not in range(1, 5) or customers < 0:
        raise BadWeight("A weight has a source, a level from 1 to 4, and a number of customers.")
    with transaction.atomic():
        held = Ticket.objects.select_for_update().get(id=ticket.id)  # first, as everybody who places tickets
        before = TicketWeight.objects.filter(ticket=held, source=source).first()
        values = {"level": level, "customers": customers, "note": note}
        if before is not None and all(getattr(before, name) == value for name, value in values.items()):
            return before
        weight, _ = TicketWeight.objects.update_or_create(ticket=held, source=source, defaults=values)
        _note(held, before, weight, by, at, via)
        _place([held])
    return weight


def clear_weight(*, ticket: Ticket, source: str, by: Person | None, at: datetime, via: str = "") -> bool:
    """Take a source's weight off a ticket and place it anew. Returns whether there was one."""
    with transaction.atomic():
        held = Ticket.objects.select_for_update().get(id=ticket.id)
        before = TicketWeight.objects.filter(ticket=held, source=source).first()
        if before is None:
            return False
        _note(held, before, None, by, at, via)
        before.delete()
        _place([held])
    return True


@transaction.atomic
def rename_source(*, source: str, to: str) -> int:
    """A source is called otherwise from now on, also in what was noted before: fewer are to know what it is. Returns
    how many weights it has."""
    said = TicketEvent.objects.filter(what=TicketWhat.WEIGHT)
    for side in ("from_value", "to_value"):
        rows = said.filter(**{f"{side}__startswith": f"{source}, "})
        rows.update(**{side: Concat(Value(to), Substr(side, len(source) + 1))})
    return TicketWeight.objects.filter(source=source).update(source=to)


def _note(
    ticket: Ticket, old: TicketWeight | None, new: TicketWeight | None, by: Person | None, at: datetime, via: str
) -> None:
    TicketEvent.objects.create(
        ticket=ticket, at=at, by=by, what=TicketWhat.WEIGHT, from_value=_words(old), to_value=_words(new), via=via
    )


def _words(weight: TicketWeight | None) -> str:
    if weight is None:
        return ""
    customers = f", {weight.customers} customer{'s' if weight.customers > 1 else ''}" if weight.customers else ""
    return f"{weight.source}, level {weight.level}{customers}" + (f": {weight.note}" if weight.note else "")


# ---- Placing --------------------------------------------------------------------------


def placed(ticket: Ticket, weights: Sequence[Weight], mapping: Priorities) -> dict[str, object]:
    """The columns that say where a ticket stands, for whoever writes it."""
    place = place_of(facts_of(ticket, weights), mapping)
    return {"work_class": int(place.work_class), "work_key": list(place.key), "work_reason": place.reason}


def recompute_priorities(which: Q | None = None) -> int:
    """Place these tickets (or all) again, in batches, each locked while it is read and written. Returns how many now
    stand elsewhere or for another reason."""
    changed, last = 0, -1
    while True:
        with transaction.atomic():
            found = Ticket.objects.filter(which) if which is not None else Ticket.objects.all()
            batch = list(found.select_for_update().filter(id__gt=last).order_by("id").only(*READ)[:BATCH])
            if not batch:
                return changed
            last = batch[-1].id
            changed += _place(batch)


def _place(tickets: Sequence[Ticket]) -> int:
    """Place these locked tickets; the mapping is read after the lock, so that an edit that waits for it is seen."""
    mapping, weights = mapping_now(), weights_of([ticket.id for ticket in tickets])
    rows = []
    for ticket in tickets:
        place = placed(ticket, weights.get(ticket.id, []), mapping)
        if any(getattr(ticket, name) != value for name, value in place.items()):
            rows.append({"id": ticket.id, **place})
    return upsert.execute(upsert.PLACES, upsert.as_json(rows)) if rows else 0


# ---- The mapping ----------------------------------------------------------------------


def save_marks(
    *, kept: Mapping[int, Mark | None], added: Sequence[Mark] = (), by: Person | None, at: datetime, via: str = "page"
) -> int:
    """Edit the mapping: each row by its id as it is to be (None: removed), and new ones. Rows not named stay.

    Returns how many rows were added or removed; an edit is both. Raises `BadMark`, changing nothing.
    """
    wanted = {identity: _checked(mark) if mark else None for identity, mark in kept.items()}
    fresh = [_checked(mark) for mark in added]
    said = [(mark.means, mark.on, mark.pattern.casefold()) for mark in (*wanted.values(), *fresh) if mark]
    if len(set(said)) < len(said):
        raise BadMark("Two rows say the same.")
    with transaction.atomic():
        changed = 0
        for row in PriorityMark.objects.standing().select_for_update().filter(id__in=wanted).order_by("id"):
            mark = wanted[row.id]
            if mark == Mark(row.means, row.on, row.pattern):
                continue
            _remove(row, by, at, via)
            fresh += [mark] if mark else []
            changed += 1
        return changed + sum(_add(mark, by, at, via) for mark in fresh)


def _checked(mark: Mark) -> Mark:
    pattern = " ".join(mark.pattern.replace("\x00", "").split())
    if mark.means not in MarkMeans.values or mark.on not in MarkOn.values:
        raise BadMark("A row means one of the things listed, and is read at one of the places listed.")
    if not pattern.strip("*") and mark.on != MarkOn.FIX_VERSION:
        raise BadMark("A row names a label, component, fix version or type.")
    if not pattern or len(pattern) > 255:
        raise BadMark("A name has 1 to 255 characters.")
    return Mark(mark.means, mark.on, pattern)


def _remove(row: PriorityMark, by: Person | None, at: datetime, via: str) -> None:
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    PriorityEvent.objects.create(mark=row, at=at, by=by, what=PriorityWhat.REMOVED, from_value=_said(row), via=via)


def _add(mark: Mark, by: Person | None, at: datetime, via: str) -> bool:
    """Make the row, or let one stand again that was removed; False where it stands."""
    row = PriorityMark.objects.filter(means=mark.means, on=mark.on, pattern__iexact=mark.pattern).first()
    if row is not None and row.removed_at is None and row.pattern == mark.pattern:
        return False
    if row is None:
        row = PriorityMark(means=mark.means, on=mark.on)
    row.pattern, row.removed_at = mark.pattern, None
    row.save()
    PriorityEvent.objects.create(mark=row, at=at, by=by, what=PriorityWhat.ADDED, to_value=_said(row), via=via)
    return True


def _said(row: PriorityMark) -> str:
    means = row.get_means_display()
    return f"{row.get_on_display().lower()} {row.pattern} means {means[:1].lower() + means[1:]}"


def load_priority_marks(path: Path = MARKS) -> int:
    """Load the handbook's marks, once per version of the file; a row that was removed or edited here does not come
    back. Returns how many were written."""
    told = tomllib.loads(path.read_text())
    version = int(told["version"])
    with transaction.atomic():
        if PriorityMark.objects.filter(shipped__gte=version).exists():
            return 0
        written = 0
        for means in MarkMeans:
            for on in MarkOn:
                for pattern in told.get(means.value, {}).get(on.value, []):
                    same = PriorityMark.objects.filter(means=means, on=on, pattern__iexact=pattern)
                    if not same.exists():
                        PriorityMark.objects.create(means=means, on=on, pattern=pattern, shipped=version)
                        written += 1
        PriorityMark.objects.filter(shipped__gt=0).update(shipped=version)
    return written

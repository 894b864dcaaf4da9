"""Which column a status stands in: said by the lead, kept with who and when."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Q, Value, When

from people.models import Person
from tickets.actions.mirror import marking
from tickets.choices import Column, MappingWhat
from tickets.models import ApartResolution, BugType, JiraStatus, LabelMark, MappingEvent, MirroredProject, Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.rules.columns import BOARD, proposed
from tickets.rules.marks import Marking, marks

BATCH = 1_000


class NoSuchColumn(ValueError):
    """A column that a status cannot be put in."""


def map_status(*, status: JiraStatus, column: str, by: Person | None, at: datetime,
               what: MappingWhat = MappingWhat.STATUS) -> JiraStatus:
    """Put a status, and every ticket that has it, in a column. Raises `NoSuchColumn`."""
    if column not in {*BOARD, Column.OFF, Column.UNMAPPED}:
        raise NoSuchColumn(f"{column!r} is not a column of the board.")
    with transaction.atomic():
        status = JiraStatus.objects.select_for_update().get(id=status.id)
        if status.column == column:
            return status
        MappingEvent.objects.create(
            status=status, what=what, from_value=status.column, to_value=column, by=by, at=at, via="page"
        )
        status.column = Column(column)
        status.save(update_fields=["column"])
        place_tickets(Q(status=status))
    return status


def accept_proposed(*, by: Person | None, at: datetime) -> list[JiraStatus]:
    """Put every unmapped status that the pages show in the column proposed for it."""
    with transaction.atomic():
        return [
            map_status(status=status, column=proposed(status.category), by=by, at=at, what=MappingWhat.ACCEPTED)
            for status in JiraStatus.objects.waiting().order_by("id")
        ]


def set_counted(*, bugs: Collection[str], apart: Collection[str], by: Person | None, at: datetime) -> bool:
    """Say which issue types are bugs, and which resolutions stand apart, for the weekly update. Returns whether that is
    something else than before. Nothing is counted again for it: what is stored knows types and resolutions by name."""
    with transaction.atomic():
        LabelMark.objects.select_for_update().first()  # two leads take turns
        changed = [
            _set_names(model, names, by, at) for model, names in ((BugType, bugs), (ApartResolution, apart))
        ]
    return any(changed)


def _set_names(model: type[BugType] | type[ApartResolution], names: Collection[str], by: Person | None, at: datetime
               ) -> bool:
    wanted = {name.strip().casefold(): name.strip()[:255] for name in names if name.strip()}
    rows = {row.name.casefold(): row for row in model.objects.all()}
    before = sorted(row.name for row in rows.values() if row.counts)
    for folded, row in rows.items():
        if row.counts != (folded in wanted):
            row.counts = folded in wanted
            row.save(update_fields=["counts"])
    for folded in sorted(wanted.keys() - rows.keys()):
        model.objects.create(name=wanted[folded])
    after = sorted(model.objects.filter(counts=True).values_list("name", flat=True))
    if before == after:
        return False
    MappingEvent.objects.create(
        what=MappingWhat.COUNTED, from_value=", ".join(before), to_value=", ".join(after), by=by, at=at, via="page"
    )
    return True


def place_tickets(which: Q) -> int:
    """Put these tickets in the column of their status; those of a project kept off the board, off it."""
    off = list(MirroredProject.objects.filter(on_board=False).values_list("key", flat=True))
    columns = dict(JiraStatus.objects.values_list("id", "column"))
    by_status = [When(status_id=identity, then=Value(column)) for identity, column in columns.items()]
    with transaction.atomic():
        ids = _locked(Ticket.objects.filter(which))
        return Ticket.objects.filter(id__in=ids).update(
            column=Case(When(project_key__in=off, then=Value(Column.OFF)), *by_status, default=Value(Column.UNMAPPED))
        )


def mark_tickets() -> int:
    """Read team, customer and community off every ticket again: the mapping of labels or components has changed.

    Each batch is locked while it is read and written: a webhook that changes labels meanwhile waits, and is not undone.
    """
    mapping, changed, last = marking(), 0, -1
    while True:
        with transaction.atomic():
            batch = list(
                Ticket.objects.select_for_update().filter(id__gt=last).order_by("id")
                .only("id", "labels", "components", "team_id", "is_customer", "is_community")[:BATCH]
            )
            if not batch:
                return changed
            last = batch[-1].id
            turned = [ticket for ticket in batch if _turned(ticket, mapping)]
            Ticket.objects.bulk_update(turned, ["team", "is_customer", "is_community"])
            changed += len(turned)


def _turned(ticket: Ticket, mapping: Marking) -> bool:
    """Mark a ticket in memory; whether that says something else than before."""
    before = (ticket.team_id, ticket.is_customer, ticket.is_community)
    found = marks(mapping, labels=tuple(ticket.labels), components=tuple(ticket.components))
    ticket.team_id, ticket.is_customer, ticket.is_community = found.team, found.customer, found.community
    return before != (found.team, found.customer, found.community)


def _locked(tickets: TicketQuerySet) -> list[int]:
    """The ids of these tickets, locked in the order in which everybody locks tickets."""
    return list(tickets.select_for_update().order_by("id").values_list("id", flat=True))

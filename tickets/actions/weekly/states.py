"""Replay tickets into `TicketState`: in the transaction that changes them, so that no reader sees an old number."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from portal.common import locks
from tickets.actions import upsert
from tickets.choices import TicketWhat
from tickets.models import JiraStatus, Ticket
from tickets.rules.columns import column_of
from tickets.rules.weekly.replay import FIELDS, STATUS, Item, State, Today, states_of

BATCH = 1_000
SIGHT = {TicketWhat.MOVED: False, TicketWhat.ARCHIVED: False, TicketWhat.GONE: False, TicketWhat.DELETED: False,
         TicketWhat.RETURNED: True}

WRITE = """
INSERT INTO tickets_ticketstate
  (ticket_id, number, since, until, project_key, here, status_id, kind, labels, resolution, before_here,
   before_status_id, before_kind)
SELECT ticket_id, number, since, until, project_key, here, status_id, kind, labels, resolution, before_here,
       before_status_id, before_kind
FROM json_to_recordset(%s::json)
  AS new(ticket_id bigint, number int, since timestamptz, until timestamptz, project_key text, here bool,
         status_id text, kind text, labels text[], resolution text, before_here bool, before_status_id text,
         before_kind text)
ORDER BY ticket_id, number
"""

LEFT = """
DELETE FROM tickets_ticketstate AS old USING json_to_recordset(%s::json) AS new(ticket_id bigint, number int)
WHERE old.ticket_id = new.ticket_id AND old.number >= new.number
"""


# Each is asked with one array, whatever the page's size: a list of a hundred parameters takes longer to write than to
# answer, and this stands in the way of every import.
HELD = """
SELECT ticket_id, number, since, until, project_key, here, status_id, kind, labels, resolution, before_here,
       before_status_id, before_kind
FROM tickets_ticketstate WHERE ticket_id = ANY(%s) ORDER BY ticket_id, number
"""

TICKETS = """
SELECT id, project_key, created, status_id, status_since, kind, labels, resolution
FROM tickets_ticket WHERE id = ANY(%s) ORDER BY id
"""

CHANGES = """
SELECT ticket_id, at, lower(field_id), from_value, from_text, to_value, to_text
FROM tickets_ticketchange WHERE ticket_id = ANY(%s) AND lower(field_id) = ANY(%s)
ORDER BY ticket_id, at, history_id, position
"""

GONE = """
SELECT ticket_id, at, what FROM tickets_ticketevent WHERE ticket_id = ANY(%s) AND what = ANY(%s) ORDER BY at, id
"""


class Row(NamedTuple):
    """A row of `TicketState`, without its id."""

    ticket_id: int
    number: int
    since: datetime
    until: datetime | None
    project_key: str
    here: bool
    status_id: str | None
    kind: str
    labels: list[str]
    resolution: str
    before_here: bool
    before_status_id: str | None
    before_kind: str


def replay_tickets(ids: Collection[int]) -> int:
    """Write how these tickets stood over time. Returns how many of them stood otherwise than was held.

    To be called in the transaction that changed them. What was counted for days after a change of the past is taken
    away with it.
    """
    with transaction.atomic():
        tickets = [
            (number, project, Today(created, status or "", since, kind, tuple(labels), resolution))
            for number, project, created, status, since, kind, labels, resolution in _asked(TICKETS, list(ids))
        ]
        held = _held(ids)
        items, gone = _items(ids), _gone(ids)
        left, new, moments = [], [], []
        for number, project, today in tickets:
            rows = _rows(number, project, states_of(today, items.get(number, ()), gone.get(number, ())))
            same = _same(held.get(number, []), rows)
            if same is not None:
                left.append({"ticket_id": number, "number": same})
                new += rows[same:]
                moments.append(_moment(held.get(number, []), rows))
        if left:
            _lock(locks.STATES, shared=True)
            upsert.execute(LEFT, upsert.as_json(left))
            upsert.execute(WRITE, upsert.as_json(row._asdict() for row in new))
            _take_days_away(min(moments))
        return len(left)


def replay_all(*, missing_only: bool = False) -> int:
    """Replay every ticket, or every one that was mirrored before there was anything to replay into. Returns how many
    stood otherwise."""
    changed, last = 0, -1
    while True:
        found = Ticket.objects.filter(id__gt=last)
        if missing_only:
            found = found.filter(states__isnull=True)
        ids = list(found.order_by("id").values_list("id", flat=True)[:BATCH])
        if not ids:
            return changed
        name_statuses(_told(ids))
        with transaction.atomic():
            # As the mirror locks: whoever changes one of them waits, and replays it afterwards.
            locked = Ticket.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id", flat=True)
            changed += replay_tickets(list(locked))
        last = ids[-1]


def name_statuses(told: Iterable[tuple[str | None, str | None]]) -> None:
    """Know the statuses that only a change log names (id and name), so that the lead can say where they belong.

    Before any ticket is locked: that is the order in which everybody locks.
    """
    named = {value: text for value, text in told if value and text}
    known = set(JiraStatus.objects.filter(id__in=named).values_list("id", flat=True))
    JiraStatus.objects.bulk_create(
        (JiraStatus(id=value, name=named[value][:255], column=column_of(named[value]))
         for value in sorted(named.keys() - known)),
        ignore_conflicts=True,
    )


def _held(ids: Collection[int]) -> dict[int, list[Row]]:
    found = defaultdict(list)
    for values in _asked(HELD, list(ids)):
        found[values[0]].append(Row(*values))
    return found


def _items(ids: Collection[int]) -> dict[int, list[Item]]:
    """The changes of the fields that are replayed, in Jira's order."""
    found, known = defaultdict(list), dict(JiraStatus.objects.order_by("-id").values_list("id", "name"))
    by_name = {name: number for number, name in known.items()}
    for ticket, at, name, old, old_text, new, new_text in _changes(ids):
        field = FIELDS[name]
        if field == STATUS:
            item = Item(at, field, _status(old, old_text, by_name, known), _status(new, new_text, by_name, known))
        else:
            item = Item(at, field, old_text or "", new_text or "")
        found[ticket].append(item)
    return found


def _changes(ids: Collection[int]) -> list[tuple[Any, ...]]:
    return _asked(CHANGES, list(ids), list(FIELDS))


def _asked(statement: str, *parameters: list[int] | list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return list(cursor.fetchall())


def _told(ids: Collection[int]) -> Iterator[tuple[str | None, str | None]]:
    for _, _, name, old, old_text, new, new_text in _changes(ids):
        if name == STATUS:
            yield from ((old, old_text), (new, new_text))


def _status(value: str | None, text: str | None, by_name: Mapping[str, str], known: Container[str]) -> str:
    """A status by its id; an old log may give the name alone. One that nobody knows is none."""
    if value and value in known:
        return value
    return by_name.get(text or "", "")


def _gone(ids: Collection[int]) -> dict[int, list[tuple[datetime, bool]]]:
    found = defaultdict(list)
    for ticket, at, what in _asked(GONE, list(ids), [str(what) for what in SIGHT]):
        found[ticket].append((at, SIGHT[TicketWhat(what)]))
    return found


def _rows(number: int, project: str, states: Sequence[State]) -> list[Row]:
    ends = [state.since for state in states[1:]]
    return [
        Row(
            ticket_id=number, number=place, since=state.since, until=until, project_key=project, here=state.stood.here,
            status_id=state.stood.status or None, kind=state.stood.kind[:255], labels=list(state.stood.labels),
            resolution=state.stood.resolution[:255], before_here=state.before is not None and state.before.here,
            before_status_id=(state.before.status or None) if state.before else None,
            before_kind=state.before.kind[:255] if state.before else "",
        )
        for place, (state, until) in enumerate(zip(states, [*ends, None], strict=True))
    ]


def _same(held: Sequence[Row], rows: Sequence[Row]) -> int | None:
    """How many rows from the first on are the same already; None when all are."""
    if held == rows:
        return None
    return next((n for n, (old, new) in enumerate(zip(held, rows, strict=False)) if old != new),
                min(len(held), len(rows)))


def _moment(held: Sequence[Row], rows: Sequence[Row]) -> datetime:
    """From when on the ticket stood otherwise; that a state ended later or earlier is told by the next one."""
    old, new = ([row._replace(until=None) for row in side] for side in (held, rows))
    same = _same(old, new) or 0
    return min(side[same].since for side in (old, new) if len(side) > same)


def _take_days_away(since: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM tickets_dailycount WHERE day > (%s AT TIME ZONE 'UTC')::date)", [since]
        )
        [stored] = cursor.fetchone() or (False,)
        if stored:
            _lock(locks.DAYS, shared=False)
            cursor.execute("DELETE FROM tickets_dailycount WHERE day > (%s AT TIME ZONE 'UTC')::date", [since])


def _lock(key: int, *, shared: bool) -> None:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}(%s)", [key])


__all__ = ["name_statuses", "replay_all", "replay_tickets"]

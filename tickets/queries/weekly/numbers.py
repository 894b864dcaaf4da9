"""Count a week. The definitions, as the page words them, stand in `tickets/rules/weekly/words.py`."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import connection
from django.db.models import Max
from django.db.models.functions import Lower

from tickets.choices import Column
from tickets.models import ApartResolution, BugType, DailyCount, JiraStatus, LabelMark, MirroredProject
from tickets.rules.weekly.numbers import WINDOW, Line, Meaning, Numbers

# A crossing into the wanted statuses from outside them (or by creation) lies in the window; `stays`: the ticket has to
# stand in one of them at the window's end too. One row a ticket: its last crossing.
CROSSED = """
WITH crossed AS (
  SELECT ticket_id, max(since) AS at FROM tickets_ticketstate
  WHERE since >= %(since)s AND since < %(at)s AND status_id = ANY(%(wanted)s)
    AND (before_status_id IS NULL OR before_status_id <> ALL(%(wanted)s))
  GROUP BY ticket_id
)
SELECT crossed.ticket_id, ticket.key, ticket.summary, stood.kind, stood.status_id, crossed.at, stood.labels,
       stood.resolution, person.display_name
FROM crossed
CROSS JOIN LATERAL (
  SELECT * FROM tickets_ticketstate AS state
  WHERE state.ticket_id = crossed.ticket_id AND state.since < %(at)s ORDER BY number DESC LIMIT 1
) AS stood
JOIN tickets_ticket AS ticket ON ticket.id = crossed.ticket_id
LEFT JOIN tickets_jirauser AS person ON person.account_id = ticket.assignee_id
WHERE stood.here AND lower(stood.kind) = ANY(%(bugs)s) AND stood.project_key <> ALL(%(off)s)
  AND (NOT %(stays)s OR stood.status_id = ANY(%(wanted)s))
ORDER BY crossed.at, crossed.ticket_id
"""

# What is stored for the nearest day before, and what began and ended since: one statement, so one moment of the
# database. The row without a status says whether the day was still there.
BACKLOG = """
WITH stood AS (
  SELECT project_key, status_id, kind, count AS n FROM tickets_dailycount WHERE day = %(day)s
  UNION ALL
  SELECT project_key, COALESCE(status_id, ''), kind, 1 FROM tickets_ticketstate
  WHERE here AND since >= %(since)s AND since < %(at)s
  UNION ALL
  SELECT project_key, COALESCE(before_status_id, ''), before_kind, -1 FROM tickets_ticketstate
  WHERE before_here AND since >= %(since)s AND since < %(at)s
)
SELECT status_id, sum(n) FROM stood
WHERE lower(kind) = ANY(%(bugs)s) AND project_key <> ALL(%(off)s) AND status_id <> ALL(%(done)s)
GROUP BY status_id
UNION ALL
SELECT NULL, count(*) FROM (SELECT FROM tickets_dailycount WHERE day = %(day)s LIMIT 1) AS stored
"""

# Who stands in these statuses at a moment: they came before it, and left later or never.
STANDING = """
SELECT state.ticket_id, ticket.key, ticket.summary, state.kind, state.status_id, state.since, state.labels,
       state.resolution, person.display_name
FROM tickets_ticketstate AS state
JOIN tickets_ticket AS ticket ON ticket.id = state.ticket_id
LEFT JOIN tickets_jirauser AS person ON person.account_id = ticket.assignee_id
WHERE (state.status_id = ANY(%(wanted)s) OR (%(unmapped)s AND state.status_id IS NULL))
  AND (state.until IS NULL OR state.until >= %(at)s) AND state.since < %(at)s
  AND state.here AND state.project_key <> ALL(%(off)s) AND (NOT %(only_bugs)s OR lower(state.kind) = ANY(%(bugs)s))
ORDER BY COALESCE(ticket.rank_position, 2000000000), state.since, state.ticket_id
"""


def meaning() -> Meaning:
    """The mapping as the lead has it now: five short queries."""
    customer = LabelMark.objects.filter(mark=LabelMark.Mark.CUSTOMER)
    return Meaning(
        columns=dict(JiraStatus.objects.values_list("id", "column")),
        bugs=frozenset(BugType.objects.values_list(Lower("name"), flat=True)),
        customer=frozenset(label.casefold() for label in customer.values_list("label", flat=True)),
        apart=frozenset(ApartResolution.objects.values_list(Lower("name"), flat=True)),
        off_board=frozenset(MirroredProject.objects.filter(on_board=False).values_list("key", flat=True)),
    )


def week(*, at: datetime, means: Meaning | None = None) -> Numbers:
    """The numbers of the 168 hours before `at`, with the lists of what was resolved and submitted.

    Page: sustained-engineering-team, "The weekly update". Any past moment can be counted again; the mapping is today's.
    """
    means = means or meaning()
    return Numbers(
        at=at, resolved=resolved(at, means), submitted=submitted(at, means), backlog=backlog(at, means)
    )


def resolved(at: datetime, means: Meaning) -> tuple[Line, ...]:
    """Bugs that stand in Done at `at`, and came there from outside (or were created there) in the 168 hours before."""
    return _crossed(at, means, Column.DONE, stays=True)


def submitted(at: datetime, means: Meaning) -> tuple[Line, ...]:
    """Bugs that entered Submitted in the 168 hours before `at`, each once, wherever they stand since."""
    return _crossed(at, means, Column.SUBMITTED, stays=False)


def backlog(at: datetime, means: Meaning) -> dict[str, int]:
    """How many bugs stood in each column but Done at `at`."""
    while True:
        day = DailyCount.objects.filter(day__lte=at.astimezone(UTC).date()).aggregate(day=Max("day"))["day"]
        counts = dict(_rows(BACKLOG, {
            "at": at, "day": day, "since": _midnight(day), "done": means.statuses([Column.DONE]), **_which(means)
        }))
        # The mirror may have taken the day away between the two statements: then the sum lacks what was before it.
        if counts.pop(None) or day is None:
            break
    found: dict[str, int] = {}
    for status, count in counts.items():
        column = means.columns.get(status, Column.UNMAPPED)
        found[column] = found.get(column, 0) + int(count)
    return {column: found[column] for column in Column if found.get(column)}


def standing(at: datetime, means: Meaning, columns: Collection[str], *, only_bugs: bool = False) -> tuple[Line, ...]:
    """Who stood in these columns at `at`, of any type unless `only_bugs`; in today's order of rank."""
    wanted = means.statuses(columns)
    parameters = {
        "at": at, "wanted": wanted, "only_bugs": only_bugs, "unmapped": Column.UNMAPPED in columns, **_which(means)
    }
    return tuple(_line(row, means) for row in _rows(STANDING, parameters))


def _crossed(at: datetime, means: Meaning, column: Column, *, stays: bool) -> tuple[Line, ...]:
    parameters = {
        "since": at - WINDOW, "at": at, "wanted": means.statuses([column]), "stays": stays, **_which(means)
    }
    return tuple(_line(row, means) for row in _rows(CROSSED, parameters))


def _which(means: Meaning) -> dict[str, list[str]]:
    return {"bugs": sorted(means.bugs), "off": sorted(means.off_board)}


def _line(row: tuple[Any, ...], means: Meaning) -> Line:
    number, key, summary, kind, status, at, labels, resolution, assignee = row
    return Line(
        id=number, key=key, summary=summary, kind=kind, status=status or "",
        column=means.columns.get(status, Column.UNMAPPED), at=at, customer=means.is_customers(labels),
        apart=resolution if resolution.lower() in means.apart else "", assignee=assignee or "",
    )


def _midnight(day: date | None) -> datetime:
    return datetime.combine(day or date.min, time(), UTC)


def _rows(statement: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        yield from cursor.fetchall()

"""The statements by which weeks are counted, for one week and for a chart of many."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import connection

from tickets.choices import Column
from tickets.rules.weekly.numbers import Meaning

TRIES = 3  # of reading two things that are to be of one moment; the mirror may write between them

# A crossing into the wanted statuses from outside them (or by creation) lies in one of the weeks that end at `at`, the
# last of them week 0; `stays`: the ticket has to stand in one of them at the end of that week too. One row a
# ticket and week: its last crossing in it.
CROSSED = """
WITH crossed AS (
  SELECT ticket_id, ceil(extract(epoch FROM %(at)s - since) / 604800)::int - 1 AS week, max(since) AS at
  FROM tickets_ticketstate
  WHERE since >= %(since)s AND since < %(at)s AND status_id = ANY(%(wanted)s)
    AND (before_status_id IS NULL OR before_status_id <> ALL(%(wanted)s))
  GROUP BY 1, 2
), counted AS (
  SELECT crossed.ticket_id, crossed.week, crossed.at, stood.kind, stood.status_id, stood.labels, stood.resolution
  FROM crossed
  CROSS JOIN LATERAL (
    SELECT * FROM tickets_ticketstate AS state
    WHERE state.ticket_id = crossed.ticket_id AND state.since < %(at)s - crossed.week * interval '168 hours'
    ORDER BY number DESC LIMIT 1
  ) AS stood
  WHERE stood.here AND lower(stood.kind) = ANY(%(bugs)s) AND stood.project_key <> ALL(%(off)s)
    AND (NOT %(stays)s OR stood.status_id = ANY(%(wanted)s))
)
"""

LISTED = """
SELECT counted.ticket_id, ticket.key, ticket.summary, counted.kind, counted.status_id, counted.at, counted.labels,
       counted.resolution, person.display_name
FROM counted
JOIN tickets_ticket AS ticket ON ticket.id = counted.ticket_id
LEFT JOIN tickets_jirauser AS person ON person.account_id = ticket.assignee_id
ORDER BY counted.at, counted.ticket_id
"""

WEEKLY = """
SELECT week, count(*) FROM counted GROUP BY week
"""

# Of the resolved, each week and all together (no week): how many, how many of customers, and how long it took from the
# first entry into In progress, where it was ever there, to the crossing.
BEGUN = """
, timed AS (
  SELECT week, EXISTS (SELECT FROM unnest(labels) AS label WHERE lower(label) = ANY(%(customer)s)) AS customers,
    at - (
      SELECT min(since) FROM tickets_ticketstate AS state
      WHERE state.ticket_id = counted.ticket_id AND state.status_id = ANY(%(doing)s) AND state.since < counted.at
    ) AS took
  FROM counted
)
SELECT week, count(*), count(*) FILTER (WHERE customers), count(took),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY took), percentile_disc(0.85) WITHIN GROUP (ORDER BY took)
FROM timed GROUP BY GROUPING SETS ((week), ())
"""

# What is stored for the nearest day before each moment, and what began and ended since: one statement, so one moment
# of the database. The rows without a status say which of the days were still there. OFFSET 0: each moment reads its few
# hours off the index; joined outright, all states were read for all moments (1.4 s for 27).
STOOD = """
WITH moments AS (
  SELECT * FROM unnest(%(at)s::timestamptz[], %(day)s::date[], %(since)s::timestamptz[]) AS moment(at, day, since)
), stood AS (
  SELECT at, project_key, status_id, kind, count AS n FROM moments JOIN tickets_dailycount USING (day)
  UNION ALL
  SELECT at, moved.* FROM moments CROSS JOIN LATERAL (
    SELECT project_key, COALESCE(status_id, ''), kind, 1 FROM tickets_ticketstate AS state
    WHERE here AND state.since >= moments.since AND state.since < moments.at OFFSET 0
  ) AS moved
  UNION ALL
  SELECT at, moved.* FROM moments CROSS JOIN LATERAL (
    SELECT project_key, COALESCE(before_status_id, ''), before_kind, -1 FROM tickets_ticketstate AS state
    WHERE before_here AND state.since >= moments.since AND state.since < moments.at OFFSET 0
  ) AS moved
)
SELECT at, status_id, sum(n) FROM stood
WHERE lower(kind) = ANY(%(bugs)s) AND project_key <> ALL(%(off)s) AND status_id <> ALL(%(without)s)
GROUP BY at, status_id
UNION ALL
SELECT at, NULL, 1 FROM moments
WHERE day IS NULL OR EXISTS (SELECT FROM tickets_dailycount AS held WHERE held.day = moments.day)
"""

# The latest stored day that is not after each of these.
DAYS = """
SELECT (SELECT max(day) FROM tickets_dailycount WHERE day <= wanted) FROM unnest(%(wanted)s::date[])
  WITH ORDINALITY AS asked(wanted, place) ORDER BY place
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


def rows(statement: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows that a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        yield from cursor.fetchall()


def which(means: Meaning) -> dict[str, list[str]]:
    """What every statement asks of the mapping."""
    return {"bugs": sorted(means.bugs), "off": sorted(means.off_board)}


def bugs_by_column(moments: Sequence[datetime], means: Meaning, *, done: bool) -> list[dict[str, int]]:
    """How many bugs stood in each column at each of these; in Done only if asked for, since that grows without end."""
    told = {"at": list(moments), "without": [] if done else means.statuses([Column.DONE]), **which(means)}
    for _ in range(TRIES):
        days = [day for (day,) in rows(DAYS, {"wanted": [at.astimezone(UTC).date() for at in moments]})]
        found = _stood(told, days)
        # The mirror may have taken a day away between the two statements: then a sum lacks what was before it.
        if all(found[at].pop(None, 0) for at in moments):
            break
    else:
        found = _stood(told, [None] * len(moments))  # all of the log: slower, and no stored day can be taken away
        for at in moments:
            found[at].pop(None, None)
    return [_columns(found[at], means) for at in moments]


def _stood(told: Mapping[str, Any], days: Sequence[date | None]) -> dict[datetime, dict[str | None, int]]:
    found: dict[datetime, dict[str | None, int]] = defaultdict(dict)
    for at, status, count in rows(STOOD, {**told, "day": list(days), "since": [_midnight(day) for day in days]}):
        found[at][status] = int(count)
    return found


def _columns(counts: Mapping[str | None, int], means: Meaning) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for status, count in counts.items():
        found[means.columns.get(status or "", Column.UNMAPPED)] += count
    return {column: found[column] for column in Column if found.get(column)}


def _midnight(day: date | None) -> datetime:
    return datetime.combine(day or date.min, time(), UTC)

"""Years of tickets with change logs, written straight into the tables: the numbers of a week are read from them."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection

from tickets.actions.runs import ensure_projects
from tickets.actions.weekly.counts import count_days
from tickets.actions.weekly.states import replay_all
from tickets.choices import Column
from tickets.queries.weekly.charts import charts
from tickets.queries.weekly.numbers import meaning, standing, week
from tickets.rules.weekly.numbers import WINDOW

A_YEAR = 20_000  # tickets: the density is the same whatever the size, only the years differ
# Changes of a ticket: four of its status, one of its resolution, one of its labels, five of something else
MOMENTS = 60
STATUSES = """
INSERT INTO tickets_jirastatus (id, name, category, "column") VALUES
  ('1', 'To Do', 'new', 'todo'), ('2', 'In Progress', 'indeterminate', 'in_progress'),
  ('3', 'Submitted', 'indeterminate', 'submitted'), ('4', 'Backlog', 'new', 'backlog'), ('5', 'Done', 'done', 'done')
ON CONFLICT (id) DO NOTHING
"""
# Of twenty tickets one is still open, of ten of those one in progress; the others were done weeks after they came.
TICKETS = """
INSERT INTO tickets_ticket (id, key, project_key, kind, status_id, "column", resolution, priority, severity, labels,
  components, fix_versions, epic_key, parent_key, summary, created, updated, status_since, status_since_is_floor,
  is_customer, is_community, presence, missed_by, mirrored_at)
SELECT n, 'MM-' || n, 'MM', CASE WHEN n %% 10 < 7 THEN 'Bug' ELSE 'Task' END,
  CASE WHEN n %% 200 = 0 THEN '2' WHEN n %% 20 = 0 THEN '1' ELSE '5' END,
  CASE WHEN n %% 200 = 0 THEN 'in_progress' WHEN n %% 20 = 0 THEN 'todo' ELSE 'done' END,
  CASE WHEN n %% 20 = 0 THEN '' ELSE 'Fixed' END, 'High', 'S2',
  CASE WHEN n %% 4 = 0 THEN ARRAY['customer-bug'] ELSE ARRAY[]::text[] END, ARRAY['Search'], ARRAY[]::text[], '', '',
  'Search finds nothing for words with a hyphen (' || n || ')', %(at)s - n * %(each)s, %(at)s, %(at)s, false,
  n %% 4 = 0, false, 'present', 0, %(at)s
FROM generate_series(1, %(count)s) AS n
"""
# field, from, to, days after the creation; an open ticket lacks the last of them.
LOG = """
INSERT INTO tickets_ticketchange (ticket_id, history_id, position, at, field, field_id, from_value, from_text, to_value,
  to_text)
SELECT n, n * 100 + place, 0, %(at)s - n * %(each)s + days * interval '1 day' * (0.5 + (n %% 97) / 60.0), field, field,
  old, old_text, new, new_text
FROM generate_series(1, %(count)s) AS n
CROSS JOIN (VALUES
  (1, 'status', '4', 'Backlog', '1', 'To Do', 2), (2, 'assignee', NULL, '', 'a', 'Ada Park', 2.1),
  (3, 'status', '1', 'To Do', '2', 'In Progress', 5), (4, 'labels', NULL, '', NULL, 'customer-bug', 6),
  (5, 'description', NULL, 'a', NULL, 'b', 7), (6, 'Fix Version', NULL, '', '9', '10.5', 8),
  (7, 'status', '2', 'In Progress', '3', 'Submitted', 9), (8, 'priority', '2', 'High', '1', 'Highest', 9.5),
  (9, 'status', '3', 'Submitted', '5', 'Done', 12), (10, 'resolution', NULL, '', '1', 'Fixed', 12),
  (11, 'Link', NULL, '', 'MM-1', 'relates to MM-1', 3)
) AS log(place, field, old, old_text, new, new_text, days)
WHERE (n %% 20 > 0 OR place < 3 OR (n %% 200 = 0 AND place < 7)) AND (n %% 4 = 0 OR place <> 4)
  AND %(at)s - n * %(each)s + days * interval '1 day' * (0.5 + (n %% 97) / 60.0) < %(at)s
"""


def fill(count: int, at: datetime) -> dict[str, float]:
    """So many tickets over as many years as they make; returns what deriving from their logs took, in seconds."""
    ensure_projects(on_board=("MM",), off_board=())
    told: dict[str, Any] = {"count": count, "at": at, "each": timedelta(days=365) / A_YEAR}
    with connection.cursor() as cursor:
        cursor.execute(STATUSES)
        cursor.execute(TICKETS, told)
        cursor.execute(LOG, told)
        changes = cursor.rowcount
        cursor.execute("VACUUM ANALYZE")
    begun = time.perf_counter()
    replay_all()
    replayed = time.perf_counter()
    rows = count_days(at=at)
    counted = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"changes": changes, "replay": replayed - begun, "count": counted - replayed, "rows": rows}


def ask(at: datetime) -> dict[str, list[float]]:
    """Seconds that the numbers of any week took, in turns with reading the raw changes of the same week."""
    means, found = meaning(), dict[str, list[float]](floor=[], week=[], doing=[], charts=[], rows=[])
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(created) FROM tickets_ticket")
        [first] = cursor.fetchone() or (at,)
    rng = random.Random(5)
    for turn in range(MOMENTS + 5):
        moment = first + (at - first) * rng.random()
        found["floor"].append(_took(partial(_floor, moment)))
        found["week"].append(_took(partial(week, at=moment, means=means)))
        found["doing"].append(_took(partial(standing, moment, means, [Column.IN_PROGRESS])))
        if turn % 6 == 0:
            found["charts"].append(_took(partial(charts, at=moment, means=means)))
        found["rows"].append(float(len(week(at=moment, means=means).resolved)))
    return {name: seconds[1 if name == "charts" else 5:] for name, seconds in found.items()}


def _floor(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ticket_id, field, to_text FROM tickets_ticketchange WHERE at >= %s AND at < %s", [at - WINDOW, at]
        )
        cursor.fetchall()


def _took(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun

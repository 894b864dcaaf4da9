"""Count the days: how many tickets stood in which status, by type and project, at the beginning of each day (UTC)."""

from datetime import UTC, date, datetime, time

from django.db import connection, transaction
from django.db.models import Max

from portal.common import locks
from tickets.models import DailyCount

# From the last day that is stored on: that day's counts, and what began and ended since. `before_*` and the state are
# of one project, today's: a ticket that moves takes its past along.
FILL = """
WITH start AS (
  SELECT COALESCE(%(last)s::date, (SELECT (min(since) AT TIME ZONE 'UTC')::date FROM tickets_ticketstate)) AS day
), moves AS (
  SELECT day, project_key, status_id, kind, count AS n FROM tickets_dailycount WHERE day = %(last)s::date
  UNION ALL
  SELECT (since AT TIME ZONE 'UTC')::date + 1, project_key, COALESCE(status_id, ''), kind, 1
  FROM tickets_ticketstate WHERE here AND since >= %(from)s
  UNION ALL
  SELECT (since AT TIME ZONE 'UTC')::date + 1, project_key, COALESCE(before_status_id, ''), before_kind, -1
  FROM tickets_ticketstate WHERE before_here AND since >= %(from)s
), summed AS (
  SELECT day, project_key, status_id, kind, sum(n) AS n FROM moves GROUP BY 1, 2, 3, 4
), running AS (
  SELECT days.day::date AS day, project_key, status_id, kind,
         sum(COALESCE(n, 0)) OVER (PARTITION BY project_key, status_id, kind ORDER BY days.day) AS count
  FROM (SELECT DISTINCT project_key, status_id, kind FROM summed) AS stood
  CROSS JOIN generate_series((SELECT day FROM start), %(today)s::date, interval '1 day') AS days(day)
  LEFT JOIN summed USING (project_key, status_id, kind, day)
)
INSERT INTO tickets_dailycount (day, project_key, status_id, kind, count)
SELECT day, project_key, status_id, kind, count FROM running
WHERE count > 0 AND (%(last)s::date IS NULL OR day > %(last)s::date)
ORDER BY day, project_key, status_id, kind
"""


def count_days(*, at: datetime, anew: bool = False) -> int:
    """Store the days that are missing up to that of `at` (UTC), or all of them anew. Returns how many rows.

    Writers of the mirror wait meanwhile: a fraction of a second for a day, some seconds for years.
    """
    at = at.astimezone(UTC)
    if not anew and DailyCount.objects.filter(day__gte=at.date()).exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.STATES])
        if anew:
            DailyCount.objects.all().delete()
        last = DailyCount.objects.aggregate(last=Max("day"))["last"]
        cursor.execute(FILL, {
            "last": last, "today": at.date(), "from": datetime.combine(last or date.min, time(), UTC),
        })
        return int(cursor.rowcount)

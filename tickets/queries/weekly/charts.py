"""What the charts draw: 26 weeks, counted by the very statements that count one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tickets.choices import Column
from tickets.queries.weekly.counting import BEGUN, CROSSED, STANDING, WEEKLY, bugs_by_column, rows, which
from tickets.queries.weekly.numbers import meaning
from tickets.rules.weekly.charts import WEEKS, Area, Doing, Flow, Week, ends, older_than
from tickets.rules.weekly.numbers import WINDOW, Meaning

AREAS = 12
NONE: tuple[Any, ...] = (None, 0, 0, 0, None, None)  # of a week in which nothing was resolved

CAME = """
SELECT component, count(*) FROM tickets_ticket AS ticket, unnest(ticket.components) AS component
WHERE created >= %(since)s AND created < %(at)s AND lower(kind) = ANY(%(bugs)s) AND project_key <> ALL(%(off)s)
GROUP BY component
"""
REOPENED = """
SELECT component, count(*)
FROM tickets_ticketstate AS state
JOIN tickets_ticket AS ticket ON ticket.id = state.ticket_id, unnest(ticket.components) AS component
WHERE state.since >= %(since)s AND state.since < %(at)s AND state.before_status_id = ANY(%(done)s)
  AND (state.status_id IS NULL OR state.status_id <> ALL(%(done)s)) AND lower(state.kind) = ANY(%(bugs)s)
  AND state.project_key <> ALL(%(off)s) AND state.here
GROUP BY component
"""
# By the log, for a closed escalation takes its weight away; that one changes its level is no other escalation.
ESCALATED = """
SELECT component, count(DISTINCT split_part(event.to_value, ', level ', 1))
FROM tickets_ticketevent AS event
JOIN tickets_ticket AS ticket ON ticket.id = event.ticket_id, unnest(ticket.components) AS component
WHERE event.what = 'weight' AND event.from_value = '' AND event.to_value LIKE 'escalation:%%'
  AND event.at >= %(since)s AND event.at < %(at)s
  AND lower(ticket.kind) = ANY(%(bugs)s) AND project_key <> ALL(%(off)s)
GROUP BY component
"""
FIRST_BEGUN = """
SELECT ticket_id, min(since) FROM tickets_ticketstate
WHERE ticket_id = ANY(%(ids)s) AND status_id = ANY(%(doing)s) GROUP BY ticket_id
"""


@dataclass(frozen=True)
class Charts:
    """Everything that the charts show, of the weeks that end at `at`; the mapping is today's."""

    at: datetime
    weeks: tuple[Week, ...]
    flow: tuple[Flow, ...]
    doing: tuple[Doing, ...]
    half: timedelta | None
    most: timedelta | None
    areas: tuple[Area, ...]


def charts(*, at: datetime, means: Meaning | None = None) -> Charts:
    """The charts of the 26 weeks before `at`, in a constant number of queries."""
    means = means or meaning()
    span = {"since": at - WEEKS * WINDOW, "at": at, **which(means)}
    moments = ends(at, WEEKS + 1)
    stood = dict(zip(moments, bugs_by_column(moments, means, done=True), strict=True))
    done = _crossings(CROSSED + BEGUN, span, means, Column.DONE, stays=True)
    submitted = _crossings(CROSSED + WEEKLY, span, means, Column.SUBMITTED, stays=False)
    half, most = done.get(None, NONE)[4:]
    return Charts(
        at=at, flow=_flow(stood), half=half, most=most, areas=_areas(span, means),
        doing=_doing(at, means, half, most),
        weeks=tuple(
            _week(end, done.get(back, NONE), submitted.get(back, (0, 0))[1], stood[end])
            for back, end in zip(range(WEEKS - 1, -1, -1), ends(at), strict=True)
        ),
    )


def _crossings(
    statement: str, span: dict[str, Any], means: Meaning, column: Column, *, stays: bool
) -> dict[int | None, tuple[Any, ...]]:
    """What is counted of each week, 0 the last; None: of all together."""
    told = {
        "wanted": means.statuses([column]), "stays": stays, "doing": means.statuses([Column.IN_PROGRESS]),
        "customer": sorted(means.customer),
    }
    return {row[0]: row for row in rows(statement, {**span, **told})}


def _week(end: datetime, done: tuple[Any, ...], submitted: int, stood: dict[str, int]) -> Week:
    _, resolved, customers, timed, half, most = done
    return Week(
        at=end, resolved=resolved, customers=customers, submitted=submitted, half=half, most=most, timed=timed,
        backlog=sum(n for column, n in stood.items() if column != Column.DONE),
    )


def _flow(stood: dict[datetime, dict[str, int]]) -> tuple[Flow, ...]:
    before = next(iter(stood.values())).get(Column.DONE, 0)
    return tuple(
        Flow(at, {**columns, Column.DONE: columns.get(Column.DONE, 0) - before}) for at, columns in stood.items()
    )


def _doing(at: datetime, means: Meaning, half: timedelta | None, most: timedelta | None) -> tuple[Doing, ...]:
    wanted = means.statuses([Column.IN_PROGRESS])
    parameters = {"at": at, "wanted": wanted, "unmapped": False, "only_bugs": True, **which(means)}
    found = list(rows(STANDING, parameters))
    begun = dict(rows(FIRST_BEGUN, {"ids": [row[0] for row in found], "doing": wanted}))
    ages = ((at - begun[row[0]], row) for row in found)
    return tuple(
        Doing(key=row[1], summary=row[2], assignee=row[8] or "", age=age, older_than=older_than(age, half, most))
        for age, row in sorted(ages, key=lambda entry: -entry[0])
    )


def _areas(span: dict[str, Any], means: Meaning) -> tuple[Area, ...]:
    told = {**span, "done": means.statuses([Column.DONE])}
    came, reopened, escalated = (dict(rows(statement, told)) for statement in (CAME, REOPENED, ESCALATED))
    found = [
        Area(name, came.get(name, 0), reopened.get(name, 0), escalated.get(name, 0))
        for name in {*came, *reopened, *escalated}
    ]
    return tuple(sorted(found, key=lambda area: (-area.total, area.name))[:AREAS])

"""The charts as they are drawn: each with its table, and the rows of its CSV."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from portal.common.drawing import Chart, Mark, grid, labels, line, stacked, top_of
from portal.common.templatetags.parts import day_text
from tickets.choices import Column
from tickets.queries.weekly.charts import Charts
from tickets.rules.weekly.charts import WEEKS

DAY = timedelta(days=1)
FLOW = (
    (Column.DONE, "green"), (Column.SUBMITTED, "blue"), (Column.IN_PROGRESS, "amber"), (Column.TODO, "grey"),
    (Column.BACKLOG, "rest"), (Column.UNMAPPED, "red"),
)
RESULTS, SHARE, CYCLE, FLOWS = "results", "share", "cycle", "flow"


def drawn(found: Charts) -> tuple[Chart, ...]:
    """All line charts of the page, in its order."""
    return (_results(found), _backlog(found), _share(found), _cycle(found), _flow(found))


def csv_rows(found: Charts, name: str) -> list[tuple[str, ...]] | None:
    """The rows of one chart or of the components, heads first; None for a name that is none of them."""
    for chart in drawn(found):
        if chart.id == name:
            return [chart.heads, *chart.rows]
    if name == "components":
        return [("component", "came", "reopened", "escalated"),
                *((area.name, str(area.came), str(area.reopened), str(area.escalated)) for area in found.areas)]
    if name == "doing":
        return [("key", "summary", "assignee", "days since it began"),
                *((one.key, one.summary, one.assignee, _days(one.age)) for one in found.doing)]
    return None


def _results(found: Charts) -> Chart:
    resolved, submitted = [week.resolved for week in found.weeks], [week.submitted for week in found.weeks]
    top = top_of([*resolved, *submitted])
    return Chart(
        id=RESULTS, title="Bugs resolved and fix PRs submitted", up=grid(top), across=_weeks(found),
        desc=f"A week each, {WEEKS} weeks. Last week {resolved[-1]} resolved and {submitted[-1]} submitted.",
        series=(line("Resolved", resolved, top, tone="blue"),
                line("Submitted", submitted, top, tone="amber", dashed=True)),
        heads=("week to", "resolved", "of customers", "submitted"), csv_url=_csv(RESULTS, found),
        rows=tuple((_date(week.at), str(week.resolved), str(week.customers), str(week.submitted))
                   for week in found.weeks),
    )


def _backlog(found: Charts) -> Chart:
    values = [week.backlog for week in found.weeks]
    top = top_of(values)
    return Chart(
        id="backlog", title="Bugs in backlog", up=grid(top), across=_weeks(found),
        desc=f"At each week's end. {values[0]} at first, {values[-1]} now.",
        series=(line("Backlog", values, top, tone="blue"),), heads=("at", "bugs in backlog"),
        rows=tuple((_date(week.at), str(week.backlog)) for week in found.weeks), csv_url=_csv("backlog", found),
    )


def _share(found: Charts) -> Chart:
    values = [week.share for week in found.weeks]
    return Chart(
        id=SHARE, title="Share of customers in what was resolved", up=grid(100), across=_weeks(found),
        desc="In percent; a week in which nothing was resolved has none.",
        series=(line("Share", values, 100, tone="blue"),), heads=("week to", "percent", "of customers", "resolved"),
        rows=tuple(
            (_date(week.at), "" if week.share is None else str(week.share), str(week.customers), str(week.resolved))
            for week in found.weeks
        ), csv_url=_csv(SHARE, found),
    )


def _cycle(found: Charts) -> Chart:
    half, most = ([_in_days(getattr(week, name)) for week in found.weeks] for name in ("half", "most"))
    top = top_of([value for value in [*half, *most] if value is not None])
    return Chart(
        id=CYCLE, title="Cycle time of resolved bugs, in days", up=grid(top), across=_weeks(found),
        desc="From the first entry into In progress to the crossing into Done: half took no longer than the first line "
        "says, 85 of 100 no longer than the second.",
        note="Bugs that never stood in In progress have no cycle time.",
        series=(line("50th percentile", half, top, tone="blue"),
                line("85th percentile", most, top, tone="amber", dashed=True)),
        heads=("week to", "50th percentile", "85th percentile", "bugs"), csv_url=_csv(CYCLE, found),
        rows=tuple((_date(week.at), _days(week.half), _days(week.most), str(week.timed)) for week in found.weeks),
    )


def _flow(found: Charts) -> Chart:
    columns = [[float(max(at.columns.get(column, 0), 0)) for at in found.flow] for column, _ in FLOW]
    top = top_of([sum(values) for values in zip(*columns, strict=True)])
    return Chart(
        id=FLOWS, title="Cumulative flow of bugs", up=grid(top), across=labels([_day(at.at) for at in found.flow]),
        desc="How many bugs stood in each column at each week's end; Done counts from the first week on.",
        series=stacked([(column.label, tone) for column, tone in FLOW], columns, top),
        heads=("at", *(column.label for column, _ in FLOW)), csv_url=_csv(FLOWS, found),
        rows=tuple(
            (_date(at.at), *(str(at.columns.get(column, 0)) for column, _ in FLOW)) for at in found.flow
        ),
    )


def _weeks(found: Charts) -> tuple[Mark, ...]:
    return labels([_day(week.at) for week in found.weeks])


def _day(at: datetime) -> str:
    return day_text(at.astimezone(timezone.get_current_timezone()), year=False)


def _date(at: datetime) -> str:
    """With its year: a spreadsheet would guess one."""
    return day_text(at.astimezone(timezone.get_current_timezone()), year=True)


def _in_days(span: timedelta | None) -> float | None:
    return None if span is None else round(span / DAY, 1)


def _days(span: timedelta | None) -> str:
    return "" if span is None else f"{span / DAY:.1f}"


def _csv(name: str, found: Charts) -> str:
    return reverse("tickets:weekly_charts") + f"?csv={name}"

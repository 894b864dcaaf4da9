"""The questions that the mirror asks. A literal in JQL has no zone: it is read in the account's, to the minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

OVERLAP = timedelta(minutes=6)
# Issues of absurd dates exist; a calendar has two ends, and a zone must not carry a moment over them.
EARLIEST, LATEST = datetime(1001, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def literal(at: datetime, zone: ZoneInfo) -> str:
    """`at` as the account's local minute, rounded down. Where the clock shows that minute twice, nobody knows which one
    Jira takes: then the minute as much earlier as the clock goes back (an hour, on Lord Howe half of one, in Troll
    two), which fetches more, never less."""
    local = min(max(at, EARLIEST), LATEST).astimezone(zone).replace(second=0, microsecond=0)
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    if first is not None and second is not None and first != second:
        local = local.replace(tzinfo=None) - abs(first - second)
    return f'"{local:%Y-%m-%d %H:%M}"'


def changed(project: str, *, since: datetime | None, reached: datetime | None, zone: ZoneInfo) -> str:
    """Everything of a project updated since `since`, in an order that does not change while it is read (an issue that
    is updated meanwhile stays where it is), from those created at `reached` on."""
    clauses = [f'project = "{project}"']
    if since is not None:
        clauses.append(f"updated >= {literal(max(since, EARLIEST) - OVERLAP, zone)}")
    if reached is not None:
        clauses.append(f"created >= {literal(max(reached, EARLIEST) - OVERLAP, zone)}")
    return " AND ".join(clauses) + " ORDER BY created ASC, key ASC"


def everything(project: str) -> str:
    """Every issue that the account sees in a project: the census."""
    return f'project = "{project}" ORDER BY created ASC, key ASC'


def ranked(projects: Sequence[str], status_ids: Sequence[str], rank_field: str = "") -> str:
    """The issues of these projects that stand in these statuses, in Jira's rank order, which is one for all projects.

    `rank_field`: the custom field that holds it, where it goes by another name than Rank.
    """
    names = ", ".join(f'"{project}"' for project in projects)
    number = rank_field.removeprefix("customfield_")
    order = f"cf[{number}]" if number else "Rank"
    return f"project in ({names}) AND status in ({', '.join(status_ids)}) ORDER BY {order} ASC"

"""The questions that the mirror asks. A literal in JQL has no zone: it is read in the account's, to the minute."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

OVERLAP = timedelta(minutes=6)


def literal(at: datetime, zone: ZoneInfo) -> str:
    """`at` as the account's local minute, rounded down. Where the clock shows that minute twice, nobody knows which one
    Jira takes: then the minute an hour before, which fetches more, never less."""
    local = at.astimezone(zone).replace(second=0, microsecond=0)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = local.replace(tzinfo=None) - timedelta(hours=1)
    return f'"{local:%Y-%m-%d %H:%M}"'


def changed(project: str, *, since: datetime | None, reached: datetime | None, zone: ZoneInfo) -> str:
    """Everything of a project updated since `since`, in an order that does not change while it is read (an issue that
    is updated meanwhile stays where it is), from those created at `reached` on."""
    clauses = [f'project = "{project}"']
    if since is not None:
        clauses.append(f"updated >= {literal(since - OVERLAP, zone)}")
    if reached is not None:
        clauses.append(f"created >= {literal(reached - OVERLAP, zone)}")
    return " AND ".join(clauses) + " ORDER BY created ASC, key ASC"


def everything(project: str) -> str:
    """Every issue that the account sees in a project: the census."""
    return f'project = "{project}" ORDER BY created ASC, key ASC'


def ranked(project: str, status_ids: list[str]) -> str:
    """The issues of a project that stand in these statuses, in Jira's rank order."""
    return f'project = "{project}" AND status in ({", ".join(status_ids)}) ORDER BY Rank ASC'

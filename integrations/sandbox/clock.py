"""The sandbox's clock and Jira's and Mattermost's ways of writing a moment."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

JIRA_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)$")


def now_ms() -> int:
    """Return the present in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def jira_text(ms: int, zone: str) -> str:
    """Write a moment as Jira does: local time of the reading account with its offset."""
    local = datetime.fromtimestamp(ms / 1000, tz=ZoneInfo(zone))
    return f"{local:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{local:%z}"


@lru_cache(maxsize=20_000)
def parse_jira(text: str) -> int:
    """Read one of Jira's date-times into milliseconds. Raises ValueError on anything else."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def shift_text(text: str, offset: timedelta) -> str:
    """Move a Jira date-time, keeping its written offset and its number of decimals."""
    match = JIRA_DATE.match(text)
    if match is None:
        raise ValueError(text)
    moved = datetime.fromisoformat(text) + offset
    decimals = f".{moved.microsecond:06d}"[: len(match[1])] if match[1] else ""
    return f"{moved:%Y-%m-%dT%H:%M:%S}{decimals}{match[2]}"


def utc(ms: int) -> datetime:
    """Return the moment as an aware UTC datetime."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC)

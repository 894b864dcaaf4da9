"""The generic names of zones, which updates and the incident's page say: data of the handbook."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from incidents.rules.promises import moment_words

NAMES = Path(__file__).resolve().parent.parent / "handbook" / "zones.toml"


@cache
def zone_names() -> dict[str, str]:
    """Generic names by zone, as shipped: "America/New_York" is "ET". The file is read once."""
    found: dict[str, str] = tomllib.loads(NAMES.read_text(encoding="utf-8"))["zones"]
    return found


def zone_name(zone: str) -> str:
    """How a zone is called, summer or winter; one that has no such name by its place: "Kathmandu time"."""
    return zone_names().get(zone) or f"{zone.rpartition('/')[2].replace('_', ' ')} time"


def moment_in(at: datetime, zone: str, now: datetime) -> str:
    """A moment in an incident's zone: "12:45 pm ET", with its day where that is another one there."""
    there = ZoneInfo(zone)
    return moment_words(at.astimezone(there), zone_name(zone), now.astimezone(there))

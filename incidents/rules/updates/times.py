"""Times as updates say them: `7:20pmET`, `8amET`, `9 hours`. The generic names of zones are data."""

import tomllib
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

_HANDBOOK = Path(__file__).resolve().parents[2] / "handbook" / "zones.toml"
NAMES: dict[str, str] = tomllib.loads(_HANDBOOK.read_text(encoding="utf-8"))["zones"]

DAY, WEEK = timedelta(days=1), timedelta(days=6)


def zone_of(zone: str) -> tzinfo:
    """The zone of this name; UTC for one that nobody knows."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of zones
        return UTC


def zone_word(at: datetime, zone: str) -> str:
    """What a zone is called: `ET`, in summer as in winter. One without a generic name is said by how far it is from UTC
    at that moment: `UTC+5:30`."""
    if zone in NAMES:
        return NAMES[zone]
    return _distance(at.astimezone(zone_of(zone)))


def _distance(local: datetime) -> str:
    offset = local.utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = abs(int(offset.total_seconds())) // 60
    rest = f":{minutes % 60:02d}" if minutes % 60 else ""
    return f"UTC{'-' if offset < timedelta() else '+'}{minutes // 60}{rest}"


def zone_at(at: datetime, zone: str) -> str:
    """What a zone is called beside a time of day: its generic name, but in the hour that clocks show twice the one that
    says which of the two is meant, `EDT` or `EST`. Where that is the generic one too, how far it is from UTC: `UTC+1`.
    """
    local, word = at.astimezone(zone_of(zone)), zone_word(at, zone)
    if zone not in NAMES or local.replace(fold=1 - local.fold).utcoffset() == local.utcoffset():
        return word
    name = local.tzname() or word
    return name if name != word and name.isalpha() else _distance(local)


def clock(at: datetime, zone: str) -> str:
    """The time of day: `7:20pm`, `8am`, without `:00`."""
    local = at.astimezone(zone_of(zone))
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def stamp(at: datetime, zone: str) -> str:
    """Time and zone, as the handbook writes them: `7:20pmET`. What is no name stands apart: `7:20pm UTC+5:30`. In an
    hour that clocks show twice it says which: `1:30amEDT`, `1:30amEST`."""
    word = zone_at(at, zone)
    return f"{clock(at, zone)}{'' if word.isalpha() else ' '}{word}"


def stamp_ahead(due_at: datetime, zone: str, *, now: datetime) -> str:
    """A time to come. A day or more ahead the time of day alone would mislead: `8amET on Thursday`, and from six days
    on `8amET on 24 Nov`."""
    said, local = stamp(due_at, zone), due_at.astimezone(zone_of(zone))
    # By the clocks: where these were set on, less than 24 hours ahead may be the same time of day again.
    if local.replace(tzinfo=None) - now.astimezone(zone_of(zone)).replace(tzinfo=None) < DAY:
        return said
    return f"{said} on {local:%A}" if due_at - now < WEEK else f"{said} on {local.day} {local:%b}"


def incident_time(began_at: datetime, at: datetime) -> str:
    """How long it has lasted, as `#### Incident Time` says it: whole hours, under one hour minutes."""
    return hours_words(at - began_at)


def hours_words(length: timedelta) -> str:
    """A length as the form says it: "9 hours", "40 minutes"."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return _counted(minutes, "minute")
    return _counted(minutes // 60, "hour")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"

"""A calendar in the net, read once: what it says of a stretch, repeated entries unfolded.

Its address was typed in by a person, and its text comes from a stranger: both are dealt with in a process of its own
(`child.py`), which reaches public addresses only and is ended after `BOUND` whatever it does. It never retries.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from integrations.clean import clean
from integrations.ical.faults import CalendarAway, CalendarRefused
from portal.env import ROOT

FETCHES, READS = 20, 15  # seconds
BOUND = 45.0  # seconds for everything: 20 to fetch, 15 to read, the start of the process, and a margin
NEEDED = ("PATH", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Occurrence:
    """What a calendar says of a time: `[starts, ends)`, each a day, a moment, or a local time without a zone.

    `guests`: the addresses of those invited who have not declined; all addresses in lower case.
    """

    uid: str
    title: str
    starts: date | datetime
    ends: date | datetime
    guests: tuple[str, ...]
    organizer: str


@dataclass(frozen=True)
class Reading:
    """A calendar that was read. `remarks`: what of it could not be, in words; `etag`: its version."""

    occurrences: tuple[Occurrence, ...]
    etag: str = ""
    remarks: str = ""


NOTHING_NEW = Reading(())


def read(address: str, *, start: datetime, end: datetime, etag: str = "") -> Reading:
    """What a calendar says of `[start, end)`; `NOTHING_NEW` where it still has the version `etag`.

    Raises `CalendarFault`: too large (2 MB), too many entries, too slow, not there, no calendar, a private address.
    """
    told = _asked({"url": address, "etag": etag, "start": start.isoformat(), "end": end.isoformat()})
    words, detail = clean(str(told.get("words", "")))[0], str(told.get("detail", ""))
    if not told.get("ok"):
        kind = CalendarAway if told.get("passing") else CalendarRefused
        raise kind(words or "The calendar could not be read.", detail=detail)
    if told.get("same"):
        return NOTHING_NEW
    return Reading(tuple(_occurrence(row) for row in told["rows"]), str(told["etag"]), words)


def _occurrence(row: dict[str, Any]) -> Occurrence:
    told = clean(row)[0]
    return Occurrence(told["uid"], told["title"], _when(told["starts"]), _when(told["ends"]), tuple(told["guests"]),
                      told["organizer"])


def _when(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def own_places() -> list[list[str | int]]:
    """Where the portal and its own services answer: host and port."""
    ports = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "postgres": 5432, "postgresql": 5432}
    found: list[list[str | int]] = []
    for address in (settings.PORTAL_BASE_URL, settings.ENV.database_url, settings.REDIS_URL):
        parts = urlsplit(address)
        if parts.hostname:
            found.append([parts.hostname, parts.port or ports.get(parts.scheme, 0)])
    return found


def _asked(what: dict[str, Any]) -> dict[str, Any]:
    """What the process says; the address goes in by its input, where no list of processes shows it."""
    hosts = [host.strip("[]").lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    given = what | {
        "local": settings.ENV.debug, "own": own_places(), "hosts": hosts, "fetches": FETCHES, "reads": READS,
    }
    environ = {name: os.environ[name] for name in NEEDED if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "integrations.ical.child"], input=json.dumps(given), capture_output=True, text=True,
            cwd=ROOT, env=environ, timeout=BOUND, check=False,
        )
        told = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise CalendarAway(f"The calendar could not be read within {BOUND:.0f} seconds.") from error
    except ValueError as error:
        # A process that was ended by its limits says nothing.
        raise CalendarRefused("The calendar takes too much work to read.", detail=done.stderr[-500:]) from error
    return told if isinstance(told, dict) else {}

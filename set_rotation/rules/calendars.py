"""A calendar that programs subscribe to, as text. Pure: the same entries always give the same text, and so one ETag.

Times are written in UTC. Each entry is a stretch of two moments that was worked out here, through every change of the
clocks, and none repeats, so there is nothing for which a program would need a zone: Google, Outlook and Apple all show
UTC in the clocks of whoever looks. A TZID would need a VTIMEZONE whose rules each of the three reads in its own way,
Outlook by Windows' names: one more thing that could be an hour off.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Event

from portal.common.calendars import new_calendar

REFRESH = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """An entry: `uid` and `sequence` name it and its version; one that was cancelled stays, and says so.

    `busy`: it takes the time of whoever has it; duty as such does not.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    text: str
    changed_at: datetime
    cancelled: bool = False
    busy: bool = False


def calendar_bytes(name: str, entries: Iterable[Entry], url: str) -> bytes:
    """The calendar as it is sent, entries in the order of time."""
    calendar = new_calendar(name=name, maker="SET portal//Duty", again=REFRESH)
    for entry in sorted(entries, key=lambda one: (one.starts_at, one.uid)):
        calendar.add_component(_event(entry, url))
    return bytes(calendar.to_ical())


def _event(entry: Entry, url: str) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", " ".join(entry.title.split()))
    event.add("description", f"{entry.text}\n{url}" if entry.text else url)
    event.add("url", url)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if entry.busy and not entry.cancelled else "TRANSPARENT")
    return event


def sprint_days(first_on: date, weeks: int, start: date, end: date) -> Iterator[date]:
    """The days of `[start, end)` on which a team plans its sprints: every so many weeks, from `first_on` on."""
    step = timedelta(weeks=weeks)
    day = first_on if first_on >= start else first_on + step * -(-(start - first_on) // step)
    while day < end:
        yield day
        day += step


@dataclass(frozen=True)
class Stretch:
    """A time in which somebody is on SET, `[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same times, each once, in order."""
    found: list[Stretch] = []
    for one in sorted(stretches, key=lambda each: each.starts_at):
        if found and one.starts_at <= found[-1].ends_at:
            found[-1] = Stretch(found[-1].starts_at, max(found[-1].ends_at, one.ends_at))
        else:
            found.append(one)
    return found


def within(at: datetime, stretches: Sequence[Stretch]) -> bool:
    """Whether a moment is in one of them."""
    return any(one.starts_at <= at < one.ends_at for one in stretches)

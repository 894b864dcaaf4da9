"""The text of a calendar, as occurrences within a stretch."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import icalendar
import recurring_ical_events

MOST = 2_000  # occurrences of one calendar
LONGEST_TITLE = 200
ODD = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)  # of the libraries
FREE = {  # what takes nobody's time
    "STATUS": {"CANCELLED"}, "TRANSP": {"TRANSPARENT"}, "X-MICROSOFT-CDO-BUSYSTATUS": {"FREE", "WORKINGELSEWHERE"},
}


class NoCalendar(Exception):
    """It cannot be read; the text says why."""


def calendars(body: bytes) -> list[Any]:
    """The calendars in a text. Raises `NoCalendar`."""
    text = body.decode("utf-8-sig", errors="replace").replace("\x00", "")
    if "BEGIN:VCALENDAR" not in text[:5_000].upper():
        raise NoCalendar("That is no calendar in iCal format: what came is something else, such as a page to sign in.")
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        # Half of it would read as if the entries of the other half had been taken out.
        raise NoCalendar("The calendar's text ends in the middle.")
    try:
        return list(icalendar.Calendar.from_ical(text, multiple=True))
    except ODD as error:
        raise NoCalendar("The calendar's text is broken, and cannot be read.") from error


def rows(body: bytes, start: datetime, end: datetime) -> tuple[list[dict[str, Any]], str]:
    """The occurrences in `[start, end)` that take somebody's time, as plain rows; and what could not be read, in words.

    Raises `NoCalendar` where there are more than `MOST`.
    """
    found: list[dict[str, Any]] = []
    bad, zones = 0, set[str]()
    for calendar in calendars(body):
        zones |= _strange_zones(calendar)
        entries, broken = _series(calendar)
        bad += broken
        for each in entries:
            try:
                for occurrence in each.between(start, end):
                    found += _row(occurrence.as_component(keep_recurrence_attributes=False))
                    if len(found) > MOST:
                        raise NoCalendar(f"The calendar has more than {MOST:,} entries within a year: "
                                         "give one that holds leave alone.")
            except ODD:
                bad += 1
    return found, _remarks(bad, zones)


def _series(calendar: Any) -> tuple[list[Any], int]:
    """The entries, each with its repetitions; and how many could not be read: one that is odd spoils a whole calendar,
    so they are then taken one by one."""
    try:
        return list(recurring_ical_events.of(calendar).series), 0
    except ODD:
        pass
    by_uid: dict[str, list[Any]] = defaultdict(list)
    for event in calendar.walk("VEVENT"):
        by_uid[str(event.get("UID", ""))].append(event)
    found, bad = [], 0
    for events in by_uid.values():
        alone = icalendar.Calendar(calendar)
        alone.subcomponents = events
        try:
            found += recurring_ical_events.of(alone).series
        except ODD:
            bad += 1
    return found, bad


def _strange_zones(calendar: Any) -> set[str]:
    """The zones that neither the calendar explains nor anybody else knows."""
    found = set()
    for event in calendar.walk("VEVENT"):
        start = event.get("DTSTART")
        value = getattr(start, "dt", None)
        if isinstance(value, datetime) and value.tzinfo is None and start.params.get("TZID"):
            found.add(str(start.params["TZID"])[:60])
    return found


def _remarks(bad: int, zones: set[str]) -> str:
    said = []
    if bad:
        said.append(f"{bad} {'entry' if bad == 1 else 'entries'} could not be read.")
    if zones:
        names = ", ".join(sorted(zones)[:3])
        said.append(f"Nobody knows the zone {names}: its times are taken by the person's own clocks.")
    return " ".join(said)


def _row(component: Any) -> Iterator[dict[str, Any]]:
    """An occurrence; none for one that is free, cancelled, or takes no time."""
    if any(str(component.get(name, "")).upper() in values for name, values in FREE.items()):
        return
    starts, ends = component["DTSTART"].dt, component["DTEND"].dt
    if type(starts) is not type(ends) or (isinstance(starts, datetime) and isinstance(ends, datetime)
                                          and (starts.tzinfo is None) != (ends.tzinfo is None)):
        return
    if ends <= starts and not isinstance(starts, datetime):
        ends = starts + timedelta(days=1)
    if ends <= starts:
        return
    yield {
        "uid": str(component.get("UID", "")) or f"no-uid-{component.get('SUMMARY', '')}"[:200],
        "title": " ".join(str(component.get("SUMMARY", "")).split())[:LONGEST_TITLE],
        "starts": starts.isoformat(), "ends": ends.isoformat(),
        "guests": [_address(each) for each in _several(component.get("ATTENDEE")) if not _declined(each)],
        "organizer": _address(component.get("ORGANIZER", "")),
    }


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _declined(guest: Any) -> bool:
    return str(getattr(guest, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED"


def _address(value: Any) -> str:
    return str(value).strip().lower().removeprefix("mailto:")[:254]

"""When the next update is due, as people type it: `8am`, `1:45 pm`, `tomorrow 8am`, `Thu 9:30`, `in 30 min`."""

import re
from datetime import UTC, date, datetime, time, timedelta

from incidents.rules.updates.times import clock, stamp, zone_at, zone_of, zone_word
from set_rotation.rules.local import moments

JUST_NOW = timedelta(hours=3)  # a time that has passed since is a slip, not tomorrow's
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_IN = re.compile(
    r"(?:in|\+)\s*(?:(?P<hours>\d{1,3})\s*(?:h|hours?|hrs?))?\s*(?:(?P<minutes>\d{1,4})\s*(?:m|mins?|minutes?))?"
)
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?(?:\s+(?P<which>first|second))?"
)
_DAY = re.compile(r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})|(?P<word>today|tomorrow)|"
                  r"(?P<name>mon|tue|wed|thu|fri|sat|sun)[a-z]*|"
                  r"(?P<number>\d{1,2})\.?\s+(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*")
_ISO = re.compile(r"^(\d{4}-\d{1,2}-\d{1,2})T(?=\d)")
_HALF = re.compile(r"(?<=[\d ])[AaPp]\.?[Mm]\b\.?|(?<=[\d ])[AaPp]\.?[Mm](?=[A-Z])")  # before a zone too: `8PMET`
_BEHIND = r"(?<=[\dm.])\s*"
_FOREIGN = re.compile(_BEHIND + r"(?P<word>(?:UTC|GMT)[+-]\d{1,2}(?::?\d{2})?|[A-Z]{2,5})\Z")
_NO_ZONE = {"today", "first", "min", "mins", "hr", "hrs", "hour", "hours", "on", *DAYS, *MONTHS}
SEASON = timedelta(days=91)


class Unreadable(ValueError):
    """It is no time, or none that can be meant; the text says why, in words for whoever typed it."""


def read_time(text: str, *, at: datetime, zone: str) -> datetime:
    """The moment that somebody means who types this now, by the clocks of a zone. Raises `Unreadable` for what is no
    time, for one that has passed, for one that the clocks skip, and for one that they show twice."""
    typed = " ".join(text.replace("\x00", "").split())
    plain = _ISO.sub(r"\1 ", _without_zone(typed, at, zone)).lower().removeprefix("at ")
    found = _IN.fullmatch(plain)
    if found and (found["hours"] or found["minutes"]):
        length = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
        return _ahead((at + length).replace(second=0, microsecond=0), at, zone)
    day, rest = _day(plain, at, zone)
    hour, minute, which = _time(rest, typed)
    which = which or typed[-5:].upper()  # `1:30amEST`, as updates say it
    if day is not None:
        return _ahead(_moment(day, time(hour, minute), zone, which), at, zone)
    return _next(time(hour, minute), at, zone, which)


def shown(due_at: datetime, *, at: datetime, zone: str) -> str:
    """A moment as `read_time` reads it again: `1:45 pm`, on another day `tomorrow 8:00 am`, `Thu 8:00 am`, a date."""
    local, now = due_at.astimezone(zone_of(zone)), at.astimezone(zone_of(zone))
    said = f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"
    if len(moments(local.date(), local.time().replace(second=0, microsecond=0), _name(zone))) > 1:
        said = f"{said} {'second' if local.fold else 'first'}"
    ahead = (local.date() - now.date()).days
    if ahead == 0:
        return f"today {said}" if due_at <= at else said
    if ahead == 1:
        return f"tomorrow {said}"
    return f"{local:%a} {said}" if 1 < ahead < 7 else f"{local:%Y-%m-%d} {said}"


def usual(at: datetime, minutes: int) -> datetime:
    """When the next update is due by the cadence: on a full five minutes, never later than the cadence has it."""
    due_at = (at + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    rounded = due_at - timedelta(minutes=due_at.minute % 5)
    return rounded if minutes >= 15 and rounded > at else due_at


def _without_zone(typed: str, at: datetime, zone: str) -> str:
    """What was typed, without the name of the incident's own zone behind it. Another zone's is no slip to pass over:
    the promise would be hours away from what was meant."""
    typed = _HALF.sub(lambda found: found[0].lower(), typed)
    seasons = [at + number * SEASON for number in range(4)]
    names = {zone_word(one, zone) for one in seasons}
    names |= {name for one in seasons if (name := one.astimezone(zone_of(zone)).strftime("%Z")).isalpha()}
    own = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    plain = re.sub(rf"{_BEHIND}(?:{own})\Z", "", typed, flags=re.IGNORECASE)
    found = _FOREIGN.search(plain)
    if found and found["word"].lower() not in _NO_ZONE:
        raise Unreadable(f"Times are {zone_word(at, zone)} here: say it without “{found['word']}”, by those clocks.")
    return plain


def _day(plain: str, at: datetime, zone: str) -> tuple[date | None, str]:
    """The day that is named, None where none is, and what stands beside it."""
    found = _DAY.search(plain)
    if not found:
        return None, plain
    rest = " ".join(f"{plain[: found.start()]} {plain[found.end():]}".replace(",", " ").split()).removeprefix("at ")
    today = at.astimezone(zone_of(zone)).date()
    if found["word"]:
        return today + timedelta(days=found["word"] == "tomorrow"), rest
    if found["name"]:
        return today + timedelta(days=(DAYS.index(found["name"]) - today.weekday()) % 7 or 7), rest
    try:
        if found["iso"]:
            return date(*map(int, found["iso"].split("-"))), rest
        near = date(today.year, MONTHS.index(found["month"]) + 1, int(found["number"]))
        return (near if near >= today else near.replace(year=today.year + 1)), rest
    except ValueError as error:
        raise Unreadable("There is no such day.") from error


def _time(rest: str, typed: str) -> tuple[int, int, str]:
    found = _TIME.fullmatch(rest.removesuffix(" on").strip())
    if not found or not (found["half"] or found["minute"]):
        raise Unreadable(f"“{typed[:40]}” is no time: write 8am, 1:45 pm, tomorrow 8am or in 30 min.")
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise Unreadable(f"“{typed[:40]}” is no time of a day.")
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    if hour > 23 or minute > 59:
        raise Unreadable(f"“{typed[:40]}” is no time of a day.")
    return hour, minute, found["which"] or ""


def _moment(day: date, of_day: time, zone: str, which: str) -> datetime:
    try:
        found = moments(day, of_day, _name(zone))
    except OverflowError as error:
        raise Unreadable("That day lies too far away.") from error
    said = f"{of_day:%H:%M}"
    if not found:
        raise Unreadable(f"The clocks skip {said} that day: choose another time.")
    if len(found) == 1:
        return found[0]
    for one, name in zip(found, ("first", "second"), strict=True):
        if which == name or ((word := zone_at(one, zone)).isalpha() and which.endswith(word)):
            return one
    raise Unreadable(f"The clocks show {said} twice that day: add “first” or “second”.")


def _next(of_day: time, at: datetime, zone: str, which: str) -> datetime:
    """When the clocks show this next. What they have just shown was a slip."""
    today = at.astimezone(zone_of(zone)).date()
    shown_today = moments(today, of_day, _name(zone))
    if not shown_today or any(one > at for one in shown_today):
        ahead = [one for one in shown_today if one > at]
        return ahead[0] if len(ahead) == 1 else _moment(today, of_day, zone, which)
    if at - shown_today[-1] < JUST_NOW:
        word = clock(shown_today[-1], zone)
        raise Unreadable(f"{stamp(shown_today[-1], zone)} has passed: if you mean tomorrow, write “tomorrow {word}”.")
    return _moment(today + timedelta(days=1), of_day, zone, which)


def _ahead(due_at: datetime, at: datetime, zone: str) -> datetime:
    if due_at <= at:
        raise Unreadable(f"{stamp(due_at, zone)} has passed: the next update lies ahead.")
    return due_at.astimezone(UTC)


def _name(zone: str) -> str:
    found = zone_of(zone)
    return getattr(found, "key", "UTC")

"""Single values of a JSON that may hold anything: what cannot be read is empty or None, never an error."""

from collections.abc import Mapping
from datetime import UTC, datetime

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def text(raw: object) -> str:
    """A string or a number as text; anything else is empty."""
    if isinstance(raw, str):
        return raw
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else ""


def text_or_none(raw: object) -> str | None:
    """As `text`, but null stays null. A method (JSON has none, JavaScript's `toString` has) is null too."""
    return None if raw is None else text(raw)


def texts(raw: object) -> tuple[str, ...]:
    """The strings of a list, in order, once each, at most 255 characters (Jira's own bound; an index bears no more)."""
    return tuple(dict.fromkeys(entry[:255] for entry in _listed(raw) if isinstance(entry, str) and entry))


def _listed(raw: object) -> list[object]:
    return raw if isinstance(raw, list) else []


def name_of(raw: object) -> str:
    """The `name` of an object such as a priority, at most 255 characters."""
    return text(raw.get("name"))[:255] if isinstance(raw, Mapping) else text(raw)[:255]


def names_of(raw: object) -> tuple[str, ...]:
    """The names of a list of objects, in order, once each."""
    return texts([name_of(entry) for entry in raw]) if isinstance(raw, list) else ()


def whole(raw: object) -> int | None:
    """An id that fits a bigint, or None."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 19:
        return int(raw)
    return raw if isinstance(raw, int) and 0 <= raw < 10**18 else None


def moment(raw: object) -> datetime | None:
    """A time as Jira writes it: ISO 8601 with milliseconds and `+0000`, or milliseconds since 1970; in UTC.

    What lies before 1970 or after 2200 is the nearest of the two: the first and last year break in a reader's zone.
    """
    try:
        if isinstance(raw, str) and raw:
            found = datetime.fromisoformat(raw)
            return _bounded(found if found.tzinfo else found.replace(tzinfo=UTC))
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return _bounded(datetime.fromtimestamp(raw / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _bounded(found: datetime) -> datetime:
    if found.year < EARLIEST.year:  # asked before it is put into UTC, where the first year may not be there
        return EARLIEST
    return LATEST if found.year >= LATEST.year else found.astimezone(UTC)

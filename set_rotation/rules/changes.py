"""Changes of the rota as data: what is wanted, kept in a form between a preview and the doing. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from set_rotation.choices import Seat

MOST = 60  # places at once; two swap, a rotation has five
NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")  # JSON can name these, a database keeps none of them


@dataclass(frozen=True)
class Give:
    """Places (by id) go to people, or to nobody."""

    people: Mapping[int, int | None]


@dataclass(frozen=True)
class StandIn:
    """Somebody replaces whoever holds a seat in `[starts_at, ends_at)`."""

    seat: Seat
    person: int
    starts_at: datetime
    ends_at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Cancel:
    """An override is taken back."""

    override: int


@dataclass(frozen=True)
class Remove:
    """A rotation is taken back."""

    rotation: int


@dataclass(frozen=True)
class Add:
    """A rotation is made, from this local day on, by a pattern (its id), with people by place (0 is the lead).
    `overrides` (ids): those that were set aside with it when it was taken back."""

    first_on: date
    pattern: int
    people: Mapping[int, int]
    overrides: tuple[int, ...] = ()


Change = Give | StandIn | Cancel | Remove | Add


def pack(change: Change) -> str:
    """The change as text for a form."""
    match change:
        case Give(people):
            told: dict[str, Any] = {"give": [[place, person] for place, person in sorted(people.items())]}
        case StandIn():
            told = {"stand_in": [change.seat.value, change.person, change.starts_at.isoformat(),
                                 change.ends_at.isoformat(), change.reason]}
        case Cancel(override):
            told = {"cancel": override}
        case Remove(rotation):
            told = {"remove": rotation}
        case Add():
            told = {"add": [change.first_on.isoformat(), change.pattern, sorted(map(list, change.people.items())),
                            list(change.overrides)]}
    return json.dumps(told, separators=(",", ":"))


def unpack(text: str) -> Change | None:
    """The change of a form; None for what is none, whatever somebody sent."""
    try:
        ((kind, told),) = json.loads(text).items()
        return _change(kind, told)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _change(kind: str, told: Any) -> Change | None:
    if kind == "give":
        pairs = {_id(place): None if person is None else _id(person) for place, person in told}
        return Give(pairs) if 0 < len(pairs) <= MOST else None
    if kind == "stand_in":
        seat, person, starts, ends, reason = told
        return StandIn(Seat(seat), _id(person), _moment(starts), _moment(ends), _text(reason))
    if kind == "cancel":
        return Cancel(_id(told))
    if kind == "remove":
        return Remove(_id(told))
    first_on, pattern, people, overrides = told if kind == "add" else (None, None, None, None)
    by_place = {_id(place, least=0): _id(person) for place, person in people or ()}
    aside = tuple(_id(override) for override in overrides or ())
    return Add(_day(first_on), _id(pattern), by_place, aside) if max(len(by_place), len(aside)) <= MOST else None


def _id(value: Any, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**63:
        raise ValueError("That is no id.")
    return value


def _moment(text: Any) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 2000 <= at.year <= 2099:
        raise ValueError("A moment has a zone, and lies in this century.")
    return at


def _day(text: Any) -> date:
    day = date.fromisoformat(text or "")
    if not 2000 <= day.year <= 2099:
        raise ValueError("A rotation begins in this century.")
    return day


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200 or NO_TEXT.search(value):
        raise ValueError("A reason is a short text.")
    return value

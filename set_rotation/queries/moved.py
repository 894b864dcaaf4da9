"""Whose duty an edit moves, as a preview says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.rules.duty import Moved, Span
from set_rotation.rules.local import stretch_words


@dataclass(frozen=True)
class MovedLine:
    """What somebody loses and gains, in words."""

    person: Mark
    lost: tuple[str, ...]
    gained: tuple[str, ...]


def moved_lines(changes: Iterable[Moved], zone: str, at: datetime) -> tuple[MovedLine, ...]:
    """Everybody whose duty moves, by name; times in the clocks of a zone. One query."""
    found = list(changes)
    people = Person.objects.in_bulk([change.person for change in found])
    lines = [MovedLine(mark(people[change.person]), _words(change.lost, zone, at), _words(change.gained, zone, at))
             for change in found]
    return tuple(sorted(lines, key=lambda line: line.person.name))


def _words(spans: Iterable[Span], zone: str, at: datetime) -> tuple[str, ...]:
    return tuple(f"{span.seat.label}, {stretch_words(span.starts_at, span.ends_at, zone, at.year)}" for span in spans)

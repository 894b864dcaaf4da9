"""The people who look at a ticket, by their ids."""

from collections.abc import Collection
from dataclasses import dataclass

from people.models import Person


@dataclass(frozen=True)
class Viewer:
    name: str
    initials: str


def viewers(ids: Collection[int]) -> tuple[Viewer, ...]:
    """Those who look, by name; one query, none for nobody."""
    if not ids:
        return ()
    return tuple(Viewer(person.name, person.initials) for person in Person.objects.filter(id__in=ids).order_by("name"))

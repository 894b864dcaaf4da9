"""What stands in other rooms of private incidents: rows that lead to one say nothing of it to whoever does not see it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from incidents.models import Incident
from incidents.queries.seen import its_people
from incidents.rules.hiding import keys_of
from people.models import Person
from set_rotation.choices import PageSource
from set_rotation.models import Page

_INCIDENT = re.compile(r"/incidents/I-(\d{1,18})(?:/|\Z)")
_PAGE = re.compile(r"/pages/(\d{1,18})(?:/|\Z)")


@dataclass(frozen=True)
class Hidden:
    """The private incidents that somebody does not see, and the pages that were raised for them, by their numbers."""

    incidents: frozenset[int] = frozenset()
    pages: frozenset[int] = frozenset()

    def has(self, path: str) -> bool:
        """Whether an address of the portal is one of theirs."""
        incident, page = _INCIDENT.match(path), _PAGE.match(path)
        return bool((incident and int(incident[1]) in self.incidents) or (page and int(page[1]) in self.pages))

    def has_page(self, path: str) -> bool:
        """Whether it is that of a page: whoever is paged sees the page, and what became of its messages."""
        page = _PAGE.match(path)
        return bool(page and int(page[1]) in self.pages)


def hidden_from(person: Person) -> Hidden:
    """What this person does not see. One query, a second one where there is anything."""
    rows = list(Incident.objects.filter(private=True).exclude(its_people(person)).values_list("pk", "submission"))
    if not rows:
        return Hidden()
    return Hidden(frozenset(pk for pk, _ in rows), frozenset(_pages(key for row in rows for key in keys_of(*row))))


def _pages(keys: Iterable[str]) -> list[int]:
    """Pages that were raised for incidents; later ones of the same incident are numbered behind its key."""
    wanted = set(keys)
    rows = Page.objects.filter(source=PageSource.INCIDENT, key__startswith="incident:").values_list("pk", "key")
    return [pk for pk, key in rows if ":".join(key.split(":")[:2]) in wanted]

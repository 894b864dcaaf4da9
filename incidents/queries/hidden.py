"""What stands in other rooms of private incidents: rows that lead to one say nothing of it to whoever does not see it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from incidents.models import Incident
from incidents.queries.seen import its_people
from incidents.rules.hiding import keys_of
from people.models import Person
from set_rotation.choices import PageSource

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
    pages = pages_known_by([key for row in rows for key in keys_of(*row)])
    return Hidden(frozenset(pk for pk, _ in rows), frozenset(pages))


# The first page of an incident has its key, later ones are numbered behind it: "incident:7", "incident:7:2". Asked for
# by the index that Django makes for prefixes of a key, for ";" follows ":": nobody else's pages are read.
_RAISED = """
SELECT page.id FROM set_rotation_page AS page WHERE page.key = ANY(%(keys)s) AND page.source = %(source)s
UNION ALL
SELECT page.id FROM unnest(%(keys)s::text[]) AS own(key)
JOIN set_rotation_page AS page ON page.key ~>=~ (own.key || ':') AND page.key ~<~ (own.key || ';')
WHERE page.source = %(source)s
"""


def pages_known_by(keys: Sequence[str]) -> list[int]:
    """The pages that were raised for incidents which are known by these keys."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISED, {"keys": list(keys), "source": PageSource.INCIDENT.value})
        return [pk for (pk,) in cursor.fetchall()]

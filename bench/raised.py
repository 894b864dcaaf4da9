"""Rows and work for `bench.escalations`, in a process with Django: see `bench.steps`."""

import time
from typing import Any

from django.db import connection

from bench.rung import fill_clocks
from escalations.queries.similar import similar
from people.choices import Role
from people.models import Person
from people.rules import rights_of
from portal.common import clock
from tickets.actions.triage import count_words

TEXTS = (
    "Nobody can sign in through LDAP since the upgrade of the server", "Search finds nothing for words with a hyphen",
    "Push notifications arrive twice on one of two phones", "The plugin's settings are lost on the second node",
    "Upgrade stops at a migration when the table of posts is large",
)
DUE = """
UPDATE escalations_escalation SET next_due_at = clock.due_at + number * interval '1 second'
FROM (SELECT escalation_id, due_at, row_number() OVER (ORDER BY id) AS number FROM escalations_clock) AS clock
WHERE clock.escalation_id = escalations_escalation.id
"""


def raise_many(count: str) -> int:
    """So many open escalations, whose promises are due at different moments."""
    made = fill_clocks(count)
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        cursor.execute("VACUUM ANALYZE escalations_escalation")
    return made


def by_clock() -> str:
    """How PostgreSQL finds the first page by clock."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT id FROM escalations_escalation WHERE status IN ('new', 'ours', 'reporter', "
                       "'handed_over', 'reply_owed') ORDER BY next_due_at ASC NULLS LAST, level, id LIMIT 50")
        return "\n".join(row[0] for row in cursor.fetchall())


def sounds_alike(asked: str) -> list[float]:
    """What sounds like a text that is being typed, so many times; seconds each, over all that is mirrored."""
    count_words()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tickets_ticket")
    lead, took = Person.objects.get(email="bench@example.org"), []
    rights = rights_of([Role.LEAD])
    for number in range(int(asked)):
        begun = time.perf_counter()
        similar(TEXTS[number % len(TEXTS)], person=lead, rights=rights, at=clock.now())
        took.append(time.perf_counter() - begun)
    return took[len(TEXTS):]


STEPS: dict[str, Any] = {step.__name__: step for step in (raise_many, by_clock, sounds_alike)}

"""The numbers of all advisory locks, in one list: two that were the same would keep each other waiting.

One of a connection is gone in the moment in which its process dies: who holds it is alive.
"""

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

PREPARE = 7_302_001  # starts that bring the database to their version
TEMPLATE = 7_302_002  # test runs that make the template database
MIRROR = 7_302_100  # runs of the mirror; the first of two numbers, the second is the project's
STATES = 7_302_101  # shared by whoever changes states, alone for whoever counts days
DAYS = 7_302_102  # those who take days away: or two of them could each wait for a row of the other's
WORDS = 7_302_103  # those who count words anew
DUTY = 7_302_104  # whoever rewrites duty: two edits at once see each other
MATRIX = 7_302_105  # whoever writes another version of what is promised
CUSTOMERS = 7_302_106  # whoever names a customer: a name and another's other name are not given twice
PLAYBOOK = 7_302_107  # whoever writes another version of the playbook
TIMERS = 7_302_110  # whoever does a timer; the first of two numbers, the second is the timer's
DELIVERIES = 7_302_111  # whoever sends a delivery; the first of two numbers, the second is the delivery's
CHATS = 7_302_112  # whoever reads the channels of open incidents
FILES = 7_302_120  # whoever looks through a file; the first of two numbers, the second is the file's


@contextlib.contextmanager
def held(kind: int, number: int) -> Iterator[bool]:
    """Hold one of many locks of a kind meanwhile, unless somebody else does: False."""
    if not _ask("pg_try_advisory_lock", kind, number):
        yield False
        return
    try:
        yield True
    finally:
        # Where the database is away, so is the lock.
        with contextlib.suppress(DatabaseError):
            _ask("pg_advisory_unlock", kind, number)


def _ask(function: str, kind: int, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [kind, number % 2**31])
        row = cursor.fetchone()
    return bool(row and row[0])

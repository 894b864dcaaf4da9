"""Several at the same moment, each with a connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection, connections, transaction

from portal.tests.patience import PATIENCE, ended, until


def done_together(*works: Callable[[], object]) -> tuple[list[object], list[BaseException]]:
    """Run these in a thread each, begun at once: what they returned, and what they raised."""
    done: list[object] = []
    failed: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(timeout=PATIENCE)
            done.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    ended(*threads)
    return done, failed


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Run these in a thread each, begun at once; what they raised."""
    return done_together(*works)[1]


def after_waiting(change: Callable[[], object], work: Callable[[], object]) -> object:
    """What `work` returns, begun while a transaction that did `change` is open, and waiting for it to commit."""
    returned: list[object] = []
    with transaction.atomic():
        change()
        waiting = threading.Thread(target=lambda: returned.extend(done_together(work)[0]))
        waiting.start()
        until(somebody_waits, "nobody waits for the change")
    ended(waiting)
    assert returned, "it did not come to its end"
    return returned[0]


def somebody_waits() -> bool:
    """Whether anybody waits for a lock, in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it is seen as it was at first
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                       "AND wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])

"""Several at the same moment, each with a connection of its own."""

import threading
import time
from collections.abc import Callable

from django.db import connection, connections, transaction


def done_together(*works: Callable[[], object]) -> tuple[list[object], list[BaseException]]:
    """Run these in a thread each, begun at once: what they returned, and what they raised."""
    done: list[object] = []
    failed: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            done.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
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
        deadline = time.monotonic() + 30
        while not _somebody_waits():
            assert time.monotonic() < deadline, "nobody waits for the change"
            time.sleep(0.02)
    waiting.join(timeout=60)
    assert returned, "it did not come to its end"
    return returned[0]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it is seen as it was at first
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                       "AND wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])

"""Several at the same moment, each with a connection of its own."""

import threading
from collections.abc import Callable

from django.db import connections


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

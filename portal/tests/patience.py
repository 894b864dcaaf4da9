"""How long tests wait for what must come, and how they end what would never end. They assert no times: a machine that
is slow, or does much else, is no fault of the portal."""

import contextlib
import functools
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from time import monotonic  # by name: some tests turn `time.monotonic` on
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

# Seconds for one thing to happen, at most. Not a measure: what comes is seen at once, so that this costs something only
# where it never comes. Long enough for a machine many times slower than ours.
PATIENCE = 120.0
# How much work is for ever, in pieces: one is to look at each of 20,000 letters from each of them, which takes a sixth
# of a second of a processor of ours. Who looks at each of 500,000 from each of them has 625 of these to do; who looks
# at each of them but a few times, 50 at most.
PIECE, FOR_EVER = 20_000, 200
MEASURED_FOR = 30  # seconds; then the machine may be busier, or less


def until(check: Callable[[], T | None], what: str | Callable[[], str], *, patience: float = PATIENCE) -> T:
    """Look again and again until `check` returns something true, and return that. Raises `AssertionError` with `what`,
    which says what did not happen, once patience has ended."""
    ends = monotonic() + patience
    while not (found := check()):
        assert monotonic() < ends, what if isinstance(what, str) else what()
        time.sleep(0.02)
    return found


def ended(*threads: threading.Thread) -> None:
    """Wait until these have come to their end."""
    for thread in threads:
        thread.join(timeout=PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"


class Endless(AssertionError):
    """Work that was ended, since it would have gone on for ever."""


@contextlib.contextmanager
def not_for_ever(pieces: int = FOR_EVER) -> Iterator[None]:
    """End what the block does after so much work of this process; waiting does not count, nor what others do on the
    machine, and a slow one is given as much more time as it needs for a piece. In the main thread only."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Endless("so much work, and no end of it")

    work = pieces * _piece(int(monotonic() // MEASURED_FOR))
    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, work)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@functools.cache
def _piece(_now: int) -> float:
    """How many seconds of the processor a piece of work takes on this machine at this time, at most of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        assert not re.search("a+b", "a" * PIECE)
        taken.append(time.process_time() - began)
    return max(*taken, 0.01)

"""Servers that keep one waiting: after a time-out nobody here asks again for a while, so that only one page is slow."""

import time

PAUSE = 10.0  # seconds
_until: dict[str, float] = {}


def is_away(server: str) -> bool:
    """Whether the server of this address kept somebody waiting a moment ago."""
    return _until.get(server, 0.0) > time.monotonic()


def kept_waiting(server: str) -> None:
    """Note that it did not answer in time."""
    _until[server] = time.monotonic() + PAUSE

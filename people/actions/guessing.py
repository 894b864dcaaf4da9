"""Counting tries, so that passwords cannot be guessed. Kept in the cache, which fails open."""

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.core.cache import cache

from people.rules import Limit


def count_try(limit: Limit, key: str, at: datetime) -> datetime | None:
    """Count one more try, before anything is checked. Returns when to try again if there were too many."""
    name = _name(limit, key, at)
    cache.add(name, 0, limit.window + 60)
    try:
        tries = cache.incr(name)
    except ValueError:  # the entry went away between the two calls
        return None
    return limit.ends(at) if tries > limit.tries else None


def count_tries(counted: Sequence[tuple[Limit, str]], at: datetime) -> datetime | None:
    """As `count_try`, at several limits. A try that one of them refuses is no failure: it counts at none."""
    passed: list[tuple[Limit, str]] = []
    for limit, key in counted:
        until = count_try(limit, key, at)
        if until:
            take_back(passed, at)
            return until
        passed.append((limit, key))
    return None


def take_back(counted: Sequence[tuple[Limit, str]], at: datetime) -> None:
    """A try that was counted and did not fail: counted first, so that many at once cannot slip through."""
    for limit, key in counted:
        with contextlib.suppress(ValueError):  # the entry went away meanwhile
            cache.decr(_name(limit, key, at))


def forget_tries(limit: Limit, key: str, at: datetime) -> None:
    """Start counting anew, after a try that succeeded."""
    cache.delete(_name(limit, key, at))


def _name(limit: Limit, key: str, at: datetime) -> str:
    # Hashed: what people type may be long, may hold anything, and is nobody else's to read.
    return f"people:tries:{limit.name}:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}:{limit.slot(at)}"

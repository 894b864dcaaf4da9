"""Who looks at a page now: kept in the broker for a moment, and nowhere else."""

from datetime import datetime, timedelta

import structlog
from redis.exceptions import RedisError

from portal.common.live import client

log = structlog.get_logger(__name__)
STILL_HERE = timedelta(seconds=25)  # a page says so every ten
KEY = "set:seen:{}"


def look(what: str, person: int, at: datetime) -> frozenset[int]:
    """Somebody looks; returns who else does. Nobody, where the broker is away."""
    key, now = KEY.format(what), at.timestamp()
    try:
        with client().pipeline() as pipe:
            pipe.zremrangebyscore(key, 0, now - STILL_HERE.total_seconds())
            pipe.zadd(key, {str(person): now})
            pipe.expire(key, int(STILL_HERE.total_seconds()) * 2)
            pipe.zrange(key, 0, -1)
            found = pipe.execute()[-1]
    except (RedisError, OSError) as error:
        log.warning("viewers not known", error=str(error))
        return frozenset()
    return frozenset(int(one) for one in found) - {person}


def left(what: str, person: int) -> None:
    """Somebody looks no longer."""
    try:
        client().zrem(KEY.format(what), str(person))
    except (RedisError, OSError) as error:
        log.warning("viewers not known", error=str(error))

"""Beat's timetable, kept in the broker, by a beat that outlives the broker.

RedBeat ends when its lock is gone, as it is when the broker came back empty, hung longer than the lock lasts, or when
this machine was asleep. This one takes the lock again, writes its timetable again, and goes on.
"""

from collections.abc import Callable
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from redbeat import RedBeatScheduler
from redis.exceptions import LockError, RedisError

log = structlog.get_logger(__name__)
AGAIN = 0.5  # seconds until a broker that is away is asked again


class Timetable(RedBeatScheduler):  # type: ignore[misc]
    """What is due by the clock. Only who holds the lock sends it; who lost it waits until nobody else has it."""

    def tick(self, min: Callable[..., float] = min, **given: Any) -> float:
        """Send what is due; returns how many seconds to sleep."""
        try:
            return float(super().tick(min=min, **given))
        except LockError:
            log.warning("beat had lost its lock")
            return self._begin_anew()
        except (RedisError, OperationalError, OSError) as error:
            log.warning("beat waits for the broker", error=str(error))
            return AGAIN

    def _begin_anew(self) -> float:
        try:
            self.lock.acquire()
            self.setup_schedule()
        except (RedisError, OSError) as error:
            log.warning("beat waits for the broker", error=str(error))
            return AGAIN
        log.info("beat has its lock again")
        return 0.0

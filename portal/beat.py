"""Beat's timetable, kept in the broker, by a beat that outlives the broker and follows the clock.

RedBeat ends when its lock is gone, as it is when the broker came back empty, hung longer than the lock lasts, or when
this machine was asleep. This one takes the lock again, writes its timetable again, and goes on.

RedBeat reckons by the clocks on the wall, and waits until they show what is due: in the night in which an hour comes
twice nothing would be sent for an hour, the tick neither, and as long as a clock was ahead after it is set back. This
one keeps moments, and counts from now on when the clock goes back.
"""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from redbeat import RedBeatScheduler, RedBeatSchedulerEntry
from redbeat.schedulers import get_redis
from redis.exceptions import LockError, RedisError

log = structlog.get_logger(__name__)
AGAIN = 0.5  # seconds until a broker that is away is asked again


class Entry(RedBeatSchedulerEntry):  # type: ignore[misc]
    """A task and when it ran last: a moment in UTC, for in a zone a second more is not always a second later."""

    def default_now(self) -> datetime:
        """This moment."""
        now: datetime = super().default_now()
        return now.astimezone(UTC)

    _default_now = default_now


class Timetable(RedBeatScheduler):  # type: ignore[misc]
    """What is due by the clock. Only who holds the lock sends it; who lost it waits until nobody else has it."""

    Entry = Entry
    looked_at = 0.0  # seconds since 1970, as the clock showed it

    def tick(self, min: Callable[..., float] = min, **given: Any) -> float:
        """Send what is due; returns how many seconds to sleep."""
        try:
            self._follow_the_clock()
            return float(super().tick(min=min, **given))
        except LockError:
            log.warning("beat had lost its lock")
            return self._begin_anew()
        except (RedisError, OperationalError, OSError) as error:
            log.warning("beat waits for the broker", error=str(error))
            return AGAIN

    def setup_schedule(self) -> None:
        """Write the timetable; what another beat left, whose clock was ahead, holds nothing up."""
        super().setup_schedule()
        self._none_ahead()

    def _begin_anew(self) -> float:
        try:
            self.lock.acquire()
            self.setup_schedule()
        except (RedisError, OSError) as error:
            log.warning("beat waits for the broker", error=str(error))
            return AGAIN
        log.info("beat has its lock again")
        return 0.0

    def _follow_the_clock(self) -> None:
        now = self.app.now().timestamp()
        if now < self.looked_at:
            log.warning("the clock was set back", seconds=round(self.looked_at - now, 1))
            self._none_ahead()
        self.looked_at = now

    def _none_ahead(self) -> None:
        """What waits longer than if it had run just now waits from now on."""
        client, now = get_redis(self.app), self.app.now().astimezone(UTC)
        for key, due_at in client.zrange(self.app.redbeat_conf.schedule_key, 0, -1, withscores=True):
            with contextlib.suppress(KeyError):  # RedBeat forgets by itself what is no task any more
                entry = self.Entry.from_key(key, app=self.app)
                entry.last_run_at = now
                if due_at > entry.score:
                    entry.reschedule(now)

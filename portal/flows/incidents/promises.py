"""The reminders of promised updates, looked at each second."""

import time
from datetime import datetime

import structlog

from incidents.actions.ringing import BATCH, ring_batch, turn_back
from incidents.queries.promises import somebody_due
from portal.common import jobs

log = structlog.get_logger(__name__)

LASTS = 0.8  # seconds; the next look comes after one


def ring_promises(at: datetime, *, alone: bool = False) -> int:
    """Ring every reminder whose time has come, for `LASTS` at most. Returns how many promises were looked at.

    Two looks into indexes where none is due. Several at once share the work; what one leaves, the next look takes.
    `alone`: where there are more than one batch, another worker is asked to help.
    """
    try:
        turn_back(at=at)
        return _ring_all(at, alone=alone)
    except Exception:  # what the tick does besides must not wait for this
        log.exception("promises not rung")
        return 0


def _ring_all(at: datetime, *, alone: bool) -> int:
    done, ends = 0, time.monotonic() + LASTS
    while somebody_due(at) and time.monotonic() < ends:
        rung = ring_batch(at=at)
        done += rung
        if rung < BATCH:  # the rest is being changed, or somebody else rings it
            break
        if alone:
            jobs.queue(jobs.TICK, expires=2)
            alone = False
    return done


def behind(rung: int, at: datetime) -> bool:
    """Whether a look that rang so many has left some that it could have rung."""
    return rung >= BATCH and somebody_due(at)

"""When a delivery is tried again. Pure; times in UTC.

What can be promised: one effect a row, as long as the other system finishes or drops a request within `settle`.
"""

from datetime import datetime, timedelta

from portal.common.set_back import BACK

# Renewed right before each write, and longer than a write lasts: 5 s to connect, 30 s to the first byte of the answer,
# 30 s for the rest of it and 30 s for the piece that is under way then.
CLAIM = timedelta(seconds=100)
# Workers died over it that often: from then on it waits for the end of its claim, for it may be what kills.
DEADLY = 3
TELL_AFTER = timedelta(seconds=15)  # whoever changed a delivery's state has told its room by then, or is gone
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(seconds=60)
# Jira's index lags behind its database: one empty search for a new issue proves nothing.
SEARCHES = 4


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts in vain: 2 s, 4 s, 8 s, … at most a minute."""
    return min(FIRST_PAUSE * 2.0 ** min(max(attempts - 1, 0), 10), LONGEST_PAUSE)


def may_look(*, unanswered_at: datetime, settle: timedelta, at: datetime) -> bool:
    """Whether a request without an answer has ended for good, so that looking for its effect is the last word."""
    return at >= unanswered_at + settle


def next_look(*, looks: int, settle: timedelta) -> timedelta:
    """How long to wait after the n-th empty search of an index that lags: longer each time."""
    return settle * max(looks, 1)


def due_after_set_back(*, due_at: datetime, noted_at: datetime, at: datetime) -> datetime:
    """When that is due which was put on its way, or off, at `noted_at`. Where that moment has not come yet, a clock was
    ahead and was set back: then it waits from now on as long as it was to wait then, and not until the clock is there.
    """
    if noted_at <= at + BACK:
        return due_at
    return min(due_at, at + max(due_at - noted_at, timedelta()))

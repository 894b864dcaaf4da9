"""Leave out of calendars in the net, clashes of leave with duty, and swaps that nobody answered."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from cadence.queries import team_zone
from integrations import ical
from portal.common import jobs, live
from set_rotation.actions.away import warn_of_clashes
from set_rotation.actions.feeds import AHEAD, BEFORE, claim_feed, feed_failed, feed_unchanged, sync_feed
from set_rotation.actions.swaps import expire_swap
from set_rotation.queries.away import due_feeds
from set_rotation.rules.away import Entry

log = structlog.get_logger(__name__)
CHECK = "set_rotation.check_feed"  # the task that checks one calendar
MARGIN = timedelta(days=2)  # days begin at other times elsewhere


def check_due_feeds(*, at: datetime) -> int:
    """Have every calendar checked that is due, each by a task of its own. Returns how many."""
    due = due_feeds(at)
    for feed_id in due:
        jobs.queue(CHECK, feed_id, False, expires=240)
    return len(due)


def check_feed_soon(*, feed_id: int) -> bool:
    """Have a calendar read at once, all of it. False when the worker cannot be told: the next look comes by itself."""
    return jobs.queue(CHECK, feed_id, True, expires=240)


def check_feed(*, feed_id: int, at: datetime, wholly: bool = False) -> str:
    """Read a calendar, and make leave say what it does. Returns what is wrong with it, or "".

    Its server is asked for what is new; once a day, or `wholly`, for all of it, since repeated entries reach further
    each day. One that cannot be read leaves the last good entries as they are.
    """
    feed = claim_feed(feed_id=feed_id, at=at)
    if feed is None:
        return ""
    today = at.astimezone(ZoneInfo(team_zone())).date()
    etag = feed.etag if feed.unfolded_on == today and not feed.fault and not wholly else ""
    try:
        found = ical.read(feed.address, start=at - BEFORE - MARGIN, end=at + AHEAD + MARGIN, etag=etag)
    except ical.CalendarFault as fault:
        log.warning("calendar not read", feed=feed.pk, error=fault.words)
        feed_failed(feed=feed, words=fault.words, at=at)
        live.publish("duty", "stale", "")
        return fault.words
    if found is ical.NOTHING_NEW:
        feed_unchanged(feed=feed, at=at)
        return ""
    entries = [Entry(each.uid, each.title, each.starts, each.ends, each.guests, each.organizer)
               for each in found.occurrences]
    done = sync_feed(feed=feed, entries=entries, etag=found.etag, remarks=found.remarks, today=today, at=at)
    if wholly or done.added or done.changed or done.removed:
        live.publish("duty", "stale", "")
    log.info("calendar read", feed=feed.pk, added=done.added, changed=done.changed, removed=done.removed)
    return ""


def look_for_clashes(*, at: datetime) -> int:
    """Whoever leads hears of every clash of leave with duty, also of one that came by a change of duty. Returns how
    many there are."""
    return warn_of_clashes(at=at)


def swap_expired(key: str, at: datetime) -> None:
    """The stretch of a swap begins: one that nobody answered is over."""
    expire_swap(swap_id=int(key), at=at)

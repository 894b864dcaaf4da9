"""What programs follow: the feed of a customer's page, and the calendar of the updates that were promised. Pure: the
same facts always give the same bytes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from django.utils.feedgenerator import Atom1Feed
from icalendar import Event

from portal.common.calendars import new_calendar

REFRESH = timedelta(minutes=15)
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LENGTH = timedelta(minutes=15)  # of an entry: an update is a moment, and programs draw no moments


@dataclass(frozen=True)
class Entry:
    """An update in the feed. `html` is safe; `anchor`: where it stands on the page."""

    key: str
    anchor: str
    title: str
    html: str
    at: datetime
    changed_at: datetime


def fit(text: str) -> str:
    """A text without the signs that XML and calendars refuse, whatever was kept of it once."""
    return _REFUSED.sub("", text)


class _Feed(Atom1Feed):
    """One that says when it changed, and never "now"."""

    def latest_post_date(self) -> datetime:
        changed: datetime = self.feed["changed_at"]
        return changed


def feed_bytes(
    *, key: str, title: str, url: str, feed_url: str, changed_at: datetime, entries: Sequence[Entry]
) -> bytes:
    """An Atom feed, the newest first."""
    title = fit(title)
    feed = _Feed(title=title, link=url, description=None, feed_url=feed_url, language="en", feed_guid=key,
                 author_name=title, changed_at=changed_at)
    for one in entries:
        feed.add_item(title=fit(one.title), link=f"{url}#{one.anchor}", description=fit(one.html),
                      unique_id=one.key, pubdate=one.at, updateddate=one.changed_at)
    out = BytesIO()
    feed.write(out, "utf-8")
    return out.getvalue()


@dataclass(frozen=True)
class Promised:
    """An update that was promised for a moment."""

    key: str
    due_at: datetime
    made_at: datetime


def calendar_bytes(*, name: str, title: str, url: str, promised: Sequence[Promised]) -> bytes:
    """A calendar of promised updates, in UTC: programs show it in the clocks of whoever looks."""
    name, title = (" ".join(fit(text).split()) for text in (name, title))
    calendar = new_calendar(name=name, maker="Status updates", again=REFRESH)
    for one in sorted(promised, key=lambda each: (each.due_at, each.key)):
        calendar.add_component(_event(one, title, url))
    return bytes(calendar.to_ical())


def _event(one: Promised, title: str, url: str) -> Event:
    event = Event()
    event.add("uid", one.key)
    event.add("dtstamp", one.made_at)
    event.add("dtstart", one.due_at)
    event.add("dtend", one.due_at + LENGTH)
    event.add("summary", title)
    event.add("url", url)
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event

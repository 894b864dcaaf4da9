"""What open pages of an incident are told after a commit. The event carries the fragment, rendered once for everybody;
fetching again is for those who lost the network.

Events of an incident's topic (static/js/incident.js puts them in place):
  entry         a line of the timeline, new or changed
  gone          the id of a line that was taken back
  works, reads  the parts of the page that changed, as those who take part see them, and as all others do
What is drawn begins with a number, "<!--812-->": two may tell at once, and what was read earlier must not take the
place of what was read later.
Lists, the status page and the strip follow the topic `LIVE`, and look again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from django.core.cache import cache
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from incidents.choices import What
from incidents.models import Incident, IncidentEvent
from incidents.queries.arrivals import marks_of
from incidents.queries.open_ones import KEPT_AS
from incidents.queries.panes import panes_of
from incidents.queries.timeline import entry_of
from incidents.rules.follows import ARRIVALS, OF_LISTS, PARTS, parts_of
from portal.common import clock, live

LIVE = "incidents"  # the live topic of lists and of the status page; one incident's is `topic_of`
AUDIENCES = {"works": True, "reads": False}
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


def topic_of(incident_id: int) -> str:
    """The live topic of an incident's own page."""
    return f"incident-{incident_id}"


@dataclass
class Telling:
    """What is told of an incident once a transaction has committed: all its lines first, then what they touch, once."""

    incident: int
    events: list[int]

    def __call__(self) -> None:
        tell(self.incident, self.events)


@contextmanager
def quietly() -> Iterator[None]:
    """A past is loaded, which nobody watches: no page is told line by line, lists look again once. In a transaction."""
    before = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(before)
    transaction.on_commit(tell_lists, robust=True)


def publish_later(incident_id: int, event_id: int) -> None:
    """Tell of a line after the commit, together with the others of the same transaction (or savepoint: what is rolled
    back is not told)."""
    if _quiet.get():
        return
    for hook in connection.run_on_commit:
        saves, waiting = hook[0], hook[1]
        if isinstance(waiting, Telling) and waiting.incident == incident_id and saves == set(connection.savepoint_ids):
            waiting.events.append(event_id)
            return
    # It is done, whether or not open pages learn of it.
    transaction.on_commit(Telling(incident_id, [event_id]), robust=True)


def publish(incident_id: int, event_id: int) -> None:
    """Tell of one line that was written or has changed. After the commit."""
    tell(incident_id, [event_id])


def tell(incident_id: int, event_ids: Sequence[int]) -> None:
    """Lines were written or have changed: whoever looks at the incident sees them and what they touch, and lists look
    again. After the commit; a line that was taken back is said to be gone."""
    drawn = live.reserve(topic_of(incident_id))  # before anything is read
    found = IncidentEvent.objects.select_related("by", "update", "incident__status").filter(pk__in=event_ids)
    rows, at = sorted(found, key=lambda row: row.pk), clock.now()
    if not rows:
        return
    # What the broker did not take is not marked: the next look at the incident tells it (`actions/untold.py`).
    marks = {str(row.pk): looks_of(row) for row in rows if _tell_line(row, drawn, at)}
    whats = {What(row.what) for row in rows}
    told = {row.update_id for row in rows if row.what == What.UPDATE}
    for update, row in {row.update_id: row for row in rows if What(row.what) in ARRIVALS}.items():
        if update and update not in told:
            _tell_update(row, drawn, at)
    touched = {part for what in whats for part in parts_of(what)}
    _tell_parts(rows[-1].incident, tuple(part for part in PARTS if part in touched), drawn, at)
    if whats & OF_LISTS:
        tell_lists()
    live.mark(topic_of(incident_id), marks)


def looks_of(row: IncidentEvent) -> str:
    """How a line stands, which may change once it was told, in a few signs."""
    return f"{row.pinned:d}{row.removed_at is not None:d}{crc32(row.to_value.encode()):x}"


def tell_lists() -> None:
    """Lists, the status page and the strip look again. After the commit."""
    cache.delete(KEPT_AS)
    live.publish(LIVE, "stale", "")


def _tell_line(row: IncidentEvent, drawn: str, at: datetime) -> bool:
    gone = row.removed_at is not None
    html = str(row.pk) if gone else _numbered(drawn, draw_entry(row, at))
    return live.publish(topic_of(row.incident_id), "gone" if gone else "entry", html) is not False


def _tell_parts(incident: Incident, parts: tuple[str, ...], drawn: str, at: datetime) -> None:
    """Send these parts of an incident's page to those who look at it, once for each audience."""
    if not parts:
        return
    for name, works in AUDIENCES.items():
        html = draw_parts(incident, parts, works=works, at=at)
        live.publish(topic_of(incident.pk), name, _numbered(drawn, html))


def _tell_update(row: IncidentEvent, drawn: str, at: datetime) -> None:
    """The line of the update itself says what became of it."""
    lines = IncidentEvent.objects.select_related("by", "update", "incident")
    sent = lines.filter(incident=row.incident_id, update=row.update_id, what=What.UPDATE).first()
    if sent is not None:
        _tell_line(sent, drawn, at)


def _numbered(drawn: str, html: str) -> str:
    return f"<!--{drawn}-->{html}" if drawn else html


def draw_entry(row: IncidentEvent, at: datetime) -> str:
    """A line of the timeline for every reader: without a zone, a token or anybody's own marks."""
    marks = marks_of([row.update_id]) if row.what == What.UPDATE and row.update_id else {}
    here = reverse("incidents:incident", args=[row.incident_id])
    context = {"entry": entry_of(row, marks.get(row.update_id or 0, ())), "here": here, "now": at}
    return render_to_string("incidents/timeline/entry.html", context).strip()


def draw_parts(incident: Incident, parts: tuple[str, ...], *, works: bool, at: datetime) -> str:
    """Parts of the page for one audience; each of their top elements replaces the one with its id."""
    context = panes_of(incident, parts, works=works, at=at)
    return "\n".join(render_to_string(f"incidents/live/{part}.html", context).strip() for part in parts)

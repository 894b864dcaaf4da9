"""What open pages of an incident are told after a commit. The event carries the fragment, rendered once for everybody;
fetching again is for those who lost the network.

Events of an incident's topic (static/js/incident.js puts them in place):
  entry         a line of the timeline, new or changed
  gone          the id of a line that was taken back
  works, reads  the parts of the page that changed, as those who take part see them, and as all others do
Lists, the status page and the strip follow the topic `LIVE`, and look again.
"""

from datetime import datetime

from django.core.cache import cache
from django.template.loader import render_to_string

from incidents.choices import What
from incidents.models import Incident, IncidentEvent
from incidents.queries.arrivals import marks_of
from incidents.queries.open_ones import KEPT_AS
from incidents.queries.panes import panes_of
from incidents.queries.timeline import entry_of
from incidents.rules.follows import ARRIVALS, OF_LISTS, parts_of
from portal.common import clock, live

LIVE = "incidents"  # the live topic of lists and of the status page; one incident's is `topic_of`
AUDIENCES = {"works": True, "reads": False}


def topic_of(incident_id: int) -> str:
    """The live topic of an incident's own page."""
    return f"incident-{incident_id}"


def publish(incident_id: int, event_id: int) -> None:
    """A line was written or has changed: whoever looks at the incident sees it and what it touches, and lists look
    again. After the commit; a line that is gone by then is said to be gone."""
    row = IncidentEvent.objects.select_related("by", "update", "incident__status").filter(pk=event_id).first()
    if row is None:
        return
    what, at = What(row.what), clock.now()
    if row.removed_at is None:
        live.publish(topic_of(incident_id), "entry", draw_entry(row, at))
    else:
        live.publish(topic_of(incident_id), "gone", str(event_id))
    if what in ARRIVALS and row.update_id:
        _tell_update(row, at)
    tell_parts(row.incident, parts_of(what), at)
    if what in OF_LISTS:
        cache.delete(KEPT_AS)
        live.publish(LIVE, "stale", "")


def tell_parts(incident: Incident, parts: tuple[str, ...], at: datetime) -> None:
    """Send these parts of an incident's page to those who look at it, once for each audience."""
    if not parts:
        return
    for name, works in AUDIENCES.items():
        live.publish(topic_of(incident.pk), name, draw_parts(incident, parts, works=works, at=at))


def _tell_update(row: IncidentEvent, at: datetime) -> None:
    """The line of the update itself says what became of it."""
    lines = IncidentEvent.objects.select_related("by", "update", "incident")
    sent = lines.filter(incident=row.incident_id, update=row.update_id, what=What.UPDATE).first()
    if sent is not None:
        live.publish(topic_of(row.incident_id), "entry", draw_entry(sent, at))


def draw_entry(row: IncidentEvent, at: datetime) -> str:
    """A line of the timeline for every reader: without a zone, a token or anybody's own marks."""
    marks = marks_of([row.update_id]) if row.what == What.UPDATE and row.update_id else {}
    context = {"entry": entry_of(row, marks.get(row.update_id or 0, ())), "incident": row.incident, "now": at}
    return render_to_string("incidents/timeline/entry.html", context).strip()


def draw_parts(incident: Incident, parts: tuple[str, ...], *, works: bool, at: datetime) -> str:
    """Parts of the page for one audience; each of their top elements replaces the one with its id."""
    context = panes_of(incident, parts, works=works, at=at)
    return "\n".join(render_to_string(f"incidents/live/{part}.html", context).strip() for part in parts)

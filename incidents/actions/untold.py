"""Lines that open pages were never told of: whoever wrote them died between the commit and the telling.

What was told is marked beside the topic (`live.mark`). The timer that each change sets looks whether everything was;
what was not is told a moment later, unless whoever wrote it has told it by then. Where all was told, which is nearly
always, that is one query and one look at the broker, and nothing for any page.
"""

from datetime import datetime, timedelta

from incidents.actions.news import looks_of, tell, topic_of
from incidents.choices import What
from incidents.models import IncidentEvent
from portal.common import live
from portal.common.models import Timer
from portal.common.timers import set_timer

UNTOLD = "incident.untold"  # the timer's kind; its key is the incident's id
SOON = timedelta(seconds=2)  # whoever has just written is telling it at this moment
NEWEST = 100  # lines of an incident that are looked at
FEWER_SEE_IT = (What.PRIVATE, What.WATCHER)  # lines with which streams end


def look_for_untold(*, incident: int, at: datetime) -> bool:
    """Have told soon what pages were not told of. Returns whether there is something."""
    rows, marks = _newest(incident), live.marks(topic_of(incident))
    if marks is not None and len(marks) > 2 * NEWEST and rows:
        live.unmark(topic_of(incident), [line for line in marks if int(line) < rows[-1].pk])
    if marks is None or (marks and not _untold(rows, marks)):
        return False
    if not Timer.objects.filter(kind=UNTOLD, key=str(incident)).exists():  # put off by each change, it never came
        set_timer(kind=UNTOLD, key=str(incident), due_at=at + SOON)
    return True


def tell_untold(*, incident: int) -> int:
    """Tell open pages what they were not told of. Where nobody knows what that is they are fetched again. Returns how
    many lines. Told twice, a line takes its own place."""
    topic = topic_of(incident)
    rows, marks = _newest(incident), live.marks(topic)
    if marks is None:  # the broker is away: once it is back, pages are fetched again
        return 0
    if not marks:
        live.publish(topic, "stale", "")
        live.mark(topic, {str(row.pk): looks_of(row) for row in rows})
        return len(rows)
    found = _untold(rows, marks)
    if any(row.what in FEWER_SEE_IT for row in found):
        live.publish(topic, live.OVER, "")
    if found:
        tell(incident, [row.pk for row in found])
    return len(found)


def _newest(incident: int) -> list[IncidentEvent]:
    rows = IncidentEvent.objects.filter(incident=incident).order_by("-pk")
    return list(rows.only("what", "pinned", "removed_at", "to_value", "incident_id")[:NEWEST])


def _untold(rows: list[IncidentEvent], marks: dict[str, str]) -> list[IncidentEvent]:
    """Those that were not told, or not as they are by now. What lies before all marks was told when none were kept."""
    first = min(map(int, marks))
    return [row for row in rows if row.pk >= first and marks.get(str(row.pk)) != looks_of(row)]

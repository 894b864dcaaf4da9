"""What every verb of this room shares: refusing, recording, telling open pages."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings

from incidents.actions.news import publish_later
from incidents.choices import SettingsWhat, What
from incidents.models import (
    Incident,
    IncidentEvent,
    IncidentStatus,
    IncidentStep,
    SettingsEvent,
    StakeholderList,
    Update,
)
from people.models import Person
from portal.common.timers import set_timer

# Rung right after each change: what other rooms know of it is brought up to date (its key is the incident's id).
CHANGED = "incident.changed"
TWICE = timedelta(minutes=1)  # who sends the same again so soon has pressed twice


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def held(incident: Incident) -> Incident:
    """The row as it is now, locked to the end of the transaction: two who act at once see each other."""
    # Nothing is joined: after a wait PostgreSQL reads the row anew but not what it found beside it. Where somebody has
    # just changed the status, the row would match no status and not be there.
    return Incident.objects.select_for_update().get(pk=incident.pk)


def record(
    what: What, *, incident: Incident, at: datetime, by: Person | None, words: str, text: str = "",
    from_value: str = "", tone: str = "", url: str = "", source: str | None = None, update: Update | None = None,
    step: IncidentStep | None = None, status: IncidentStatus | None = None, pinned: bool = False, by_name: str = "",
    written_at: datetime | None = None,
) -> IncidentEvent | None:
    """Write a line of the timeline, and have open pages show it after the commit. Call it inside the change's
    transaction. `words`: the line, plain; `text`: more, Markdown. `source`: the same is told once; None then."""
    if source is not None and IncidentEvent.objects.filter(incident=incident, source=source).exists():
        return None
    event = IncidentEvent.objects.create(
        what=what.value, incident=incident, at=at, written_at=written_at or at, by=by, by_name=by_name,
        from_value=from_value, to_value=words, text=text, tone=tone, url=url, source=source, update=update, step=step,
        status=status, pinned=pinned, **_way(),
    )
    Incident.objects.filter(pk=incident.pk).update(updated_at=written_at or at)
    set_timer(kind=CHANGED, key=str(incident.pk), due_at=written_at or at)
    publish_later(incident.pk, event.pk)
    return event


def record_setting(
    what: SettingsWhat, *, about: str, at: datetime, by: Person | None, before: str = "", after: str = "",
    of: StakeholderList | None = None,
) -> SettingsEvent:
    """Write down who changed what holds for all incidents; inside the change's transaction. `before`, `after`: what is
    different, in words."""
    return SettingsEvent.objects.create(what=what.value, about=about[:120], at=at, by=by, from_value=before,
                                        to_value=after, list=of, **_way())


def _way() -> dict[str, str]:
    """By which way a change came."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return {"via": "web" if request_id else settings.ENV.process, "request_id": request_id}

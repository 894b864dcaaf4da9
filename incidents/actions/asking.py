"""Asking for an update: by anybody who sees the incident."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from incidents.actions.base import Refused, held, record
from incidents.choices import LIVE, PromiseState, What
from incidents.models import Incident, IncidentEvent, Promise
from incidents.queries.heard import heard
from incidents.rules.promises import ASKING, length_words, moment_in
from incidents.rules.words import clean_line
from people.models import Person
from set_rotation.actions.telling import tell

TOLD = "told"  # of an asking: somebody was told of it


@transaction.atomic
def ask_for_update(*, incident: Incident, by: Person, at: datetime, note: str = "") -> bool:
    """Somebody wants to hear more: it stands on the timeline, and the commander is told, unless they were told within a
    few minutes. Returns whether they were. Raises `Refused` for an incident that is over, and for somebody who asked
    within these minutes."""
    row, note = held(incident), clean_line(note)
    if row.state not in LIVE:
        raise Refused("Nobody works on it any more: what was found stands on its timeline.")
    lately = IncidentEvent.objects.filter(incident=row, what=What.ASKED_FOR_UPDATE, at__gt=at - ASKING, at__lte=at)
    mine = lately.filter(by=by).order_by("-at").first()
    if mine is not None:
        ago = length_words(max((at - mine.at).total_seconds(), 0))
        raise Refused(f"You asked within the last {ago}: it stands on the timeline.")
    found = Promise.objects.filter(incident=row, state=PromiseState.OPEN).first()
    Promise.objects.filter(pk=found.pk if found else 0).update(asked=F("asked") + 1)
    told = [] if lately.filter(from_value=TOLD).exists() else [
        one for one in heard(at, [row.pk]).commander(row.pk) if one != by]
    event = record(What.ASKED_FOR_UPDATE, incident=row, at=at, by=by, tone="amber", words="Asked for an update",
                   text=note, from_value=TOLD if told else "")
    if event is not None:
        _tell(row, event, told, found, by, at)
    return bool(told)


def _tell(
    row: Incident, event: IncidentEvent, told: list[Person], found: Promise | None, by: Person, at: datetime
) -> None:
    due = f"The next one is promised for {moment_in(found.due_at, row.zone, at)}." if found else "None is promised."
    text = "\n".join([f"{row.title}. {due}", *([f"> {event.text}"] if event.text else [])])
    for person in told:
        tell(person, key=f"asked-{event.pk}-{person.pk}", subject=f"{row.called}: {by.name} asks for an update",
             text=text, path=f"/incidents/{row}/#update", at=at, by=by, purpose="incident")

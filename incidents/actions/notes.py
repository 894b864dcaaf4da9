"""What is written into the timeline by hand: notes, and pins on what matters."""

import hashlib
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from incidents.actions.base import CHANGED, Refused, held, record
from incidents.actions.news import publish
from incidents.choices import State, What
from incidents.models import Incident, IncidentEvent
from incidents.rules.words import LONGEST_LINE, clean_line, clean_text
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.rules.words import moment_words

EARLIEST = timedelta(days=30)  # a note tells of nothing longer before the beginning: a year was mistyped then
LONGEST = 8_000


@transaction.atomic
def note(
    *, incident: Incident, text: str, key: str, by: Person, at: datetime, when: datetime | None = None,
    pinned: bool = False,
) -> IncidentEvent:
    """Write a note: its first line is the line, the rest stands below it, as Markdown. `when`: when it was, if that was
    earlier. `key`: of the form; sent twice it is one note, and one that was gone back to and changed is another. Raises
    `Refused` for no words, and for a time that lies ahead or long before the incident."""
    row = held(incident)
    words, _, more = clean_text(text, LONGEST).strip().partition("\n")
    if len(words) > LONGEST_LINE:
        words, more = _broken(words, more)
    if not clean_line(words):
        raise Refused("Write what happened.")
    if row.state == State.MERGED:
        raise Refused("It was merged into another: write it there.")
    moment = when or at
    if moment > at:
        raise Refused("A note tells of what has been: its time lies ahead.")
    if moment < row.began_at - EARLIEST:
        raise Refused("That is long before the incident began: check the day.")
    source = f"note:{key[:64]}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    made = record(What.NOTE, incident=row, at=moment, written_at=at, by=by, words=clean_line(words),
                  text=more.strip(), pinned=pinned, source=source)
    return made or IncidentEvent.objects.get(incident=row, source=source)


@transaction.atomic
def take_back(*, event: IncidentEvent, by: Person, at: datetime) -> bool:
    """Take a note of one's own off the timeline. Returns whether it stood there: lines that the portal wrote, and what
    others noted, stay."""
    mine = IncidentEvent.objects.filter(pk=event.pk, what=What.NOTE, by=by, removed_at__isnull=True)
    return _changed(event, mine.update(removed_at=at), What.NOTE_BACK, _which(event, "taken back"), by, at)


@transaction.atomic
def put_back(*, event: IncidentEvent, by: Person, at: datetime) -> bool:
    """A note of one's own that was taken off stands there again. Returns whether it was off."""
    mine = IncidentEvent.objects.filter(pk=event.pk, what=What.NOTE, by=by, removed_at__isnull=False)
    return _changed(event, mine.update(removed_at=None), What.NOTE_BACK, _which(event, "put back"), by, at)


@transaction.atomic
def pin(*, event: IncidentEvent, pinned: bool, by: Person, at: datetime) -> bool:
    """Pin a line, so that it is found again, or no longer; who did is a line too. Returns whether it was otherwise
    before."""
    other = IncidentEvent.objects.filter(Q(pinned=not pinned), pk=event.pk, removed_at__isnull=True)
    what, word = (What.PINNED, "pinned") if pinned else (What.UNPINNED, "no longer pinned")
    return _changed(event, other.update(pinned=pinned), what, _which(event, word, "line"), by, at)


def _which(event: IncidentEvent, became: str, called: str = "note") -> str:
    """What became of a line, without its words: whoever takes them back does not mean them to be read any more."""
    return f"The {called} of {moment_words(event.at, event.incident.zone)} was {became}"


def _changed(event: IncidentEvent, rows: int, what: What, words: str, by: Person, at: datetime) -> bool:
    if rows:
        record(what, incident=event.incident, at=at, by=by, words=clean_line(words))
        set_timer(kind=CHANGED, key=str(event.incident_id), due_at=at)  # pages that were not told are told then
        transaction.on_commit(partial(publish, event.incident_id, event.pk), robust=True)
    return bool(rows)


def _broken(words: str, more: str) -> tuple[str, str]:
    """A first line that is too long, broken between two words; nothing of it is lost."""
    cut = words.rfind(" ", 0, LONGEST_LINE)
    cut = cut if cut > 0 else LONGEST_LINE
    return words[:cut], f"{words[cut:].strip()}\n{more}"

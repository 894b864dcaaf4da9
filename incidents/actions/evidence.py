"""Evidence of an incident: files, links and words, typed, pinned, taken off again."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from escalations.actions import files
from escalations.choices import FileState
from escalations.models import EscalationFile
from escalations.rules.pasted import mask_text
from incidents.actions.base import TWICE, Refused, held, record
from incidents.actions.news import publish_later
from incidents.choices import EvidenceKind, State, What
from incidents.models import Evidence, Incident, IncidentEvent, IncidentStep
from incidents.queries.seen import may_see
from incidents.rules.evidence import kind_of, title_of
from incidents.rules.words import clean_line, clean_text
from people.models import Person
from set_rotation.actions.telling import tell


@dataclass(frozen=True)
class Given:
    """What somebody attaches: a file that was taken into quarantine, a link, or words. `kind` "": it is guessed."""

    kind: str = ""
    title: str = ""
    text: str = ""
    url: str = ""
    step: str = ""  # the key of the step that it hangs on
    file: EscalationFile | None = None
    pinned: bool = False


@transaction.atomic
def attach(*, incident: Incident, given: Given, by: Person, at: datetime) -> Evidence:
    """Attach a piece of evidence to an incident, or to a step of it; a link or words that are sent twice are one.
    Secrets in words are masked. Raises `Refused` for nothing at all, and where the incident was merged."""
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged into another incident: go on there.")
    text, url = mask_text(clean_text(given.text))[0], given.url.strip()
    if not (text or url or given.file):
        raise Refused("Choose a file, or give a link or some words.")
    step = IncidentStep.objects.filter(incident=row, key=given.step).first() if given.step else None
    name = given.file.name if given.file else ""
    title = mask_text(clean_line(given.title))[0][:200] or name[:200] or clean_line(title_of(url=url, text=text))
    same = Evidence.objects.filter(incident=row, step=step, title=title, text=text, url=url, file=None, by=by,
                                   at__gt=at - TWICE, removed_at=None)
    if given.file is None and (there := same.first()) is not None:
        return there
    made = Evidence.objects.create(
        incident=row, step=step, kind=_kind(given, step, name), title=title, text=text, url=url, file=given.file,
        pinned=given.pinned, by=by, at=at,
    )
    _record(made, str(EvidenceKind(made.kind).label), by=by, at=at, url=url, pinned=made.pinned, text=_more(made))
    return made


@transaction.atomic
def pin(*, evidence: Evidence, pinned: bool, by: Person, at: datetime) -> bool:
    """Keep it in sight on the incident's page, or no longer. Returns whether that is new."""
    changed = Evidence.objects.filter(pk=evidence.pk, pinned=not pinned, removed_at=None).update(pinned=pinned)
    if changed:
        _record(evidence, "Pinned" if pinned else "No longer pinned", by=by, at=at)
    return changed > 0


@transaction.atomic
def retype(*, evidence: Evidence, kind: str, by: Person, at: datetime) -> bool:
    """It is something else than its name said. Returns whether that is new. Raises `Refused` for what there is not."""
    if kind not in EvidenceKind.values:
        raise Refused("Choose what it is.")
    there = Evidence.objects.filter(pk=evidence.pk, removed_at=None).exclude(kind=kind)
    if not there.update(kind=kind):
        return False
    old, evidence.kind = EvidenceKind(evidence.kind).label, kind
    _record(evidence, f"{EvidenceKind(kind).label}, not {old.lower()}", by=by, at=at)
    return True


@transaction.atomic
def take_off(*, evidence: Evidence, by: Person, at: datetime) -> None:
    """Take it off: a file's content is deleted for good, a link or words can be brought back. Its lines stay on the
    timeline, and what it said goes from them: name, words and link. Raises `Refused` where that was done already."""
    if not Evidence.objects.filter(pk=evidence.pk, removed_at=None).update(removed_at=at, pinned=False):
        raise Refused(f"{evidence.title} was taken off already.")
    if evidence.file is not None:
        files.remove(file=evidence.file, by=by, at=at)
    kind = EvidenceKind(evidence.kind).label
    for line in _lines(evidence):
        line.to_value, line.text, line.url, line.pinned = f"{line.from_value}: taken off since", "", "", False
        _save(line)
    record(What.EVIDENCE_REMOVED, incident=evidence.incident, at=at, by=by, step=evidence.step,
           words=f"Taken off: {kind}")


@transaction.atomic
def bring_back(*, evidence: Evidence, by: Person, at: datetime) -> None:
    """A link or words that were taken off are there again, also on the timeline. Raises `Refused` for a file, and for
    what is there."""
    back = Evidence.objects.filter(pk=evidence.pk, file=None, removed_at__isnull=False)
    if not back.update(removed_at=None):
        raise Refused(f"{evidence.title} cannot be brought back.")
    for line in _lines(evidence):
        line.to_value = f"{line.from_value}: {evidence.title}"
        if line.source == _source(evidence):
            line.text, line.url = _more(evidence), evidence.url
        _save(line)
    _record(evidence, "Attached again", by=by, at=at)


@transaction.atomic
def release(*, evidence: Evidence, why: str, by: Person, at: datetime) -> None:
    """Let a held file be read as it is, with a reason that stays on the timeline. Raises `files.Refused`."""
    if evidence.file is None:
        raise Refused("This is no file.")
    files.release(file=evidence.file, by=by, at=at, why=why)
    _record(evidence, "Released as it is", by=by, at=at, text=clean_line(why, 300), tone="amber")


@transaction.atomic
def note_checked(*, file_id: int, at: datetime) -> bool:
    """A file was looked through, or masked: what came of it is a line, and whoever sent it is told where nobody reads
    it. Returns whether it is evidence. The same again is nothing."""
    found = Evidence.objects.select_related("incident", "file", "by").filter(file=file_id, removed_at=None).first()
    if found is None or found.file is None:
        return False
    state, file = FileState(found.file.state), found.file
    words = {FileState.HELD: "held until somebody decides", FileState.REFUSED: f"refused. {file.note}",
             FileState.RELEASED: f"{file.masked} masked" if file.masked else ""}.get(state, "")
    if not words:
        return True
    tone = {FileState.HELD: "amber", FileState.REFUSED: "red"}.get(state, "")
    made = record(What.EVIDENCE, incident=found.incident, at=at, by=None, step=found.step, tone=tone,
                  words=f"{found.title}: {words}", source=f"file:{file.pk}:{state}:{file.masked}",
                  from_value=str(EvidenceKind(found.kind).label))
    if made is not None and tone and found.by is not None and may_see(found.by, found.incident):
        tell(found.by, key=f"evidence-{found.pk}-{state}", at=at, purpose="incident",
             subject=f"{found.incident.called}: a file is {'held' if state == FileState.HELD else 'refused'}",
             text=f"{found.title}: {words}", path=reverse("incidents:evidence", args=[found.incident_id]))
    return True


# ---- Its lines on the timeline ---------------------------------------------------------


def _record(
    evidence: Evidence, said: str, *, by: Person, at: datetime, text: str = "", url: str = "", tone: str = "",
    pinned: bool = False,
) -> None:
    """A line that names the evidence; what is said of it is kept apart, for the name may go."""
    there = len(_lines(evidence))
    record(What.EVIDENCE, incident=evidence.incident, at=at, by=by, step=evidence.step, text=text, url=url, tone=tone,
           pinned=pinned, from_value=said, words=f"{said}: {evidence.title}",
           source=f"{_source(evidence)}:{there}" if there else _source(evidence))


def _lines(evidence: Evidence) -> list[IncidentEvent]:
    """All lines that name it."""
    own = Q(source=_source(evidence)) | Q(source__startswith=f"{_source(evidence)}:")
    if evidence.file_id:
        own |= Q(source__startswith=f"file:{evidence.file_id}:")
    return list(IncidentEvent.objects.filter(own, incident=evidence.incident_id).order_by("pk"))


def _save(line: IncidentEvent) -> None:
    line.save(update_fields=["to_value", "text", "url", "pinned"])
    publish_later(line.incident_id, line.pk)


def _source(evidence: Evidence) -> str:
    return f"evidence:{evidence.pk}"


def _more(evidence: Evidence) -> str:
    """What the line says below: the words, unless its name says them all."""
    return "" if evidence.text == evidence.title else evidence.text


def _kind(given: Given, step: IncidentStep | None, name: str) -> EvidenceKind:
    if given.kind in EvidenceKind.values:
        return EvidenceKind(given.kind)
    if given.url and not name:
        return EvidenceKind.LINK
    guessed = kind_of(name) if name else EvidenceKind.OTHER
    if step is not None and step.evidence and guessed != EvidenceKind.SCREENSHOT:
        return EvidenceKind(step.evidence)  # a log on the step of slow queries is one; a picture is a picture
    return guessed

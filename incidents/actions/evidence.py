"""Evidence of an incident: files, links and words, typed, pinned, taken off again."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from escalations.actions import files
from escalations.choices import FileState
from escalations.models import EscalationFile
from escalations.rules.pasted import mask_text
from incidents.actions.base import Refused, held, record
from incidents.choices import EvidenceKind, State, What
from incidents.models import Evidence, Incident, IncidentStep
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
    """Attach a piece of evidence to an incident, or to a step of it. Secrets in words are masked. Raises `Refused` for
    nothing at all, and where the incident was merged."""
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged into another incident: go on there.")
    text, url = mask_text(clean_text(given.text))[0], given.url.strip()
    if not (text or url or given.file):
        raise Refused("Choose a file, or give a link or some words.")
    step = IncidentStep.objects.filter(incident=row, key=given.step).first() if given.step else None
    name = given.file.name if given.file else ""
    title = mask_text(clean_line(given.title))[0][:200] or name[:200] or clean_line(title_of(url=url, text=text))
    made = Evidence.objects.create(
        incident=row, step=step, kind=_kind(given, step, name), title=title, text=text, url=url, file=given.file,
        pinned=given.pinned, by=by, at=at,
    )
    record(What.EVIDENCE, incident=row, at=at, by=by, step=step, url=url, pinned=made.pinned,
           text="" if text == title else text, words=f"{EvidenceKind(made.kind).label}: {title}")
    return made


@transaction.atomic
def pin(*, evidence: Evidence, pinned: bool, by: Person, at: datetime) -> bool:
    """Keep it in sight on the incident's page, or no longer. Returns whether that is new."""
    changed = Evidence.objects.filter(pk=evidence.pk, pinned=not pinned, removed_at=None).update(pinned=pinned)
    if changed:
        record(What.EVIDENCE, incident=evidence.incident, at=at, by=by, step=evidence.step,
               words=f"{'Pinned' if pinned else 'No longer pinned'}: {evidence.title}")
    return changed > 0


@transaction.atomic
def take_off(*, evidence: Evidence, by: Person, at: datetime) -> None:
    """Take it off: a file's content is deleted for good, a link or words can be brought back. Raises `Refused` where
    that was done already."""
    if not Evidence.objects.filter(pk=evidence.pk, removed_at=None).update(removed_at=at, pinned=False):
        raise Refused(f"{evidence.title} was taken off already.")
    if evidence.file is not None:
        files.remove(file=evidence.file, by=by, at=at)
    record(What.EVIDENCE_REMOVED, incident=evidence.incident, at=at, by=by, step=evidence.step,
           words=f"Taken off: {evidence.title}")


@transaction.atomic
def bring_back(*, evidence: Evidence, by: Person, at: datetime) -> None:
    """A link or words that were taken off are there again. Raises `Refused` for a file, and for what is there."""
    back = Evidence.objects.filter(pk=evidence.pk, file=None, removed_at__isnull=False)
    if not back.update(removed_at=None):
        raise Refused(f"{evidence.title} cannot be brought back.")
    record(What.EVIDENCE, incident=evidence.incident, at=at, by=by, step=evidence.step,
           words=f"Attached again: {evidence.title}")


@transaction.atomic
def release(*, evidence: Evidence, why: str, by: Person, at: datetime) -> None:
    """Let a held file be read as it is, with a reason that stays on the timeline. Raises `files.Refused`."""
    if evidence.file is None:
        raise Refused("This is no file.")
    files.release(file=evidence.file, by=by, at=at, why=why)
    record(What.EVIDENCE, incident=evidence.incident, at=at, by=by, step=evidence.step, text=clean_line(why, 300),
           words=f"Released as it is: {evidence.title}", tone="amber")


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
                  words=f"{found.title}: {words}", source=f"file:{file.pk}:{state}:{file.masked}")
    if made is not None and tone and found.by is not None:
        tell(found.by, key=f"evidence-{found.pk}-{state}", at=at, purpose="incident",
             subject=f"{found.incident}: a file is {'held' if state == FileState.HELD else 'refused'}",
             text=f"{found.title}: {words}", path=reverse("incidents:evidence", args=[found.incident_id]))
    return True


def _kind(given: Given, step: IncidentStep | None, name: str) -> EvidenceKind:
    if given.kind in EvidenceKind.values:
        return EvidenceKind(given.kind)
    if given.url and not name:
        return EvidenceKind.LINK
    guessed = kind_of(name) if name else EvidenceKind.OTHER
    if step is not None and step.evidence and guessed != EvidenceKind.SCREENSHOT:
        return EvidenceKind(step.evidence)  # a log on the step of slow queries is one; a picture is a picture
    return guessed

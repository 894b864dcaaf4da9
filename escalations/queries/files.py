"""Files as the pages list them."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from escalations.choices import FileState
from escalations.models import Escalation, EscalationFile, FormLink
from people.models import Person

SOON = timedelta(seconds=20)  # so long does a file wait for the task that was queued for it
TONES = {
    FileState.QUARANTINE: "grey", FileState.HELD: "amber", FileState.RELEASED: "green", FileState.REFUSED: "red",
    FileState.REMOVED: "grey",
}


@dataclass(frozen=True)
class FileLine:
    """A file in a list. What was found, and what may be done, is told to the sender and to those who work on it."""

    id: int
    name: str
    size: str
    kind: str
    state: str
    label: str
    tone: str
    note: str
    public: bool
    masked: int
    found: int
    findings: tuple[dict[str, Any], ...]
    by_name: str
    at: datetime
    may_download: bool
    may_mask: bool
    may_release: bool
    may_remove: bool

    @property
    def waiting(self) -> bool:
        return self.state == FileState.QUARANTINE


def files_of(escalation: Escalation, person: Person, *, works: bool) -> tuple[FileLine, ...]:
    """The files of an escalation that this person, who sees it, may know of, oldest first. `works`: they work on
    escalations (`access.reads_notes`), so that internal files are for them too. One query."""
    rows = EscalationFile.objects.filter(escalation=escalation)
    return _lines(rows if works else rows.filter(Q(public=True) | Q(by=person)), person, works=works)


def files_of_draft(
    key: uuid.UUID, *, person: Person | None = None, link: FormLink | None = None
) -> tuple[FileLine, ...]:
    """The files of the form with this key, for whoever fills it in: `person`, or whoever holds a partner's link; a
    partner, who has no other page, sees them so after it was sent too. One query."""
    owner = Q(draft__link=link) if link else Q(draft__person=person, draft__person__isnull=False)
    mine = Q(owner, draft__key=key, escalation=None)
    sent = Q(escalation__submission=key, escalation__reporter=None, by=None, public=True)
    return _lines(EscalationFile.objects.filter(mine | sent if link else mine), person, works=False, own=True)


def files_words(escalation: Escalation) -> str:
    """What is said of its files to whoever raised it: those that nobody reads yet; "" for none. One query."""
    rows = list(EscalationFile.objects.filter(escalation=escalation, state__in=(FileState.HELD, FileState.QUARANTINE)))
    held = [row for row in rows if row.state == FileState.HELD]
    words = [f"{row.name} is held: {'mask it' if row.found else 'look at it'} under Files." for row in held[:3]]
    words += [f"{len(held) - 3} more are held."] if len(held) > 3 else []
    waiting = len(rows) - len(held)
    if waiting:
        name = next(row.name for row in rows if row.state != FileState.HELD)
        words.append(f"{name} is still being checked: look under Files." if waiting == 1
                     else f"{waiting} files are still being checked: look under Files.")
    return " ".join(words)


def line_of(row: EscalationFile, person: Person, *, works: bool) -> FileLine:
    """One file that hangs on something else than an escalation, as this person sees it. `works`: it is theirs to decide
    about. No query."""
    return _line(row, person, works=works, mine=row.by_id == person.pk)


def file_at(pk: int) -> EscalationFile | None:
    """One file, with its escalation or draft. One query."""
    return EscalationFile.objects.select_related("escalation", "draft").filter(pk=pk).first()


def waiting_files(*, at: datetime, limit: int = 50) -> list[int]:
    """The ids of files in quarantine that nobody began to look through at once, the longest waiting first: their worker
    died, or the broker was away."""
    waiting = EscalationFile.objects.filter(state=FileState.QUARANTINE, at__lte=at - SOON)
    return list(waiting.order_by("at").values_list("pk", flat=True)[:limit])


def size_text(size: int) -> str:
    """A size as people say it: "812 B", "2.1 MB", "48 MB"."""
    for unit, length in (("MB", 1_000_000), ("KB", 1_000)):
        if size >= length:
            return f"{size / length:.1f} {unit}" if size < 10 * length else f"{size // length} {unit}"
    return f"{size} B"


def _lines(
    rows: "QuerySet[EscalationFile]", person: Person | None, *, works: bool, own: bool = False
) -> tuple[FileLine, ...]:
    shown = rows.exclude(state=FileState.REMOVED, escalation=None)
    return tuple(_line(row, person, works=works, mine=own or row.by_id == getattr(person, "pk", 0)) for row in shown)


def _line(row: EscalationFile, person: Person | None, *, works: bool, mine: bool) -> FileLine:
    state, handles = FileState(row.state), works or mine
    held = state == FileState.HELD
    return FileLine(
        id=row.pk, name=row.name, size=size_text(row.size), kind=row.kind, state=state,
        tone="amber" if _as_it_is(row) else TONES[state], label=_label(row, state),
        note=row.note, public=row.public, masked=row.masked, by_name=row.by_name, at=row.at,
        found=row.found if handles else 0, findings=tuple(row.findings) if handles else (),
        may_download=state == FileState.RELEASED and person is not None,
        may_mask=handles and held and row.found > 0, may_release=handles and held and person is not None,
        may_remove=handles and state not in {FileState.REMOVED, FileState.REFUSED},
    )


def _label(row: EscalationFile, state: FileState) -> str:
    if row.masking and state == FileState.QUARANTINE:
        return "Being masked"
    if _as_it_is(row):
        return "Released as it is"
    return "Held: not all could be looked into" if state == FileState.HELD and not row.found else state.label


def _as_it_is(row: EscalationFile) -> bool:
    """Whether somebody released it with what was found in it."""
    return row.state == FileState.RELEASED and row.found > 0

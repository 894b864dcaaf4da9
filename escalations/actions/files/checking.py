"""The worker looks through a file, or writes it anew without its secrets. Both bear being begun again: until the last
step, which is one transaction, the file waits in quarantine as it came."""

import hashlib
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from escalations.actions.base import look_again, record
from escalations.actions.files.keeping import drop, drop_later, keep, opened
from escalations.choices import FileState, What
from escalations.models import EscalationFile
from escalations.rules.archives import Bomb, Budget, Seen, look
from escalations.rules.masking import CannotMask, mask
from portal.common import locks
from set_rotation.actions.telling import tell

log = structlog.get_logger(__name__)
TRIES = 3  # so many workers may die over a file
LASTS = 300.0  # seconds that looking through one file may take


@dataclass(frozen=True)
class Outcome:
    """What is written of a file that was looked through."""

    state: FileState
    note: str = ""
    seen: Seen = field(default_factory=Seen)


def check_file(*, file_id: int, at: datetime) -> bool:
    """Look through a file that waits in quarantine, or mask it if that was asked for. Returns whether it was done here:
    not if somebody else is at it, or it does not wait any more."""
    with locks.held(locks.FILES, file_id) as mine:
        row = _begun(file_id) if mine else None
        if row is None:
            return False
        if row.tries > TRIES:
            return _settle(row, _given_up(row), at)
        try:
            return _mask(row, at) if row.masking else _check(row, at)
        except FileNotFoundError:
            return _settle(row, Outcome(FileState.REFUSED, "Its content is not there any more. Send it again."), at)


def _begun(file_id: int) -> EscalationFile | None:
    waiting = EscalationFile.objects.filter(pk=file_id, state=FileState.QUARANTINE)
    if not waiting.update(tries=F("tries") + 1):
        return None
    return EscalationFile.objects.select_related("escalation", "by").get(pk=file_id)


def _given_up(row: EscalationFile) -> Outcome:
    if row.masking:
        return Outcome(FileState.HELD, "It could not be masked: each try failed.", Seen(row.found, row.findings))
    return Outcome(FileState.REFUSED, "It could not be looked through: each try failed.")


def _check(row: EscalationFile, at: datetime) -> bool:
    with opened(row.stored) as content:
        row.digest = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        return _settle(row, _looked(content, row), at)


def _mask(row: EscalationFile, at: datetime) -> bool:
    """A new content takes the place of the old one in the moment in which it is known to be clean."""
    with opened(row.stored) as content, tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as anew:
        try:
            count = mask(content, anew, _budget(row.size))
        except CannotMask as error:
            held = Outcome(FileState.HELD, str(error), Seen(found=row.found, findings=row.findings))
            return _settle(row, held, at)
        size = anew.tell()
        anew.seek(0)
        outcome = _looked(anew, row)
        anew.seek(0)
        digest = hashlib.file_digest(anew, "sha256").hexdigest()
        anew.seek(0)
        old, row.stored = row.stored, keep(anew)
    row.size, row.digest, row.masked = size, digest, row.masked + count
    done = False
    try:
        done = _settle(row, outcome, at, old=old)
    finally:
        if not done:
            drop(row.stored)
    return done


def _looked(content: "IO[Any]", row: EscalationFile) -> Outcome:
    try:
        seen = look(content, _budget(row.size))
    except Bomb as bomb:
        return Outcome(FileState.REFUSED, str(bomb))
    programs = [f"Holds a program: {where}" for where in seen.programs[:1]]
    note = ". ".join([*seen.unseen[:3], *programs])
    return Outcome(FileState.HELD if seen.found or seen.unseen else FileState.RELEASED, note, seen)


def _budget(size: int) -> Budget:
    ends = time.monotonic() + LASTS
    return Budget(packed=size, late=lambda: time.monotonic() > ends, folder=settings.FILE_UPLOAD_TEMP_DIR)


@transaction.atomic
def _settle(row: EscalationFile, outcome: Outcome, at: datetime, *, old: str = "") -> bool:
    """Write what came of it, if the file still waits: it may have been removed meanwhile."""
    asked, masked = row.asked_by, bool(old)
    lie = row.note if row.note.startswith("Named ") and not masked else ""
    note = " ".join(part for part in (lie, outcome.note) if part)[:300]
    changed = EscalationFile.objects.filter(pk=row.pk, state=FileState.QUARANTINE, masking=row.masking).update(
        state=outcome.state, findings=outcome.seen.findings, found=outcome.seen.found, note=note, checked_at=at,
        masking=False, stored=row.stored, size=row.size, digest=row.digest, masked=row.masked, tries=0,
    )
    if not changed:
        return False
    if outcome.state == FileState.REFUSED:
        drop_later(row.stored)
    if old:
        drop_later(old)
    fresh = EscalationFile.objects.select_related("escalation", "by").get(pk=row.pk)  # claimed meanwhile, perhaps
    if fresh.escalation:
        what = What.FILE_MASKED if masked else What.FILE_CHECKED
        quiet = not fresh.public or (outcome.state == FileState.RELEASED and not masked)
        record(what, escalation=fresh.escalation, at=at, by=asked if masked else None, internal=quiet,
               to_value=f"{fresh.name}: {_words(fresh, masked=masked)}")
        look_again(fresh.escalation)
        _tell_sender(fresh, at)
    return True


def _words(row: EscalationFile, *, masked: bool) -> str:
    if masked and row.state == FileState.RELEASED:
        return f"{row.masked} masked"
    if row.state == FileState.HELD:
        found = f"{row.found} secrets found" if row.found > 1 else "a secret found"
        return f"held, {found if row.found else row.note}"
    return "nothing found" if row.state == FileState.RELEASED else row.note


def _tell_sender(row: EscalationFile, at: datetime) -> None:
    """Whoever sent a file that is not passed on is told: they may have closed the page."""
    if row.by is None or row.escalation is None or row.state not in {FileState.HELD, FileState.REFUSED}:
        return
    held = row.state == FileState.HELD
    text = f"{row.name} was not kept: {row.note}"
    if held:
        text = f"Nobody reads {row.name} yet: {_words(row, masked=False)}. Mask it, release it as it is, or remove it."
    tell(row.by, key=f"file-{row.pk}-{row.state}", at=at, purpose="escalation", text=text,
         subject=f"{row.escalation}: a file {'is held' if held else 'was refused'}",
         path=reverse("escalations:escalation", args=[row.escalation.pk]))

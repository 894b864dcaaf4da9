"""What becomes of a file in which something was found: masked, released as it is, or removed."""

from datetime import datetime
from functools import partial

from django.db import transaction

from escalations.actions.base import Refused, record
from escalations.actions.files.keeping import drop_later
from escalations.actions.files.receiving import CHECK
from escalations.choices import FileState, What
from escalations.models import EscalationFile
from people.models import Person
from portal.common import jobs


@transaction.atomic
def ask_to_mask(*, file: EscalationFile, by: Person | None, at: datetime) -> EscalationFile:
    """Have the worker write the file anew without its secrets; until that is done nobody reads it. Raises `Refused`."""
    row = _held(file)
    if row.state != FileState.HELD or not row.found:
        raise Refused(f"There is nothing to mask in {row.name} now.")
    row.state, row.masking, row.asked_by, row.tries = FileState.QUARANTINE, True, by, 0
    row.save(update_fields=["state", "masking", "asked_by", "tries"])
    transaction.on_commit(partial(jobs.queue, CHECK, row.pk))
    return row


@transaction.atomic
def release(*, file: EscalationFile, by: Person, at: datetime, why: str) -> EscalationFile:
    """Release a held file as it is, secrets and all, with a reason that stays in the thread. Raises `Refused`."""
    row = _held(file)
    if row.state != FileState.HELD:
        raise Refused(f"{row.name} is not held: {FileState(row.state).label.lower()}.")
    if len(why.strip()) < 3:
        raise Refused("Say why it may be read as it is: whoever looks later wants to know.")
    row.state = FileState.RELEASED
    row.save(update_fields=["state"])
    _record(What.FILE_RELEASED, row, by, at, to_value=f"{row.name}: {why.strip()[:300]}")
    return row


@transaction.atomic
def remove(*, file: EscalationFile, by: Person | None, at: datetime) -> EscalationFile:
    """Delete a file's content for good; that it was there stays. Removed already: nothing changes."""
    row = _held(file)
    if row.state != FileState.REMOVED:
        row.state, row.masking, row.findings = FileState.REMOVED, False, []
        row.save(update_fields=["state", "masking", "findings"])
        drop_later(row.stored)
        _record(What.FILE_REMOVED, row, by, at, to_value=row.name)
    return row


def _held(file: EscalationFile) -> EscalationFile:
    return EscalationFile.objects.select_for_update(of=("self",)).get(pk=file.pk)


def _record(what: What, row: EscalationFile, by: Person | None, at: datetime, *, to_value: str) -> None:
    if row.escalation:
        record(what, escalation=row.escalation, at=at, by=by, to_value=to_value, internal=not row.public)

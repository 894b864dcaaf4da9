"""A file comes in. Nobody reads it before the worker has looked through it."""

import errno
from datetime import datetime, timedelta
from functools import partial

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from escalations.actions.base import Refused, record
from escalations.actions.files.keeping import drop, keep
from escalations.choices import FileState, What
from escalations.models import Escalation, EscalationFile, IntakeDraft
from escalations.rules.names import clean_name
from escalations.rules.secrets import without_secrets
from escalations.rules.sniff import HEAD, Type, lie, sniff
from people.models import Person
from portal.common import jobs

LARGEST = 100_000_000  # bytes of one file
HOURLY = 1_000_000_000  # bytes that one person, or one partner's form, sends in an hour
WAITING = 5_000_000_000  # bytes in quarantine, of everybody together
CHECK = "escalations.check_file"  # the task's name


def receive(
    *, upload: "UploadedFile[bytes]", at: datetime, by: Person | None, by_name: str, draft: IntakeDraft | None = None,
    escalation: Escalation | None = None, public: bool = True,
) -> EscalationFile:
    """Take a file into quarantine, for a form that is being filled in or an escalation, and have it looked through.

    `public`: the reporter sees it. Raises `Refused`, with words for the sender, for one that is empty, too large, a
    program, more than may come in an hour, or when there is no room.
    """
    name = without_secrets(clean_name(upload.name or ""))[:200]
    found = _taken_for(upload, name)
    _refuse_too_much(upload.size or 0, by=by, draft=draft, at=at)
    upload.seek(0)
    try:
        stored = keep(upload)
    except OSError as error:
        raise Refused(_no_room(name, error)) from error
    try:
        return _written(
            EscalationFile(
                escalation=escalation, draft=draft, name=name, size=upload.size or 0, kind=found.kind, stored=stored,
                note=lie(name, found), by=by, by_name=by_name[:120], public=public, at=at,
            )
        )
    except BaseException:
        drop(stored)
        raise


@transaction.atomic
def claim_files(*, draft: IntakeDraft, escalation: Escalation, by: Person | None, at: datetime) -> int:
    """The files of a form go with the escalation that it became. Returns how many; the same again finds none."""
    mine = EscalationFile.objects.filter(draft=draft, escalation=None)
    names = list(mine.exclude(state=FileState.REMOVED).values_list("name", flat=True))
    count = mine.update(escalation=escalation, draft=None)
    for name in names:
        record(What.FILE_ADDED, escalation=escalation, at=at, by=by, to_value=name)
    return count


@transaction.atomic
def _written(row: EscalationFile) -> EscalationFile:
    if row.draft is not None:
        _follow(row, row.draft)
    row.save()
    if row.escalation:
        record(What.FILE_ADDED, escalation=row.escalation, at=row.at, by=row.by, to_value=row.name,
               internal=not row.public)
    transaction.on_commit(partial(jobs.queue, CHECK, row.pk))
    return row


def _follow(row: EscalationFile, draft: IntakeDraft) -> None:
    """A form that was raised while its file came has no draft any more: the file goes where the others went. Raises
    `Refused` where the form is gone altogether."""
    if IntakeDraft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).exists():
        return
    row.draft, row.escalation = None, Escalation.objects.filter(submission=draft.key).first()
    if row.escalation is None:
        raise Refused(f"{row.name} was not stored: its form is not there any more.")


def _taken_for(upload: "UploadedFile[bytes]", name: str) -> Type:
    if not upload.size:
        raise Refused(f"{name} is empty.")
    if upload.size > LARGEST:
        raise Refused(f"{name} is larger than {LARGEST // 1_000_000} MB. Pack it, or send it in parts.")
    upload.seek(0)
    found = sniff(upload.read(HEAD))
    if found.family == "program":
        raise Refused(f"{name} holds a {found.kind}. Programs are not taken here.")
    return found


def _refuse_too_much(size: int, *, by: Person | None, draft: IntakeDraft | None, at: datetime) -> None:
    # A partner's form opened anew is the same sender: each has a draft of its own, and the link holds them together.
    sender = Q(by=by) if by else Q(draft__link__isnull=False, draft__link=draft.link_id if draft else None)
    if _sum(EscalationFile.objects.filter(sender, at__gt=at - timedelta(hours=1))) + size > HOURLY:
        raise Refused(f"More than {HOURLY // 1_000_000_000} GB came from you within an hour. Go on in an hour.")
    if _sum(EscalationFile.objects.filter(state=FileState.QUARANTINE)) + size > WAITING:
        raise Refused("More files wait to be checked than there is room for. Try again in some minutes.")


def _sum(rows: "QuerySet[EscalationFile]") -> int:
    return rows.aggregate(all=Sum("size"))["all"] or 0


def _no_room(name: str, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"{name} was not stored: the portal's disk is full. Whoever runs the portal has to make room."
    return f"{name} was not stored: the place where files are kept did not take it. Try again in some minutes."

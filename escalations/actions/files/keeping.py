"""Where files lie: under opaque random names in Django's default storage, readable by the portal alone."""

import contextlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any

import structlog
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from escalations.choices import FileState
from escalations.models import EscalationFile

log = structlog.get_logger(__name__)
FOLDER = "escalations"
GONE = (FileState.REFUSED, FileState.REMOVED)
UNCLAIMED = timedelta(days=30)  # a form that nobody went on with
UNROWED = timedelta(hours=6)  # content whose row was never written, or is gone


def keep(content: "IO[bytes] | File[Any]") -> str:
    """Store the content under a new name that says nothing, and return it. Raises `OSError` where there is no room."""
    name = secrets.token_hex(16)
    return default_storage.save(f"{FOLDER}/{name[:2]}/{name}", File(content))


def opened(stored: str) -> "File[Any]":
    """The content, to be read and closed."""
    return default_storage.open(stored, "rb")


def drop_later(stored: str) -> None:
    """Delete the content once the transaction is through. What could not be deleted goes with `forget_files`."""
    transaction.on_commit(partial(drop, stored))


def drop(stored: str) -> None:
    """Delete the content now."""
    try:
        default_storage.delete(stored)
    except OSError as error:
        log.warning("file not deleted", error=str(error))


def forget_files(*, at: datetime) -> int:
    """Delete what nobody will ask for again: files of forms that were given up, and content without a row. Returns how
    many contents were deleted."""
    # A file can also hang on an incident, as evidence: the rooms to the right hold such a row by a key of their own.
    unclaimed = EscalationFile.objects.filter(escalation=None, evidence=None).filter(
        Q(draft=None, at__lt=at - UNROWED) | Q(draft__isnull=False, draft__updated_at__lt=at - UNCLAIMED)
    )
    unclaimed.delete()
    wanted = set(EscalationFile.objects.exclude(state__in=GONE).values_list("stored", flat=True))
    old = [name for name in _stored() if name not in wanted and _older(name, at - UNROWED)]
    for name in old:
        drop(name)
    return len(old)


def _stored() -> Iterator[str]:
    with contextlib.suppress(FileNotFoundError):
        for folder in default_storage.listdir(FOLDER)[0]:
            yield from (f"{FOLDER}/{folder}/{name}" for name in default_storage.listdir(f"{FOLDER}/{folder}")[1])


def _older(stored: str, than: datetime) -> bool:
    try:
        return default_storage.get_modified_time(stored) < than
    except OSError:
        return False

"""A form that is half filled: kept as typed, discarded, brought back; and gone once it was raised."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from escalations.models import Escalation, FormLink, IntakeDraft
from escalations.rules.drafts import kept, says_something
from escalations.rules.pasted import mask_json
from people.models import Person

DISCARDED_STAY = timedelta(days=30)


@transaction.atomic
def save_draft(
    *, key: uuid.UUID, values: Mapping[str, str], at: datetime, person: Person | None = None,
    link: FormLink | None = None,
) -> IntakeDraft | None:
    """Keep what is typed, by a person or at a partner's link, without secrets. None: there is nothing to keep yet, the
    key is somebody else's, or it was raised already."""
    cleaned = mask_json(kept(values))
    row = IntakeDraft.objects.select_for_update(of=("self",)).filter(key=key).first()
    if row is None:
        if not says_something(cleaned) or Escalation.objects.filter(submission=key).exists():
            return None
        row, new = IntakeDraft.objects.get_or_create(
            key=key, defaults={"person": person, "link": link, "values": cleaned, "at": at, "updated_at": at}
        )
        if new:
            return row
    if not owns(row, person=person, link=link):
        return None
    row.values, row.updated_at, row.discarded_at = cleaned, at, None
    row.save(update_fields=["values", "updated_at", "discarded_at"])
    return row


@transaction.atomic
def draft_for_files(
    *, key: uuid.UUID, at: datetime, person: Person | None = None, link: FormLink | None = None
) -> IntakeDraft | None:
    """The draft to which a file is added before anything was typed. None: the key is somebody else's, or was raised."""
    if Escalation.objects.filter(submission=key).exists():
        return None
    row, _ = IntakeDraft.objects.get_or_create(
        key=key, defaults={"person": person, "link": link, "values": {}, "at": at, "updated_at": at}
    )
    return row if owns(row, person=person, link=link) else None


def owns(draft: IntakeDraft, *, person: Person | None, link: FormLink | None) -> bool:
    """Whether this person, or whoever holds this link, began it."""
    if link is not None:
        return draft.link_id == link.pk
    return person is not None and draft.person_id == person.pk


@transaction.atomic
def discard_draft(*, draft: IntakeDraft, at: datetime) -> bool:
    """Take it off the list. False: it was already. What was discarded a month ago goes for good."""
    IntakeDraft.objects.filter(person=draft.person_id, discarded_at__lt=at - DISCARDED_STAY).delete()
    return IntakeDraft.objects.filter(pk=draft.pk, discarded_at=None).update(discarded_at=at) == 1


def bring_back_draft(*, draft: IntakeDraft, at: datetime) -> bool:
    """Put it on the list again. False: it is there."""
    return IntakeDraft.objects.filter(pk=draft.pk).exclude(discarded_at=None).update(
        discarded_at=None, updated_at=at) == 1

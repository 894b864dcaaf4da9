"""The checklist of the cycle: shipped by the handbook, changed by the lead, ticked off by whoever did it."""

from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from people.models import Person
from portal.common import live
from set_rotation.actions.base import Refused, record
from set_rotation.actions.handbook import HANDBOOK, read_handbook, write_shipped
from set_rotation.choices import CyclePhase, What
from set_rotation.models import ChecklistItem, ChecklistMark, Place, Rotation

LIVE = "hand-over"  # the topic of the pages of the cycle and of the hand-over
FURTHEST = 30  # days around a rotation's start in which an item can be due
MOST = 60  # items at a time: a checklist that nobody can go through is none


def tell_pages() -> None:
    """Open pages look again once this transaction is committed."""
    transaction.on_commit(lambda: live.publish(LIVE, "stale", ""))


def tick_item(
    *, item: ChecklistItem, rotation: Rotation, person: Person | None, by: Person, at: datetime
) -> bool:
    """Tick an item off; `person`: whose, for an item that each has. False: it was ticked already.

    Raises `Refused` for somebody who is not of the rotation, and for an item that was retired.
    """
    with transaction.atomic():
        _refuse_odd(item, rotation, person)
        _, made = ChecklistMark.objects.get_or_create(
            item=item, rotation=rotation, person=person, defaults={"by": by, "at": at}
        )
        if made:
            record(What.ITEM_DONE, at=at, by=by, rotation=rotation, person=person, to_value=item.words)
            tell_pages()
    return made


def open_item(
    *, item: ChecklistItem, rotation: Rotation, person: Person | None, by: Person, at: datetime
) -> bool:
    """Take a tick back. False: there was none."""
    with transaction.atomic():
        gone, _ = ChecklistMark.objects.filter(item=item, rotation=rotation, person=person).delete()
        if gone:
            record(What.ITEM_OPEN, at=at, by=by, rotation=rotation, person=person, from_value=item.words)
            tell_pages()
    return gone > 0


def _refuse_odd(item: ChecklistItem, rotation: Rotation, person: Person | None) -> None:
    if item.retired:
        raise Refused("This is no longer on the checklist.")
    if item.each != (person is not None):
        raise Refused("Each person ticks this off for themselves." if item.each else "This is ticked off once for all.")
    if person is not None and not Place.objects.filter(rotation=rotation, person=person).exists():
        raise Refused(f"{person.name} is not on SET in {rotation}.")


@transaction.atomic
def add_item(
    *, phase: CyclePhase, words: str, each: bool, days: int | None, path: str, by: Person, at: datetime
) -> ChecklistItem:
    """Put something on the checklist. Raises `Refused` for empty or long words, odd days and odd addresses."""
    words, path = " ".join(words.split()), path.strip()
    if not words or len(words) > 300:
        raise Refused("Say in a sentence of at most 300 characters what is to be done.")
    if days is not None and abs(days) > FURTHEST:
        raise Refused(f"Days go from {-FURTHEST} to {FURTHEST}.")
    if path and not (path.startswith(("https://", "http://")) or (path.startswith("/") and path[1:2] not in "/\\")):
        raise Refused("The page is an address that begins with https://, or with / for one of the portal.")
    if len(path) > 300:
        raise Refused("The address is longer than 300 characters.")
    if ChecklistItem.objects.filter(retired=False).count() >= MOST:
        raise Refused(f"There are {MOST} items already. Retire some first.")
    last = ChecklistItem.objects.filter(phase=phase).aggregate(last=Max("position"))["last"]
    item = ChecklistItem.objects.create(
        key=_free_key(words), phase=phase, words=words, each=each, days=days, path=path, position=(last or 0) + 1,
        edited=True,
    )
    record(What.CHECKLIST_CHANGED, at=at, by=by, to_value=words)
    tell_pages()
    return item


def _free_key(words: str) -> str:
    start = (slugify(words) or "item")[:50]
    taken = set(ChecklistItem.objects.filter(key__startswith=start).values_list("key", flat=True))
    return next(key for number in range(len(taken) + 1) if (key := f"{start}-{number}" if number else start)
                not in taken)


@transaction.atomic
def retire_item(*, item: ChecklistItem, by: Person, at: datetime) -> bool:
    """Take an item off the checklist; what was ticked stays. False: it was off already."""
    if not ChecklistItem.objects.filter(pk=item.pk, retired=False).update(retired=True, edited=True):
        return False
    record(What.CHECKLIST_CHANGED, at=at, by=by, from_value=item.words)
    tell_pages()
    return True


@transaction.atomic
def restore_item(*, item: ChecklistItem, by: Person, at: datetime) -> bool:
    """Put a retired item back. False: it was on it already."""
    if not ChecklistItem.objects.filter(pk=item.pk, retired=True).update(retired=False, edited=True):
        return False
    record(What.CHECKLIST_CHANGED, at=at, by=by, to_value=item.words)
    tell_pages()
    return True


@transaction.atomic
def load_checklist(folder: Path = HANDBOOK) -> int:
    """Load the handbook's checklist; what was edited here is left alone. Returns how many rows were written."""
    told = read_handbook(folder / "checklist.toml")
    known = {item.key: item for item in ChecklistItem.objects.all()}
    nothing = {"path": "", "each": False, "days": None}
    return sum(
        write_shipped(known.get(key) or ChecklistItem(key=key), {**nothing, **fields, "position": place},
                      int(told["version"]))
        for place, (key, fields) in enumerate(told["items"].items(), start=1)
    )

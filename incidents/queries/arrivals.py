"""What became of updates at their targets, in a few words for the timeline."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F

from incidents.models import UpdateDelivery
from integrations.outbox.choices import STUCK, State

LONGEST = 70  # of a reason


@dataclass(frozen=True)
class Mark:
    """So many are in one state: "3 sent", "1 failed: channel is archived"."""

    tone: str
    icon: str
    words: str


def marks_of(updates: Collection[int]) -> dict[int, tuple[Mark, ...]]:
    """What became of the newest version of each of these updates. One query, none for none."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    why: dict[int, str] = {}
    if not updates:
        return {}
    rows = UpdateDelivery.objects.filter(version__of__in=updates, version__number=F("version__of__version"))
    for update, waits, fault, done_at, state, refused in rows.order_by("pk").values_list(
        "version__of", "waits", "fault", "done_at", "delivery__state", "delivery__fault",
    ):
        became = _became(waits=waits, fault=fault, done=done_at is not None, state=state)
        counts[update][became] += 1
        if became == "failed":
            why.setdefault(update, (fault or refused or "").rstrip("."))
    return {update: tuple(_marks(found, why.get(update, ""))) for update, found in counts.items()}


def _became(*, waits: bool, fault: str, done: bool, state: str | None) -> str:
    if waits:
        return "waits"
    if fault or state in {*STUCK, State.DROPPED}:
        return "failed"
    return "sent" if state == State.SENT or (state is None and done) else "moving"


def _marks(found: Counter[str], why: str) -> list[Mark]:
    told = []
    if found["sent"]:
        told.append(Mark("green", "done", "all sent" if found["sent"] == found.total() else f"{found['sent']} sent"))
    if found["moving"]:
        told.append(Mark("grey", "clock", f"{found['moving']} on the way"))
    if found["waits"]:
        told.append(Mark("amber", "people", f"{found['waits']} for a second person"))
    if found["failed"]:
        reason = f": {why if len(why) <= LONGEST else why[:LONGEST].rsplit(' ', 1)[0] + '…'}" if why else ""
        told.append(Mark("red", "fail", f"{found['failed']} failed{reason}"))
    return told

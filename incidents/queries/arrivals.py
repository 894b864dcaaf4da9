"""What became of updates at their targets, in a few words for the timeline."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from incidents.choices import NOT_IN_A_DRILL, NOT_SENT, UNCHANGED
from incidents.models import UpdateDelivery
from integrations.outbox.choices import STUCK, State

LONGEST = 70  # of a reason
FIELDS = {"asks": "waits", "own": "fault", "done": "done_at", "state": "delivery__state", "refused": "delivery__fault",
          "kept": "told"}


@dataclass(frozen=True)
class Mark:
    """So many are in one state: "3 sent", "1 failed: channel is archived"."""

    tone: str
    icon: str
    words: str


def arrivals() -> ArraySubquery:
    """For lines of a timeline: what became of the newest version of the update that each is about, for `marks_from`."""
    rows = _newest().filter(version__of=OuterRef("update"))
    return ArraySubquery(rows.order_by("pk").values(became=JSONObject(**FIELDS)))


def marks_of(updates: Collection[int]) -> dict[int, tuple[Mark, ...]]:
    """What became of the newest version of each of these updates. One query, none for none."""
    found: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    rows = _newest().filter(version__of__in=updates).order_by("pk") if updates else UpdateDelivery.objects.none()
    for row in rows.values("version__of", **{name: F(path) for name, path in FIELDS.items()}):
        found[row["version__of"]].append(row)
    return {update: marks_from(told) for update, told in found.items()}


def marks_from(told: Iterable[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """The marks of one update, from what each of its deliveries says (`FIELDS`)."""
    counts, why = Counter[str](), list[str]()
    for one in told:
        became = one["kept"] if one["kept"] in NOT_SENT else _became(
            waits=one["asks"], fault=one["own"], done=one["done"] is not None, state=one["state"])
        counts[became] += 1
        if became == "failed":
            why.append((one["own"] or one["refused"] or "").rstrip("."))
    return tuple(_marks(counts, why[0] if why else ""))


def _newest() -> QuerySet[UpdateDelivery]:
    return UpdateDelivery.objects.filter(version__number=F("version__of__version"))


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
    if found[NOT_IN_A_DRILL]:
        told.append(Mark("grey", "pause", f"{found[NOT_IN_A_DRILL]} not sent: a drill"))
    if found[UNCHANGED]:
        told.append(Mark("grey", "pause", f"{found[UNCHANGED]} unchanged, not sent again"))
    if found["failed"]:
        reason = f": {why if len(why) <= LONGEST else why[:LONGEST].rsplit(' ', 1)[0] + '…'}" if why else ""
        told.append(Mark("red", "fail", f"{found['failed']} failed{reason}"))
    return told

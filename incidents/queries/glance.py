"""An open incident at a glance, for the home page: what is felt of it, how far its playbook is, what became of its
newest update, and when the next one is due."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from django.db.models import F
from django.utils.html import strip_tags

from escalations.rules import markdown
from incidents.choices import State
from incidents.models import Incident, UpdateVersion
from incidents.queries.around import around_of
from incidents.queries.playbook import SETTLED, hidden
from incidents.queries.promises import Due, due_of
from incidents.queries.receipts import BACK, FAILED, MOVING, SENT, WAITS, Receipts, receipts_of
from incidents.queries.seen import visible
from incidents.rules.public import headline, parts_of
from people.choices import Right
from people.models import Person


@dataclass(frozen=True)
class Arrived:
    """So many receipts are in one state: "3 sent"."""

    tone: str
    icon: str
    words: str


@dataclass(frozen=True)
class Glance:
    """`said`: one sentence, plain, of what is felt; "" where nobody has said any. `stage`: the stage of the playbook
    that is worked on, with `settled` of its `total` steps; "": it has none. `update`: the newest one's number, 0: there
    is none yet; `arrived`: what became of it, and of earlier ones that somebody still has to mend."""

    incident: Incident
    said: str
    stage: str
    settled: int
    total: int
    update: int
    arrived: tuple[Arrived, ...]
    due: Due


def glance_of(number: int, person: Person, rights: Collection[Right], at: datetime) -> Glance | None:
    """The incident, if it is open and this person sees it, else None. Five queries, one for None."""
    row = visible(person, rights).filter(pk=number, state=State.OPEN).select_related("status").first()
    if row is None:
        return None
    around = around_of(row)
    stage, settled, total = _stage(row, at)
    receipts = receipts_of(row, at=at, around=around)
    return Glance(
        row, _said(row), stage, settled, total, row.updates, _arrived(receipts), due_of(row, at=at, around=around),
    )


def _stage(row: Incident, at: datetime) -> tuple[str, int, int]:
    steps = list(row.steps.filter(stage__number=row.stage).select_related("stage"))
    seen = [step for step in steps if not hidden(step, at)]
    return steps[0].stage.title if steps else "", sum(step.state in SETTLED for step in seen), len(seen)


def _said(row: Incident) -> str:
    """Of the newest update what executives read of the impact, else of what is being done; before the first one what
    was known. One query."""
    newest = UpdateVersion.objects.filter(of__incident=row, number=F("of__version")).order_by("-of__number")
    reading = newest.values_list("executive", flat=True).first()
    parts = parts_of(reading) if reading else None
    texts = [parts.impact, parts.summary] if parts else [row.known]
    return headline([_plain(text) for text in texts], "")


def _plain(text: str) -> str:
    return unescape(strip_tags(markdown.html(text)))


def _arrived(receipts: Receipts) -> tuple[Arrived, ...]:
    counts = Counter(line.tone for line in (*receipts.lines, *receipts.earlier))
    told = (
        ("green", "done", counts[SENT], "sent"), ("grey", "clock", counts[MOVING], "on the way"),
        ("amber", "people", counts[WAITS], "to be read"), ("amber", "undo", counts[BACK], "sent back"),
        ("red", "fail", counts[FAILED], "failed"),
    )
    return tuple(Arrived(tone, icon, f"{many} {words}") for tone, icon, many, words in told if many)

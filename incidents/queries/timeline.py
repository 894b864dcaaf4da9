"""The timeline of an incident: what befell it, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet, Subquery
from django.utils.safestring import SafeString

from escalations.rules import markdown
from incidents.choices import Topic, What
from incidents.models import Incident, IncidentEvent
from incidents.queries.arrivals import Mark, arrivals, marks_from
from incidents.rules.timeline import ICONS, PINNED, is_topic, timed, tone_of

FOLDED = (What.DELIVERED, What.PINNED)
SHOWN = 25  # lines that are drawn at first; the older ones by a link
BACKDATED = timedelta(minutes=1)  # a note that was written so much later than what it tells says so


@dataclass(frozen=True)
class Entry:
    """A line. `written_at`: when it was written, where it tells of something earlier. `number`: of the update that it
    is about; `marks`: what became of that at its targets. `note`: it was written by hand, and can be taken back.
    `folded`: its update's or pinned line says it too, so it stands among those of its topic alone."""

    id: int
    at: datetime
    topic: str
    icon: str
    tone: str
    words: str
    html: SafeString | str
    who: str
    url: str
    pinned: bool
    note: bool
    number: int | None
    written_at: datetime | None
    folded: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A part of the timeline that a reader may choose, and how many lines it has; `newer`: than the one asked for."""

    key: str
    label: str
    count: int
    current: bool
    newer: int = 0


@dataclass(frozen=True)
class Timeline:
    """`total`: how many lines there are of what is chosen (`topic`, "" is all). `older`: the line before which older
    ones begin, None where none are left. `anchored`: it begins somewhere below the newest line."""

    entries: tuple[Entry, ...]
    total: int
    topic: str
    label: str
    choices: tuple[Choice, ...]
    older: int | None
    left: int
    anchored: bool


def timeline_of(
    incident: Incident, *, topic: str = "", before: int | None = None, around: int | None = None
) -> Timeline:
    """A page of the timeline, the newest line first, in two queries however long it is and wherever the page begins.

    `before`: lines older than this one; `around`: a page in which this line stands. A topic that is none is all, or
    what `around` is found among. A line that stands among the newest is read with them: whoever opens its address sees
    what comes after it, and what is still to come.
    """
    line = before if before is not None else around
    counts = _counts(incident, line)
    if not is_topic(topic):
        topic = next((one.topic for one in counts if one.arrival and before is None), "")
    choices = _choices(counts, topic)
    chosen = next(one for one in choices if one.current)
    start = next((one.start for one in counts if one.start is not None), None)
    anchored = start is not None and (before is not None or chosen.newer >= SHOWN)
    rows = _chosen(lines(incident), topic).select_related("by", "update").annotate(arrived=arrivals())
    if anchored and start is not None and line is not None:
        rows = rows.filter(_older(start, line, itself=before is None))
    found = list(rows.order_by("-at", "-pk")[: SHOWN + 1])
    shown = found[:SHOWN]
    return Timeline(
        entries=tuple(entry_of(row, marks_from(getattr(row, "arrived", ()))) for row in shown), total=chosen.count,
        topic=topic, label=chosen.label,
        choices=choices, older=shown[-1].pk if len(found) > SHOWN else None,
        left=max(chosen.count - len(shown), 0), anchored=anchored,
    )


@dataclass(frozen=True)
class _Count:
    """How many lines of a topic there are: all, the pinned, the folded; and how many of each are newer than the line
    that was asked for. `start`: when that was, None where it is not there; `arrival`: it is one of this topic's folded
    ones."""

    topic: str
    lines: tuple[int, int, int]
    newer: tuple[int, int, int] = (0, 0, 0)
    start: datetime | None = None
    arrival: bool = False


def _counts(incident: Incident, line: int | None) -> list[_Count]:
    """Each topic's. One query: where the line stands is counted on the way."""
    rows = lines(incident).order_by().values_list("topic")
    if line is None:
        return [_Count(topic, tuple(counts)) for topic, *counts in rows.annotate(**_counted(Q()))]
    at = Subquery(IncidentEvent.objects.filter(incident=incident, pk=line).values("at"))
    newer = Q(at__gt=at) | Q(at=at, pk__gt=line)
    told = rows.annotate(**_counted(Q()), **{f"newer_{name}": one for name, one in _counted(newer).items()},
                         start=Max(at), here=Count("pk", Q(pk=line, what__in=FOLDED)))
    return [_Count(topic, tuple(counts[:3]), tuple(counts[3:6]), counts[6], bool(counts[7])) for topic, *counts in told]


def _counted(which: Q) -> dict[str, Count]:
    return {"many": Count("pk", which), "pins": Count("pk", which & Q(pinned=True)),
            "folded": Count("pk", which & Q(what__in=FOLDED))}


def lines(incident: Incident) -> QuerySet[IncidentEvent]:
    """All that stands on it: without notes that were taken back."""
    return IncidentEvent.objects.filter(incident=incident, removed_at__isnull=True)


def entry_of(row: IncidentEvent, marks: tuple[Mark, ...] = ()) -> Entry:
    """One line as it is drawn. No query, if `by` and `update` are there."""
    what = What(row.what)
    late = what == What.NOTE and row.written_at - row.at > BACKDATED
    return Entry(
        id=row.pk, at=row.at, topic=row.topic, icon="pin" if row.pinned else ICONS[what],
        tone=tone_of(row.tone, pinned=row.pinned), words=timed(what, row.to_value or what.label, row.from_value),
        html=markdown.html(row.text) if row.text else "", who=row.by.name if row.by else row.by_name, url=row.url,
        pinned=row.pinned, note=what == What.NOTE, number=row.update.number if row.update else None,
        written_at=row.written_at if late else None, folded=what in FOLDED,
        marks=marks if what == What.UPDATE else (),
    )


def _older(start: datetime, line: int, *, itself: bool) -> Q:
    """Keyset: lines older than this one, with itself or without."""
    same = Q(at=start, pk__lte=line) if itself else Q(at=start, pk__lt=line)
    return Q(at__lt=start) | same


def _chosen(rows: QuerySet[IncidentEvent], topic: str) -> QuerySet[IncidentEvent]:
    if topic == PINNED:
        return rows.filter(pinned=True)
    return rows.filter(topic=topic) if topic else rows.exclude(what__in=FOLDED)


def _choices(counts: Iterable[_Count], topic: str) -> tuple[Choice, ...]:
    offered: dict[str, tuple[str, int, int]] = {"": ("All", 0, 0), PINNED: ("Pinned", 0, 0)}
    offered |= {one.value: (one.label, 0, 0) for one in Topic}
    for one in counts:
        (many, pins, folded), (new, new_pins, new_folded) = one.lines, one.newer
        for key, count, newer in (("", many - folded, new - new_folded), (PINNED, pins, new_pins),
                                  (one.topic, many, new)):
            label, before, newer_before = offered[key]
            offered[key] = (label, before + count, newer_before + newer)
    return tuple(Choice(key, label, count, key == topic, newer) for key, (label, count, newer) in offered.items()
                 if count or key in {"", topic})

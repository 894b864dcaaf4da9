"""The timeline of an incident: what befell it, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.safestring import SafeString

from escalations.rules import markdown
from incidents.choices import Topic, What
from incidents.models import Incident, IncidentEvent
from incidents.queries.arrivals import Mark, arrivals, marks_from
from incidents.rules.timeline import ICONS, PINNED, is_topic, tone_of

FOLDED = (What.DELIVERED,)
SHOWN = 25  # lines that are drawn at first; the older ones by a link
BACKDATED = timedelta(minutes=1)  # a note that was written so much later than what it tells says so


@dataclass(frozen=True)
class Entry:
    """A line. `written_at`: when it was written, where it tells of something earlier. `number`: of the update that it
    is about; `marks`: what became of that at its targets. `note`: it was written by hand, and can be taken back.
    `folded`: its update's line says it too, so it stands among the updates alone."""

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
    """A part of the timeline that a reader may choose, and how many lines it has."""

    key: str
    label: str
    count: int
    current: bool


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
    """A page of the timeline, the newest line first, in at most five queries however long it is.

    `before`: lines older than this one; `around`: a page in which this line stands. A topic that is none is all, or
    what `around` is found among.
    """
    anchor = _anchor(incident, before if before is not None else around)
    if not is_topic(topic):
        topic = anchor.topic if anchor is not None and before is None and anchor.what in FOLDED else ""
    choices = _choices(incident, topic)
    rows = _chosen(lines(incident), topic).select_related("by", "update").annotate(arrived=arrivals())
    found, anchored = _page(rows, anchor, itself=before is None)
    shown, chosen = found[:SHOWN], next(one for one in choices if one.current)
    return Timeline(
        entries=tuple(entry_of(row, marks_from(getattr(row, "arrived", ()))) for row in shown), total=chosen.count,
        topic=topic, label=chosen.label,
        choices=choices, older=shown[-1].pk if len(found) > SHOWN else None,
        left=max(chosen.count - len(shown), 0), anchored=anchored,
    )


def _anchor(incident: Incident, line: int | None) -> IncidentEvent | None:
    rows = IncidentEvent.objects.filter(incident=incident).only("at", "what", "topic", "incident")
    return None if line is None else rows.filter(pk=line).first()


def _page(
    rows: QuerySet[IncidentEvent], anchor: IncidentEvent | None, *, itself: bool
) -> tuple[list[IncidentEvent], bool]:
    """The lines of a page and one more, and whether it begins below the newest one. A line that stands among the newest
    is read with them: whoever opens its address sees what comes after it, and what is still to come."""
    in_order = rows.order_by("-at", "-pk")
    if anchor is None or itself:
        newest = list(in_order[: SHOWN + 1])
        if anchor is None or anchor.pk in {row.pk for row in newest[:SHOWN]}:
            return newest, False
    return list(in_order.filter(_older(anchor, itself=itself))[: SHOWN + 1]), True


def lines(incident: Incident) -> QuerySet[IncidentEvent]:
    """All that stands on it: without notes that were taken back."""
    return IncidentEvent.objects.filter(incident=incident, removed_at__isnull=True)


def entry_of(row: IncidentEvent, marks: tuple[Mark, ...] = ()) -> Entry:
    """One line as it is drawn. No query, if `by` and `update` are there."""
    what = What(row.what)
    late = what == What.NOTE and row.written_at - row.at > BACKDATED
    return Entry(
        id=row.pk, at=row.at, topic=row.topic, icon="pin" if row.pinned else ICONS[what],
        tone=tone_of(row.tone, pinned=row.pinned), words=row.to_value or what.label,
        html=markdown.html(row.text) if row.text else "", who=row.by.name if row.by else row.by_name, url=row.url,
        pinned=row.pinned, note=what == What.NOTE, number=row.update.number if row.update else None,
        written_at=row.written_at if late else None, folded=what in FOLDED,
        marks=marks if what == What.UPDATE else (),
    )


def _older(anchor: IncidentEvent, *, itself: bool) -> Q:
    """Keyset: lines older than this one, with itself or without."""
    same = Q(at=anchor.at, pk__lte=anchor.pk) if itself else Q(at=anchor.at, pk__lt=anchor.pk)
    return Q(at__lt=anchor.at) | same


def _chosen(rows: QuerySet[IncidentEvent], topic: str) -> QuerySet[IncidentEvent]:
    if topic == PINNED:
        return rows.filter(pinned=True)
    return rows.filter(topic=topic) if topic else rows.exclude(what__in=FOLDED)


def _choices(incident: Incident, topic: str) -> tuple[Choice, ...]:
    told = lines(incident).order_by().values_list("topic").annotate(
        many=Count("pk"), pins=Count("pk", Q(pinned=True)), folded=Count("pk", Q(what__in=FOLDED)))
    counts = {key: (many, pins, folded) for key, many, pins, folded in told}
    offered: Iterable[tuple[str, str, int]] = (
        ("", "All", sum(many - folded for many, _, folded in counts.values())),
        (PINNED, "Pinned", sum(pins for _, pins, _ in counts.values())),
        *((one.value, one.label, counts.get(one.value, (0, 0, 0))[0]) for one in Topic),
    )
    return tuple(Choice(key, label, count, key == topic) for key, label, count in offered
                 if count or key in {"", topic})

"""What the figures are counted from: a constant number of queries, whatever the span."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q

from cadence.queries import team_zone
from cadence.rules import instant
from escalations.choices import Status, TicketState
from escalations.models import Clock, KnowledgeNote, Message, Rating
from escalations.models.escalation import EscalationQuerySet
from escalations.queries.listing.finding import Reader
from escalations.rules.figures import Fact, Promise, Span, verdict

MIDNIGHT, DAY = time(0), timedelta(days=1)
COMMENTS = 12
ASKED = 10  # notes that are named
LINK = re.compile(r"/knowledge/(\d{1,18})/")


def edges(span: Span) -> tuple[datetime, datetime]:
    """The moments `[start, end)` of a span's days in the team's zone."""
    return instant(span.first, MIDNIGHT, team_zone()), instant(span.until + DAY, MIDNIGHT, team_zone())


def raised(reader: Reader, span: Span) -> EscalationQuerySet:
    """What the reader sees of the escalations that were raised in these days."""
    start, end = edges(span)
    return reader.sees().filter(at__gte=start, at__lt=end)


def facts(reader: Reader, span: Span) -> list[Fact]:
    """The escalations that were raised in these days. One query."""
    zone = ZoneInfo(team_zone())
    rows: Any = raised(reader, span).order_by("at", "pk").values_list(
        "pk", "at", "level", "category", "source", "kind", "outcome", "customer__slug", "customer__name", "area_id",
        "area__name", "status", "merged_into", "ticket_id", "ticket_state",
    )
    return [
        Fact(
            id=pk, day=at.astimezone(zone).date(), level=level, category=category, source=source, kind=kind,
            outcome=outcome, customer=(slug, customer), area=(str(area or ""), area_name or ""),
            settled=status in {Status.SOLVED, Status.CLOSED} and merged is None,
            ticket=ticket is not None or state != TicketState.NONE,
        )
        for (pk, at, level, category, source, kind, outcome, slug, customer, area, area_name, status, merged, ticket,
             state) in rows
    ]


def promises(reader: Reader, span: Span) -> list[Promise]:
    """The clocks that began in these days. One query."""
    start, end = edges(span)
    zone = ZoneInfo(team_zone())
    rows = Clock.objects.filter(escalation__in=reader.sees(), started_at__gte=start, started_at__lt=end)
    return [
        Promise(at.astimezone(zone).date(), kind, level, verdict(state, met, missed))
        for at, kind, level, state, met, missed in rows.order_by("started_at", "pk").values_list(
            "started_at", "kind", "level", "state", "met_at", "missed_at")
    ]


@dataclass(frozen=True)
class Asked:
    """A knowledge note, and how many of the escalations ask it."""

    id: int
    question: str
    count: int


# A note's question is looked for as the list does with `?note=`: every word of it, in title and report.
ALIKE = """
SELECT note.id, asked.id FROM escalations_knowledgenote AS note
JOIN escalations_escalation AS asked
  ON asked.id = note.escalation_id OR asked.words @@ plainto_tsquery('english', note.question)
WHERE note.archived_at IS NULL AND asked.id = ANY(%s)
"""


def most_asked(facts: Sequence[Fact]) -> list[Asked]:
    """The notes that answer most of these escalations, those that answer something alone. Three queries."""
    numbers = [fact.id for fact in facts]
    pairs: dict[int, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, [numbers])
        for note, number in cursor.fetchall():
            pairs[note].add(number)
    for number, text in Message.objects.filter(
        escalation__in=numbers, public=True, text__contains="/knowledge/").values_list("escalation", "text"):
        for note in LINK.findall(text):
            pairs[int(note)].add(number)
    notes = KnowledgeNote.objects.filter(pk__in=pairs, archived_at__isnull=True).values_list("pk", "question")
    asked = [Asked(pk, question, len(pairs[pk])) for pk, question in notes]
    return sorted(asked, key=lambda one: (-one.count, one.question.casefold()))[:ASKED]


@dataclass(frozen=True)
class Rated:
    """What was said of our help: to how many escalations, and the last words."""

    asked: int
    good: int
    bad: int
    comments: tuple[Rating, ...]


def rated(reader: Reader, span: Span) -> Rated:
    """The ratings of what was raised in these days. Two queries."""
    found = Rating.objects.filter(escalation__in=raised(reader, span))
    counts = found.aggregate(asked=Count("pk"), helped=Count("pk", filter=Q(good=True)),
                             failed=Count("pk", filter=Q(good=False)))
    said = found.filter(good__isnull=False).exclude(comment="").select_related("escalation", "affected__customer")
    return Rated(counts["asked"], counts["helped"], counts["failed"], tuple(said.order_by("-at", "-pk")[:COMMENTS]))

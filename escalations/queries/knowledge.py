"""Knowledge notes: found by words, ranked; those whose docs are deficient; training sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from escalations.choices import Category
from escalations.models import Escalation, KnowledgeNote, TrainingSession
from escalations.queries.listing.finding import Reader, asks_note
from tickets.rules.filters import search_words

ROWS = 30
BY_RANK, ARCHIVED = 32, "archived"  # 32: the rank is divided by itself plus one, so it lies between 0 and 1


@dataclass(frozen=True)
class NoteLine:
    id: int
    url: str
    question: str
    start: str
    category: str
    deficient: bool
    docs_url: str
    at: datetime
    archived: bool


@dataclass(frozen=True)
class NotePage:
    """See templates/escalations/knowledge/list.html. `categories`: (value, label, how many)."""

    lines: tuple[NoteLine, ...]
    page: "Page[KnowledgeNote]"
    q: str
    category: str
    categories: tuple[tuple[str, str, int], ...]
    deficient: int
    archived: int


def note_page(*, q: str, category: str, archived: bool, number: int) -> NotePage:
    """A page of the notes: with words the best first, else the newest. Three queries."""
    here = KnowledgeNote.objects.filter(archived_at__isnull=not archived)
    found = searched(here, q)
    if category in Category.values:
        found = found.filter(category=category)
    page = Paginator(found.defer("words"), ROWS).get_page(number)
    counts: dict[str, Any] = KnowledgeNote.objects.filter(archived_at__isnull=True).aggregate(
        deficient=Count("pk", filter=~Q(deficient="")),
        **{f"c_{value}": Count("pk", filter=Q(category=value)) for value in Category.values},
    )
    gone = KnowledgeNote.objects.filter(archived_at__isnull=False).count()
    return NotePage(
        tuple(note_line(note) for note in page), page, q, category,
        tuple((one.value, str(one.label), counts[f"c_{one.value}"]) for one in Category if counts[f"c_{one.value}"]),
        counts["deficient"], gone,
    )


def searched(notes: "QuerySet[KnowledgeNote]", q: str) -> "QuerySet[KnowledgeNote]":
    """The notes that hold every word of a text (the last may go on), the best first; all without words."""
    words = search_words(q)
    if not words:
        return notes.order_by("-at", "-pk")
    asked = SearchQuery(words, config="english", search_type="raw")
    rank = SearchRank(F("words"), asked, normalization=BY_RANK)
    return notes.filter(words=asked).annotate(rank=rank).order_by("-rank", "-at", "-pk")


def note_line(note: KnowledgeNote) -> NoteLine:
    """A note as a list names it: its question, and how its answer begins."""
    start = " ".join(note.answer.split())
    return NoteLine(
        note.pk, reverse("escalations:note", args=[note.pk]), note.question,
        start if len(start) <= 180 else start[:180].rsplit(" ", 1)[0] + "…",
        Category(note.category).label if note.category else "", bool(note.deficient), note.docs_url, note.at,
        note.archived_at is not None,
    )


@dataclass(frozen=True)
class OneNote:
    """A note with what hangs on it, as far as the reader sees it. `asked`: how many escalations ask it."""

    note: KnowledgeNote
    escalation: Escalation | None
    sessions: tuple[TrainingSession, ...]
    asked: int


def one_note(note: KnowledgeNote, reader: Reader) -> OneNote:
    """What stands on a note's page. Three queries."""
    of = reader.sees().filter(pk=note.escalation_id or 0).first()
    return OneNote(note, of, tuple(note.sessions.all()), reader.sees().filter(asks_note(note)).count())


def deficient_notes() -> list[KnowledgeNote]:
    """The notes that say which docs are deficient, the oldest first. One query."""
    found = KnowledgeNote.objects.filter(archived_at__isnull=True).exclude(deficient="")
    return list(found.select_related("by").defer("words").order_by("at", "pk"))


def sessions_at(at: datetime) -> tuple[list[TrainingSession], list[TrainingSession]]:
    """The training sessions: those to come, the next first; those that were, the last first. Two queries."""
    rows = list(TrainingSession.objects.select_related("by").prefetch_related("notes"))
    ahead = sorted((row for row in rows if row.starts_at > at), key=lambda row: row.starts_at)
    return ahead, [row for row in rows if row.starts_at <= at]

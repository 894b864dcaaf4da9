"""What sounds alike while somebody types: tickets, escalations that they may see, knowledge notes. Six queries."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, FloatField, Func, QuerySet, TextField, Value
from django.db.models.sql.compiler import SQLCompiler

from escalations.choices import OPEN, Status
from escalations.models import KnowledgeNote
from escalations.queries.seen import visible
from people.choices import Right
from people.models import Person
from tickets.queries.similar import Similar as SimilarTicket
from tickets.queries.similar import similar_words
from tickets.rules.triage import rarest, weight

# How many people and which hour says nothing of what it is; a version does.
NUMBERS = re.compile(r"(?<![\w.-])[0-9][0-9,]*(?![\w.-]*\w)")
MOST = 4  # of each kind: the side of a form is narrow
ALIKE = 40  # percent of the telling words, by weight: two common words of five ("custom", "remove") are chance
WORDS = """
SELECT word, COALESCE(counted.tickets, 0), (SELECT COALESCE(max(tickets), 1) FROM tickets_wordcount)
FROM unnest(tsvector_to_array(to_tsvector('english', %s))) AS word
LEFT JOIN tickets_wordcount AS counted USING (word)
"""


@dataclass(frozen=True)
class SimilarEscalation:
    """An escalation with telling words in common, that the reader may see."""

    number: int
    title: str
    customer: str
    status: str
    level: int
    open: bool
    customers: int
    ticket: str
    percent: int

    @property
    def others(self) -> int:
        """How many customers beside the first."""
        return self.customers - 1


@dataclass(frozen=True)
class SimilarNote:
    """A question that was answered before."""

    pk: int
    question: str
    docs_url: str
    percent: int


@dataclass(frozen=True)
class Found:
    """All that sounds alike, the most alike first."""

    tickets: tuple[SimilarTicket, ...] = ()
    escalations: tuple[SimilarEscalation, ...] = ()
    notes: tuple[SimilarNote, ...] = ()

    @property
    def count(self) -> int:
        return len(self.tickets) + len(self.escalations) + len(self.notes)


@dataclass(frozen=True)
class _Words:
    """The rarest words of a text in the form in which the search stores them, with how telling each is."""

    words: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def query(self) -> SearchQuery:
        return SearchQuery(" | ".join(_quoted(word) for word in self.words), search_type="raw", config="simple")


def similar(text: str, *, person: Person, rights: Collection[Right], at: datetime) -> Found:
    """What sounds like a text that is being typed. Rare words alone are asked for, so it is quick however much there
    is: six queries, none without a telling word."""
    text = NUMBERS.sub(" ", text)
    words = _telling(text)
    if not words.words:
        return Found()
    seen = Right.SEE_TICKETS in rights
    tickets = [each for each in similar_words(text, limit=MOST) if each.percent >= ALIKE] if seen else []
    return Found(tuple(tickets), _escalations(words, person, rights, at), _notes(words))


def _escalations(
    words: _Words, person: Person, rights: Collection[Right], at: datetime
) -> tuple[SimilarEscalation, ...]:
    rows = _alike(visible(person, rights, at).filter(merged_into=None), words).select_related("customer", "ticket")
    return tuple(
        SimilarEscalation(
            number=row.pk, title=row.title, customer=row.customer.name, status=Status(row.status).label,
            level=row.level, open=row.status in OPEN, customers=row.customers,
            ticket=row.ticket.key if row.ticket else "", percent=round(row.alike * 100),
        )
        for row in rows.defer("words", "happened", "logs", "steps", "tried", "expected")[:MOST]
    )


def _notes(words: _Words) -> tuple[SimilarNote, ...]:
    rows = _alike(KnowledgeNote.objects.filter(archived_at=None), words).defer("words", "answer")[:MOST]
    return tuple(SimilarNote(row.pk, row.question, row.docs_url, round(row.alike * 100)) for row in rows)


def _alike(rows: "QuerySet[Any]", words: _Words) -> "QuerySet[Any]":
    """Those that have enough of the words, by weight."""
    found: QuerySet[Any] = rows.filter(words=words.query).annotate(alike=_Alike(words))
    return found.filter(alike__gte=ALIKE / 100).order_by("-alike", "-pk")


class _Alike(Func):
    """How much of the words a row has, by weight: 0 to 1."""

    output_field = FloatField()

    def __init__(self, words: _Words) -> None:
        super().__init__(
            Value(list(words.words), ArrayField(TextField())), Value(list(words.weights), ArrayField(FloatField())),
            F("words"),
        )
        self.whole = sum(words.weights)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:  # type: ignore[override]
        words, weights, column = (compiler.compile(each) for each in self.source_expressions)
        sql = f"""(
            (SELECT COALESCE(sum(told.weight), 0)
             FROM unnest({words[0]}::text[], {weights[0]}::float8[]) AS told(word, weight)
             WHERE {column[0]} @@ (quote_literal(told.word))::tsquery) / %s
        )"""  # noqa: S608  (what is put in are compiled placeholders and a column)
        return sql, [*words[1], *weights[1], *column[1], self.whole]


def _telling(text: str) -> _Words:
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [text.replace("\x00", "")[:400]])
        rows = cursor.fetchall()
    counts = {word: count for word, count, _ in rows}
    chosen = rarest(counts)
    return _Words(chosen, tuple(weight(counts[word], rows[0][2]) for word in chosen))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"

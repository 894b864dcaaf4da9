"""Tickets that sound alike: any of a few telling words in common. Fast, for only rare words are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tickets.choices import Column
from tickets.queries.addresses import ticket_url
from tickets.rules.triage import rarest, weight

LIKELY = 0.5  # from here on one is proposed as a duplicate
MANY = 6

# In the form in which the search stores them; a summary's words, with the number of tickets that have each.
WORDS_OF_TICKET = """
SELECT word, COALESCE(counted.tickets, 0)
FROM unnest((SELECT tsvector_to_array(words) FROM tickets_ticket WHERE id = %(id)s)) AS word
LEFT JOIN tickets_wordcount AS counted USING (word)
"""
WORDS_OF_TEXT = """
SELECT word, COALESCE(counted.tickets, 0)
FROM unnest(tsvector_to_array(to_tsvector('english', %(text)s))) AS word
LEFT JOIN tickets_wordcount AS counted USING (word)
"""
TOTAL = "SELECT COALESCE(max(tickets), 1) FROM tickets_wordcount"
# Each word is asked for once in the index, and once more of what was found, for its weight.
FOUND = """
SELECT found.*, status.name FROM (
  SELECT id, key, summary, "column", status_id, team_id, updated, (
    SELECT sum(told.weight) FROM unnest(%(words)s::text[], %(weights)s::float8[]) AS told(word, weight)
    WHERE ticket.words @@ (quote_literal(told.word))::tsquery
  ) / %(whole)s AS alike
  FROM tickets_ticket AS ticket
  WHERE words @@ %(query)s::tsquery AND presence = 'present' AND id <> %(id)s
  ORDER BY alike DESC, updated DESC LIMIT %(limit)s
) AS found LEFT JOIN tickets_jirastatus AS status ON status.id = found.status_id
ORDER BY alike DESC, updated DESC
"""


@dataclass(frozen=True)
class Similar:
    """A ticket with telling words in common. `percent`: how much of them, by weight."""

    key: str
    url: str
    summary: str
    status: str
    column: str
    done: bool
    team: int | None
    percent: int

    @property
    def likely(self) -> bool:
        return self.percent >= LIKELY * 100


def similar_to(ticket_id: int, limit: int = MANY) -> tuple[Similar, ...]:
    """The tickets whose summaries share most with this one's, itself left out. Three queries."""
    # What stands in one ticket alone stands in this one: it finds nobody else.
    counts = {word: count for word, count in _rows(WORDS_OF_TICKET, {"id": ticket_id}) if count > 1}
    return _found(counts, ticket_id, limit)


def similar_words(text: str, *, without: int = 0, limit: int = MANY) -> tuple[Similar, ...]:
    """The tickets whose summaries share most with a text that is being typed."""
    counts = dict(_rows(WORDS_OF_TEXT, {"text": text.replace("\x00", "")[:400]}))
    return _found(counts, without, limit)


def _found(counts: Mapping[str, int], without: int, limit: int) -> tuple[Similar, ...]:
    words = rarest(counts)
    if not words:
        return ()
    total = next(iter(_rows(TOTAL, {})))[0]
    weights = [weight(counts[word], total) for word in words]
    query = " | ".join(_quoted(word) for word in words)
    given = {
        "words": list(words), "weights": weights, "whole": sum(weights), "query": query, "id": without, "limit": limit
    }
    return tuple(
        Similar(key, ticket_url(key), summary or key, status or "No status", column, column == Column.DONE, team,
                round(100 * alike))
        for _, key, summary, column, _, team, _, alike, status in _rows(FOUND, given)
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _rows(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())

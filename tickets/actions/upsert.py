"""The statements that write a page of the mirror at once.

A page of 100 issues is a handful of statements with one JSON parameter each, whatever their number: the mirror is
bound by Jira, not by us. `IS DISTINCT FROM` keeps what is the same from being written, so a second run changes nothing.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

USERS = """
INSERT INTO tickets_jirauser AS old (account_id, display_name, email, active)
SELECT account_id, display_name, email, active
FROM json_to_recordset(%s::json) AS new(account_id text, display_name text, email text, active bool)
ORDER BY account_id
ON CONFLICT (account_id) DO UPDATE
SET display_name = excluded.display_name, email = excluded.email, active = excluded.active
WHERE (old.display_name, old.email, old.active)
      IS DISTINCT FROM (excluded.display_name, excluded.email, excluded.active)
"""

STATUSES = """
INSERT INTO tickets_jirastatus AS old (id, name, category, "column")
SELECT id, name, category, "column"
FROM json_to_recordset(%s::json) AS new(id text, name text, category text, "column" text)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET name = excluded.name, category = excluded.category
WHERE (old.name, old.category) IS DISTINCT FROM (excluded.name, excluded.category)
"""

# The rank is not here: only the order of the To Do column, asked for by itself, tells it.
TICKET_TYPES = {
    "key": "text", "project_key": "text", "kind": "text", "status_id": "text", "column": "text", "resolution": "text",
    "priority": "text", "severity": "text", "labels": "text[]", "components": "text[]", "fix_versions": "text[]",
    "epic_key": "text", "parent_key": "text", "assignee_id": "text", "reporter_id": "text", "summary": "text",
    "created": "timestamptz", "updated": "timestamptz", "resolved": "timestamptz", "status_since": "timestamptz",
    "status_since_is_floor": "bool", "team_id": "bigint", "is_customer": "bool", "is_community": "bool",
    "presence": "text", "missed_by": "smallint", "work_class": "smallint", "work_key": "bigint[]",
    "work_reason": "text",
}
_names = ", ".join(f'"{name}"' for name in TICKET_TYPES)
_types = ", ".join(f'"{name}" {kind}' for name, kind in TICKET_TYPES.items())
_sets = ", ".join(f'"{name}" = excluded."{name}"' for name in TICKET_TYPES)
_olds = ", ".join(f'old."{name}"' for name in TICKET_TYPES)
_news = ", ".join(f'excluded."{name}"' for name in TICKET_TYPES)
TICKETS = f"""
INSERT INTO tickets_ticket AS old (id, mirrored_at, {_names})
SELECT id, mirrored_at, {_names} FROM json_to_recordset(%s::json) AS new(id bigint, mirrored_at timestamptz, {_types})
ORDER BY id
ON CONFLICT (id) DO UPDATE SET mirrored_at = excluded.mirrored_at, {_sets}
WHERE ({_olds}) IS DISTINCT FROM ({_news})
"""  # noqa: S608  (built from the names above)

DETAILS = """
INSERT INTO tickets_ticketdetail (ticket_id, description, environment, payload, digest, cleaned)
SELECT ticket_id, description, environment, payload, digest, cleaned
FROM json_to_recordset(%s::json)
  AS new(ticket_id bigint, description text, environment text, payload jsonb, digest text, cleaned bool)
ORDER BY ticket_id
ON CONFLICT (ticket_id) DO UPDATE
SET description = excluded.description, environment = excluded.environment, payload = excluded.payload,
    digest = excluded.digest, cleaned = excluded.cleaned
"""

CHANGES = """
INSERT INTO tickets_ticketchange
  (ticket_id, history_id, position, at, author_id, field, field_id, from_value, from_text, to_value, to_text)
SELECT ticket_id, history_id, position, at, author_id, field, field_id, from_value, from_text, to_value, to_text
FROM json_to_recordset(%s::json)
  AS new(ticket_id bigint, history_id bigint, position smallint, at timestamptz, author_id text, field text,
         field_id text, from_value text, from_text text, to_value text, to_text text)
ORDER BY at, history_id, position
ON CONFLICT (ticket_id, history_id, position) DO NOTHING
"""

COMMENTS_LEFT = """
DELETE FROM tickets_ticketcomment WHERE ticket_id = ANY(%s) AND NOT (id = ANY(%s))
"""

COMMENTS = """
INSERT INTO tickets_ticketcomment AS old (id, ticket_id, author_id, body, created, updated, is_public)
SELECT id, ticket_id, author_id, body, created, updated, is_public
FROM json_to_recordset(%s::json)
  AS new(id bigint, ticket_id bigint, author_id text, body text, created timestamptz, updated timestamptz,
         is_public bool)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET ticket_id = excluded.ticket_id, author_id = excluded.author_id, body = excluded.body,
    created = excluded.created, updated = excluded.updated, is_public = excluded.is_public
WHERE (old.ticket_id, old.body, old.updated, old.is_public)
      IS DISTINCT FROM (excluded.ticket_id, excluded.body, excluded.updated, excluded.is_public)
"""

LINKS_LEFT = """
DELETE FROM tickets_ticketlink AS old WHERE ticket_id = ANY(%s)
AND NOT EXISTS (
  SELECT FROM json_to_recordset(%s::json) AS new(ticket_id bigint, jira_id bigint)
  WHERE new.ticket_id = old.ticket_id AND new.jira_id = old.jira_id
)
"""

LINKS = """
INSERT INTO tickets_ticketlink AS old (ticket_id, jira_id, phrase, other_key, other_summary, other_status)
SELECT ticket_id, jira_id, phrase, other_key, other_summary, other_status
FROM json_to_recordset(%s::json)
  AS new(ticket_id bigint, jira_id bigint, phrase text, other_key text, other_summary text, other_status text)
ORDER BY ticket_id, jira_id
ON CONFLICT (ticket_id, jira_id) DO UPDATE
SET phrase = excluded.phrase, other_key = excluded.other_key, other_summary = excluded.other_summary,
    other_status = excluded.other_status
WHERE (old.phrase, old.other_key, old.other_summary, old.other_status)
      IS DISTINCT FROM (excluded.phrase, excluded.other_key, excluded.other_summary, excluded.other_status)
"""

RANKS = """
UPDATE tickets_ticket AS t SET rank_position = new.place
FROM (
  SELECT id, place * %s AS place FROM unnest(%s::bigint[]) WITH ORDINALITY AS u(id, place)
) AS new
WHERE t.id = new.id AND t.rank_position IS DISTINCT FROM new.place
"""

MOVED = """
UPDATE tickets_ticket AS t SET rank_position = new.place
FROM unnest(%s::bigint[], %s::int[]) AS new(id, place)
WHERE t.id = new.id
"""

WRITE_STATES = """
UPDATE tickets_ticket AS t SET write_state = new.state, write_note = new.note
FROM json_to_recordset(%s::json) AS new(id bigint, state text, note text)
WHERE t.id = new.id AND (t.write_state, t.write_note) IS DISTINCT FROM (new.state, new.note)
"""

PLACES = """
UPDATE tickets_ticket AS t
SET work_class = new.work_class, work_key = new.work_key, work_reason = new.work_reason
FROM json_to_recordset(%s::json) AS new(id bigint, work_class smallint, work_key bigint[], work_reason text)
WHERE t.id = new.id
"""


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as one JSON parameter; times in ISO 8601."""
    return json.dumps(list(rows), default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not for a parameter: {type(value).__name__}")


def execute(statement: str, *parameters: str | int | list[int]) -> int:
    """Run one of these statements; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return int(cursor.rowcount)
